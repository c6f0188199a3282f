"""The tray on pages: an icon for those who have work in it, its list, and what can be done from there."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from sqlalchemy import select, update

from app.core import jobs
from app.core.actor import Actor, acting_as
from app.core.db import db
from app.core.jobs import LaterJob, LaterState
from app.core.jobs.posting import posts
from app.lowcode.importing import runs
from app.lowcode.importing.models import Import
from tests.lowcode.shelf import Thing, make_thing

FILE = "Code,Name\nT-1,One\nT-2,Two\n"


@pytest.fixture
def ming(as_user: Any) -> Any:
    client = as_user("ming")
    client.post("/preferences", json={"locale": "en"})
    return client


@jobs.register_task
@jobs.task(retries=0, label="Dig", watched=jobs.Watched(
    lambda work: jobs.About("in the garden", "/profile/", note="Mind the roses."), can_retry=True))
def dig(fails: bool = False) -> str:
    """Work with a page of its own."""
    if fails:
        raise jobs.GiveUp("Nothing but stones.")
    return "A hole"


def begin(**values: Any) -> int:
    with acting_as(Actor.staff(1, "Ming")):
        number = jobs.later(dig, **values)
    db.session.commit()
    return number


def set_row(number: int, **values: Any) -> None:
    db.session.execute(update(posts).where(posts.c.id == number).values(values))
    db.session.commit()


def texts(client: Any) -> str:
    page = client.get("/tray/").text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index('id="page"'):page.index("</main>")]))


def test_a_page_of_those_who_have_no_work_has_no_part_of_it(ming: Any) -> None:
    page = ming.get("/test_things/list/").text
    assert "tray" not in page


@pytest.mark.both_databases
def test_a_list_asks_as_many_queries_with_work_as_without(ming: Any, count_queries: Any) -> None:
    counts = []
    for _time in range(2):
        ming.get("/test_things/list/")
        with count_queries() as queries:
            page = ming.get("/test_things/list/").text
        counts.append(len(queries))
        begin()
    assert counts[0] == counts[1]
    assert "data-tray-open" in page and 'data-tray="r"' in page


def test_the_icon_is_there_until_all_is_dismissed(ming: Any) -> None:
    number = begin()
    jobs.run_due()
    assert 'data-tray="n"' in ming.get("/").text
    ming.post(f"/tray/{number}/dismiss")
    assert "data-tray-open" not in ming.get("/").text


def test_the_list_tells_what_is_done_and_where_it_is_found(ming: Any) -> None:
    begin()
    jobs.run_due()
    said = texts(ming)
    for words in ("Dig", "in the garden", "A hole", "Mind the roses.", "Done", "Open"):
        assert words in said
    assert 'href="/profile/"' in ming.get("/tray/").text


def test_it_tells_why_something_failed_and_how_to_go_on(ming: Any) -> None:
    number = begin(fails=True)
    jobs.run_due()
    assert "Nothing but stones." in texts(ming) and "Try again" in texts(ming)
    ming.post(f"/tray/{number}/retry")
    assert "Waiting for its turn" in texts(ming) and "Try again" not in texts(ming)


def test_what_runs_says_how_far_it_is_and_is_asked_to_stop(ming: Any) -> None:
    number = begin()
    set_row(number, state=LaterState.doing, progress_done=3, progress_total=4, progress_message="Three of four")
    state = ming.get("/tray/state").get_json()
    assert state["running"] == 1 and state["news"] is False and "html" not in state
    assert state["progress"] == [{"id": number, "percent": 75, "message": "Three of four"}]
    assert 'aria-valuenow="75"' in ming.get("/tray/").text
    ming.post(f"/tray/{number}/cancel")
    assert "It is being stopped." in texts(ming) and "/cancel" not in ming.get("/tray/").text


def test_work_that_is_tried_again_by_itself_says_when(ming: Any) -> None:
    set_row(begin(), attempts=1)
    assert "It is tried again at" in texts(ming)


def test_the_list_is_sent_only_when_it_is_not_drawn_as_it_stands(ming: Any) -> None:
    number = begin()
    first = ming.get("/tray/state?drawn=").get_json()
    assert "in the garden" in first["html"]
    assert "html" not in ming.get(f"/tray/state?drawn={first['mark']}").get_json()
    set_row(number, state=LaterState.doing, progress_done=1)
    assert "html" in ming.get(f"/tray/state?drawn={first['mark']}").get_json()


def test_news_are_handed_out_once(ming: Any) -> None:
    begin(fails=True)
    begin()
    jobs.run_due()
    assert ming.get("/tray/state").get_json()["news"] is True
    news = ming.post("/tray/told", headers={"Accept": "application/json"}).get_json()["news"]
    assert [(each["text"], each["tone"], each["url"]) for each in news] == [
        ("Done: Dig · in the garden – A hole", "good", "/profile/"),
        ("Failed: Dig · in the garden – Nothing but stones.", "bad", "/profile/")]
    assert ming.post("/tray/told").get_json()["news"] == []
    assert 'data-tray="oo"' in ming.get("/").text


def test_a_refusal_is_told_to_people_and_to_the_script(ming: Any) -> None:
    number = begin()
    answer = ming.post(f"/tray/{number}/dismiss", follow_redirects=True)
    assert "not over yet" in answer.text
    answer = ming.post(f"/tray/{number}/dismiss", headers={"Accept": "application/json"})
    assert answer.status_code >= 400 and "not over yet" in answer.get_json()["message"]
    assert ming.post(f"/tray/{number}/cancel", headers={"Accept": "application/json"}).get_json() == {}


def test_all_that_is_over_is_dismissed_at_once(ming: Any) -> None:
    begin(), begin()
    jobs.run_due()
    going_on = begin()
    ming.post("/tray/clear")
    assert [work.id for work in jobs.list_own(1)] == [going_on]


# -- what stands there --------------------------------------------------------------------------------------------


def items(client: Any) -> list[tuple[str, str]]:
    """Label and subject of each piece of work in the tray."""
    page = client.get("/tray/").text
    return re.findall(r'<strong>([^<]+)</strong><span class="muted" data-verbatim>([^<]+)</span>', page)


def test_an_import_is_followed_from_step_to_step(ming: Any) -> None:
    answer = ming.post("/import/test_things", data={"file": (io.BytesIO(FILE.encode()), "things.csv")},
                       content_type="multipart/form-data")
    where = answer.location
    matches = db.session.scalars(select(Import)).one().matches
    ming.post(f"{where}/match", data={f"column-{place}": path or "" for place, path in enumerate(matches)}
              | {"key": "code"})
    assert items(ming) == [("Check an import", "things.csv")]
    jobs.run_due()
    assert f'href="{where}"' in ming.get("/tray/").text and "2 rows checked" in texts(ming)
    ming.post(f"{where}/confirm")
    assert items(ming) == [("Import a file", "things.csv")], "the step before is put away"
    jobs.run_due()
    assert "2 rows imported" in texts(ming)
    ming.post(f"{where}/undo")
    assert items(ming) == [], "what is undone while one waits is told at once"


def test_undoing_a_large_import_is_followed(ming: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    test_an_import_is_followed_from_step_to_step(ming)
    run = db.session.scalars(select(Import)).one()
    where = f"/import/test_things/{run.id}"
    db.session.execute(update(Import).values(state="done", row_count=runs.WHILE_WAITING + 1))
    db.session.commit()
    ming.post(f"{where}/undo")
    assert items(ming) == [("Undo an import", "things.csv")]


def test_a_change_of_many_rows_has_its_own_words(ming: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "WHILE_WAITING", 1)
    for number in (1, 2):
        make_thing(number, code=f"C-{number}", count=1)
    db.session.commit()
    ids = [str(row_id) for row_id in db.session.scalars(select(Thing.id))]
    answer = ming.post("/bulk/test_things", data={
        "asked": "1", "rowid": ids, "return_to": "/test_things/list/", "chosen": "count", "count": "9"})
    assert items(ming) == [("Check a change of many rows", "Changed together: Count")]
    jobs.run_due()
    ming.post(f"{answer.location}/confirm")
    assert items(ming) == [("Change many rows", "Changed together: Count")]
    jobs.run_due()
    ming.post(f"{answer.location}/undo")
    assert items(ming) == [("Undo a change of many rows", "Changed together: Count")]


def test_an_import_that_is_forgotten_is_still_told_of(ming: Any) -> None:
    test_an_import_is_followed_from_step_to_step(ming)
    db.session.query(Import).delete()
    set_row(db.session.scalars(select(LaterJob.id).order_by(LaterJob.id)).first() or 0, watcher_id=1)
    assert "Check an import" in texts(ming)
