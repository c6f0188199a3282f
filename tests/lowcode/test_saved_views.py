"""Saved views: a name for what a list was asked for, and addresses that say what is different from it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.core.db import db
from app.lowcode.saved_views import services
from app.lowcode.saved_views.models import SavedView
from app.lowcode.saved_views.opening import Parts
from app.modules.audit.models import AuditLine
from tests.lowcode.shelf import Kind, Shelf, make_thing
from tests.lowcode.test_choosing_columns import exported, heads
from tests.support.client import Client

LIST = "/test_things/list/"
ASKED = "q=Thing&f.kind=pot&f.price.from=2&sort=-price&size=2&columns=label,price"


@pytest.fixture
def ming(app: Flask, as_user: Callable[[str], Client]) -> Client:
    shelf = Shelf(name="Oak")
    for number in range(1, 7):
        make_thing(number, shelf=shelf, price=number * 100, kind=Kind.pot if number % 2 else Kind.cup)
    db.session.commit()
    return as_user("ming")


def save(client: Client, query: str = ASKED, name: str = "Dear pots", **more: str) -> int:
    answer = client.post("/views/ThingScreen/save", data={"query": query, "name": name, **more})
    found = re.search(r"\?view=(\d+)$", answer.location or "")
    assert found, client.get(answer.location).text[:2000]
    return int(found[1])


def rows(client: Client, query: str = "") -> list[str]:
    """The titles of the rows shown."""
    page = client.get(LIST + (f"?{query}" if query else ""))
    assert page.status_code == 200, page.text[:500]
    return re.findall(r">(Thing \d+)</a>", page.text)


def tabs(client: Client, query: str = "") -> tuple[list[str], str]:
    """The tabs above the list, and which is marked."""
    page = client.get(LIST + (f"?{query}" if query else "")).text
    nav = re.search(r"<nav class=\"tabs\".*?</nav>", page, re.S)
    if nav is None:
        return [], ""
    found = re.findall(r"<a ([^>]*)>(.*?)</a>", nav[0], re.S)
    names = [html.unescape(re.sub(r"<[^>]+>", "", words)) for _marks, words in found]
    return names, next(name for name, (marks, _words) in zip(names, found, strict=True) if "aria-current" in marks)


def links(client: Client, query: str) -> list[str]:
    page = client.get(f"{LIST}?{query}").text
    return [html.unescape(link) for link in re.findall(r'href="(/test_things/list/[^"]*)"', page)]


def is_changed(client: Client, query: str) -> bool:
    return "views-changed" in client.get(f"{LIST}?{query}").text


@pytest.mark.both_databases
def test_a_view_shows_what_was_saved(ming: Client) -> None:
    view = save(ming)
    assert rows(ming, f"view={view}") == ["Thing 5", "Thing 3"]
    assert heads(ming, f"{LIST}?view={view}") == ["Name", "Price"]
    assert tabs(ming, f"view={view}") == (["All", "Dear pots"], "Dear pots")
    assert not is_changed(ming, f"view={view}")
    kept = db.session.scalars(select(SavedView)).one()
    assert kept.content == {"q": "Thing", "filters": [["f.kind", "pot"], ["f.price.from", "2"]], "sort": "-price",
                            "size": 2, "columns": ["label", "price"]}


def test_without_views_there_are_no_tabs(ming: Client) -> None:
    assert tabs(ming) == ([], "")
    assert tabs(ming, "sort=-price") == (["All"], "All"), "there is something to save"
    save(ming)
    assert tabs(ming) == (["All", "Dear pots"], "All")


@pytest.mark.parametrize("difference, shown", [
    ("sort=price", ["Thing 3", "Thing 5"]),
    ("sort=", ["Thing 5", "Thing 3"]),
    ("size=1", ["Thing 5"]),
    ("f.kind=cup", ["Thing 6", "Thing 4"]),
    ("f=own", ["Thing 6", "Thing 5"]),
    ("f=own&f.price.from=4&size=", ["Thing 6", "Thing 5", "Thing 4"]),
    ("q=5", ["Thing 5"]),
    ("q=&f=own&size=", ["Thing 6", "Thing 5", "Thing 4", "Thing 3", "Thing 2", "Thing 1"]),
])
def test_an_address_says_what_is_different(ming: Client, difference: str, shown: list[str]) -> None:
    view = save(ming)
    assert rows(ming, f"view={view}&{difference}") == shown
    assert is_changed(ming, f"view={view}&{difference}")


def test_links_say_the_view_and_only_what_is_different(ming: Client) -> None:
    view = save(ming, "f.kind=pot&sort=-price&size=2")
    found = {tuple(parse_qsl(urlsplit(link).query, keep_blank_values=True)) for link in links(ming, f"view={view}")}
    assert (("view", str(view)), ("f", "own")) in found, "the chip's cross takes the filter away"
    assert (("view", str(view)), ("sort", "price")) in found
    assert (("view", str(view)), ("size", "10")) in found
    places = [pairs for pairs in found if any(key == "after" for key, _value in pairs)]
    assert places and all([key for key, _value in pairs] == ["view", "after"] for pairs in places)
    back = [link for link in links(ming, f"view={view}&sort=price") if "sort" not in link and "after" not in link]
    assert f"{LIST}?view={view}" in back, "sorted as the view says, there is nothing to say"


def test_the_next_page_of_a_view_is_of_that_view(ming: Client) -> None:
    view = save(ming, "sort=-price&size=4")
    assert rows(ming, f"view={view}") == ["Thing 6", "Thing 5", "Thing 4", "Thing 3"]
    following = next(link for link in links(ming, f"view={view}") if "after=" in link)
    assert rows(ming, urlsplit(following).query) == ["Thing 2", "Thing 1"]


def test_the_filter_panel_and_the_search_keep_the_view(ming: Client) -> None:
    view = save(ming)
    page = ming.get(f"{LIST}?view={view}&sort=price").text
    for start, end in (('id="filters"', "</dialog>"), ('role="search"', "</form>")):
        part = page.split(start)[1].split(end)[0]
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', part))
        assert hidden["view"] == str(view) and hidden["sort"] == "price" and "size" not in hidden
    assert '<input type="hidden" name="f" value="own">' in page, "a panel that is emptied empties the view's filters"


def test_a_changed_view_is_saved_reset_or_saved_as_another(ming: Client) -> None:
    view = save(ming)
    assert save(ming, f"view={view}&f.kind=cup", "Dear cups") != view
    assert rows(ming, f"view={view}") == ["Thing 5", "Thing 3"], "the first one is as it was"
    assert f"{LIST}?view={view}" in links(ming, f"view={view}&sort=price"), "back to what it was"
    answer = ming.post("/views/ThingScreen/save", data={"query": f"view={view}&sort=price", "view": str(view)})
    assert answer.location == f"{LIST}?view={view}"
    assert rows(ming, f"view={view}") == ["Thing 3", "Thing 5"]
    assert db.session.get(SavedView, view).content["q"] == "Thing"  # type: ignore[union-attr]


def test_chosen_columns_are_a_change_of_the_view_that_is_open(ming: Client) -> None:
    view = save(ming, "sort=-price")
    standard = heads(ming)
    data = {"columns": ["code", "label"], "query": f"view={view}&sort=price"}
    answer = ming.post("/views/ThingScreen/columns", data=data)
    query = dict(parse_qsl(urlsplit(answer.location).query))
    assert query == {"view": str(view), "sort": "price", "columns": "code,label"}
    assert heads(ming, answer.location) == ["Code", "Name"]
    assert heads(ming) == standard, "the plain list is as it was"
    ming.post("/views/ThingScreen/save", data={"query": urlsplit(answer.location).query, "view": str(view)})
    assert heads(ming, f"{LIST}?view={view}") == ["Code", "Name"]
    reset = ming.post("/views/ThingScreen/columns", data={"reset": "1", "query": f"view={view}"})
    assert heads(ming, reset.location) == standard and is_changed(ming, urlsplit(reset.location).query)


def test_a_view_keeps_the_columns_that_its_maker_saw(ming: Client) -> None:
    ming.post("/views/ThingScreen/columns", data={"columns": ["code"]})
    view = save(ming, "sort=-price")
    ming.post("/views/ThingScreen/columns", data={"reset": "1"})
    assert heads(ming, f"{LIST}?view={view}") == ["Code"]


def test_an_export_takes_what_the_view_shows(ming: Client) -> None:
    view = save(ming)
    assert exported(ming, "/test_things", query=f"view={view}&q=&size=1") == [
        ["Name", "Price (CNY)"], ["Thing 5", "5.00"], ["Thing 3", "3.00"]]


def test_a_list_opens_with_the_view_chosen_for_it(ming: Client) -> None:
    view = save(ming, first="1")
    names, marked = tabs(ming)
    assert len(names) == 2 and marked.startswith("Dear pots")
    assert rows(ming) == ["Thing 5", "Thing 3"]
    assert f'data-address="{LIST}?view={view}"' in ming.get(LIST).text
    assert len(rows(ming, "view=all")) == 6
    assert len(rows(ming, "f.kind=cup")) == 3, "an address with a query says all it means"
    assert f"{LIST}?view=all" in links(ming, "f.kind=cup"), "without the filter it is still the plain list"
    ming.post("/views/ThingScreen/first", data={"query": "view=all"})
    assert len(rows(ming)) == 6


def test_a_first_view_that_is_gone_is_the_plain_list(ming: Client) -> None:
    save(ming, first="1")
    db.session.delete(db.session.scalars(select(SavedView)).one())
    db.session.commit()
    assert len(rows(ming)) == 6


def test_a_view_is_renamed(ming: Client) -> None:
    view = save(ming)
    ming.post("/views/ThingScreen/change", data={"view": str(view), "name": "  Pots   we like "})
    assert tabs(ming)[0] == ["All", "Pots we like"]


@pytest.mark.parametrize("name, said", [
    ("", "Give the view a name."), ("   ", "Give the view a name."), ("x" * 61, "at most 60"),
    ("Dear pots", "“Dear pots” of this list already"), (" Dear  pots", "of this list already"),
])
def test_a_name_is_needed_and_is_its_own(ming: Client, name: str, said: str) -> None:
    save(ming)
    answer = ming.post("/views/ThingScreen/save", data={"query": "sort=price", "name": name}, follow_redirects=True)
    assert said in html.unescape(answer.text)
    assert db.session.query(SavedView).count() == 1


def test_the_same_name_may_stand_above_another_list(ming: Client) -> None:
    save(ming)
    answer = ming.post("/views/ThingOnShelf/save", data={"query": "sort=price", "name": "Dear pots"})
    assert "view=" in answer.location
    assert tabs(ming)[0] == ["All", "Dear pots"]


def test_there_is_an_end_to_views(ming: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_VIEWS", 1)
    save(ming)
    answer = ming.post("/views/ThingScreen/save", data={"query": "", "name": "One more"}, follow_redirects=True)
    assert "You have 1 views" in answer.text


@pytest.mark.both_databases
def test_a_deleted_view_comes_back_as_it_was(ming: Client) -> None:
    view = save(ming, first="1")
    page = ming.post("/views/ThingScreen/delete", data={"view": str(view)}, follow_redirects=True)
    assert "Deleted: Dear pots" in page.text and tabs(ming)[0] == []
    assert len(rows(ming)) == 6
    entry = re.search(r'name="entry" value="(\d+)"', page.text)
    assert entry
    ming.post("/views/ThingScreen/restore", data={"entry": entry[1]})
    assert rows(ming, f"view={view}") == ["Thing 5", "Thing 3"]
    again = ming.post("/views/ThingScreen/restore", data={"entry": entry[1]})
    assert again.status_code == 404


@pytest.mark.parametrize("query", ["f.no_such=1", "sort=secret", "size=0", "f.price.from=abc", "f.kind=plate"])
def test_what_a_list_refuses_is_not_saved(ming: Client, query: str) -> None:
    ming.post("/views/ThingScreen/save", data={"query": query, "name": "Wrong"})
    assert db.session.query(SavedView).count() == 0


def test_a_view_that_names_what_is_gone_says_so_and_shows_the_rest(ming: Client) -> None:
    view = save(ming)
    kept = db.session.get(SavedView, view)
    assert kept is not None
    kept.content = {"filters": [["f.kind", "pot"], ["f.vendor", "1"], ["f.count.from", "many"]], "sort": "-vendor_code",
                    "columns": ["label", "vendor_name", "price"], "size": 100_000}
    db.session.commit()
    page = ming.get(f"{LIST}?view={view}")
    assert page.status_code == 200
    said = re.search(r'class="note tone-warn views-note".*?</div></div>', page.text, re.S)
    assert said
    for word in ("vendor", "vendor_code", "vendor_name", "Count"):
        assert word in said[0]
    assert len(rows(ming, f"view={view}")) == 3 and heads(ming, f"{LIST}?view={view}") == ["Name", "Price"]
    assert not is_changed(ming, f"view={view}")


@pytest.mark.parametrize("word", ["999", "x", "-1", "1e3", "１", "9" * 40])
def test_a_view_that_is_not_there_leaves_the_rest_of_the_address(ming: Client, word: str) -> None:
    page = ming.get(LIST, query_string={"view": word, "f.kind": "cup"})
    assert page.status_code == 200 and "not there any more" in page.text
    assert len(re.findall(r">(Thing \d+)</a>", page.text)) == 3


def test_views_cost_no_query_but_one_after_a_change(ming: Client, count_queries: Callable[[], Any]) -> None:
    view = save(ming, "sort=-price&columns=label,price", first="1")

    def queries(query: str) -> int:
        with count_queries() as seen:
            assert ming.get(LIST + query).status_code == 200
        return len(seen)

    queries("?view=all&sort=price")  # what is kept of roles and permissions
    services._kept.clear()
    assert queries(f"?view={view}&size=1") == 4, "the views were read once"
    assert queries(f"?view={view}&size=1") == 3
    assert queries("?size=1&view=all&columns=label,price") == 3
    save(ming, "sort=price", "Another")
    queries("")
    assert queries(f"?view={view}&size=1") == 3


def test_before_the_first_view_nothing_is_asked(ming: Client, count_queries: Callable[[], Any]) -> None:
    ming.get(LIST + "?size=2")
    services._kept.clear()
    with count_queries() as seen:
        ming.get(LIST + "?size=2&columns=label,price")
    assert len(seen) == 3, seen


@pytest.mark.both_databases
def test_views_go_with_their_maker_and_a_role_leaves_them(app: Flask, ming: Client, make_role_and_view: Any) -> None:
    user, role, view_id = make_role_and_view
    db.session.execute(delete(type(role).__table__).where(type(role).id == role.id))
    db.session.commit()
    db.session.expire_all()
    assert db.session.get(SavedView, view_id).role_id is None  # type: ignore[union-attr]
    db.session.delete(user)
    db.session.commit()
    assert db.session.get(SavedView, view_id) is None


@pytest.fixture
def make_role_and_view(app: Flask) -> tuple[Any, Any, int]:
    from flask_appbuilder.security.sqla.models import Role, User

    from app.lowcode.saved_views.models import Audience

    role = Role(name="potters")
    user = User(username="kai", first_name="Kai", last_name="", active=True, email="kai@shop.example", password="x")
    db.session.add_all([role, user])
    db.session.flush()
    view = SavedView(user_id=user.id, screen="ThingScreen", name="Pots", audience=Audience.role, role_id=role.id)
    db.session.add(view)
    db.session.commit()
    return user, role, view.id


def test_private_views_leave_no_line_in_the_audit_trail(ming: Client) -> None:
    before = db.session.query(AuditLine).count()
    view = save(ming)
    ming.post("/views/ThingScreen/change", data={"view": str(view), "name": "Other"})
    ming.post("/views/ThingScreen/delete", data={"view": str(view)})
    assert db.session.query(AuditLine).count() == before


def test_parts_survive_being_kept() -> None:
    asked = Parts.of(parse_qsl(ASKED))
    assert Parts.of_content(asked.content()) == asked
    assert Parts.of_content({}) == Parts() and not Parts()
