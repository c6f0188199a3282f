"""A demo shop of a moment that stands still. It is made once for each database and then put back as it was, since
making it takes seconds."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from app import demoing
from app.core import clock
from app.core.db import db
from app.core.importing import ImportReport
from tests.support.databases import SqliteUnderTest, UnderTest

NOW = "2026-08-06 07:30:00"
"""Half past three in the afternoon in Shanghai, on a Thursday."""


def load_demo(app: Any, **given: Any) -> ImportReport:
    """Make the shop as a command does, in a context of its own: what the test holds open would keep it waiting."""
    _let_go()
    return demoing.load_demo(app, **given)


def remove_demo(app: Any) -> ImportReport:
    """Remove the shop as a command does."""
    _let_go()
    return demoing.remove_demo(app)


def _let_go() -> None:
    db.session.commit()
    db.session.close()


class KeptShops:
    """Copies of databases with a demo shop, and the reports of how the shops were made, by kind of database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reports: dict[str, ImportReport] = {}

    def open(self, database: UnderTest) -> ImportReport:
        """Put the shop into the database."""
        if database.kind not in self._reports:
            self._reports[database.kind] = load_demo(database.app, orders=1200, members=150, products=40, seed=7)
            self._keep(database)
        else:
            db.session.remove()
            self._put_back(database)
        return self._reports[database.kind]

    def _keep(self, database: UnderTest) -> None:
        db.session.remove()
        if isinstance(database, SqliteUnderTest):
            with database.engine.connect() as connection:
                connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.engine.dispose()
            shutil.copyfile(database.file, self._folder / "demo.db")
        else:
            database.engine.dispose()
            database.server.administrate("CREATE DATABASE demo TEMPLATE test STRATEGY file_copy")

    def _put_back(self, database: UnderTest) -> None:
        database.engine.dispose()
        if isinstance(database, SqliteUnderTest):
            for suffix in ("-wal", "-shm"):
                Path(f"{database.file}{suffix}").unlink(missing_ok=True)
            shutil.copyfile(self._folder / "demo.db", database.file)
        else:
            database.server.administrate(
                "DROP DATABASE test WITH (FORCE)", "CREATE DATABASE test TEMPLATE demo STRATEGY file_copy")


@pytest.fixture(scope="session")
def kept_shops(tmp_path_factory: pytest.TempPathFactory) -> KeptShops:
    """The shops that were made so far; copies on PostgreSQL go with the server of the tests."""
    return KeptShops(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def shop(app: Any, database: UnderTest, kept_shops: KeptShops) -> ImportReport:
    """A small demo shop, committed; gives the report of how it was made."""
    clock.set(NOW)
    return kept_shops.open(database)
