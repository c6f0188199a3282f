"""The restore drill: the newest backup is restored for trial, thrown away again, and whatever is wrong has a name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.core import jobs
from app.core.jobs import JobRun, RunState
from app.modules.operations import backups
from app.modules.operations.backups import archive, making, postgres
from tests.modules.operations.shelf_room import backed_up, contents, fill

pytestmark = pytest.mark.both_databases


def drill() -> JobRun:
    run = jobs.run_here("restore_drill")
    making.db.session.expunge_all()
    making.db.session.rollback()
    return run


def databases() -> set[str]:
    """The databases of the server, if there is one."""
    if making.db.engine.dialect.name == "sqlite":
        return set()
    with making.server().connect() as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def left_behind(var: Path) -> list[str]:
    return [path.name for path in (var / "backups").iterdir() if path.name.startswith(".work")]


def test_the_newest_backup_is_restored_for_trial_and_thrown_away(var: Path) -> None:
    fill()
    made, before, there = backed_up(), contents(), databases()
    run = drill()
    assert run.state is RunState.done, run.last_error
    assert made.name in run.result and f"{made.row_count:,} rows" in run.result
    after = contents()
    assert {name for name in before if before[name] != after[name]} <= {"job_runs", "scheduled_jobs"}
    assert databases() == there and left_behind(var) == []
    assert backups.get_backup(made.name).is_good


def test_without_a_backup_the_drill_fails(var: Path) -> None:
    fill()
    run = drill()
    assert run.state is RunState.failed and run.last_error == "There is no backup, so there is nothing that could be " \
        "restored."


@pytest.mark.parametrize("place", ["a bit", "the end", "the whole"])
def test_a_damaged_backup_fails_the_drill_even_where_an_older_one_is_whole(var: Path, place: str) -> None:
    fill()
    backed_up()
    made, there = backed_up(), databases()
    whole = made.path.read_bytes()
    middle = len(whole) // 2
    made.path.write_bytes({"a bit": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1:],
                           "the end": whole[:-1], "the whole": b"x" * 100}[place])
    run = drill()
    assert run.state is RunState.failed and "cut off or was changed" in (run.last_error or "")
    assert "cut off or was changed" in backups.get_backup(made.name).problem, "the page of backups says so too"
    assert databases() == there and left_behind(var) == []


def test_a_whole_archive_with_other_rows_than_it_says_fails_the_drill(
        var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sum is right, and yet a restore would not bring back what was counted."""
    fill()
    to_json = archive.Manifest.to_json
    with monkeypatch.context() as lying:
        lying.setattr(archive.Manifest, "to_json", lambda self: to_json(self).replace('"products": 2', '"products": 3'))
        backed_up()
    run = drill()
    assert run.state is RunState.failed and "products" in (run.last_error or "")


@pytest.mark.postgresql
def test_a_server_that_lends_no_database_is_named(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file needs nobody's permission."""
    fill()
    backed_up()
    there = databases()
    with making.server().connect(autocommit=True) as connection:
        connection.execute("CREATE ROLE clerk LOGIN PASSWORD 'clerk'")
        connection.execute("GRANT pg_read_all_data TO clerk")
    server = making.server()
    server.options |= {"user": "clerk", "password": "clerk"}
    try:
        monkeypatch.setattr("app.modules.operations.backups.drilling.server", lambda: server)
        run = drill()
    finally:
        with making.server().connect(autocommit=True) as connection:
            connection.execute("REVOKE pg_read_all_data FROM clerk")
            connection.execute("DROP ROLE clerk")
    assert run.state is RunState.failed and "ALTER USER clerk CREATEDB" in (run.last_error or "")
    assert databases() == there


@pytest.mark.postgresql
def test_a_restore_that_stumbles_leaves_no_database_behind(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of SQLite, a folder goes with the work."""
    fill()
    backed_up()
    there = databases()

    def stumble(*_anything: Any) -> None:
        raise postgres.ToolFailed("pg_restore stumbled")

    monkeypatch.setattr(postgres, "restore", stumble)
    run = drill()
    assert run.state is RunState.failed and "stumbled" in (run.last_error or "")
    assert databases() == there


def test_a_drill_is_not_begun_where_it_would_fill_the_disk(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill()
    backed_up()
    monkeypatch.setattr(making, "SPARE_BYTES", 10**18)
    run = drill()
    assert run.state is RunState.failed and "not enough room" in (run.last_error or "")
