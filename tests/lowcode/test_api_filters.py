"""Filters of the API: values as answers have them, each operator means what it says, refusals name the parameter."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from app.core.db import db
from tests.lowcode.shelf import Kind, Label, Shelf, make_thing

pytestmark = pytest.mark.both_databases
PATH = "/api/v1/test_things/"


@pytest.fixture
def owner(as_user: Any) -> Any:
    return as_user("ming")


@pytest.fixture
def things(app: Flask) -> dict[str, int]:
    """Three things, one with nothing but what it must have; name → id."""
    oak, elm, old = Shelf(name="Oak"), Shelf(name="Elm"), Label(name="old")
    db.session.add_all([oak, elm, old])
    made = {
        "low": make_thing(1, code="A-100", label="Celadon cup", price=3100, count=1, weight=Decimal("1.250"), shelf=oak,
                          found_on=date(2026, 8, 1), seen_at=datetime(2026, 8, 1, 4, 0, 0, 500_000), labels=[old],
                          is_open=True),
        "high": make_thing(2, code="A-200", label="celadon pot 100%", price=310_000, count=2, kind=Kind.pot,
                           weight=Decimal("2.5"), shelf=elm, found_on=date(2026, 8, 2),
                           seen_at=datetime(2026, 8, 1, 4, 0, 1)),
        "bare": make_thing(3, code="B-300", label="Ewer", price=0),
    }
    db.session.flush()
    ids = {name: thing.id for name, thing in made.items()}
    db.session.commit()
    return ids


def ask(owner: Any, *filters: tuple[str, str, Any], **more: Any) -> Any:
    asked = {"filters": [{"col": column, "opr": operator, "value": value} for column, operator, value in filters]}
    return owner.get(PATH, query_string={"q": json.dumps(asked | more)})


@pytest.mark.parametrize(
    "column, operator, value, expected",
    [
        ("price", "eq", 3100, "low"),
        ("price", "eq", 31, ""),
        ("price", "neq", 3100, "high bare"),
        ("price", "in", [0, 310_000], "high bare"),
        ("price", "gt", 3100, "high"),
        ("price", "ge", 3100, "low high"),
        ("price", "lt", 3100, "bare"),
        ("price", "le", 3100, "low bare"),
        ("count", "eq", 1, "low"),
        ("count", "eq", None, "bare"),
        ("count", "neq", 1, "high bare"),
        ("count", "neq", None, "low high"),
        ("count", "in", [1, None], "low bare"),
        ("count", "gt", 1, "high"),
        ("count", "ge", 1, "low high"),
        ("count", "lt", 2, "low"),
        ("count", "le", 2, "low high"),
        ("weight", "eq", 1.25, "low"),
        ("weight", "gt", 1.25, "high"),
        ("weight", "lt", 2.5, "low"),
        ("found_on", "eq", "2026-08-01", "low"),
        ("found_on", "gt", "2026-08-01", "high"),
        ("found_on", "ge", "2026-08-01", "low high"),
        ("found_on", "lt", "2026-08-02", "low"),
        ("found_on", "neq", "2026-08-01", "high bare"),
        ("seen_at", "eq", "2026-08-01T04:00:00Z", "low"),
        ("seen_at", "eq", "2026-08-01T12:00:00+08:00", "low"),
        ("seen_at", "eq", "2026-08-01T04:00:00", "low"),
        ("seen_at", "gt", "2026-08-01T04:00:00Z", "high"),
        ("seen_at", "ge", "2026-08-01T04:00:00Z", "low high"),
        ("seen_at", "lt", "2026-08-01T04:00:00Z", ""),
        ("seen_at", "lt", "2026-08-01T04:00:01Z", "low"),
        ("seen_at", "le", "2026-08-01T04:00:00Z", "low"),
        ("seen_at", "neq", "2026-08-01T04:00:00Z", "high bare"),
        ("seen_at", "in", ["2026-08-01T04:00:01Z", None], "high bare"),
        ("kind", "eq", "cup", "low bare"),
        ("kind", "neq", "cup", "high"),
        ("kind", "in", ["cup", "pot"], "low high bare"),
        ("is_open", "eq", True, "low"),
        ("is_open", "eq", False, "high bare"),
        ("is_open", "neq", True, "high bare"),
        ("code", "eq", "A-100", "low"),
        ("code", "eq", "A-", ""),
        ("code", "eq", "a-100", ""),
        ("code", "neq", "A-100", "high bare"),
        ("code", "sw", "A-", "low high"),
        ("code", "sw", "-1", ""),
        ("code", "nsw", "A-", "bare"),
        ("code", "ct", "-20", "high"),
        ("code", "nct", "-20", "low bare"),
        ("label", "eq", "celadon", ""),
        ("label", "sw", "Cel", "low"),
        ("label", "ct", "ELADON", "low high"),
        ("label", "ct", "00%", "high"),
        ("label", "ct", "0_%", ""),
        ("shelf.name", "eq", "Oak", "low"),
        ("shelf.name", "neq", "Oak", "high bare"),
        ("shelf.name", "sw", "E", "high"),
        ("shelf", "eq", None, "bare"),
        ("shelf", "neq", None, "low high"),
        ("labels", "eq", None, "high bare"),
        ("labels", "neq", None, "low"),
    ],
)
def test_each_operator_means_what_it_says(
    owner: Any, things: dict[str, int], column: str, operator: str, value: Any, expected: str
) -> None:
    answer = ask(owner, (column, operator, value))
    assert answer.status_code == 200, answer.text
    assert set(answer.json["ids"]) == {things[name] for name in expected.split()}


def test_rows_are_named_by_their_id(owner: Any, things: dict[str, int]) -> None:
    oak = db.session.scalars(db.select(Shelf.id).where(Shelf.name == "Oak")).one()
    old = db.session.scalars(db.select(Label.id)).one()
    low, high, bare = things["low"], things["high"], things["bare"]
    for operator, found in (("eq", {low}), ("rel_o_m", {low}), ("neq", {high, bare}), ("nrel_o_m", {high, bare})):
        assert set(ask(owner, ("shelf", operator, oak)).json["ids"]) == found
    assert set(ask(owner, ("shelf", "in", [oak, None])).json["ids"]) == {low, bare}
    for operator, found in (("eq", {low}), ("rel_m_m", {low}), ("neq", {high, bare})):
        assert set(ask(owner, ("labels", operator, old)).json["ids"]) == found


def test_filters_add_up_and_go_on_over_pages(owner: Any, things: dict[str, int]) -> None:
    answer = ask(owner, ("price", "gt", 0), ("code", "sw", "A-"), page_size=1, order_column="price")
    assert answer.json["ids"] == [things["low"]] and answer.json["count"] == 2
    answer = ask(owner, ("price", "gt", 0), page_size=1, order_column="price", after=answer.json["next"])
    assert answer.json["ids"] == [things["high"]] and answer.json["next"] is None


def test_rison_says_the_same_as_json(owner: Any, things: dict[str, int]) -> None:
    asked = "(filters:!((col:price,opr:ge,value:3100),(col:is_open,opr:eq,value:!t)),order_column:price)"
    assert owner.get(PATH, query_string={"q": asked}).json["ids"] == [things["low"]]


@pytest.mark.parametrize(
    "column, operator, value, named",
    [
        ("price", "eq", "31.00", "filters[0].value"),
        ("price", "eq", 31.5, "filters[0].value"),
        ("price", "gt", None, "filters[0].value"),
        ("price", "eq", [3100], "filters[0].value"),
        ("price", "sw", 1, "filters[0].opr"),
        ("price", "in", 3100, "filters[0].value"),
        ("price", "in", [], "filters[0].value"),
        ("price", "in", [1, "x"], "filters[0].value[1]"),
        ("price", "eq", 10**30, "filters[0].value"),
        ("count", "eq", 10**19, "filters[0].value"),
        ("count", "eq", True, "filters[0].value"),
        ("found_on", "eq", "2026-02-30", "filters[0].value"),
        ("found_on", "eq", "0000-00-00", "filters[0].value"),
        ("seen_at", "eq", "2026-08-01", "filters[0].value"),
        ("seen_at", "eq", "2026-08-01T25:61:00Z", "filters[0].value"),
        ("seen_at", "gt", "2026-99-99T00:00:00Z", "filters[0].value"),
        ("kind", "eq", "plate", "filters[0].value"),
        ("is_open", "eq", "perhaps", "filters[0].value"),
        ("code", "eq", 100, "filters[0].value"),
        ("code", "sw", "", "filters[0].value"),
        ("code", "ct", "-2", "filters[0].value"),
        ("label", "eq", "a\x00b", "filters[0].value"),
        ("shelf.name", "ct", "ak", "filters[0].opr"),
        ("shelf", "eq", "9" * 5000, "filters[0].value"),
        ("shelf", "gt", 1, "filters[0].opr"),
        ("secret", "eq", "x", "filters[0].col"),
        ("code", "zz", "x", "filters[0].opr"),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused_by_the_clients_own_name_for_it(
    owner: Any, column: str, operator: str, value: Any, named: str
) -> None:
    answer = ask(owner, (column, operator, value))
    assert answer.status_code == 400, answer.text
    assert list(answer.json["fields"]) == [named]
    assert named in answer.json["message"]
    assert not [word for word in ("out of range", "Invalid", "isoformat", "literal") if word in answer.text]


@pytest.mark.parametrize(
    "asked, named",
    [
        ({"page_size": 201}, "page_size"),
        ({"page_size": "ten"}, "page_size"),
        ({"page_size": True}, "page_size"),
        ({"order_column": "secret"}, "order_column"),
        ({"order_column": "price", "order_direction": "up"}, "order_direction"),
        ({"search": 5}, "search"),
        ({"search": "x" * 101}, "search"),
        ({"search": "a\x00b"}, "search"),
        ({"filters": [{"col": "price", "opr": "eq"}]}, "filters[0].value"),
        ({"filters": ["price"]}, "filters[0]"),
        ({"filters": {"price": 1}}, "filters"),
        ({"filters": [{"col": "price", "opr": "eq", "value": 1}] * 51}, "filters"),
        ({"keys": ["label_columns"]}, "keys"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_name(owner: Any, asked: dict[str, Any], named: str) -> None:
    answer = owner.get(PATH, query_string={"q": json.dumps(asked)})
    assert answer.status_code == 400 and list(answer.json["fields"]) == [named], answer.text


def test_an_action_refuses_words_it_does_not_know(owner: Any, things: dict[str, int]) -> None:
    answer = owner.post(PATH + "actions/open_up", json={"ids": [things["bare"]], "force": True})
    assert answer.status_code == 400 and "force" in answer.json["message"]


def test_a_moment_in_a_body_without_an_offset_is_utc_as_in_answers(owner: Any, things: dict[str, int]) -> None:
    path = f"{PATH}{things['bare']}"
    assert owner.put(path, json={"seen_at": "2026-08-01T04:00:00"}).json["result"]["seen_at"] == "2026-08-01T04:00:00Z"
    assert owner.put(path, json={"seen_at": "2026-08-01"}).json["fields"].keys() == {"seen_at"}


def test_the_description_tells_operators_and_units_of_each_column(owner: Any) -> None:
    paths = owner.get("/api/v1/_openapi").json["paths"]
    (asked,) = paths[PATH]["get"]["parameters"]
    schema = asked["content"]["application/json"]["schema"]
    assert schema["additionalProperties"] is False
    columns = {one["properties"]["col"]["enum"][0]: one for one in schema["properties"]["filters"]["items"]["oneOf"]}

    def operators(name: str) -> list[str]:
        return columns[name]["properties"]["opr"]["enum"]

    assert "fen" in columns["price"]["description"] and "second" in columns["seen_at"]["description"]
    assert {"gt", "ge", "lt", "le"} <= set(operators("price")) and "ct" not in operators("price")
    assert {"sw", "ct"} <= set(operators("code")) and "rel_o_m" in operators("shelf")
    assert columns["kind"]["properties"]["value"]["oneOf"][0]["enum"] == ["cup", "pot"]
    assert "gt: after or more than the value, which is not included" in asked["description"]
