"""Commands that are named at the start and imported when somebody runs one: servers start a hundred times as often."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import click
from werkzeug.utils import import_string


class LateGroup(click.Group):
    """A group of commands known by its address until one of them is wanted.

        app.cli.add_command(LateGroup("demo", "app.cli:demo", help="A believable shop of its own to try things on."))

    For commands that bring much with them, such as Alembic; plain groups do for the others.
    """

    def __init__(self, name: str, address: str, *, help: str) -> None:
        super().__init__(name, help=help)
        self._address = address

    @cached_property
    def _commands(self) -> click.Group:
        group: Any = import_string(self._address)
        return group

    def list_commands(self, ctx: click.Context) -> list[str]:
        return self._commands.list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self._commands.get_command(ctx, cmd_name)
