"""A cell edited in its list: by the rules of the form, with a way back, and nothing overwritten unseen."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any, ClassVar

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.lowcode import Screen
from app.lowcode.inline_cells import declared
from app.lowcode.registry import registry
from app.modules.audit.models import AuditLine
from tests.lowcode.shelf import Shelf, Thing, ThingScreen, make_thing
from tests.support.client import Client

COLUMNS = "label,price,count,is_open,is_dear"
JSON = {"Accept": "application/json"}
pytestmark = pytest.mark.both_databases


@pytest.fixture
def ming(as_user: Callable[[str], Client]) -> Client:
    return as_user("ming")


def editor(client: Client, thing: Thing, column: str) -> str:
    answer = client.get(f"/test_things/cell/{thing.id}/{column}", headers=JSON)
    assert answer.status_code == 200, answer.text[:300]
    return answer.text


def version_in(html: str) -> str:
    found = re.search(r'name="_version" value="([^"]+)"', html)
    assert found is not None, "the editor carries no version"
    return unescape(found[1])


def send(client: Client, thing: Thing, **fields: Any) -> Any:
    (column,) = (name for name in fields if not name.startswith("_"))
    return client.post(f"/test_things/cell/{thing.id}/{column}", data={"_columns": COLUMNS} | fields, headers=JSON)


def test_the_editor_has_the_control_of_the_form_and_the_value_of_now(app: Flask, ming: Client) -> None:
    thing = make_thing(price=2990, found_on=None)
    html = editor(ming, thing, "price")
    assert 'value="29.90"' in html and "data-money" in html and "<html" not in html
    assert 'data-picker="day"' in editor(ming, thing, "found_on")
    assert '<option value="cup" selected>' in editor(ming, thing, "kind")


def test_a_value_is_saved_audited_and_the_row_is_drawn_anew(app: Flask, ming: Client) -> None:
    thing = make_thing(price=2990)
    answer = send(ming, thing, price="120.00", _version=version_in(editor(ming, thing, "price")))
    assert answer.status_code == 200, answer.text
    assert thing.price == 12_000 and set(answer.json["cells"]) == set(COLUMNS.split(","))
    assert "120.00" in answer.json["cells"]["price"], "the cell"
    assert answer.json["cells"]["is_dear"] == "True", "and what follows from it"
    line = db.session.scalars(select(AuditLine).order_by(AuditLine.id.desc())).first()
    assert line is not None and "price" in str(line.changes)


def test_what_is_taken_back_is_the_old_value_by_the_same_address(app: Flask, ming: Client) -> None:
    thing = make_thing(price=2990)
    back = send(ming, thing, price="45.00").json["undo"]
    answer = ming.post(back["url"], data=dict(back["fields"]), headers=JSON)
    assert answer.status_code == 200 and thing.price == 2990
    assert send(ming, thing, price="29.90").json["undo"] is None, "nothing changed, so nothing is to be undone"


def test_what_somebody_changed_since_is_not_taken_back(app: Flask, ming: Client) -> None:
    thing = make_thing(price=2990)
    back = send(ming, thing, price="45.00").json["undo"]
    thing.price = 5000
    answer = ming.post(back["url"], data=dict(back["fields"]), headers=JSON)
    assert answer.status_code == 409 and thing.price == 5000


def test_a_value_that_a_colleague_changed_is_told_before_it_is_overwritten(app: Flask, ming: Client) -> None:
    thing = make_thing(price=2990)
    opened = version_in(editor(ming, thing, "price"))
    send(ming, thing, price="31.00")
    answer = send(ming, thing, price="33.00", _version=opened)
    assert answer.status_code == 409 and answer.json["code"] == "changed_meanwhile"
    assert "31.00" in answer.json["message"] and "31.00" in answer.json["cells"]["price"]
    assert thing.price == 3100, "nothing was saved"
    assert send(ming, thing, price="33.00", _version=answer.json["version"]).status_code == 200
    assert thing.price == 3300, "whoever was told may insist"


def test_another_field_that_a_colleague_changed_is_no_reason_to_ask(app: Flask, ming: Client) -> None:
    thing = make_thing(price=2990, count=1)
    opened = version_in(editor(ming, thing, "price"))
    thing.count = 7
    assert send(ming, thing, price="33.00", _version=opened).status_code == 200
    assert (thing.price, thing.count) == (3300, 7)


def test_both_typed_the_same_and_nobody_is_asked(app: Flask, ming: Client) -> None:
    thing = make_thing(price=2990)
    opened = version_in(editor(ming, thing, "price"))
    thing.price = 3300
    assert send(ming, thing, price="33.00", _version=opened).status_code == 200


def test_a_version_that_is_none_of_ours_is_no_way_around(app: Flask, ming: Client) -> None:
    thing, other = make_thing(1, price=2990), make_thing(2, price=1000)
    foreign = version_in(editor(ming, other, "price"))
    for version in ("nonsense", foreign):
        assert send(ming, thing, price="33.00", _version=version).status_code == 409
    assert thing.price == 2990


@pytest.mark.parametrize("column, typed, said", [
    ("price", "a lot", "This is not an amount of money"),
    ("price", "-1", "must be at least"),
    ("price", "", "This field is required."),
    ("count", "1001", "must be at most"),
    ("label", "", "This field is required."),
    ("label", "refused", "This one is refused by a rule."),
    ("kind", "plate", "This is not one of the choices."),
    ("found_on", "yesterday", "This is not a day"),
])
def test_a_refusal_says_why_and_saves_nothing(
    app: Flask, ming: Client, column: str, typed: str, said: str,
) -> None:
    thing = make_thing(price=2990)
    before = getattr(thing, column)
    answer = send(ming, thing, **{column: typed})
    assert answer.status_code in {409, 422} and getattr(thing, column) == before
    assert answer.json["fields"], answer.json
    assert said in answer.json["message"]


def test_a_rule_that_blames_another_field_names_it(app: Flask, ming: Client) -> None:
    thing = make_thing(price=100, count=1000)
    answer = send(ming, thing, price="20000.00")
    assert answer.status_code == 422 and thing.price == 100
    assert answer.json["message"] == "Count: Too many at this price."


def test_an_empty_value_is_a_value_where_there_may_be_none(app: Flask, ming: Client) -> None:
    thing = make_thing(count=5)
    assert send(ming, thing, count="").status_code == 200 and thing.count is None


def test_a_request_that_names_nothing_is_refused(app: Flask, ming: Client) -> None:
    thing = make_thing(price=2990)
    assert ming.post(f"/test_things/cell/{thing.id}/price", data={"count": "3"}, headers=JSON).status_code == 400
    assert (thing.price, thing.count) == (2990, None)


def test_a_switch_saves_both_ways(app: Flask, ming: Client) -> None:
    thing = make_thing(is_open=False)
    answer = send(ming, thing, is_open="1")
    assert thing.is_open is True and "checked" in answer.json["cells"]["is_open"]
    assert send(ming, thing, is_open="").status_code == 200 and thing.is_open is False


def test_only_declared_columns_and_rows_of_the_screen_have_a_cell(app: Flask, ming: Client) -> None:
    thing, hidden = make_thing(1), make_thing(2, is_hidden=True, price=100)
    for column in ("code", "secret", "is_hidden", "nothing"):
        assert ming.get(f"/test_things/cell/{thing.id}/{column}", headers=JSON).status_code == 404
        assert send(ming, thing, **{column: "1"}).status_code == 404
    assert send(ming, hidden, price="5.00").status_code == 404 and hidden.price == 100
    assert ming.get(f"/test_things/cell/{hidden.id}/price", headers=JSON).status_code == 404


def test_columns_that_the_list_does_not_offer_are_not_told(app: Flask, ming: Client) -> None:
    thing = make_thing(secret="a word")
    answer = send(ming, thing, price="1.00", _columns="price,secret,facts,nonsense")
    assert set(answer.json["cells"]) == {"price"}


def test_a_list_says_which_cells_these_are_with_no_query_more(
    app: Flask, ming: Client, count_queries: Callable[[], Any], monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_thing(price=100)
    screen = next(each for each in registry().screens() if type(each) is ThingScreen)

    def opened() -> tuple[str, int]:
        ming.get("/test_things/list/")
        with count_queries() as seen:
            page = ming.get("/test_things/list/").text
        return page, len(seen)

    with_cells, queries = opened()
    assert 'data-cell="price"' in with_cells and "role=\"switch\"" in with_cells and "inline.js" in with_cells
    assert 'data-cell="code"' not in with_cells
    monkeypatch.setattr(screen, "inline_fields", {})
    without, fewer = opened()
    assert fewer == queries and "data-cell" not in without and "inline.js" not in without


def test_related_rows_on_a_record_page_are_edited_as_in_their_list(
    app: Flask, ming: Client, monkeypatch: pytest.MonkeyPatch,
) -> None:
    shelf = Shelf(name="Oak")
    db.session.add(shelf)
    make_thing(price=100, shelf=shelf)
    screen = next(each for each in registry().screens() if each.model is Shelf)
    monkeypatch.setattr(screen, "related_views", [ThingScreen])
    page = ming.get(f"/test_shelves/show/{shelf.id}").text
    assert 'data-cells="/test_things/cell/"' in page and 'data-cell="price"' in page and "inline.js" in page


@pytest.mark.parametrize("named, problem", [
    ("is_dear", "no column of the form"), ("shelf.name", "no column of the form"), ("labels", "does not fit a cell"),
    ("story", "does not fit a cell"), ("nothing", "no column"),
])
def test_what_fits_no_cell_fails_at_the_start(app: Flask, named: str, problem: str) -> None:
    class Wrong(ThingScreen):
        inline_columns: ClassVar[list[str]] = [named]

    screen: Screen = next(each for each in registry().screens() if type(each) is ThingScreen)
    stand_in = object.__new__(Wrong)
    vars(stand_in).update(vars(screen))
    with pytest.raises(LookupError, match=problem):
        declared(stand_in)
