"""Two people and one record: nothing is overwritten unseen, and nothing that was typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from flask import Flask

from app.core import clock
from app.core.db import db
from tests.lowcode.shelf import Kind, Label, Shelf, Thing, make_thing
from tests.support.client import Client

HIDDEN = re.compile(r'<input type="hidden" name="_version" value="([^"]+)">')
OPENED_AT = datetime(2026, 8, 1, 2, 0)


@pytest.fixture
def ming(as_user: Callable[[str], Client]) -> Client:
    return as_user("ming")


@pytest.fixture
def other(as_user: Callable[[str], Client]) -> Client:
    """Another session; who it is the trail tells by its own tests."""
    return as_user("ming")


def the_things(**given: Any) -> dict[str, Any]:
    """What a browser sends of the form of a thing that `make_thing` made, with what was typed into it."""
    return {"label": "Thing 1", "code": "C-0001", "shelf": "", "price": "0.00", "count": "", "weight": "",
            "found_on": "", "seen_at": "", "kind": "cup", "is_open": "", "story": "", "face": "", "views": "[]",
            "facts": "", "labels": ""} | given


def version_on(page: str) -> str:
    found = HIDDEN.search(page)
    assert found is not None, "the form carries no version"
    return unescape(found[1])


def open_form(client: Client, thing_id: int) -> str:
    answer = client.get(f"/test_things/edit/{thing_id}")
    assert answer.status_code == 200
    return version_on(answer.text)


def send(client: Client, thing_id: int, version: str | None, **typed: Any) -> Any:
    given = {} if version is None else {"_version": version}
    return client.post(f"/test_things/edit/{thing_id}", data=the_things(**typed) | given)


def change(thing_id: int, **values: Any) -> None:
    """Somebody else's work, by whatever way."""
    thing = db.session.get(Thing, thing_id)
    for name, value in values.items():
        setattr(thing, name, value)
    db.session.commit()


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def thing_of(thing_id: int) -> Thing:
    db.session.expire_all()
    found = db.session.get(Thing, thing_id)
    assert found is not None
    return found


# -- nobody else was there ----------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_form_saved_in_peace_is_saved(app: Flask, ming: Client) -> None:
    thing_id = make_thing(1).id
    version = open_form(ming, thing_id)
    assert send(ming, thing_id, version, label="Mine").status_code == 302
    assert thing_of(thing_id).label == "Mine"


@pytest.mark.both_databases
def test_a_version_costs_no_query(app: Flask, ming: Client, count_queries: Any) -> None:
    thing_id = make_thing(1, labels=[Label(name="red")]).id
    label_id = db.session.scalars(db.select(Label.id)).one()
    ming.get("/test_things/list/")
    counts = []
    for is_guarded in (False, True, False, True):
        given = open_form(ming, thing_id) if is_guarded else None
        with count_queries() as seen:
            answer = send(ming, thing_id, given, label=f"Mine {len(counts)}", labels=["", str(label_id)])
        assert answer.status_code == 302
        counts.append(len(seen))
    assert counts[3] <= counts[2]


def test_a_request_without_a_version_is_saved_as_ever(app: Flask, ming: Client) -> None:
    thing_id = make_thing(1).id
    open_form(ming, thing_id)
    change(thing_id, label="Theirs")
    assert send(ming, thing_id, None, label="Mine").status_code == 302
    assert thing_of(thing_id).label == "Mine"


def test_what_was_not_touched_is_not_written(app: Flask, ming: Client) -> None:
    """A form shows a moment without its seconds and a text as an editor writes it; both stay as they are stored."""
    seen_at, story = datetime(2026, 8, 1, 2, 3, 4), "<p>One</p><p>Two  words</p>"
    thing_id = make_thing(1, seen_at=seen_at, story=story, weight=Decimal("1.5"), found_on=date(2026, 8, 1)).id
    version = open_form(ming, thing_id)
    typed = {"seen_at": "2026-08-01T10:03", "story": "<p>One</p>\r\n<p>Two&nbsp; words</p>\r\n", "weight": "1.500",
             "found_on": "2026-08-01"}
    assert send(ming, thing_id, version, label="Mine", **typed).status_code == 302
    thing = thing_of(thing_id)
    assert (thing.label, thing.seen_at, thing.story) == ("Mine", seen_at, story)


# -- each changed something else ----------------------------------------------------------------------------


