"""What is plugged in: the screens, reports and pages of this application, and the menu they make.

One per application, at `current_app.extensions["houtai"]`; every lowcode view enters itself when its module is
registered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app, url_for

if TYPE_CHECKING:
    from app.lowcode.history.keeping import Keeper
    from app.lowcode.meeting import Told
    from app.lowcode.module import Module
    from app.lowcode.screen import Screen
    from app.lowcode.security.roles import Starter


@dataclass
class Entry:
    """A view with its module, as menu, palette and role matrix see it."""

    view: Any
    module: "Module"

    @property
    def name(self) -> str:
        return str(self.view.class_permission_name)

    @property
    def label(self) -> Any:
        return self.view.menu_label

    @property
    def icon(self) -> str:
        return self.view.icon or self.module.icon

    def url(self) -> str:
        return url_for(f"{self.view.endpoint}.{self.view.default_view}")


@dataclass
class Registry:
    """All views of an application, in the order in which they were registered."""

    entries: list[Entry] = field(default_factory=list)
    by_model: dict[type, "Screen"] = field(default_factory=dict)
    panels: list[Callable[[Any], Any]] = field(default_factory=list)
    """Boxes that modules add to the page of every record, whatever its screen."""
    history: "Callable[[type, int, datetime], Told | None] | None" = None
    """Tells what happened to a record since a moment; see `app.lowcode.meeting`. Without it nobody is named."""
    keeper: "Keeper | None" = None
    """Tells the history of a record; see `app.lowcode.history.keeping`. Without it there is none to see."""
    starters: list["Starter"] = field(default_factory=list)
    """The roles that come with the program; see `app.lowcode.security.roles`."""
    labels: dict[str, dict[str, Any]] = field(default_factory=dict)
    """View name to permission name to words, for the role matrix and the permission sync."""

    def add(self, view: Any, module: "Module") -> None:
        self.entries.append(Entry(view, module))
        self.labels[view.class_permission_name] = type(view).permission_labels()
        model = getattr(view, "model", None)
        if model is not None:
            self.by_model.setdefault(model, view)

    def screen_of(self, model: type) -> "Screen | None":
        """The screen on which rows of `model` are kept, or None."""
        return self.by_model.get(model)

    def screen_named(self, name: str) -> "Screen | None":
        """The screen whose class is called so, or None: how rows that outlive a process name one."""
        return next((screen for screen in self.screens() if type(screen).__name__ == name), None)

    def screen_of_table(self, name: str) -> "Screen | None":
        """The screen on which the rows of a table are kept, or None."""
        return next((screen for model, screen in self.by_model.items() if model.__tablename__ == name), None)

    def screens(self) -> list["Screen"]:
        return [entry.view for entry in self.entries if getattr(entry.view, "model", None) is not None]

    def modules(self) -> list["Module"]:
        """The modules that have something in the menu, as the menu orders them."""
        seen = list({id(entry.module): entry.module for entry in self.entries}.values())
        return sorted(seen, key=lambda module: module.order)

    def entries_of(self, module: "Module") -> list[Entry]:
        return [entry for entry in self.entries if entry.module is module]


def create(app: Flask, starters: "list[Starter]") -> Registry:
    """A fresh registry for `app`, with the roles it comes with."""
    app.extensions["houtai"] = Registry(starters=starters)
    return app.extensions["houtai"]


def registry() -> Registry:
    """The registry of the current application."""
    return current_app.extensions["houtai"]
