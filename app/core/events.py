"""Tell the rest of the house what happened, inside the transaction in which it happened.

A fact is a frozen dataclass in a module's `events.py`; `publish(fact)` calls every listener of its type
at once and in order. Listeners share the transaction: if one refuses, nothing happened. What may follow
later, or leaves the house, goes through `app.core.jobs.later`. `@on` only marks a function; the manifest
of its module plugs it in (`Module(listeners=[...])`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[[Any], None])

_listeners: dict[type, list[Callable[[Any], None]]] = defaultdict(list)


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
    """Tell all listeners of this fact's type, in the transaction at hand."""
    for listener in _listeners.get(type(fact), ()):
        listener(fact)