@pytest.mark.both_databases
def test_changes_of_different_fields_are_merged_and_it_is_told(app: Flask, ming: Client, as_user: Any) -> None:
    thing_id = make_thing(1).id
    version = open_form(ming, thing_id)
    assert send(as_user("ming"), thing_id, open_form(ming, thing_id), price="12.00").status_code == 302
    answer = ming.post(f"/test_things/edit/{thing_id}", data=the_things(label="Mine", _version=version),
                       follow_redirects=True)
    assert answer.status_code == 200
    thing = thing_of(thing_id)
    assert (thing.label, thing.price) == ("Mine", 1200)
    assert "changed this record in the meantime" in answer.text and "Kept beside your changes: Price." in answer.text


def test_a_field_that_both_changed_alike_is_no_conflict(app: Flask, ming: Client) -> None:
    thing_id = make_thing(1).id
    version = open_form(ming, thing_id)
    change(thing_id, label="The same")
    assert send(ming, thing_id, version, label="The same", count="3").status_code == 302
    assert thing_of(thing_id).count == 3


def test_what_changed_back_is_no_change(app: Flask, ming: Client) -> None:
    thing_id = make_thing(1).id
    version = open_form(ming, thing_id)
    change(thing_id, label="Theirs")
    change(thing_id, label="Thing 1")
    assert send(ming, thing_id, version, label="Mine").status_code == 302


def test_what_changed_beside_the_form_is_no_change_of_it(app: Flask, ming: Client) -> None:
    thing_id = make_thing(1).id
    version = open_form(ming, thing_id)
    change(thing_id, secret="Theirs")
    assert send(ming, thing_id, version, label="Mine").status_code == 302
    assert thing_of(thing_id).secret == "Theirs"


def test_a_rule_that_the_merged_record_breaks_refuses_it_and_shows_both(app: Flask, ming: Client) -> None:
    thing_id = make_thing(1, price=100, count=1).id
    version = open_form(ming, thing_id)
    change(thing_id, price=10**8)
    answer = send(ming, thing_id, version, price="1.00", count="900")
    assert answer.status_code == 422 and 'id="count-error"' in answer.text
    assert 'value="1000000.00"' in answer.text and 'value="900"' in answer.text, "the form is not merged"
    assert "Taken over from the record: Price." in words(answer.text)
    assert send(ming, thing_id, version_on(answer.text), price="1000000.00", count="9").status_code == 302
    assert (thing_of(thing_id).price, thing_of(thing_id).count) == (10**8, 9)


# -- both changed the same ----------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_what_both_changed_is_not_saved_but_told_with_a_choice(app: Flask, ming: Client, other: Client) -> None:
    clock.set("2026-08-01 10:00")
    thing_id = make_thing(1, price=1000).id
    version = open_form(ming, thing_id)
    clock.set("2026-08-01 10:32")
    assert send(other, thing_id, open_form(other, thing_id), price="14.00", count="5").status_code == 302
    clock.set("2026-08-01 10:40")
    answer = send(ming, thing_id, version, price="15.00", label="Mine")
    assert answer.status_code == 409
    thing = thing_of(thing_id)
    assert (thing.label, thing.price, thing.count) == ("Thing 1", 1400, 5), "something was saved"
    told = words(answer.text)
    assert "after you opened it" in told and "18:32" in told
    assert "When you opened it: ¥10.00" in told
    assert "As typed here ¥15.00" in told and "As stored now ¥14.00" in told
    assert "Taken over from the record: Count." in told and "Kept as you typed it: Name." in told
    assert 'value="Mine"' in answer.text and 'name="count" value="5"' in answer.text, "the form is not merged"
    assert "What was changed meanwhile" in told and "Save with these choices" in told


@pytest.mark.both_databases
@pytest.mark.parametrize("choice, price", [("mine", 1500), ("theirs", 1400), (None, 1500)])
def test_a_choice_is_saved_with_one_press(app: Flask, ming: Client, choice: str | None, price: int) -> None:
    thing_id = make_thing(1, price=1000).id
    version = open_form(ming, thing_id)
    change(thing_id, price=1400, count=5)
    page = send(ming, thing_id, version, price="15.00", label="Mine").text
    chosen = {} if choice is None else {"_keep.price": choice}
    answer = send(ming, thing_id, version_on(page), price="15.00", label="Mine", count="5", **chosen)
    assert answer.status_code == 302
    thing = thing_of(thing_id)
    assert (thing.label, thing.price, thing.count) == ("Mine", price, 5)


