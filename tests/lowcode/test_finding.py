"""Finding one's way: what the palette shows and finds, and what one has pinned; never what one may not see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.core.db import db
from app.lowcode.finding import pins
from app.lowcode.registry import registry
from tests import factories
from tests.lowcode.shelf import Thing, make_thing
from tests.support.client import Client


@pytest.fixture
def ming(app: Flask, as_user: Any) -> Iterator[Client]:
    yield as_user("ming")


def pin(client: Client, key: str, on: bool = True) -> Any:
    return client.post("/pins", data={"key": key, "pin": "1" if on else "0"}, headers={"Accept": "application/json"})


def keys_of(places: list[dict[str, Any]]) -> list[str]:
    return [place["key"] for place in places]


@pytest.mark.both_databases
def test_it_finds_records_of_screens_one_may_view(app: Flask, as_user: Any) -> None:
    member = factories.make_member(nickname="Plum blossom")
    db.session.commit()
    hits = as_user("ming").get("/search?q=plum").json
    assert (f"MemberScreen/{member.id}", f"/members/show/{member.id}") in [(hit["key"], hit["url"]) for hit in hits]
    assert as_user("lin").get("/search?q=plum").json == []
    assert as_user("ming").get("/search?q=p").json == []
    assert as_user("ming").get("/search", query_string={"q": "\"'%_\\" * 30}).status_code == 200


@pytest.mark.both_databases
def test_what_is_pinned_stands_in_the_palette_in_the_order_in_which_it_was(app: Flask, as_user: Any) -> None:
    ming = as_user("ming")
    thing = make_thing(1)
    db.session.commit()
    for key in (f"ThingScreen/{thing.id}", "SalesReport", "JobsPage", "OrderScreen"):
        assert pin(ming, key).json["pinned"] is True
    assert keys_of(ming.get("/palette").json["pinned"]) == [
        f"ThingScreen/{thing.id}", "SalesReport", "JobsPage", "OrderScreen"]
    assert pin(ming, "JobsPage", on=False).json["pinned"] is False
    assert keys_of(ming.get("/palette").json["pinned"]) == [f"ThingScreen/{thing.id}", "SalesReport", "OrderScreen"]
    assert keys_of(as_user("hua").get("/palette").json["pinned"]) == [], "pins are one's own"


def test_pinned_pages_stand_at_the_head_of_the_menu_and_cost_no_query(ming: Client, count_queries: Any) -> None:
    def menu() -> tuple[str, int]:
        ming.get("/test_shelves/list/")
        with count_queries() as queries:
            page = ming.get("/test_shelves/list/").text
        return page[page.index('id="pinned"'):page.index('data-go="h"')], len(queries)

    before, few = menu()
    assert " hidden" in before
    answer = pin(ming, "OrderScreen")
    assert 'href="/orders/list/"' in answer.json["menu"]
    after, now = menu()
    assert 'href="/orders/list/"' in after and " hidden" not in after
    assert now == few


def test_the_star_says_whether_it_is_pinned_and_works_without_a_script(ming: Client) -> None:
    thing = make_thing(1)
    db.session.commit()
    record = f"/test_things/show/{thing.id}", f"ThingScreen/{thing.id}"
    for path, key in (("/test_things/list/", "ThingScreen"), record):
        assert f'data-star="{key}"' in ming.get(path).text
        answer = ming.post("/pins", data={"key": key, "pin": "1", "next": path})
        assert answer.status_code == 302 and answer.headers["Location"] == path
        page = ming.get(path).text
        star = page[page.index("data-star="):].split("</form>")[0]
        assert 'aria-pressed="true"' in star and 'value="0"' in star


def test_a_pin_leads_to_no_other_house(ming: Client) -> None:
    answer = ming.post("/pins", data={"key": "ThingScreen", "pin": "1", "next": "//evil.example/"})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize(
    "key", ["", "Nothing", "ThingScreen/0", "ThingScreen/999999", "ThingScreen/x", "JobsPage/1", "a" * 300])
def test_what_is_not_there_cannot_be_pinned(ming: Client, key: str) -> None:
    assert pin(ming, key).status_code == 404


def test_what_one_may_not_see_is_neither_pinned_nor_shown(app: Flask, as_user: Any) -> None:
    shown, hidden = make_thing(1), make_thing(2, is_hidden=True)
    db.session.commit()
    keys = [f"ThingScreen/{shown.id}", f"ThingScreen/{hidden.id}", "ThingScreen"]
    assert [pin(as_user("ming"), key).status_code for key in keys] == [200, 404, 200]
    assert [pin(as_user("lin"), key).status_code for key in keys] == [404, 404, 404]
    recent = {"recent": keys}
    assert keys_of(as_user("ming").get("/palette", query_string=recent).json["recent"]) == [keys[0], keys[2]]
    assert as_user("lin").get("/palette", query_string=recent).json["recent"] == []


def test_what_is_gone_is_not_shown_any_more(ming: Client) -> None:
    thing = make_thing(1)
    db.session.commit()
    key = f"ThingScreen/{thing.id}"
    pin(ming, key)
    db.session.delete(db.session.get(Thing, thing.id))
    db.session.commit()
    answer = ming.get("/palette", query_string={"recent": [key]}).json
    assert answer["pinned"] == answer["recent"] == []


def test_a_place_is_called_what_it_is_called_now(ming: Client) -> None:
    thing = make_thing(1)
    db.session.commit()
    pin(ming, f"ThingScreen/{thing.id}")
    db.session.get(Thing, thing.id).label = "Renamed"
    db.session.commit()
    assert ming.get("/palette").json["pinned"][0]["label"] == "Renamed"


def test_pins_are_few_and_what_is_gone_makes_room(ming: Client) -> None:
    things = [make_thing(number) for number in range(pins.MOST + 2)]
    db.session.commit()
    keys = [f"ThingScreen/{thing.id}" for thing in things]
    assert {pin(ming, key).status_code for key in keys[:pins.MOST]} == {200}
    refused = pin(ming, keys[pins.MOST])
    assert refused.status_code == 400 or refused.status_code == 409
    assert "At most 20" in refused.json["message"]
    db.session.delete(db.session.get(Thing, things[0].id))
    db.session.commit()
    assert pin(ming, keys[pins.MOST]).status_code == 200


def test_the_records_of_a_screen_are_asked_for_at_once(ming: Client, count_queries: Any) -> None:
    things = [make_thing(number) for number in range(10)]
    db.session.commit()
    keys = [f"ThingScreen/{thing.id}" for thing in things]

    def queries(wanted: int) -> int:
        ming.get("/palette")
        with count_queries() as seen:
            assert len(ming.get("/palette", query_string={"recent": keys[:wanted]}).json["recent"]) == wanted
        return len(seen)

    assert queries(10) == queries(1)


def test_it_offers_what_one_may_do_and_no_more(app: Flask, as_user: Any) -> None:
    labels = {entry["label"]: entry["url"] for entry in as_user("ming").get("/palette").json["commands"]}
    assert labels["Add: Things"] == "/test_things/add" and labels["Import: Products"] == "/import/products"
    assert "Add: Orders" not in labels, "orders come about by themselves"
    assert as_user("lin").get("/palette").json["commands"] == []


def test_everything_it_offers_opens(ming: Client) -> None:
    answer = ming.get("/palette").json
    for entry in [*answer["commands"], *answer["help"]]:
        page = ming.get(entry["url"].split("#")[0])
        assert page.status_code == 200, entry
        anchor = entry["url"].partition("#")[2]
        assert not anchor or anchor == "help" or f'id="{anchor}"' in page.text, entry


def test_its_help_tells_what_screens_settings_and_jobs_are_for(app: Flask, as_user: Any) -> None:
    found = {entry["label"]: entry["text"] for entry in as_user("ming").get("/palette").json["help"]}
    assert found["Things"] == "Things, but for the hidden ones."
    assert any("backup" in text.lower() for text in found.values())
    assert as_user("lin").get("/palette").json["help"] == []


def test_strangers_get_nothing(client: Client) -> None:
    for path in ("/palette", "/search?q=abc", "/work", "/rights/OrderScreen"):
        assert client.get(path).status_code in {302, 401}, path
    assert client.post("/pins", data={"key": "OrderScreen"}).status_code in {302, 401}


def test_a_pin_needs_the_form_token(app: Flask, as_user: Any) -> None:
    form = {"key": "OrderScreen", "pin": "1"}
    assert as_user("ming").post("/pins", data=form, csrf=False).status_code == 400
    assert as_user("ming").get("/palette").json["pinned"] == []


def test_no_two_pages_are_reached_by_the_same_letter(app: Flask) -> None:
    letters = [entry.view.go_key for entry in registry().entries if entry.view.go_key]
    assert letters and len(set(letters)) == len(letters) and "h" not in letters, "h is the home page"
    assert all(len(letter) == 1 and "a" <= letter <= "z" for letter in letters)


def test_single_keys_can_be_switched_off(app: Flask, as_user: Any) -> None:
    ming = as_user("ming")
    assert "data-shortcuts" not in ming.get("/").text.split(">")[1]
    assert ming.post("/preferences", json={"shortcuts": "off"}).status_code == 200
    assert 'data-shortcuts="off"' in ming.get("/").text
    assert 'data-shortcuts="off"' not in as_user("hua").get("/").text
    ming.post("/preferences", json={"theme": "dark"})
    assert 'data-shortcuts="off"' in ming.get("/").text, "another choice leaves it"
    ming.post("/preferences", data={"shortcuts": "on"})
    assert 'data-shortcuts="off"' not in ming.get("/").text
