"""Databases under test, each with its application: built once, given back as new to every test.

Building means what it means in a shop: all migrations, permissions, starter roles; then the cast. Afterwards a test's
traces are wiped by putting the built database back in place, which takes milliseconds: a copied file for SQLite, a
template database for PostgreSQL.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from flask import Flask, abort
from sqlalchemy import Engine, event, inspect

from app import MODULES, create_app
from app.core import migrations, search
from app.core.db import Record, db
from app.lowcode.access import sync_permissions
from tests.example import suppliers
from tests.lowcode import rain, shelf
from tests.support import cast, specimens  # noqa: F401  (their tables)
from tests.support.postgres import PostgresServer

CONFIG: dict[str, Any] = {
    "TESTING": True,
    "SECRET_KEY": "a key for tests alone, of which everybody knows every letter",
    "BABEL_DEFAULT_LOCALE": "en",
    "JOBS_IN_PROCESS": False,
    # Hashing a password well takes a tenth of a second, and the cast signs in some thousand times.
    "FAB_PASSWORD_HASH_METHOD": "pbkdf2:sha256:1000",
    "TRUSTED_HOSTS": ["localhost", "127.0.0.1"],
}
# Whoever has followed the manual has the module of the house style among their own.
EXAMPLE_MODULES = [module for module in (suppliers.module, shelf.module, rain.module) if module.name not in MODULES]


def make_app(url: str, var: Path, **overrides: Any) -> Flask:
    """An application on the database at `url`, with the example module plugged in."""
    app = create_app({**CONFIG, "SQLALCHEMY_DATABASE_URI": url, "VAR": var, **overrides}, modules=EXAMPLE_MODULES)
    # Pages that say what went wrong are looked at like all others; only here something goes wrong when asked to.
    app.add_url_rule("/mishap/<int:code>", "mishap", abort)
    return app


def build(app: Flask) -> None:
    """Everything a start does to a new database; the tables that tests bring; the cast."""
    with app.app_context():
        migrations.upgrade(db.engine)
        here = set(inspect(db.engine).get_table_names())
        Record.metadata.create_all(db.engine, [
            table for table in Record.metadata.sorted_tables if table.name not in here])
        with db.engine.begin() as connection:
            search.install(connection, Record)
        sync_permissions()
        cast.sign_up(app)
        db.session.commit()
        db.session.remove()


class SqliteUnderTest:
    """An SQLite database, restored from a copy of its file."""

    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.file, self.template = folder / "test.db", folder / "template.db"
        self.app = make_app(f"sqlite:///{self.file}", folder / "var")
        with self.app.app_context():
            self.engine = db.engine
        _hurry(self.engine)
        build(self.app)
        with self.engine.connect() as connection:
            connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.engine.dispose()
        shutil.copyfile(self.file, self.template)

    def restore(self) -> None:
        """Put the built database back in place."""
        self.engine.dispose()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.file}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(self.template, self.file)

    def close(self) -> None:
        self.engine.dispose()


class PostgresUnderTest:
    """A PostgreSQL database, restored from a template database."""

    kind = "postgresql"

    def __init__(self, server: PostgresServer, folder: Path) -> None:
        self.server = server
        server.administrate("CREATE DATABASE test")
        self.app = make_app(server.url("test"), folder / "var")
        with self.app.app_context():
            self.engine = db.engine
        build(self.app)
        self.engine.dispose()
        server.administrate(
            "ALTER DATABASE test RENAME TO template_test", "CREATE DATABASE test TEMPLATE template_test")

    def restore(self) -> None:
        """Put the built database back in place."""
        self.engine.dispose()
        self.server.administrate(
            "DROP DATABASE test WITH (FORCE)", "CREATE DATABASE test TEMPLATE template_test STRATEGY file_copy")

    def close(self) -> None:
        self.engine.dispose()


UnderTest = SqliteUnderTest | PostgresUnderTest


def _hurry(engine: Engine) -> None:
    """Nothing here outlives the run, so nothing needs to reach the disk."""

    @event.listens_for(engine, "connect")
    def do_not_flush(connection: Any, _entry: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")
