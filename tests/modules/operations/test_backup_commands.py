"""`flask backup …`: what it prints and the exit codes that scripts rely on; and the backup before a migration."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app import preparing
from app.core import migrations
from app.modules.operations import backups
from tests.modules.operations.shelf_room import backed_up, fill, product_names, wreck


@pytest.fixture
def run(app: Flask, var: Path) -> Any:
    def invoke(*words: str, **more: Any) -> Result:
        return app.test_cli_runner().invoke(args=["backup", *words], **more)

    return invoke


def test_create_list_verify_restore(run: Any) -> None:
    fill()
    assert "no backups" in run("list").output
    made = run("create")
    assert made.exit_code == 0 and "verified" in made.output
    name = backups.list_backups()[0].name
    assert name in run("list").output
    for words in ((), (name,), ("--all",)):
        checked = run("verify", *words)
        assert checked.exit_code == 0 and name in checked.output
    wreck()
    restored = run("restore", name, "--yes")
    assert restored.exit_code == 0 and "is kept as" in restored.output
    assert product_names() == {"Silk", "Tea"}


def test_a_backup_from_elsewhere_is_restored_by_its_path(run: Any, tmp_path: Path) -> None:
    fill()
    elsewhere = backed_up().path.rename(tmp_path / "from the attic.zip")
    wreck()
    assert run("restore", str(elsewhere), "--yes").exit_code == 0
    assert product_names() == {"Silk", "Tea"}


def test_restoring_asks_first(run: Any) -> None:
    fill()
    name = backed_up().name
    wreck()
    assert run("restore", name, input="n\n").exit_code == 1
    assert product_names() == {"Wrecked"}
    assert run("restore", name, input="y\n").exit_code == 0
    assert product_names() == {"Silk", "Tea"}


def test_a_damaged_one_is_an_exit_code(run: Any) -> None:
    fill()
    made = backed_up()
    made.path.write_bytes(made.path.read_bytes()[:-1])
    checked = run("verify", made.name)
    assert checked.exit_code == 1 and "DAMAGED" in checked.output
    assert "DAMAGED" in run("list").output
    refused = run("restore", made.name, "--yes")
    assert refused.exit_code == 1 and refused.output.startswith("Error: ")
    assert product_names() == {"Silk", "Tea"}


@pytest.mark.parametrize("words", [("verify",), ("verify", "--all"), ("verify", "nope"), ("restore", "nope", "--yes")])
def test_what_is_not_there_is_said(run: Any, words: tuple[str, ...]) -> None:
    refused = run(*words)
    assert refused.exit_code == 1 and refused.output.startswith("Error: ")


def test_a_name_and_all_contradict_each_other(run: Any) -> None:
    assert run("verify", "x", "--all").exit_code == 2


@pytest.mark.both_databases
def test_a_database_with_data_is_backed_up_before_it_is_migrated(
        app: Flask, var: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    fill()
    preparing.prepare(app)
    assert backups.list_backups() == [], "nothing to migrate, nothing to back up"
    monkeypatch.setattr(migrations, "is_current", lambda _engine: False)
    with caplog.at_level(logging.WARNING):
        preparing.prepare(app)
    (made,) = backups.list_backups()
    assert made.is_good and made.name in caplog.text


def test_no_backup_no_migration(app: Flask, var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "is_current", lambda _engine: False)
    monkeypatch.setattr("app.modules.operations.backups.making.SPARE_BYTES", 10**18)
    migrated: list[Any] = []
    monkeypatch.setattr(migrations, "upgrade", migrated.append)
    refused = app.test_cli_runner().invoke(args=["database", "upgrade"])
    assert refused.exit_code == 1 and "not enough room" in refused.output
    assert migrated == []
