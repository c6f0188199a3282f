"""Faults of the framework underneath that must not come back: each with the control that shows the fault."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import PermissionView, Role, User
from sqlalchemy import delete, select

from app.core.db import db
from app.lowcode import screen as screen_module
from app.lowcode import shell as shell_module
from app.lowcode.listing import Listing
from app.lowcode.module import Module
from app.lowcode.registry import Entry, Registry, registry
from app.lowcode.security.passwords import hash_password
from app.modules.catalog.models import Brand, Product
from app.modules.catalog.views import ProductScreen
from tests import factories
from tests.lowcode.shelf import Kind, Thing, make_thing
from tests.support.cast import PASSWORD
from tests.support.client import client_of

# -- one request's filters are not another's ------------------------------------------------------------------------


def strangers_rows(app: Flask, rounds: int) -> list[str]:
    """Ask for cups and pots at the same time, in four threads; gives the kinds whose list was not its own."""
    kinds = {kind: {str(thing.id) for thing in db.session.scalars(select(Thing).where(Thing.kind == kind))}
             for kind in Kind}
    db.session.commit()
    wrong: list[str] = []

    def ask(kind: Kind) -> None:
        with app.app_context():
            client = client_of(app)
            client.sign_in("ming")
            for _round in range(rounds):
                page = client.get(f"/test_things/list/?f.kind={kind.value}").text
                if set(re.findall(r"/test_things/show/(\d+)", page)) != kinds[kind]:
                    wrong.append(kind.value)

    threads = [threading.Thread(target=ask, args=(kind,)) for kind in [*Kind, *Kind]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


@pytest.fixture
def cups_and_pots(app: Flask) -> None:
    for number in range(1, 8):
        make_thing(number, kind=Kind.cup if number < 4 else Kind.pot)
    db.session.commit()


@pytest.mark.both_databases
def test_lists_at_the_same_time_do_not_see_each_others_filters(app: Flask, cups_and_pots: None) -> None:
    """The framework keeps one Filters object per view and changes it at every request."""
    assert strangers_rows(app, rounds=10) == []


def test_with_filters_kept_by_the_view_they_would(
        app: Flask, cups_and_pots: None, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, Any] = {}

    class SharedListing(Listing):
        """Reads its filters from where the last request has left them, as the framework does."""

        def __init__(self, screen: Any, arguments: Any, **options: Any) -> None:
            kept["arguments"] = arguments.copy()
            time.sleep(0.002)
            super().__init__(screen, kept["arguments"], **options)

    monkeypatch.setattr(screen_module, "Listing", SharedListing)
    assert strangers_rows(app, rounds=10)


# -- the menu costs what it holds -----------------------------------------------------------------------------------


class Calls:
    """How many calls Python makes inside: work that no clock and no other process disturbs."""

    def __enter__(self) -> Calls:
        self.count = 0
        sys.setprofile(self._note)
        return self

    def _note(self, _frame: Any, event: str, _argument: Any) -> None:
        self.count += event in {"call", "c_call"}

    def __exit__(self, *_error: object) -> None:
        sys.setprofile(None)


class FakeEntry(Entry):
    """A page of its own for the menu of a shop much larger than ours."""

    def url(self) -> str:
        return f"/fake/{self.name}/"


def big_menu(categories: int, items: int) -> Registry:
    made = Registry()
    for number in range(categories):
        module = Module(f"m{number}", f"Module {number}", order=number)
        made.entries += [FakeEntry(SimpleNamespace(
            class_permission_name=f"View{number}x{item}", menu_label=f"Page {number} {item}", icon="fa-box",
            go_key="", in_menu=True), module) for item in range(items)]
    return made


def menu_cost(app: Flask, monkeypatch: pytest.MonkeyPatch, categories: int, items: int) -> tuple[int, int, str]:
    """Questions about permissions, calls, and the menu's HTML."""
    questions: list[tuple[str, str]] = []

    def may(permission: str, view: str) -> bool:
        questions.append((permission, view))
        return True

    made = big_menu(categories, items)
    monkeypatch.setattr(shell_module, "registry", lambda: made)
    monkeypatch.setattr(shell_module, "may", may)
    with app.test_request_context():
        shell_module.Shell()._draw_sidebar()  # the template is compiled once
        questions.clear()
        with Calls() as calls:
            html = shell_module.Shell()._draw_sidebar()
    return len(questions), calls.count, html


