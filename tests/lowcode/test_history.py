"""The history of a record on its page: what happened, as far as the screen shows it, for those who may see it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from app.core.actor import KINDS, Actor, acting_as
from app.core.db import db
from app.lowcode.history.pages import ACTOR_ICONS
from app.lowcode.icons import is_icon
from app.lowcode.registry import registry
from tests import factories
from tests.lowcode.past import change, lines_of, ticks, timeline
from tests.lowcode.shelf import Kind, Shelf, Thing, ThingScreen, make_thing
from tests.security.conftest import make_role, make_user

__all__ = ["make_role", "make_user"]


@pytest.fixture
def owner(as_user: Any) -> Any:
    return as_user("ming")


@pytest.fixture
def thing(app: Flask) -> Thing:
    made = make_thing(label="Old", price=100)
    db.session.commit()
    return made


@pytest.fixture
def looker(as_user: Any, make_role: Any, make_user: Any) -> Any:
    """Someone who may look at things and change none."""
    make_user("nana", make_role("looker", "can_view:ThingScreen"))
    return as_user("nana")


# -- the timeline ---------------------------------------------------------------------------------------------------


def test_the_newest_change_comes_first_with_who_and_from_what_to_what(owner: Any, thing: Thing) -> None:
    with acting_as(Actor.job("nightly_backup")):
        change(thing, label="Middle")
    with acting_as(Actor.staff(1, "Hua Li")):
        change(thing, label="New", kind=Kind.pot)
    told = timeline(owner, thing.id)
    assert told.count("<li>") == 3
    newest, middle, oldest = told.split("<li>")[1:]
    assert "Middle</del> → <ins>New" in newest and "Active</del> → <ins>Paused" in newest
    assert "#user" in newest and "Hua Li" in newest and "Staff" in newest
    assert "#clock" in middle and "Job" in middle and "#plus" in oldest and "<ins>Old" in oldest


def test_every_kind_of_actor_has_a_sign_of_its_own() -> None:
    assert set(ACTOR_ICONS) == set(KINDS) and all(map(is_icon, ACTOR_ICONS.values()))
    assert len(set(ACTOR_ICONS.values())) == len(KINDS)


def test_the_page_of_a_record_asks_nothing_of_the_history(
        owner: Any, thing: Thing, count_queries: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    thing_id = thing.id

    def queries() -> tuple[int, str]:
        with count_queries() as seen:
            page = owner.get(f"/test_things/show/{thing_id}").text
        return len(seen), page

    queries()
    with_history, page = queries()
    assert f'data-history="/history/test_things/{thing_id}"' in page and "/history.js" in page
    monkeypatch.setattr(registry(), "keeper", None)
    without, page = queries()
    assert with_history == without and "data-history" not in page and "/history.js" not in page
    assert owner.get(f"/history/test_things/{thing_id}").status_code == 404


def test_a_record_that_keeps_out_of_the_trail_has_none(owner: Any) -> None:
    page = owner.get("/audit/show/1")
    assert page.status_code == 200 and "data-history" not in page.text
    assert owner.get("/history/audit/1").status_code == 404


def test_a_long_history_comes_in_pieces_without_gap_or_repetition(
        owner: Any, thing: Thing, count_queries: Any) -> None:
    for number in range(45):
        change(thing, label=f"Name {number}")
    seen, query, pages = [], "", 0
    while True:
        with count_queries() as queries:
            told = timeline(owner, thing.id, query)
        assert len(queries) <= 5, queries
        seen += re.findall(r"<ins>(Name \d+)", told)
        pages += 1
        more = re.search(r"older_than=(\d+)", told)
        if more is None:
            break
        query = f"&older_than={more[1]}"
    assert pages == 3 and seen == [f"Name {number}" for number in reversed(range(45))]
    assert "older_than" not in owner.get(f"/history/test_things/{thing.id}?older_than=1").text


def test_titles_of_what_lines_point_to_are_asked_for_at_once(owner: Any, thing: Thing, count_queries: Any) -> None:
    for number in range(12):
        change(thing, shelf=Shelf(name=f"Shelf {number}"))
    timeline(owner, thing.id)
    with count_queries() as queries:
        assert "Shelf 3" in timeline(owner, thing.id)
    assert len(queries) <= 6, queries


def test_fields_that_the_screen_does_not_show_are_left_out(
        owner: Any, thing: Thing, monkeypatch: pytest.MonkeyPatch) -> None:
    line = change(thing, secret="Under the mat")
    newest = timeline(owner, thing.id).split("<li>")[1]
    assert "Under the mat" not in newest and "not shown here" in newest
    compared = owner.get(f"/history/test_things/{thing.id}/{line}").text
    assert "Nothing differs" in compared and "Under the mat" not in compared
    monkeypatch.setattr(ThingScreen, "history_columns", ("secret",))
    assert "Under the mat" in timeline(owner, thing.id), "control: it is only the choice of columns that hides it"


def test_what_only_the_form_shows_is_for_those_who_may_edit(
        owner: Any, looker: Any, thing: Thing, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = registry().screen_of(Thing)
    monkeypatch.setattr(screen, "show_groups", [("", "", [screen.field("label")])])
    line = change(thing, facts={"price paid": "7 yuan"})
    for url in (f"/history/test_things/{thing.id}", f"/history/test_things/{thing.id}/{line}"):
        assert "7 yuan" not in looker.get(url).text and "7 yuan" in owner.get(url).text


def test_personal_values_are_masked(owner: Any) -> None:
    member = factories.make_member(nickname="Mei", phone="13812345678")
    db.session.commit()
    member.phone = "13987654321"
    db.session.commit()
    told = owner.get(f"/history/members/{member.id}").text
    assert "138****5678" in told and "139****4321" in told and "13812345678" not in told


# -- who may --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who, expected", [("ming", (200, 200, 302)), ("nana", (200, 200, 403)),
                                           ("lin", (403, 403, 403)), (None, (302, 302, 302))])
def test_whoever_may_view_looks_and_whoever_may_edit_restores(
        client: Any, as_user: Any, looker: Any, thing: Thing, who: str | None, expected: tuple[int, ...]) -> None:
    line = change(thing, label="New")
    url, seen = f"/history/test_things/{thing.id}", ticks(as_user("ming").get(
        f"/history/test_things/{thing.id}/{line}").text)
    visitor = as_user(who) if who else client
    sent = {"field": "label", "seen.label": seen["label"]}
    answers = (visitor.get(url), visitor.get(f"{url}/{line}"), visitor.post(f"{url}/{line}", data=sent))
    assert tuple(answer.status_code for answer in answers) == expected
    db.session.expire_all()
    assert thing.label == ("Old" if who == "ming" else "New")
    if who is None:
        assert all("/login/" in answer.headers["Location"] for answer in answers)
    if who == "nana":
        assert 'name="field"' not in answers[1].text and "data-save" not in answers[1].text


def test_a_row_that_the_screen_does_not_show_has_no_history(owner: Any, thing: Thing) -> None:
    line = change(thing, label="New")
    url = f"/history/test_things/{thing.id}"
    seen = ticks(owner.get(f"{url}/{line}").text)
    change(thing, is_hidden=True)
    assert [owner.get(url).status_code, owner.get(f"{url}/{line}").status_code] == [404, 404]
    assert owner.post(f"{url}/{line}", data={"field": "label", "seen.label": seen["label"]}).status_code == 404
    db.session.expire_all()
    assert thing.label == "New"


def test_restoring_wants_the_token_of_its_form(as_user: Any, thing: Thing) -> None:
    line = change(thing, label="New")
    url = f"/history/test_things/{thing.id}/{line}"
    sent = {"field": "label", "seen.label": ticks(as_user("ming").get(url).text)["label"]}
    owner = as_user("ming")
    assert owner.post(url, data=sent, csrf=False).status_code == 400
    assert owner.post(url, data=sent).status_code == 302


def test_a_line_of_another_record_is_no_moment_of_this_one(owner: Any, thing: Thing) -> None:
    other = make_thing(2)
    line = change(other, label="New")
    for moment in (line, lines_of(thing.id)[0].id, 10**9, 0):
        assert owner.get(f"/history/test_things/{thing.id}/{moment}").status_code == 404, moment
    assert owner.get(f"/history/test_things/{other.id}/{line}").status_code == 200
