"""@action: a button for one row or for many; @panel: an extra box on a record's page.

    @action(_("Pause"), confirm=_("Stop ordering from them?"))     # brings its own permission, "pause"
    def pause(self, suppliers):
        services.pause_suppliers(suppliers)

The method gets a list of records that the person may see, calls a service, and may return a response (such
as a redirect); the edge commits and says what was done. A BusinessError undoes everything and is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Action:
    """What a button is: `name` is its permission and its word in the API; `why_not(record)` is the reason why it
    cannot be used on a record now, or None; `undo` is the action of the same screen that reverses it; `asks` says that
    it asks something first (`app.lowcode.asking`)."""

    name: str
    label: Any
    confirm: Any = None
    icon: str = "fa-play"
    tone: str = "plain"
    one: bool = True
    many: bool = True
    why_not: Callable[[Any], Any] | None = None
    undo: str | None = None
    asks: bool = False


@dataclass(frozen=True)
class Panel:
    """A box on the page of a record; the method returns its HTML as Markup, or None to leave it out."""

    name: str
    label: Any
    icon: str


def action(
    label: Any,
    *,
    confirm: Any = None,
    icon: str = "fa-play",
    tone: str = "plain",
    one: bool = True,
    many: bool = True,
    why_not: Callable[[Any], Any] | None = None,
    undo: str | None = None,
    asks: bool = False,
) -> Callable[[F], F]:
    """Make a screen's method a button. `one`: on a record's page and row; `many`: for ticked rows of the list; `undo`:
    the action that the message afterwards offers to take it back with. A method that leaves rows as they are which are
    so already returns the records that it changed, so that only those are taken back."""

    def mark(method: F) -> F:
        method.houtai_action = Action(  # type: ignore[attr-defined]
            method.__name__, label, confirm, icon, tone, one, many, why_not, undo, asks
        )
        return method

    return mark


def panel(label: Any, *, icon: str = "fa-circle-info") -> Callable[[F], F]:
    """Make a screen's method a box on the record's page: `def timeline(self, member) -> Markup | None`."""

    def mark(method: F) -> F:
        method.houtai_panel = Panel(method.__name__, label, icon)  # type: ignore[attr-defined]
        return method

    return mark


def marked(cls: type, mark: str) -> dict[str, Any]:
    """The marks of this kind on a class and its bases, by method name, in the order of declaration."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        for name, member in vars(base).items():
            if isinstance(member, FunctionType) and hasattr(member, mark):
                found[name] = getattr(member, mark)
    return found
