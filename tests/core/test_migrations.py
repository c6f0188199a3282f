"""Migrations: up and down on both databases, whole or not at all, and never at odds with the models."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask import Flask
from sqlalchemy import Column, Engine, Integer, MetaData, inspect, text

from app.core import clock, migrations
from app.core.db import Record
from tests.support.dying import engine_for

ROOT = Path(__file__).resolve().parents[2]
KINDS = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


@pytest.fixture
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """`new_database("postgresql")`: the address of an empty database."""
    made: list[str] = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / 'new.db'}"
        server = request.getfixturevalue("postgres_server")
        name = f"new_{len(made)}_{os.getpid()}"
        server.administrate(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
        made.append(name)
        return server.url(name)

    yield make
    for name in made:
        request.getfixturevalue("postgres_server").administrate(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def new_engine(new_database: Callable[[str], str], built: Any) -> Iterator[Callable[..., Engine]]:
    """`new_engine("sqlite")`: an engine on an empty database. (`built` has brought all tables to the metadata.)"""
    built("sqlite")
    engines: list[Engine] = []

    def make(kind: str) -> Engine:
        engines.append(engine_for(new_database(kind)))
        return engines[-1]

    yield make
    for engine in engines:
        engine.dispose()


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def is_of_tests(difference: Any) -> bool:
    """Whether a difference is about a table that only tests have."""
    of_tests = {mapper.local_table.name for mapper in Record.registry.mappers
                if mapper.class_.__module__.startswith("tests.")}
    return any(name in str(difference) for name in of_tests)


def run_and_die(url: str, statements: int, *words: str) -> int:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, "-m", "tests.support.dying", url, str(statements), *words], cwd=ROOT,
                          env=environment, capture_output=True).returncode


@KINDS
def test_every_step_goes_up_and_down_and_up_again(new_engine: Any, kind: str) -> None:
    engine = new_engine(kind)
    steps = [script.revision for script in migrations.revisions().walk_revisions()][::-1]
    for revision in steps:
        migrations.upgrade(engine, revision)
        migrations.downgrade(engine, "-1")
        migrations.upgrade(engine, revision)
    assert migrations.is_current(engine)
    migrations.downgrade(engine, "base")
    assert tables(engine) == set()
    migrations.upgrade(engine)
    assert migrations.is_current(engine)


@KINDS
def test_the_models_match_the_migrations(new_engine: Any, kind: str) -> None:
    engine = new_engine(kind)
    migrations.upgrade(engine)
    with engine.connect() as connection:
        found = [difference for difference in migrations.differences(connection) if not is_of_tests(difference)]
    assert found == []


def test_a_model_that_was_forgotten_is_noticed(new_engine: Any) -> None:
    """The control of the test above: take a column away, and it is told."""
    engine = new_engine("sqlite")
    migrations.upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE brands RENAME COLUMN name TO title")
        found = [str(difference) for difference in migrations.differences(connection)]
    assert any("title" in difference for difference in found)


def test_every_constraint_has_a_name_by_which_a_later_step_can_find_it(new_engine: Any) -> None:
    engine = new_engine("sqlite")
    migrations.upgrade(engine)
    inspector = inspect(engine)
    nameless = [
        (table, rule) for table in tables(engine) if not table.startswith("search_")
        for rule in [*inspector.get_foreign_keys(table), *inspector.get_unique_constraints(table),
                     *inspector.get_check_constraints(table)]
        if not rule["name"]]
    assert nameless == []


def test_the_folder_reads_as_a_diary() -> None:
    scripts = list(migrations.revisions().walk_revisions())
    for script in scripts:
        assert re.fullmatch(r"\d{8}_\d{4}_[a-z0-9_]+\.py", Path(script.path).name)
        assert (script.doc or "").endswith(".")
    assert len(migrations.revisions().get_heads()) == 1, "one line of history"


@KINDS
@pytest.mark.parametrize("statements", [1, 17, 60])
def test_a_migration_that_is_killed_halfway_leaves_nothing_and_runs_again(
        new_database: Any, new_engine: Any, kind: str, statements: int) -> None:
    url = new_database(kind)
    assert run_and_die(url, statements) == -signal.SIGKILL
    engine = engine_for(url)
    assert tables(engine) == set()
    migrations.upgrade(engine)
    assert migrations.is_current(engine)
    engine.dispose()


def test_without_one_transaction_a_killed_migration_leaves_a_ruin(new_database: Any, new_engine: Any) -> None:
    """The control of the test above: a driver that commits each statement leaves half of it, and cannot go on."""
    url = new_database("sqlite")
    assert run_and_die(url, 17, "careless") == -signal.SIGKILL
    engine = engine_for(url)
    assert tables(engine)
    with pytest.raises(Exception, match="already exists"):
        migrations.upgrade(engine)
    engine.dispose()


@KINDS
def test_two_that_migrate_at_once_take_turns(new_database: Any, new_engine: Any, kind: str) -> None:
    url = new_database(kind)
    words = [sys.executable, "-m", "tests.support.dying", url, "0"]
    both = [subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    engine = engine_for(url)
    assert migrations.is_current(engine)
    engine.dispose()


@KINDS
def test_a_database_from_a_newer_version_is_refused_and_left_alone(new_engine: Any, kind: str) -> None:
    engine = new_engine(kind)
    migrations.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '20991231_2359'"))
    with pytest.raises(migrations.DatabaseIsNewer, match="20991231_2359"):
        migrations.upgrade(engine)
    with engine.connect() as connection:
        assert migrations.stamped(connection) == "20991231_2359"


def change_a_table_others_point_to(connection: Any) -> None:
    with Operations(MigrationContext.configure(connection)).batch_alter_table("brands", recreate="always") as batch:
        batch.add_column(Column("founded_in", Integer))


def test_remaking_a_table_keeps_the_rows_that_point_to_it(new_engine: Any) -> None:
    engine = new_engine("sqlite")
    migrations.upgrade(engine)
    with engine.begin() as connection:
        fill(connection)
    with migrations._alone(engine) as connection:
        change_a_table_others_point_to(connection)
        migrations._refuse_dangling(connection)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM products")).scalar() == 1
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1, "and references are watched again"


def test_a_migration_that_leaves_rows_pointing_nowhere_is_undone(new_engine: Any) -> None:
    engine = new_engine("sqlite")
    migrations.upgrade(engine)
    with engine.begin() as connection:
        fill(connection)
    with pytest.raises(RuntimeError, match="point nowhere"), migrations._alone(engine) as connection:
        connection.execute(text("DELETE FROM brands"))
        migrations._refuse_dangling(connection)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM brands")).scalar() == 1


@pytest.mark.parametrize("steps", [True, False])
def test_only_a_start_with_something_to_migrate_reads_all_references(
        new_engine: Any, steps: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = new_engine("sqlite")
    migrations.upgrade(engine)
    if steps:
        migrations.downgrade(engine, "base")
    looks: list[Any] = []
    monkeypatch.setattr(migrations, "_refuse_dangling", looks.append)
    assert migrations.upgrade(engine) == steps
    assert bool(looks) == steps


def fill(connection: Any) -> None:
    """One brand with one product, whatever other columns those tables have."""
    metadata = MetaData()
    metadata.reflect(connection, only=["brands", "products"])
    for name, given in (("brands", {"id": 1}), ("products", {"id": 1, "brand_id": 1})):
        row = {}
        for column in metadata.tables[name].columns:
            if column.name in given:
                row[column.name] = given[column.name]
            elif not column.nullable and not column.foreign_keys:
                row[column.name] = sample(column)
        connection.execute(metadata.tables[name].insert().values(row))


def sample(column: Any) -> Any:
    """Something that fits a column."""
    from datetime import datetime

    kind = column.type.python_type
    return {int: 0, str: "x", bool: False, datetime: datetime(2026, 8, 1), list: [], dict: {}}.get(kind, "x")


def test_a_start_prepares_the_database_once_and_keeps_what_is_in_it(tmp_path: Path, built: Any) -> None:
    from app.core.db import db
    from app.preparing import prepare
    from tests.support.databases import make_app

    app: Flask = make_app(f"sqlite:///{tmp_path / 'shop.db'}", tmp_path)
    assert prepare(app) is True
    with app.app_context(), db.engine.begin() as connection:
        fill(connection)
    assert prepare(app) is False
    with app.app_context(), db.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM products")).scalar() == 1
        db.engine.dispose()


@pytest.mark.parametrize(("now", "newest", "name"), [
    ("2026-12-01 08:30", "20261124_1200", "20261201_0830"), ("2026-11-24 03:10", "20261124_1200", "20261124_1201"),
    ("2026-11-24 12:00", "20261124_1200", "20261124_1201"), ("2026-11-24 03:10", "20261124_2359", "20261125_0000"),
    ("2026-11-24 03:10", "by_hand", "20261124_0310"),
])
def test_a_new_revision_is_named_after_the_newest(
        monkeypatch: pytest.MonkeyPatch, now: str, newest: str, name: str) -> None:
    """Whatever the clock says: the last one may have been written on a machine that was ahead."""
    scripts = SimpleNamespace(walk_revisions=lambda: [SimpleNamespace(revision=newest)])
    monkeypatch.setattr(migrations, "revisions", lambda: scripts)
    clock.set(now)
    assert migrations.next_revision() == name