def test_a_third_change_is_met_as_the_second_was(app: Flask, ming: Client) -> None:
    thing_id = make_thing(1, price=1000).id
    version = open_form(ming, thing_id)
    change(thing_id, price=1400)
    page = send(ming, thing_id, version, price="15.00").text
    change(thing_id, price=1600)
    answer = send(ming, thing_id, version_on(page), price="15.00", **{"_keep.price": "mine"})
    assert answer.status_code == 409
    assert "When you opened it: ¥14.00" in words(answer.text) and "¥16.00" in answer.text
    assert send(ming, thing_id, version_on(answer.text), price="15.00").status_code == 302
    assert thing_of(thing_id).price == 1500


def test_two_saves_in_one_moment_are_told_apart(app: Flask, ming: Client) -> None:
    clock.set("2026-08-01 10:00")
    thing_id = make_thing(1).id
    version = open_form(ming, thing_id)
    change(thing_id, label="Theirs")
    assert thing_of(thing_id).updated_at == clock.now()
    assert send(ming, thing_id, version, label="Mine").status_code == 409


@pytest.mark.parametrize(
    "field, before, theirs, typed, drawn",
    [
        ("kind", Kind.cup, None, "pot", None),
        ("found_on", date(2026, 8, 1), date(2026, 8, 2), "2026-08-03", ["Aug 1, 2026", "Aug 2, 2026", "Aug 3, 2026"]),
        ("seen_at", OPENED_AT, datetime(2026, 8, 1, 3, 0), "2026-08-01T12:00", ["10:00", "11:00", "12:00"]),
        ("weight", Decimal("1.5"), Decimal("2.5"), "3.5", ["1.500", "2.500", "3.500"]),
        ("count", 1, 2, "3", ["1", "2", "3"]),
        ("story", "<p>Once upon a time</p>", "<p>Once upon a hill</p>", "<p>Once upon a lake</p>",
         ["<del>time</del><ins>hill</ins>", "<del>time</del><ins>lake</ins>"]),
        ("facts", {"a": 1}, {"a": 2}, '{"a": 3}', ["a: 1", "a: 2", "a: 3"]),
    ],
)
def test_every_kind_of_value_is_met_and_drawn(
    app: Flask, ming: Client, field: str, before: Any, theirs: Any, typed: str, drawn: list[str] | None,
) -> None:
    thing_id = make_thing(1, **{field: before}).id
    version = open_form(ming, thing_id)
    if drawn is None:
        change(thing_id, **{field: theirs or Kind.pot})
        assert send(ming, thing_id, version, **{field: typed}).status_code == 302, "alike on both sides"
        return
    change(thing_id, **{field: theirs})
    answer = send(ming, thing_id, version, **{field: typed})
    assert answer.status_code == 409
    assert all(each in answer.text for each in drawn), [each for each in drawn if each not in answer.text]


@pytest.mark.both_databases
def test_references_and_references_to_many_are_met_by_their_titles(app: Flask, ming: Client) -> None:
    shelves = [Shelf(name=name) for name in ("Oak", "Elm", "Ash")]
    labels = [Label(name=name) for name in ("red", "blue", "green")]
    db.session.add_all([*shelves, *labels])
    thing_id = make_thing(1, shelf=shelves[0], labels=labels[:1]).id
    ids = [[each.id for each in rows] for rows in (shelves, labels)]
    version = open_form(ming, thing_id)
    change(thing_id, shelf=shelves[1], labels=labels[:2])
    answer = send(ming, thing_id, version, shelf=str(ids[0][2]), labels=["", str(ids[1][0]), str(ids[1][2])])
    assert answer.status_code == 409
    told = words(answer.text)
    assert "When you opened it: Oak Mine, as typed here Ash Theirs, as stored now Elm" in told
    assert "When you opened it: red Mine, as typed here red green Theirs, as stored now red blue" in told
    assert f'<option value="{ids[0][2]}" selected>Ash</option>' in answer.text
    chosen = {"_keep.shelf": "mine", "_keep.labels": "theirs"}
    answer = send(ming, thing_id, version_on(answer.text), shelf=str(ids[0][2]),
                  labels=["", str(ids[1][0]), str(ids[1][2])], **chosen)
    assert answer.status_code == 302
    thing = thing_of(thing_id)
    assert thing.shelf.name == "Ash" and {label.name for label in thing.labels} == {"red", "blue"}


def test_a_row_that_was_pointed_to_and_is_gone_is_named_by_its_id(app: Flask, ming: Client) -> None:
    shelf = Shelf(name="Oak")
    thing_id = make_thing(1, shelf=shelf, price=1).id
    shelf_id = shelf.id
    version = open_form(ming, thing_id)
    change(thing_id, shelf=None, price=2)
    db.session.delete(db.session.get(Shelf, shelf_id))
    db.session.commit()
    answer = send(ming, thing_id, version, shelf=str(shelf_id), price="3.00")
    assert answer.status_code == 409
    assert "Taken over from the record: Place." in words(answer.text), "a field left alone takes what is stored"


