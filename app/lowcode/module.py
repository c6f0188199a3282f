"""Module: the manifest of a business area, and how it is plugged in.

    module = Module("suppliers", _("Suppliers"), icon="fa-truck", screens=[SupplierScreen])

Reading one short file tells all that a module does: its screens and pages (with their permissions and menu
entries), reports, scheduled jobs, listeners, settings and commands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import click
from flask import Flask

from app.core import events


@dataclass
class Module:
    """What one business area brings. `icon` is a Font Awesome name; `order` sorts the menu; `panels` are functions
    marked with `@panel` that add a box to the page of every record; `work` are lines of the work list on the home page
    (see `app.lowcode.work`); `history` tells what happened to a record since a moment (see `app.lowcode.meeting`),
    `keeper` all of its history (see `app.lowcode.history.keeping`); `extensions` are put into `app.extensions`, for
    what the ground floor calls by name without knowing who brings it; `demo` is the address of the module's `Demo`,
    which is imported only when a demo shop is made or removed."""

    name: str
    label: Any
    icon: str = "fa-folder"
    screens: list[type] = field(default_factory=list)
    pages: list[type] = field(default_factory=list)
    reports: list[type] = field(default_factory=list)
    jobs: list[Callable[..., Any]] = field(default_factory=list)
    listeners: list[Callable[[Any], None]] = field(default_factory=list)
    settings: list[type] = field(default_factory=list)
    commands: list[click.Command] = field(default_factory=list)
    home: list[Callable[[], Any]] = field(default_factory=list)
    work: list[Any] = field(default_factory=list)
    panels: list[Callable[[Any], Any]] = field(default_factory=list)
    history: Callable[[type, int, datetime], Any] | None = None
    keeper: Any = None
    extensions: dict[str, Any] = field(default_factory=dict)
    demo: str = ""
    order: int = 50

    def register(self, app: Flask) -> None:
        """Plug everything in; views in the order of screens, reports, pages."""
        from app.core import jobs, settings

        for listener in self.listeners:
            events.subscribe(listener)
        for job in self.jobs:
            jobs.register(job)
        for group in self.settings:
            settings.register(group)
        for command in self.commands:
            app.cli.add_command(command)
        app.extensions["houtai"].panels += self.panels
        app.extensions["houtai"].history = self.history or app.extensions["houtai"].history
        app.extensions["houtai"].keeper = self.keeper or app.extensions["houtai"].keeper
        app.extensions.update(self.extensions)
        for view in [*self.screens, *self.reports, *self.pages]:
            view.register(app, self)
