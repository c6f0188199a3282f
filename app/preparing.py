"""All that stands between installed code and a database ready to serve.

`prepare` runs at every start of `make run` and as `flask database upgrade` where servers are started by other means:
it compiles the catalogues, migrates, and synchronises permissions, once, before any worker starts.
"""

from __future__ import annotations

import logging
import os

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, select

from app.core import catalogues, i18n, migrations
from app.core.actor import Actor, acting_as
from app.core.db import db
from app.core.errors import BusinessError

_log = logging.getLogger(__name__)
FIRST_USER = "admin"


def prepare(app: Flask) -> bool:
    """Make the database ready; returns whether it was new.

    A database that holds data is backed up before it is migrated, and the backup is verified. Raises
    `migrations.DatabaseIsNewer` where a newer version has been at work.
    """
    from app.lowcode.access import sync_permissions

    compiled = catalogues.compile_all()
    with app.app_context(), acting_as(Actor.command("database upgrade")):
        if compiled:
            # What was read while the application was built is older, and the workers to come inherit it.
            i18n.forget_catalogues()
        new = migrations.is_empty(db.engine)
        if not new and not migrations.is_current(db.engine):
            _back_up(app)
        migrations.upgrade(db.engine)
        sync_permissions()
        after = app.extensions.get("houtai_migrated")
        if after is not None:
            after()
        db.session.commit()
        return new


def _back_up(app: Flask) -> None:
    """Make a verified backup by whatever the application has plugged in for it."""
    make = app.extensions.get("houtai_backup")
    if make is not None:
        _log.warning("Backed up to %s before migrating.", make())


def first_start(app: Flask) -> str | None:
    """Where nobody has an account yet: load the demo shop, make an owner called `admin`, and return the password.

    The password is HOUTAI_ADMIN_PASSWORD, or one made on the spot, which has to be changed at the first sign-in. A
    first start that is interrupted is simply taken up again: each of the two steps is done whole or not at all.
    """
    from app.demoing import has_demo, load_demo
    from app.lowcode.security.accounts import make_owner

    with app.app_context():
        if db.session.scalar(select(func.count()).select_from(User)):
            return None
        wanted = app.config["DEMO_SHOP"] and not has_demo(app)
        db.session.rollback()
    if wanted:
        print("Making a demo shop …", flush=True)
        load_demo(app)
    with app.app_context(), acting_as(Actor.command("first start")):
        password = make_owner(FIRST_USER, os.environ.get("HOUTAI_ADMIN_PASSWORD") or None)
        db.session.commit()
        return password


commands = AppGroup("database")


@commands.command("upgrade")
def _upgrade() -> None:
    """Back up, migrate to the newest revision, and synchronise permissions."""
    try:
        prepare(current_app._get_current_object())  # type: ignore[attr-defined]
    except (migrations.DatabaseIsNewer, BusinessError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"The database is at {migrations.revisions().get_current_head()}.")


@commands.command("downgrade")
@click.argument("revision")
def _downgrade(revision: str) -> None:
    """Go back to REVISION; `base` removes every table."""
    migrations.downgrade(db.engine, revision)
    click.echo(f"The database is at {revision}.")


@commands.command("revise")
@click.argument("message")
def _revise(message: str) -> None:
    """Write a migration script from what changed in the models; read it before you commit it."""
    migrations.revise(db.engine, message)


@commands.command("check")
def _check() -> None:
    """Say whether the database has the shape the code expects."""
    with db.engine.connect() as connection:
        found = migrations.differences(connection)
    for difference in found:
        click.echo(str(difference))
    raise SystemExit(1 if found else 0)
