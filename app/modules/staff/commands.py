"""Commands for whoever has the machine: the first admin, a forgotten password, who may sign in."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.actor import Actor, acting_as
from app.core.database import db
from app.core.errors import BusinessError
from app.lowcode.security import accounts

commands = AppGroup("staff", help="Users of the back office.")


@commands.command("create-admin")
@click.argument("username")
@click.option("--password", envvar="HOUTAI_ADMIN_PASSWORD", default=None, help="Made on the spot unless it is given.")
def create_admin(username: str, password: str | None) -> None:
    """Make an owner called USERNAME and print the password, if one was made."""
    with acting_as(Actor.command("staff create-admin")):
        try:
            chosen = accounts.make_owner(username, password)
        except BusinessError as error:
            db.session.rollback()
            raise click.ClickException("; ".join(error.fields.values()) or str(error)) from None
        db.session.commit()
    click.echo(f"{username} may do everything." + ("" if password else f" Password for the first sign-in: {chosen}"))


@commands.command("reset-password")
@click.argument("username")
def reset_password(username: str) -> None:
    """Give USERNAME a one-time password, print it, and sign them out everywhere."""
    with acting_as(Actor.command("staff reset-password")):
        try:
            chosen = accounts.reset_password(username)
        except BusinessError as error:
            raise click.ClickException(str(error)) from None
        db.session.commit()
    click.echo(f"Password for the next sign-in of {username}: {chosen}")


@commands.command("reset-second-factor")
@click.argument("username")
def reset_second_factor(username: str) -> None:
    """Forget the second factor of USERNAME, who has lost it, and sign them out everywhere."""
    with acting_as(Actor.command("staff reset-second-factor")):
        try:
            was_there = accounts.reset_second_factor(username)
        except BusinessError as error:
            raise click.ClickException(str(error)) from None
        db.session.commit()
    click.echo(f"{username} signs in with the password alone now." if was_there else f"{username} had none.")


@commands.command("list")
def list_users() -> None:
    """Print who may sign in, with their roles."""
    users = db.session.scalars(select(User).options(selectinload(User.roles)).order_by(User.username))
    for user in users:
        state = "" if user.active else " (not active)"
        click.echo(f"{user.username}{state}: {', '.join(role.name for role in user.roles) or 'no role'}")
