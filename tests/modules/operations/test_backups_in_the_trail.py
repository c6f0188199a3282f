"""Who made, fetched and restored which backup stands in the audit trail, in the reader's language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import preparing
from app.core import clock, jobs, migrations
from app.core.db import db
from app.modules.audit.models import ActorKind, AuditAction, AuditLine
from app.modules.operations import backups
from tests.modules.operations.shelf_room import backed_up, fill


def told() -> list[tuple[str, str, str, str]]:
    """Who did what to which backup: the lines about backups."""
    lines = db.session.scalars(select(AuditLine).where(AuditLine.action == AuditAction.happened).order_by(AuditLine.id))
    found = [(line.actor_kind.value, line.actor_name, line.table_name or "", line.title or "") for line in lines]
    db.session.remove()
    return found


def invoke(app: Flask, *words: str) -> None:
    done = app.test_cli_runner().invoke(args=["backup", *words])
    assert done.exit_code == 0, done.output


@pytest.mark.both_databases
def test_making_one_by_the_clock_by_hand_and_by_command_is_told(app: Flask, var: Path, as_user: Any) -> None:
    fill()
    jobs.run_here("nightly_backup")
    as_user("ming").post("/backups/create")
    assert jobs.run_due() == 1
    invoke(app, "create")
    names = sorted(backup.name for backup in backups.list_backups())
    assert [line[:3] for line in told()] == [
        ("job", "nightly_backup", "BackupMade"), ("staff", "Ming Wang", "BackupMade"),
        ("command", "backup create", "BackupMade")]
    assert sorted(line[3] for line in told()) == names


@pytest.mark.both_databases
def test_restoring_is_told_to_the_restored_shop(app: Flask, var: Path) -> None:
    fill()
    invoke(app, "create")
    assert [line[2] for line in told()] == ["BackupMade"]
    (made,) = backups.list_backups()
    invoke(app, "restore", made.name, "--yes")
    assert told() == [("command", "backup restore", "BackupRestored", made.name)], \
        "the copy was taken before it was told that it was made"


@pytest.mark.both_databases
def test_restoring_an_older_version_is_told_once_it_is_migrated(
        app: Flask, var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill()
    invoke(app, "create")
    (made,) = backups.list_backups()
    with monkeypatch.context() as older:
        older.setattr(migrations, "is_current", lambda _engine: False)
        invoke(app, "restore", made.name, "--yes")
    assert told() == []
    preparing.prepare(app)
    assert told() == [("command", "backup restore", "BackupRestored", made.name)]
    preparing.prepare(app)
    assert len(told()) == 1, "told once"


@pytest.mark.both_databases
def test_the_backup_before_a_migration_is_told_after_it(
        app: Flask, var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill()
    monkeypatch.setattr(migrations, "is_current", lambda _engine: False)
    preparing.prepare(app)
    (made,) = backups.list_backups()
    assert told() == [("command", "database upgrade", "BackupMade", made.name)]


def test_a_download_is_told_with_name_and_address(var: Path, as_user: Any) -> None:
    fill()
    made = backed_up()
    as_user("ming").post(f"/backups/{made.name}/download").close()
    assert told()[-1] == ("staff", "Ming Wang", "BackupDownloaded", made.name)
    line = db.session.scalars(select(AuditLine).where(AuditLine.table_name == "BackupDownloaded")).one()
    assert (line.actor_kind, line.ip) == (ActorKind.staff, "127.0.0.1") and line.request_id


WORDS = {
    "en": ("Event", "Backups", "Command: restore a backup", "Backup made: ", " rows", "Backup downloaded: ",
           "Backup restored: the shop is as it was at Nov 24, 2026, 11:00; the database before it is kept as "),
    "zh": ("事件", "备份", "命令：恢复备份", "已备份：", "行", "已下载备份：",
           "已恢复备份：店铺回到 2026-11-24 11:00 的状态，此前的数据库保留为 "),
}


@pytest.mark.parametrize("language", WORDS)
def test_the_trail_tells_it_in_the_readers_language(app: Flask, var: Path, as_user: Any, language: str) -> None:
    clock.set("2026-11-24 03:00")
    fill()
    invoke(app, "create")
    (made,) = backups.list_backups()
    invoke(app, "restore", made.name, "--yes")
    invoke(app, "create")
    ming = as_user("ming")
    ming.post(f"/backups/{made.name}/download").close()
    ming.post("/preferences", data={"locale": language})
    page = ming.get("/audit/list/?f.action=happened").text
    for words in (*WORDS[language], made.name, "Ming Wang"):
        assert words in page, words
    line = db.session.scalars(select(AuditLine).where(AuditLine.table_name == "BackupRestored")).one()
    assert WORDS[language][-1] in ming.get(f"/audit/show/{line.id}").text
