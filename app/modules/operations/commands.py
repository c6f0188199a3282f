"""Backups on the command line: the only place from which a shop is restored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app.core.actor import Actor, acting_as
from app.core.db import db
from app.core.errors import BusinessError
from app.core.i18n import number_text
from app.modules.operations import backups

commands = AppGroup("backup", help="Back up the database and the pictures, verify backups, restore one.")


@commands.command("create")
def create() -> None:
    """Back up the database and the pictures into one verified file, and print where it is."""
    made = _carefully("create", backups.create_backup)
    click.echo(f"{made.path}\n{made.size}, {number_text(made.row_count)} rows, verified.")


@commands.command("list")
def list_all() -> None:
    """Print the backups, newest first: name, size, rows, what is known of each."""
    found = backups.list_backups()
    for backup in found:
        click.echo(f"{backup.name:<28}  {backup.size:>12}  {number_text(backup.row_count):>12} rows  {_state(backup)}")
    if not found:
        click.echo(f"There are no backups in {backups.folder()}.")
    elif backups.is_overdue():
        click.echo("There is no verified backup of the last 26 hours.", err=True)


@commands.command("verify")
@click.argument("name", required=False)
@click.option("--all", "every", is_flag=True, help="Verify all backups.")
def verify(name: str | None, every: bool) -> None:
    """Read the backup NAME through, or the newest one, or --all; exit code 1 if one is damaged."""
    if name and every:
        raise click.UsageError("Give a name or --all, not both.")
    names = [backup.name for backup in backups.list_backups()]
    if name or not every:
        names = [name] if name else names[:1]
    if not names:
        raise click.ClickException(f"There are no backups in {backups.folder()}.")
    bad = 0
    for each in names:
        checked = _carefully("verify", lambda each=each: backups.verify_backup(each))  # type: ignore[misc]
        click.echo(f"{checked.name}  {_state(checked)}")
        bad += not checked.is_good
    if bad:
        raise SystemExit(1)


@commands.command("restore")
@click.argument("backup")
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(backup: str, yes: bool) -> None:
    """Put the shop back to what it was when BACKUP was made, a name from the list or a path.

    The backup is read through first. The database that was there is kept under another name. On SQLite the shop has
    to be stopped.
    """
    path = Path(backup)
    if not path.is_file():
        path = _carefully("restore", lambda: backups.get_backup(backup)).path
    if not yes:
        click.confirm(f"Restore {path}? What changed since it was made is set aside.", abort=True)
    done = _carefully("restore", lambda: backups.restore_backup(path))
    click.echo(f"Restored what the shop was at {done.manifest.made_at:%Y-%m-%d %H:%M} UTC.")
    if done.kept_as:
        click.echo(f"The database that was there is kept as {done.kept_as}.")


def _carefully(command: str, work: Callable[[], Any]) -> Any:
    """Do the work as one transaction; a refusal is a message and exit code 1."""
    try:
        with acting_as(Actor.command(f"backup {command}")):
            done = work()
            db.session.commit()
            return done
    except BusinessError as error:
        raise click.ClickException(str(error)) from None


def _state(backup: backups.Backup) -> str:
    if backup.problem:
        return f"DAMAGED: {backup.problem}"
    return f"verified {backup.checked_at:%Y-%m-%d %H:%M} UTC" if backup.checked_at else "never verified"
