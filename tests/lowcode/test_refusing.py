"""Refusals of a form and of the API: all at once, with the limit, by the field's name, in our own words."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from app.core.db import db, outside, refusal
from tests.lowcode.shelf import Label, Shelf, Thing, make_thing

pytestmark = pytest.mark.both_databases
GOOD = {"label": "Celadon cup", "code": "C-9", "kind": "cup", "price": "29.90"}
WRONG = {"label": "", "code": "x" * 21, "shelf": "88888", "price": "-1", "count": "many", "weight": "1e400",
         "found_on": "2026-02-30", "kind": "plate", "labels": "77", "facts": "{"}
LIBRARIES = ("out of range", "isoformat", "literal", "Expecting", "must be in", "Exceeds", "Invalid", "Error")


@pytest.fixture
def owner(as_user: Any) -> Any:
    return as_user("ming")


def refused_fields(page: str) -> set[str]:
    return set(re.findall(r'id="(\w+)-error"', page))


def test_one_save_tells_all_that_is_wrong_with_a_form(app: Flask, owner: Any) -> None:
    answer = owner.post("/test_things/add", data=WRONG)
    assert answer.status_code == 422
    assert refused_fields(answer.text) == set(WRONG)


def test_one_save_tells_all_that_is_wrong_with_an_edit(app: Flask, owner: Any) -> None:
    thing_id = make_thing(1).id
    assert refused_fields(owner.post(f"/test_things/edit/{thing_id}", data=WRONG).text) == set(WRONG)


def test_one_answer_of_the_api_names_every_field(app: Flask, owner: Any) -> None:
    body = {"code": "x" * 21, "shelf": 88888, "price": -1, "count": "many", "found_on": "2026-02-30", "kind": "plate",
            "labels": [77], "secret": "mine"}
    answer = owner.post("/api/v1/test_things/", json=body)
    assert answer.status_code == 422
    assert set(answer.json["fields"]) == {*body, "label"}, "the label was not sent"


def test_a_rule_of_the_record_speaks_once_each_value_is_fine(app: Flask, owner: Any) -> None:
    body = {"label": "refused", "code": "B", "count": 5000}
    answer = owner.post("/api/v1/test_things/", json=body)
    assert set(answer.json["fields"]) == {"count"}
    answer = owner.post("/api/v1/test_things/", json=body | {"count": 5})
    assert answer.status_code == 409 and set(answer.json["fields"]) == {"label"}


@pytest.mark.parametrize(
    "info, value, message",
    [
        ({"kind": "integer", "min": 0, "max": 1000}, -1, "This must be at least 0."),
        ({"kind": "integer", "min": 0, "max": 1000}, 1001, "This must be at most 1,000."),
        ({"kind": "money", "min": 0, "max": 123_456}, 123_457, "This must be at most ¥1,234.56."),
        ({"kind": "decimal", "min": Decimal("0.5")}, Decimal("0.499"), "This must be at least 0.5."),
        ({"kind": "decimal", "min": 0, "max": 100}, Decimal("100.001"), "This must be at most 100."),
        ({"kind": "day", "min": datetime(2026, 8, 1).date()}, datetime(2026, 7, 31).date(),
         "This must be at least Aug 1, 2026."),
        ({"kind": "integer", "min": 0, "max": 1000}, 0, None),
        ({"kind": "integer", "min": 0, "max": 1000}, 1000, None),
    ],
)
def test_a_limit_is_said(app: Flask, info: dict[str, Any], value: Any, message: str | None) -> None:
    said = outside(info, value)
    assert (None if said is None else str(said)) == message
    assert str(refusal(info, value)) == str(said)


def test_a_limit_is_said_in_the_readers_language(app: Flask) -> None:
    said = outside({"kind": "day", "min": datetime(2026, 8, 1).date()}, datetime(2026, 7, 31).date())
    with app.test_request_context(), force_locale("zh"):
        assert "2026-08-01" in str(said) and "must" not in str(said)


def test_a_reference_to_nothing_keeps_what_was_typed_and_says_so(app: Flask, owner: Any) -> None:
    page = owner.post("/test_things/add", data=GOOD | {"shelf": "88888", "labels": ["", "77"]}).text
    assert '<option value="88888" selected>ID 88888: not found</option>' in page
    assert '<option value="77" selected>ID 77: not found</option>' in page
    assert "There is no record with the ID 88888; it may have been deleted." in page
    assert '<option value="oak" selected>oak</option>' in owner.post("/test_things/add", data={"shelf": "oak"}).text


def test_a_value_in_use_is_named_by_its_label(app: Flask, owner: Any) -> None:
    make_thing(1, code="C-9")
    answer = owner.post("/api/v1/test_things/", json={"label": "A", "code": "C-9"})
    assert answer.status_code == 409 and answer.json["code"] == "taken"
    assert answer.json["message"] == "Code: this value is already in use."
    assert answer.json["fields"] == {"code": "This value is already in use."}


def test_what_a_request_does_not_name_stays_as_it_is(app: Flask, owner: Any) -> None:
    label, shelf = Label(name="old"), Shelf(name="Oak")
    thing_id = make_thing(1, is_open=True, labels=[label], count=5, shelf=shelf, story="<p>Old</p>", facts={"a": 1},
                          views=["a.webp"], face="b.webp", weight=Decimal("1.5")).id
    columns = Thing.__mapper__.columns.keys()
    before = {name: getattr(db.session.get(Thing, thing_id), name) for name in columns}
    assert owner.post(f"/test_things/edit/{thing_id}", data={"label": "Renamed"}).status_code == 302
    thing = db.session.get(Thing, thing_id)
    changed = {name for name in columns if getattr(thing, name) != before[name]}
    assert changed - {"updated_at"} == {"label"}
    assert [each.name for each in thing.labels] == ["old"]


def test_a_new_record_asks_for_what_it_needs_though_it_was_not_sent(app: Flask, owner: Any) -> None:
    assert refused_fields(owner.post("/test_things/add", data={"price": "1"}).text) == {"label", "code"}


@pytest.mark.parametrize("word", ["2026-02-30", "2026-99-99", "0000-00-00", "25:61", "2026-08-01T25:61", "9" * 5000])
@pytest.mark.parametrize("name", ["f.seen_at.from", "f.seen_at.to", "f.found_on.from", "f.count.from", "f.price.to",
                                  "f.shelf", "f.labels", "f.weight.from"])
def test_no_filter_answers_in_the_words_of_a_library(app: Flask, owner: Any, name: str, word: str) -> None:
    page = owner.get("/test_things/list/", query_string={name: word})
    if page.status_code == 200:
        assert "weight" in name or "price" in name or "count" in name, "an amount may be read from digits"
        return
    assert page.status_code == 400
    assert not [library for library in LIBRARIES if library in page.text]


@pytest.mark.parametrize("word", ["2026-02-30", "2026-99-99", "0000-00-00", "25:61", "2026-08-01T25:61", "[1,", "[[]]",
                                  "9" * 5000])
def test_no_field_answers_in_the_words_of_a_library(app: Flask, owner: Any, word: str) -> None:
    names = ("found_on", "seen_at", "count", "price", "weight", "kind", "shelf", "labels", "views", "facts")
    wrong = dict.fromkeys(names, word)
    page = owner.post("/test_things/add", data=GOOD | wrong)
    said = re.findall(r'-error">.*?<span>(.*?)</span>', page.text)
    assert said and not [text for text in said for library in LIBRARIES if library in text]
    answer = owner.post("/api/v1/test_things/", json={"label": "A", "code": "B"} | wrong)
    assert answer.status_code == 422
    assert not [text for text in answer.json["fields"].values() for library in LIBRARIES if library in text]
