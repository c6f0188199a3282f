"""A list that takes long is made into a file by a worker, for whoever asked and as they would see it."""

from __future__ import annotations

import csv
import io
import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from app.core import clock, jobs
from app.core.db import db
from app.core.jobs import LaterJob, LaterState
from app.core.jobs.posting import posts
from app.lowcode import export
from app.lowcode.list_files import making
from app.lowcode.list_files.jobs import delete_exported_files
from app.lowcode.list_files.models import ListFile
from app.modules.audit.models import AuditLine
from tests.lowcode.shelf import Kind, Shelf, make_thing

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def _nobody_waits(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows are as many as somebody waits for."""
    shutil.rmtree(Path(app.config["VAR"]) / "exports", ignore_errors=True)
    monkeypatch.setattr(export, "WHILE_WAITING", {"csv": 2, "xlsx": 2})


@pytest.fixture
def ming(as_user: Any) -> Any:
    shelf = Shelf(name="Oak")
    for number in (1, 2, 3, 4):
        make_thing(number, label=f"Cup {number}", price=number * 1050, shelf=shelf,
                   seen_at=datetime(2026, 8, 1, 12) + timedelta(hours=number), kind=Kind.pot)
    db.session.commit()
    client = as_user("ming")
    client.post("/preferences", json={"locale": "en"})
    return client


def ask(client: Any, form: str = "csv", path: str = "/test_things", **data: str) -> Any:
    answer = client.post(f"{path}/export/{form}", data=data)
    assert answer.status_code == 302 and "/list/" in answer.location, answer.text[:200]
    return answer


def made(client: Any, form: str = "csv", path: str = "/test_things", **data: str) -> str:
    """Ask for a file and let it be made; its address in the tray."""
    ask(client, form, path, **data)
    jobs.run_due()
    return address(client)


def address(client: Any) -> str:
    found = re.search(r'href="(/exports/[^"]+)"', client.get("/tray/").text)
    assert found is not None, work().last_error
    return found.group(1)


def work() -> LaterJob:
    db.session.expire_all()
    return db.session.scalars(select(LaterJob).order_by(LaterJob.id.desc()).limit(1)).one()


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text[:300]
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_a_short_list_is_a_download_and_a_long_one_is_made(ming: Any) -> None:
    assert len(rows_of(ming.post("/test_things/export/csv", data={"query": "f.price.to=25"}))) == 2
    answer = ask(ming, query="sort=price")
    assert answer.location.endswith("?sort=price")
    assert "is being made" in ming.get(answer.location).text


@pytest.mark.parametrize("data", [
    {}, {"query": "sort=price"}, {"query": "q=Cup&f.price.from=20"}, {"columns": "all"},
    {"query": "columns=label,price&sort=-price"}])
def test_it_is_the_very_file_of_a_download(ming: Any, data: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    slow = ming.get(made(ming, **data)).data
    monkeypatch.setattr(export, "WHILE_WAITING", {"csv": 10, "xlsx": 10})
    assert slow == ming.post("/test_things/export/csv", data=data).data


def test_a_spreadsheet_is_made_too(ming: Any) -> None:
    answer = ming.get(made(ming, "xlsx", query="sort=price"))
    table = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert [row[table[0].index("Name")] for row in table[1:]] == ["Cup 1", "Cup 2", "Cup 3", "Cup 4"]
    assert re.search(r"\.xlsx\b", answer.headers["Content-Disposition"])
    assert answer.headers["Cache-Control"] == "no-store"


def test_it_speaks_the_language_of_whoever_asked(ming: Any) -> None:
    ming.post("/preferences", json={"locale": "zh"})
    answer = ming.get(made(ming))
    assert "价格" in answer.data.decode() or "Price" not in answer.data.decode()
    assert "4 行" in ming.get("/tray/").text


def test_rows_that_the_screen_does_not_show_are_not_in_it(ming: Any) -> None:
    make_thing(9, label="Hidden", is_hidden=True)
    db.session.commit()
    assert "Hidden" not in ming.get(made(ming)).data.decode()


def test_the_trail_has_its_line_for_making_and_for_fetching(ming: Any) -> None:
    ming.get(made(ming, query="q=Cup"))
    lines = db.session.scalars(select(AuditLine).order_by(AuditLine.id.desc()).limit(2)).all()
    assert [line.table_name for line in lines] == ["ListFetched", "ListExported"]
    assert all(line.actor_name.startswith("Ming") and line.changes["row_count"] == [None, 4] for line in lines)
    assert lines[1].changes["query"] == [None, "q=Cup"]


def test_after_a_day_it_is_gone(ming: Any, app: Flask) -> None:
    clock.set("2026-08-01 12:00")
    where = made(ming)
    assert files(app) != []
    clock.set("2026-08-02 11:59")
    delete_exported_files()
    assert ming.get(where).status_code == 200
    clock.set("2026-08-02 12:00")
    assert ming.get(where).status_code == 404, "whether or not the job has been there"
    assert delete_exported_files() == 1
    assert files(app) == [] and db.session.scalars(select(ListFile)).all() == []
    assert "/exports/" not in ming.get("/tray/").text


def files(app: Flask) -> list[Path]:
    return [path for path in (Path(app.config["VAR"]) / "exports").rglob("*") if path.is_file()]


def test_it_lies_where_nobody_else_reads_it(ming: Any, app: Flask) -> None:
    where = made(ming)
    found = files(app)[-1]
    assert found.stat().st_mode & 0o077 == 0
    assert ming.get(f"/files/{where.rpartition('/')[2]}").status_code == 404


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_it_is_called_off_halfway_and_leaves_nothing(
        ming: Any, monkeypatch: pytest.MonkeyPatch, app: Flask, form: str) -> None:
    ask(ming, form)

    def stop(done: int, total: int | None = None, message: str = "") -> None:
        if done == 2:
            raise jobs.Cancelled()

    with monkeypatch.context() as halfway:
        halfway.setattr(export, "AT_ONCE", 1)
        halfway.setattr(making, "progress", stop)
        jobs.run_due()
    assert work().state is LaterState.cancelled and files(app) == []
    ming.post(f"/tray/{work().id}/retry")
    jobs.run_due()
    assert ming.get(address(ming)).status_code == 200, "and goes out again"


def test_what_a_killed_worker_left_is_swept_away(ming: Any, app: Flask) -> None:
    left = Path(app.config["VAR"]) / "exports" / f"{making.WORKSHOP}x"
    left.mkdir(parents=True)
    (left / "half").write_text("a file")
    delete_exported_files()
    assert left.exists(), "somebody may be at work there"
    clock.set(clock.now() + making.LONGEST + timedelta(minutes=1))
    delete_exported_files()
    assert not left.exists()


def test_it_says_how_far_it_is(ming: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int | None]] = []
    monkeypatch.setattr(export, "AT_ONCE", 2)
    monkeypatch.setattr(making, "progress", lambda done, total=None, message="": told.append((done, total)))
    made(ming)
    assert told == [(2, 4), (4, 4), (4, 4)]


def test_more_rows_than_any_file_has_are_refused_in_words(ming: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_ROWS", 3)
    ask(ming)
    jobs.run_due()
    assert work().state is LaterState.failed and "more than 3 rows" in (work().last_error or "")


def test_one_user_does_not_take_all_workers(ming: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for _time in range(making.AT_ONCE):
        ask(ming)
    assert "made for you already" in ming.get(ask(ming).location).text
    assert db.session.query(ListFile).count() == making.AT_ONCE
    jobs.run_due()
    ask(ming)
    assert db.session.query(ListFile).count() == making.AT_ONCE + 1


def test_only_as_many_rows_are_counted_as_decide(ming: Any, count_queries: Any) -> None:
    with count_queries() as queries:
        ask(ming)
    counts = [query for query in queries if "count(" in query.lower() and "test_things" in query]
    assert len(counts) == 1 and "LIMIT" in counts[0]


def test_all_rows_are_of_one_moment(ming: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "AT_ONCE", 1)
    real = making.progress

    def meanwhile(done: int, total: int | None = None, message: str = "") -> None:
        if done == 1:
            with db.engine.connect() as other:
                other.exec_driver_sql("UPDATE test_things SET label = 'Changed'")
                other.commit()
        real(done, total, message)

    monkeypatch.setattr(making, "progress", meanwhile)
    names = [row["Name"] for row in rows_of(ming.get(made(ming)))]
    assert names == ["Cup 4", "Cup 3", "Cup 2", "Cup 1"]


def test_the_work_knows_who_began_it(ming: Any) -> None:
    ask(ming)
    user = db.session.scalar(select(User.id).where(User.username == "ming"))
    row = db.session.execute(select(posts.c.actor_kind, posts.c.actor_id, posts.c.watcher_id)).one()
    assert tuple(row) == ("staff", user, user)
