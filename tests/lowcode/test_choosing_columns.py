"""Which columns a list shows is up to each user: kept on the server, in their order, and in files as well."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.lowcode.registry import registry
from app.lowcode.saved_views import columns
from app.lowcode.security.models import StaffPreference
from tests.lowcode.shelf import Shelf, Thing, ThingScreen, make_thing
from tests.support.cast import user
from tests.support.client import Client

LIST = "/test_things/list/"


def heads(client: Client, address: str = LIST) -> list[str]:
    """The heads of the table that a list shows."""
    page = client.get(address)
    assert page.status_code == 200, page.text[:400]
    return [html.unescape(head) for head in re.findall(r'<th scope="col"[^>]*>(?:<a [^>]*>)?([^<]*)', page.text)]


def choose(client: Client, *paths: str, query: str = "", **more: str) -> Any:
    return client.post("/views/ThingScreen/columns", data={"columns": list(paths), "query": query, **more})


@pytest.fixture
def things(app: Flask) -> None:
    shelf = Shelf(name="Oak")
    for number in (1, 2, 3):
        make_thing(number, shelf=shelf, price=number * 100)
    db.session.commit()


@pytest.mark.both_databases
def test_chosen_columns_are_shown_in_their_order_and_stay(things: None, as_user: Callable[[str], Client]) -> None:
    ming = as_user("ming")
    assert choose(ming, "price", "label", "found_on").status_code == 302
    assert heads(ming) == ["Price", "Name", "Found"]
    assert heads(as_user("ming"), LIST + "?sort=-price") == ["Price", "Name", "Found"]
    assert len(heads(ming, "/test_shelf_things/list/")) == len(ThingScreen.list_columns), "another screen, another list"


def test_the_standard_columns_come_back(things: None, as_user: Callable[[str], Client]) -> None:
    ming = as_user("ming")
    standard = heads(ming)
    choose(ming, "label", "code")
    choose(ming, reset="1")
    assert heads(ming) == standard
    kept = db.session.scalars(select(StaffPreference).where(StaffPreference.user_id == user("ming").id)).one()
    assert kept.lists == {}
    choose(ming, *ThingScreen.list_columns)
    db.session.expire_all()
    assert kept.lists == {}, "the standard is not kept, so that it may change with an update"


def test_what_is_chosen_for_a_list_leaves_other_preferences_alone(
        things: None, as_user: Callable[[str], Client]) -> None:
    ming = as_user("ming")
    ming.post("/preferences", json={"theme": "dark", "page_sizes": {"OrderScreen": 50}})
    choose(ming, "label")
    ming.post("/preferences", json={"theme": "light"})
    kept = db.session.scalars(select(StaffPreference)).one()
    assert (kept.theme, kept.page_sizes, kept.lists) == (
        "light", {"OrderScreen": 50}, {"ThingScreen": {"columns": ["label"]}})


def test_a_list_without_columns_is_refused(things: None, as_user: Callable[[str], Client]) -> None:
    ming = as_user("ming")
    standard = heads(ming)
    assert "Tick at least one column." in ming.get(choose(ming).location).text
    assert heads(ming) == standard


@pytest.mark.parametrize("path", ["secret", "story", "facts", "shelf_id", "no_such", "shelf.things", "__class__", "id"])
def test_only_what_the_list_offers_can_be_chosen(things: None, as_user: Callable[[str], Client], path: str) -> None:
    ming = as_user("ming")
    choose(ming, "label", path)
    assert heads(ming) == ["Name"]
    page = ming.get(f"{LIST}?columns=label,{path}")
    assert page.status_code == 200 and "no such column" in page.text


def test_offered_is_what_comes_with_the_rows(app: Flask) -> None:
    screen = registry().screen_of(Thing)
    assert screen is not None
    more = [path for path in columns.offered(screen) if path not in ThingScreen.list_columns]
    assert more == ["found_on", "views", "created_at", "updated_at"]


def test_an_address_may_say_the_columns(things: None, as_user: Callable[[str], Client]) -> None:
    ming = as_user("ming")
    choose(ming, "code")
    assert heads(ming, LIST + "?columns=label,kind") == ["Name", "Kind"]
    assert heads(ming) == ["Code"]


def test_a_column_that_is_gone_is_passed_over(things: None, as_user: Callable[[str], Client]) -> None:
    ming = as_user("ming")
    choose(ming, "label", "code")
    kept = db.session.scalars(select(StaffPreference)).one()
    kept.lists = {"ThingScreen": {"columns": ["was_here_once", "code"]}}
    db.session.commit()
    assert heads(ming) == ["Code"]
    kept.lists = {"ThingScreen": {"columns": ["was_here_once"]}}
    db.session.commit()
    assert len(heads(ming)) == len(ThingScreen.list_columns)


def exported(client: Client, url: str, **data: str) -> list[list[str]]:
    answer = client.post(f"{url}/export/csv", data=data)
    assert answer.status_code == 200, answer.text[:300]
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_an_export_has_the_chosen_columns(things: None, as_user: Callable[[str], Client]) -> None:
    ming = as_user("ming")
    choose(ming, "code", "label")
    rows = exported(ming, "/test_things", query="sort=label")
    assert rows[0] == ["Code", "Name"] and rows[1] == ["C-0001", "Thing 1"]
    whole = exported(ming, "/test_things", query="", columns="all")
    assert whole[0][:2] == ["Code", "Name"] and "Story" in whole[0] and len(whole[0]) == len(set(whole[0]))
    assert exported(ming, "/test_things", query="columns=label")[0] == ["Name"]


def test_choosing_costs_the_list_no_query(
        things: None, as_user: Callable[[str], Client], count_queries: Callable[[], Any]) -> None:
    ming = as_user("ming")
    choose(ming, "label", "code", "shelf", "found_on")
    ming.get(LIST)
    with count_queries() as queries:
        ming.get(LIST + "?size=2")
    assert len(queries) == 3, queries


def test_the_chooser_carries_the_form_token_and_the_address(things: None, as_user: Callable[[str], Client]) -> None:
    ming = as_user("ming")
    for query in ("", "?sort=-price&f.kind=cup", "?columns=label"):
        page = ming.get(LIST + query).text
        chooser = page.split('id="columns"')[1].split("</form>")[0]
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', chooser))
        assert html.unescape(hidden["query"]) == query[1:]
        data = {"csrf_token": hidden["csrf_token"], "columns": ["label"], "query": ""}
        assert ming.post("/views/ThingScreen/columns", data=data, csrf=False).status_code == 302
        choose(ming, reset="1")
