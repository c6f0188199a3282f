"""Tell the rest of the house what happened, inside the transaction in which it happened.

A fact is a frozen dataclass in a module's `events.py`; `publish(fact)` calls every listener of its type
at once and in order. Listeners share the transaction: if one refuses, nothing happened. What may follow
later, or leaves the house, goes through `app.core.jobs.later`. `@on` only marks a function; the manifest
of its module plugs it in (`Module(listeners=[...])`).

A fact that is to stand in the audit trail says so itself, by inheriting `Audited`; nobody else has to know.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import fields
from typing import Any, ClassVar, TypeVar

F = TypeVar("F", bound=Callable[[Any], None])

_listeners: dict[type, list[Callable[[Any], None]]] = defaultdict(list)


class Audited:
    """What a fact inherits that is to leave a line in the audit trail, in words of its own:

        @dataclass(frozen=True)
        class GateOpened(Audited):
            kind_of_record = _("Gates")
            gate: str
            people_count: int

            def record_name(self) -> str:
                return self.gate

            def in_words(self) -> str:
                return gettext("Opened for %(count)s people", count=number_text(self.people_count))

    The trail keeps the fields, and makes the words anew for each reader in their language; so the fields hold what
    JSON can hold. A line of a fact that no longer exists, or has other fields now, shows the fields as they are.
    """

    kind_of_record: ClassVar[Any] = ""
    """What kind of thing it happened to: a lazy text."""
    _kinds: ClassVar[dict[str, type["Audited"]]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        Audited._kinds[cls.__name__] = cls

    def record_name(self) -> str:
        """What the thing is called that it happened to."""
        return ""

    def in_words(self) -> str:
        """What happened, as one sentence in the reader's language."""
        raise NotImplementedError

    def fields(self) -> dict[str, Any]:
        """What there is to keep."""
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]

    @staticmethod
    def kind(name: str | None) -> "type[Audited] | None":
        """The class of facts of this name, or None where there is none any more."""
        return Audited._kinds.get(name or "")

    @staticmethod
    def again(name: str, kept: dict[str, Any]) -> "Audited | None":
        """The fact of this name that had these fields; None where it cannot be made any more."""
        kind = Audited.kind(name)
        try:
            return kind(**kept) if kind is not None else None
        except TypeError:  # other fields now
            return None


def on(fact: type) -> Callable[[F], F]:
    """Mark a function as a listener to `fact`."""

    def mark(listener: F) -> F:
        listener.listens_to = fact  # type: ignore[attr-defined]
        return listener

    return mark


def subscribe(listener: Callable[[Any], None]) -> None:
    """Plug in a function marked with `@on`; doing it twice changes nothing."""
    fact = listener.listens_to  # type: ignore[attr-defined]
    if listener not in _listeners[fact]:
        _listeners[fact].append(listener)


def unsubscribe(listener: Callable[[Any], None]) -> None:
    """Take a listener out again. For tests."""
    fact = listener.listens_to  # type: ignore[attr-defined]
    if listener in _listeners[fact]:
        _listeners[fact].remove(listener)


def publish(fact: Any) -> None:
    """Tell all listeners of this fact's type, in the transaction at hand; whoever listens to `Audited` hears each of
    those."""
    for listener in _listeners.get(type(fact), ()):
        listener(fact)
    if isinstance(fact, Audited):
        for listener in _listeners.get(Audited, ()):
            listener(fact)