@pytest.mark.parametrize(("categories", "items"), [(3, 4), (12, 4), (3, 16), (24, 8)])
def test_each_page_stands_in_the_menu_once_at_one_question(
        app: Flask, monkeypatch: pytest.MonkeyPatch, categories: int, items: int) -> None:
    questions, _calls, html = menu_cost(app, monkeypatch, categories, items)
    assert questions == categories * items
    hrefs = [href for href in re.findall(r'href="([^"]+)"', html) if href.startswith("/fake/")]
    assert len(hrefs) == len(set(hrefs)) == categories * items


def test_work_for_the_menu_grows_with_its_pages_and_no_faster(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The framework's menu doubles its work with every category."""
    _questions, base, _html = menu_cost(app, monkeypatch, 1, 1)
    _questions, few, _html = menu_cost(app, monkeypatch, 5, 4)
    for categories, items in ((10, 4), (5, 8), (20, 8)):
        _questions, many, _html = menu_cost(app, monkeypatch, categories, items)
        growth = categories * items / (5 * 4)
        told = f"{categories} categories of {items}: {few} → {many} calls"
        assert (many - base) <= (few - base) * growth * 1.25, told


def test_work_that_doubles_with_every_category_would_be_noticed(
        app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: each category asks for all those before it as well, as the framework's menu does."""
    plain = Registry.entries_of

    def careless(made: Registry, module: Any) -> list[Entry]:
        for other in made.modules():
            if other is module:
                break
            careless(made, other)
        return plain(made, module)

    monkeypatch.setattr(Registry, "entries_of", careless)
    _questions, few, _html = menu_cost(app, monkeypatch, 5, 4)
    _questions, many, _html = menu_cost(app, monkeypatch, 10, 4)
    assert many > few * 2 * 1.25


def test_our_own_menu_has_every_page_once(app: Flask, as_user: Any) -> None:
    sidebar = as_user("ming").get("/profile/").text.split("<aside", 1)[1].split("</aside>", 1)[0]
    with app.test_request_context():
        urls = [entry.url() for entry in registry().entries if entry.view.in_menu]
    assert len(urls) > 20
    assert {url: sidebar.count(f'href="{url}"') for url in urls} == dict.fromkeys(urls, 1)


# -- screen and API share their permissions -------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "base"), [("SupplierScreen", "suppliers"), ("ProductScreen", "products")])
def test_one_permission_opens_a_screen_and_its_api_and_taking_it_closes_both(
        app: Flask, name: str, base: str) -> None:
    """In the framework view and API fight over one name, and whoever is registered last wins."""
    pair = next(pair for pair in db.session.scalars(select(PermissionView))
                if (pair.permission.name, pair.view_menu.name) == ("can_view", name))
    role = Role(name="looker", permissions=[pair])
    db.session.add(User(username="kai", first_name="Kai", last_name="", email="kai@shop.example", active=True,
                        password=hash_password(PASSWORD), roles=[role]))
    db.session.commit()
    client = client_of(app)
    client.sign_in("kai")
    doors = [f"/{base}/list/", f"/api/v1/{base}/", f"/api/v1/{base}/_info"]
    closed = [("POST", f"/{base}/add"), ("POST", f"/api/v1/{base}/")]
    assert [client.get(door).status_code for door in doors] == [200] * len(doors)
    assert [client.open(path, method=method, json={}).status_code for method, path in closed] == [403] * len(closed)
    role.permissions = []
    db.session.commit()
    assert [client.get(door).status_code for door in doors] == [403] * len(doors)


# -- answers in words -----------------------------------------------------------------------------------------------


def test_yes_no_and_choices_are_written_in_chinese(app: Flask, as_user: Any) -> None:
    open_one, other = make_thing(1, is_open=True, kind=Kind.cup), make_thing(2, is_open=False, kind=Kind.pot)
    db.session.commit()
    ids = (open_one.id, other.id)
    ming = as_user("ming")
    ming.post("/preferences", data={"locale": "zh"})
    page = ming.get("/test_things/list/").text
    rows = {row_id: next(row for row in page.split("<tr")[1:] if f"/test_things/show/{row_id}" in row)
            for row_id in ids}
    # The yes/no is a switch in this list, since it can be changed there; the record page has it in words.
    for row, word, is_on in ((rows[ids[0]], "启用", True), (rows[ids[1]], "已暂停", False)):
        assert re.findall(r'<span class="pill[^"]*">([^<]+)</span>', row) == [word]
        assert (re.search(r'role="switch"[^>]* checked', row) is not None) is is_on
    for row_id, words in ((ids[0], ("是", "启用")), (ids[1], ("否", "已暂停"))):
        shown = ming.get(f"/test_things/show/{row_id}").text
        assert all(f">{word}</span>" in shown for word in words)
    ming.post("/preferences", data={"locale": "en"})
    assert ">Yes</span>" in ming.get(f"/test_things/show/{ids[0]}").text, "the control: it is the language that decides"


# -- rows that others point to --------------------------------------------------------------------------------------

TELLTALE = re.compile(r"(?i)foreign key|constraint|sqlite|psycopg|integrity|\[SQL|update products")


@pytest.mark.both_databases
@pytest.mark.parametrize("way", ["form", "api"])
def test_what_others_point_to_is_not_deleted(app: Flask, as_user: Any, way: str) -> None:
    brand, lonely = factories.make_brand(), factories.make_brand()
    product = factories.make_product(brand=brand)
    db.session.commit()
    owner = as_user("ming")
    delete_it: Callable[[int], Any] = (
        (lambda row_id: owner.post(f"/brands/delete/{row_id}", follow_redirects=True)) if way == "form"
        else (lambda row_id: owner.delete(f"/api/v1/brands/{row_id}")))
    brand_id, lonely_id = brand.id, lonely.id
    answer = delete_it(brand_id)
    assert not TELLTALE.search(answer.text)
    if way == "api":
        assert answer.status_code == 409 and answer.get_json()["code"] == "in_use"
    else:
        assert "Other records depend on this" in answer.text or "in use" in answer.text
    assert db.session.get(Brand, brand_id) is not None and db.session.get(Product, product.id).brand_id == brand_id
    delete_it(lonely_id)
    assert db.session.get(Brand, lonely_id) is None, "the control: what nothing points to goes"


@pytest.mark.both_databases
@pytest.mark.parametrize("way", ["form", "api"])
@pytest.mark.parametrize("when", ["before", "in between"])
def test_nothing_points_to_a_row_that_is_not_there(
        app: Flask, as_user: Any, monkeypatch: pytest.MonkeyPatch, way: str, when: str) -> None:
    """`in between` takes the row away after the form has found it: then it is the database that refuses."""
    brand, gone = factories.make_brand(), factories.make_brand()
    product = factories.make_product(brand=brand, prices=())
    db.session.commit()
    product_id, brand_id, gone_id, number = product.id, brand.id, gone.id, product.number
    owner = as_user("ming")
    if when == "before":
        db.session.delete(gone)
        db.session.commit()
    else:
        plain = ProductScreen.pre_update

        def take_it_away(screen: ProductScreen, item: Any) -> None:
            plain(screen, item)
            with db.session.no_autoflush:
                db.session.execute(delete(Brand.__table__).where(Brand.__table__.c.id == gone_id))

        monkeypatch.setattr(ProductScreen, "pre_update", take_it_away)
    if way == "api":
        answer = owner.put(f"/api/v1/products/{product_id}", json={"brand": gone_id})
    else:
        answer = owner.post(f"/products/edit/{product_id}", data={
            "number": number, "name": "Renamed", "brand": gone_id})
    assert answer.status_code == (422 if when == "before" else 409), answer.text[:300]
    assert not TELLTALE.search(answer.text)
    if way == "api" and when == "before":
        assert list(answer.get_json()["fields"]) == ["brand"]
    assert db.session.get(Product, product_id).brand_id == brand_id
    assert db.session.get(Product, product_id).name != "Renamed"
