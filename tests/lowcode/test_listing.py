"""Lists: every row once at any depth, whatever the order; counts that stop; filters of this request alone."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from app.core.db import db
from app.core.errors import BadRequest
from app.lowcode import listing as listing_module
from app.lowcode.listing import Listing, Place
from app.lowcode.registry import registry
from tests.lowcode.shelf import Kind, Shelf, Thing, make_thing
from tests.support.client import client_of

pytestmark = pytest.mark.both_databases


@pytest.fixture
def things(app: Flask) -> Any:
    """Seven things, of which some have no count, weight, day or moment, and two the same moment."""
    start = datetime(2026, 8, 1, 12)
    shelf = Shelf(name="Oak")
    for number in range(1, 8):
        make_thing(
            number,
            price=number % 3 * 100,
            count=None if number % 3 == 0 else number,
            shelf=shelf if number % 2 else None,
            seen_at=None if number in (2, 5) else start + timedelta(hours=number // 2),
            kind=Kind.cup if number < 4 else Kind.pot,
        )
    db.session.flush()
    return registry().screen_of(Thing)


def walk(screen: Any, size: int, **args: str) -> list[int]:
    """The ids of all pages from the first on."""
    seen: list[int] = []
    place = None
    for _page in range(20):
        given = {**args, "size": str(size)} | ({"after": place} if place else {})
        rows = Listing(screen, MultiDict(given)).fetch()
        seen += rows.keys
        if not rows.has_next:
            return seen
        place = rows.place(-1)
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize(
    "sort",
    [
        "",
        "price",
        "-price",
        "count",
        "-count",
        "seen_at",
        "-seen_at",
        "label",
        "-kind",
        "-weight",
        "shelf.name",
        "-shelf.name",
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_every_row_comes_once_in_whatever_order_and_page_size(things: Any, sort: str, size: int) -> None:
    paged = walk(things, size, **({"sort": sort} if sort else {}))
    assert sorted(paged) == sorted(db.session.scalars(db.select(Thing.id)))
    assert paged == walk(things, 50, **({"sort": sort} if sort else {}))


def test_going_back_from_the_last_page_shows_the_same_pages(things: Any) -> None:
    forward = walk(things, 3, sort="-count")
    last = Listing(things, MultiDict({"sort": "-count", "size": "3", "last": "1"})).fetch()
    assert last.keys == forward[-3:]
    before = Listing(things, MultiDict({"sort": "-count", "size": "3", "before": last.place(0)})).fetch()
    assert before.keys == forward[1:4]
    assert before.has_previous and before.has_next


def test_a_page_knows_where_it_stands(things: Any) -> None:
    first = Listing(things, MultiDict({"size": "3"})).fetch()
    second = Listing(things, MultiDict({"size": "3", "after": first.place(-1)})).fetch()
    back = Listing(things, MultiDict({"size": "3", "before": second.place(0)})).fetch()
    assert (first.index, second.index, back.index) == (0, 3, 0)


@pytest.mark.parametrize(
    "text", ["", "x", "W10", "bnVsbA", Place("x" * 5, 2**70, 1).encode(), Place({"a": 1}, 1, 1).encode()]
)
def test_a_place_that_is_none_is_refused(things: Any, text: str) -> None:
    if not text:
        assert len(Listing(things, MultiDict({"after": ""})).fetch()) == 7
        return
    with pytest.raises(BadRequest):
        Listing(things, MultiDict({"sort": "seen_at", "after": text})).fetch()


def test_counting_stops_at_a_cap_unless_the_exact_number_is_asked_for(
    things: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing_module, "COUNT_CAP", 5)
    listing = Listing(things, MultiDict())
    assert (listing.count().number, listing.count().is_exact) == (5, False)
    assert (listing.count(exact=True).number, listing.count(exact=True).is_exact) == (7, True)


@pytest.mark.parametrize(
    "filters, expected",
    [
        ({"f.kind": "cup"}, 3),
        ({"f.price.from": "1", "f.price.to": "1.00"}, 3),
        ({"f.count.from": "4"}, 3),
        ({"f.shelf": "none"}, 3),
        ({"f.shelf.name": "Oak"}, 4),
        ({"f.code": "C-000"}, 7),
        ({"f.code": "-000"}, 0),
        ({"f.label": "hing 3"}, 1),
        ({"f.label": "%"}, 0),
        ({"f.seen_at.from": "2026-08-01", "f.seen_at.to": "2026-08-01"}, 5),
        ({"f.seen_at.to": "2026-07-31"}, 0),
        ({"f.is_open": "1"}, 0),
        ({"f.labels": "none"}, 7),
        ({"f.kind": ""}, 7),
    ],
)
def test_filters_narrow_the_list(things: Any, filters: dict[str, str], expected: int) -> None:
    assert len(Listing(things, MultiDict(filters)).fetch()) == expected


@pytest.mark.parametrize(
    "filters, word",
    [
        ({"f.secret": "x"}, "secret"),
        ({"f.price.from": "abc"}, "Price"),
        ({"f.kind": "plate"}, "Kind"),
        ({"f.shelf": "x"}, "Place"),
        ({"f.code.from": "1"}, "Code"),
        ({"f.seen_at.from": "2026-13-01"}, "Seen"),
        ({"f.seen_at.from": "01/02/2026"}, "Seen"),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused_by_name(things: Any, filters: dict[str, str], word: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        Listing(things, MultiDict(filters))
    assert word in str(refusal.value)


def test_rows_that_base_filters_leave_out_are_nowhere(app: Flask, as_user: Any) -> None:
    hidden, shown = make_thing(1, is_hidden=True).id, make_thing(2).id
    owner = as_user("ming")
    assert owner.get("/api/v1/test_things/").json["ids"] == [shown]
    for path in (f"/test_things/show/{hidden}", f"/test_things/edit/{hidden}", f"/api/v1/test_things/{hidden}"):
        assert owner.get(path).status_code == 404
    assert owner.post(f"/test_things/delete/{hidden}").status_code == 404
    assert owner.post(f"/test_things/action/open_up/{hidden}").status_code == 404
    assert owner.post("/test_things/action", data={"action": "open_up", "rowid": [hidden, shown]}).status_code == 404
    assert owner.post("/api/v1/test_things/actions/open_up", json={"ids": [hidden]}).status_code == 404
    assert not db.session.get(Thing, hidden).is_open and not db.session.get(Thing, shown).is_open


def test_a_list_asks_a_fixed_number_of_queries_with_all_its_relations(
    things: Any, as_user: Any, count_queries: Any
) -> None:
    owner = as_user("ming")
    owner.get("/test_things/list/")
    with count_queries() as seen:
        owner.get("/test_things/list/")
    # who and what they may do; the rows with their shelves; labels; the rows as objects for the Python property
    assert len([query for query in seen if query.lstrip().upper().startswith("SELECT")]) <= 6, seen


def test_requests_at_the_same_time_do_not_see_each_others_filters(things: Any, app: Flask, as_user: Any) -> None:
    """The framework keeps one Filters object per view and changes it at every request."""
    db.session.commit()
    wrong: list[str] = []

    def ask(kind: str, expected: int) -> None:
        with app.app_context():
            ask_in_a_row(kind, expected)

    def ask_in_a_row(kind: str, expected: int) -> None:
        client = client_of(app)
        client.sign_in("ming")
        for _round in range(15):
            found = client.get(
                "/api/v1/test_things/", query_string={"q": f"(filters:!((col:kind,opr:eq,value:{kind})))"}
            ).json
            if found["count"] != expected or {row["kind"] for row in found["result"]} != {kind}:
                wrong.append(kind)

    threads = [threading.Thread(target=ask, args=given) for given in (("cup", 3), ("pot", 4)) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
