"""Commands: named at the start and imported when somebody runs one, since servers start a hundred times as often; and
how one is written down for people to type."""

from __future__ import annotations

import shlex
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

import click
from werkzeug.utils import import_string

ROOT = Path(__file__).resolve().parents[2]


def as_typed(*words: str) -> str:
    """A command of this program as it works when typed in the project's folder:

        as_typed("backup", "restore", "houtai-20260801.zip")
        # .venv/bin/flask --app app backup restore houtai-20260801.zip
    """
    program = Path(sys.prefix) / "bin" / "flask"
    written = program.relative_to(ROOT) if program.is_relative_to(ROOT) else program
    return shlex.join([str(written), "--app", "app", *words])


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