def test_mistakes_and_choices_come_back_at_once(app: Flask, ming: Client) -> None:
    thing_id = make_thing(1, price=1000, count=1).id
    version = open_form(ming, thing_id)
    change(thing_id, price=1400, count=2)
    answer = send(ming, thing_id, version, price="fifteen", count="3", code="", weight="x")
    assert answer.status_code == 409
    for path in ("price", "code", "weight"):
        assert f'id="{path}-error"' in answer.text, f"{path} is not said to be wrong"
    assert "Mine, as typed here fifteen" in words(answer.text) and 'value="fifteen"' in answer.text
    # To take theirs mends what was wrong with mine.
    answer = send(ming, thing_id, version_on(answer.text), price="fifteen", count="3", weight="",
                  **{"_keep.price": "theirs", "_keep.count": "mine"})
    assert answer.status_code == 302
    assert (thing_of(thing_id).price, thing_of(thing_id).count) == (1400, 3)


# -- versions that are none ---------------------------------------------------------------------------------


@pytest.mark.parametrize("spoil", [
    lambda version: "", lambda version: "x", lambda version: version[:-8] + "AAAAAAA=", lambda version: version[4:],
    lambda version: "=" * 9, lambda version: "é\x00", lambda version: version * 2, lambda version: "A" * 300_000,
])
def test_a_version_that_is_none_of_ours_saves_nothing_unseen(app: Flask, ming: Client, spoil: Any) -> None:
    thing_id = make_thing(1).id
    version = spoil(open_form(ming, thing_id))
    answer = send(ming, thing_id, version, label="Mine")
    assert answer.status_code == 409 and "How it was before is not known." in answer.text
    assert thing_of(thing_id).label == "Thing 1"
    assert send(ming, thing_id, version_on(answer.text), label="Mine").status_code == 302
    assert send(ming, thing_id, version, label="Mine").status_code == 302, "nothing differs, so nothing is asked"


def test_the_version_of_another_record_is_none_of_this(app: Flask, ming: Client) -> None:
    one, two = make_thing(1).id, make_thing(2).id
    answer = send(ming, two, open_form(ming, one), label="Mine")
    assert answer.status_code == 409 and "How it was before is not known." in answer.text


# -- records that are gone ----------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_record_deleted_meanwhile_says_so_and_keeps_what_was_typed(app: Flask, ming: Client, other: Client) -> None:
    clock.set("2026-08-01 10:00")
    thing_id = make_thing(1).id
    version = open_form(ming, thing_id)
    clock.set("2026-08-01 10:32")
    assert other.post(f"/test_things/delete/{thing_id}").status_code == 302
    answer = send(ming, thing_id, version, label="Typed for an hour", price="x")
    assert answer.status_code == 409
    assert "deleted this record" in answer.text and "18:32" in answer.text
    assert 'value="Typed for an hour"' in answer.text and "Open the recycle bin" in answer.text
    from app.core.bin import BinEntry, restore

    restore(db.session.scalars(db.select(BinEntry)).one())
    db.session.commit()
    assert send(ming, thing_id, version_on(answer.text), label="Typed for an hour").status_code == 302
    assert thing_of(thing_id).label == "Typed for an hour"


@pytest.mark.parametrize("version", [None, "", "nonsense"])
def test_a_record_that_never_was_is_not_found(app: Flask, ming: Client, version: str | None) -> None:
    assert send(ming, 999, version, label="Mine").status_code == 404


def test_a_record_that_left_the_screen_is_gone_from_it(app: Flask, ming: Client) -> None:
    thing_id = make_thing(1).id
    version = open_form(ming, thing_id)
    change(thing_id, is_hidden=True)
    answer = send(ming, thing_id, version, label="Mine")
    assert answer.status_code == 409 and "no longer belongs on this screen" in answer.text
    assert thing_of(thing_id).label == "Thing 1"


def test_whoever_may_not_edit_learns_nothing_from_a_version(app: Flask, ming: Client, as_user: Any) -> None:
    thing_id = make_thing(1).id
    version = open_form(ming, thing_id)
    change(thing_id, label="Theirs")
    for each in (thing_id, 999):
        answer = send(as_user("lin"), each, version, label="Mine")
        assert answer.status_code == 403 and "Theirs" not in answer.text
