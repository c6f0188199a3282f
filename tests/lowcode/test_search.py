"""Finding rows by a fragment: anywhere from three letters on, from the beginning below that, always from an index."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.datastructures import MultiDict

from app.core import search
from app.core.db import Record, db
from app.lowcode.listing import Listing
from app.lowcode.registry import registry
from tests.lowcode.shelf import Shelf, Thing, make_thing

pytestmark = pytest.mark.both_databases


def found(term: str) -> set[str]:
    screen = registry().screen_of(Thing)
    rows = Listing(screen, MultiDict({"q": term}), fields=[screen.field("code")]).fetch()
    return set(rows.values(screen.field("code")))


@pytest.fixture
def things(app: Flask) -> None:
    for code, label in (
        ("TEA-1", "西湖龙井 明前"),
        ("TEA-2", "武夷岩茶"),
        ("CUP_1", "100% celadon"),
        ("CUP-2", 'a\'quote "b"'),
    ):
        make_thing(1, code=code, label=label)


@pytest.mark.parametrize(
    "term, codes",
    [
        ("龙井", {"TEA-1"}),
        ("西湖", {"TEA-1"}),
        ("湖龙井", {"TEA-1"}),
        ("武夷岩", {"TEA-2"}),
        ("tea", {"TEA-1", "TEA-2"}),
        ("EA-", {"TEA-1", "TEA-2"}),
        ("TE", {"TEA-1", "TEA-2", "CUP-2"}),
        ("te", {"TEA-1", "TEA-2", "CUP-2"}),
        ("P_1", {"CUP_1"}),
        ("0% c", {"CUP_1"}),
        ("celadon", {"CUP_1"}),
        ("'quo", {"CUP-2"}),
        ('e "b', {"CUP-2"}),
        ("nothing", set()),
        ("%%%", set()),
        ("_", {"CUP_1"}),
    ],
)
def test_a_term_finds_what_has_it(things: None, term: str, codes: set[str]) -> None:
    assert found(term.strip()) == codes


def test_in_a_long_table_a_short_term_is_looked_for_at_the_beginning_only(
    things: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SMALL", 0)
    assert (found("西湖"), found("龙井"), found("TE")) == ({"TEA-1"}, set(), {"TEA-1", "TEA-2"})


def test_the_index_follows_every_change(things: None) -> None:
    thing = db.session.scalars(db.select(Thing).where(Thing.code == "TEA-2")).one()
    thing.label = "普洱熟茶饼"
    db.session.flush()
    assert (found("武夷岩"), found("熟茶饼")) == (set(), {"TEA-2"})
    db.session.delete(thing)
    db.session.flush()
    assert found("熟茶饼") == set()
    db.session.execute(
        db.insert(Thing).values(
            code="TEA-3", label="碧螺春茶", price=0, kind="cup", is_open=False, is_hidden=False, views=[]
        )
    )
    assert found("碧螺春") == {"TEA-3"}, "a row written past the ORM is found too"


def test_hits_come_newest_first_and_page_by_page(app: Flask) -> None:
    ids = [make_thing(number, label=f"Same words {number}").id for number in range(1, 8)]
    screen = registry().screen_of(Thing)
    first = Listing(screen, MultiDict({"q": "same words", "size": "3"})).fetch()
    second = Listing(screen, MultiDict({"q": "same words", "size": "3", "after": first.place(-1)})).fetch()
    assert first.keys + second.keys == ids[:0:-1]


def test_installing_again_changes_nothing_and_mends_what_is_missing(things: None) -> None:
    db.session.commit()
    connection = db.session.connection()
    search.install(connection, Record)
    if connection.dialect.name == "sqlite":
        connection.execute(text("DROP TABLE search_test_things"))
        search.install(connection, Record)
    assert found("武夷岩") == {"TEA-2"}


def test_no_search_of_a_long_table_reads_all_of_it(
    things: None, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SMALL", 0)
    db.session.commit()
    screen = registry().screen_of(Thing)
    pages = [
        Listing(screen, MultiDict({"q": term}), fields=[screen.field("code")]).statement()[0].limit(26)
        for term in ("武夷岩", "TE")
    ]
    for statement in (*pages, search.hits(Thing, "武夷岩").limit(26)):
        compiled = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
        if database.kind == "sqlite":
            plan = "\n".join(row[3] for row in db.session.execute(text(f"EXPLAIN QUERY PLAN {compiled}")))
            assert "SCAN test_things" not in plan, plan
        else:
            db.session.execute(
                text("SET LOCAL enable_seqscan = off")
            )  # the table is small enough for the planner to prefer one
            plan = "\n".join(row[0] for row in db.session.execute(text(f"EXPLAIN {compiled}".replace(":", r"\:"))))
            assert "Seq Scan on test_things" not in plan, plan


def test_a_small_table_is_searched_anywhere_in_its_words(app: Flask) -> None:
    db.session.add_all([Shelf(name="Oak by the door"), Shelf(name="100%")])
    db.session.flush()
    screen = registry().screen_of(Shelf)
    assert len(Listing(screen, MultiDict({"q": "THE DOOR"})).fetch()) == 1
    assert len(Listing(screen, MultiDict({"q": "%"})).fetch()) == 1


def counted(**args: str) -> int:
    return Listing(registry().screen_of(Thing), MultiDict(args)).count().number


@pytest.mark.parametrize("many", [10_000, 1], ids=["a list of keys", "along the list"])
def test_a_common_term_is_looked_for_along_the_list_with_the_same_answer(
    things: None, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(search, "MANY", many)
    thing = search.find(Thing, [], "TEA")
    assert thing.count == (2 if many > 1 else None)
    assert (found("TEA"), counted(q="TEA")) == ({"TEA-1", "TEA-2"}, 2)
    assert counted(**{"q": "TEA", "f.code": "TEA-1"}) == 1, "with a filter, the count is asked for again"


def test_a_long_number_typed_in_full_finds_that_row_alone(things: None) -> None:
    make_thing(1, code="20261124-000001", label="one")
    make_thing(2, code="20261124-0000012", label="two")
    assert (found("20261124-000001"), counted(q="20261124-000001")) == ({"20261124-000001"}, 1)
    assert found("0261124-000001") == {"20261124-000001", "20261124-0000012"}
    make_thing(3, label="TEA-1 in a tin", code="TIN-3")
    assert found("TEA-1") == {"TEA-1", "TIN-3"}, "a short one may also stand in other texts"
