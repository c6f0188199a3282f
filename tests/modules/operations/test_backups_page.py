"""The page of backups, what it lets whom do, and the work behind its buttons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.core import clock, jobs
from app.core.db import db
from app.core.jobs import JobRun, LaterJob, LaterState, RunState
from app.modules.operations import backups
from app.modules.operations.events import BackupDownloaded
from tests.modules.operations.shelf_room import backed_up, fill


def latest() -> LaterJob:
    return db.session.scalars(select(LaterJob).order_by(LaterJob.id.desc())).first()


@pytest.mark.both_databases
def test_the_nightly_job_makes_one_and_its_run_is_on_record(var: Path) -> None:
    fill()
    run = jobs.run_here("nightly_backup")
    (made,) = backups.list_backups()
    recorded = db.session.scalar(select(JobRun).where(JobRun.id == run.id))
    assert recorded.state is RunState.done, recorded.last_error
    assert made.name in recorded.result and "kB" in recorded.result
    assert made.is_good and made.manifest.made_by == "nightly_backup"


def test_a_nightly_backup_that_fails_is_on_record(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.modules.operations.backups.making.SPARE_BYTES", 10**18)
    run = jobs.run_here("nightly_backup")
    assert run.state is RunState.failed and "not enough room" in run.last_error


@pytest.mark.both_databases
def test_back_up_now_works_in_the_background_and_shows_how_far_it_is(var: Path, as_user: Any) -> None:
    fill()
    ming = as_user("ming")
    empty = ming.get("/backups/").text
    assert "There are no backups yet" in empty and "everything is lost" in empty
    assert ming.post("/backups/create").status_code == 302
    work = latest()
    assert 'data-work="/backups/work/' in ming.get("/backups/").text
    assert ming.get(f"/backups/work/{work.id}").json["running"] is True
    ming.post("/backups/create")
    assert latest().id == work.id, "asked for twice, done once"
    assert jobs.run_due() == 1
    assert latest().state is LaterState.done, latest().last_error
    told = ming.get(f"/backups/work/{work.id}").json
    assert told["running"] is False and told["percent"] == 100
    (made,) = backups.list_backups()
    assert "ming" in made.manifest.made_by.lower()
    page = ming.get("/backups/").text
    assert made.name in page and "Verified" in page and f"bin/flask --app app backup restore {made.name}" in page


def test_verify_finds_what_is_damaged(var: Path, as_user: Any) -> None:
    fill()
    made = backed_up()
    ming = as_user("ming")
    ming.post(f"/backups/{made.name}/verify")
    jobs.run_due()
    assert latest().state is LaterState.done
    made.path.write_bytes(made.path.read_bytes()[:-1])
    ming.post(f"/backups/{made.name}/verify")
    jobs.run_due()
    assert latest().state is LaterState.failed and "cut off" in latest().last_error
    page = ming.get("/backups/").text
    assert "Damaged" in page and "cut off" in page


def test_a_problem_is_told_in_the_readers_language(var: Path, as_user: Any) -> None:
    fill()
    made = backed_up()
    made.path.write_bytes(made.path.read_bytes()[:-1])
    backups.verify_backup(made.name)
    ming = as_user("ming")
    assert "cut off" in ming.get("/backups/").text
    ming.post("/preferences", data={"locale": "zh"})
    assert "cut off" not in ming.get("/backups/").text


def test_the_page_warns_when_last_night_has_none(var: Path, as_user: Any) -> None:
    fill()
    clock.set("2026-11-24 03:00")
    backed_up()
    ming = as_user("ming")
    assert "27 hours old" not in ming.get("/backups/").text
    clock.set("2026-11-25 06:10")
    ming = as_user("ming")
    assert "27 hours old" in ming.get("/backups/").text


def test_a_download_is_the_file_and_is_announced(var: Path, as_user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fill()
    made = backed_up()
    heard: list[Any] = []
    monkeypatch.setattr("app.modules.operations.backups_page.publish", heard.append)
    answer = as_user("ming").post(f"/backups/{made.name}/download")
    assert answer.data == made.path.read_bytes()
    assert answer.headers["Content-Disposition"] == f"attachment; filename={made.name}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert heard == [BackupDownloaded(made.name, made.byte_count)]
    answer.close()


@pytest.mark.parametrize("name", ["..%2fsecret_key", "%2e%2e%2fsecret_key", "..", ".lock", "houtai-20260101-000000.zip",
                                  "..%5csecret_key", "%2fetc%2fpasswd"])
def test_a_download_leads_nowhere_else(var: Path, as_user: Any, name: str) -> None:
    (var / "secret_key").write_text("the key")
    with backups.shelf.working():
        answer = as_user("ming").post(f"/backups/{name}/download")
    assert answer.status_code in {404, 405} and b"the key" not in answer.data


@pytest.mark.parametrize("user", ["hua", "lin"])
def test_who_has_no_right_gets_nothing(var: Path, as_user: Any, user: str) -> None:
    fill()
    made = backed_up()
    somebody = as_user(user)
    for path in ("create", f"{made.name}/verify", f"{made.name}/download"):
        assert somebody.post(f"/backups/{path}").status_code == 403
    assert somebody.get("/backups/").status_code == 403
    with as_user("ming").post(f"/backups/{made.name}/download") as answer:
        assert answer.status_code == 200, "the positive control"


def test_a_download_needs_the_form_token_and_is_not_there_for_reading(var: Path, as_user: Any) -> None:
    fill()
    made = backed_up()
    ming = as_user("ming")
    assert ming.get(f"/backups/{made.name}/download").status_code == 405
    assert ming.post(f"/backups/{made.name}/download", csrf=False).status_code == 400
