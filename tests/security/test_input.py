"""What people and programs send: nothing runs on a page, nothing is written that was not offered, nothing leaks."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from app.core.db import db
from app.lowcode.registry import registry
from tests import factories
from tests.example.suppliers.models import Supplier
from tests.support.cast import user
from tests.support.client import Client
from tests.support.screens import manifests

ATTACKS = [
    "<script>alert(1)</script>", "\"><script>alert(1)</script>", "'><img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "</title><script>alert(1)</script>", "</textarea><script>alert(1)</script>", "javascript:alert(1)",
    "{{7*7}}${7*7}<%=7*7%>",
    "<iframe srcdoc='<script>alert(1)</script>'>", "<a href=\"javascript:alert(1)\">x</a>",
    "<math><mtext></p><img src=x onerror=alert(1)>",
    "' OR '1'='1", "'; DROP TABLE ab_user; --", "1 UNION SELECT password FROM ab_user", "%27%20OR%201=1",
    "\\x3cscript\\x3e",
    "<!--<img src=x>-->", "<style>@import 'http://evil.example'</style>", "<base href=//evil.example>", "=HYPERLINK(1)",
]
HARMLESS = {"{{7*7}}${7*7}<%=7*7%>", "javascript:alert(1)", "\\x3cscript\\x3e", "=HYPERLINK(1)", "<!--<img src=x>-->"}
"""Attacks on other things than a page's HTML."""
MODELS_ON_SCREENS = {screen.model for module in manifests() for screen in module.screens}


class Runners(HTMLParser):
    """Finds what would run or load in a page: our own have no script, style or handler inside them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        bad = tag in {"iframe", "base", "object", "embed", "style", "math"}
        bad |= tag == "script" and "src" not in given
        bad |= any(name.startswith("on") for name in given)
        bad |= any((given.get(name) or "").strip().lower().startswith("javascript:") for name in ("href", "src",
                                                                                                  "action"))
        if bad or given.get("src") == "x":
            self.found.append(self.get_starttag_text() or tag)


def runs(page: str) -> list[str]:
    """The parts of a page that would run or load something they should not."""
    parser = Runners()
    parser.feed(page)
    return parser.found


def test_the_search_for_running_parts_finds_them(app: Flask) -> None:
    with app.test_request_context():
        for attack in ATTACKS:
            raw = runs(render_template_string("<p title=\"{{ x|safe }}\">{{ x|safe }}</p>", x=attack))
            assert bool(raw) is ("<" in attack and attack not in HARMLESS), attack
            assert not runs(render_template_string("<p title=\"{{ x }}\">{{ x }}</p>", x=attack))


@pytest.mark.parametrize("attack", ATTACKS)
def test_text_stays_text_wherever_it_is_shown(as_user: Any, attack: str) -> None:
    """Stored by form, shown in list, record, form, search, history, audit trail, toast and confirmation."""
    client = as_user("ming")
    answer = client.post("/suppliers/add", data={"name": attack[:80], "note": attack, "status": "active"},
                         follow_redirects=True)
    assert answer.status_code == 200, "it is a name like any other"
    assert not runs(answer.text)
    supplier = db.session.scalars(select(Supplier)).one()
    assert supplier.name == attack[:80].strip() and supplier.note == attack
    pages = ["/suppliers/list/", f"/suppliers/show/{supplier.id}", f"/suppliers/edit/{supplier.id}", "/audit/list/"]
    for path in pages:
        page = client.get(path)
        assert page.status_code == 200, path
        assert not runs(page.text), f"{path}: {runs(page.text)}"
    deleted = client.post(f"/suppliers/delete/{supplier.id}", follow_redirects=True)
    assert not runs(deleted.text)


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_is_asked_comes_back_to_run(as_user: Any, client: Client, attack: str) -> None:
    owner = as_user("ming")
    for path, arguments in (
            ("/suppliers/list/", {"q": attack}), ("/suppliers/list/", {"f.name": attack}), ("/suppliers/list/",
                                                                                            {"sort": attack}),
            ("/suppliers/list/", {"after": attack}), ("/suppliers/list/", {"size": attack}), ("/suppliers/add",
                                                                                              {"name": attack}),
            ("/suppliers/add", {"return_to": attack}), ("/search", {"q": attack}), ("/suppliers/show/" + "1",
                                                                                    {attack: attack}),
            ("/api/v1/suppliers/", {"q": attack}), ("/audit/list/", {"f.actor_name": attack}), ("/users/list/",
                                                                                                {"q": attack})):
        answer = owner.get(path, query_string=arguments)
        assert answer.status_code < 500, (path, arguments)
        assert answer.is_json or not runs(answer.text), (path, runs(answer.text))
    for path in (f"/{attack}", f"/suppliers/show/{attack}", f"/static/{attack}"):
        answer = owner.get(path)
        assert answer.status_code in {404, 308, 400} and not runs(answer.text)
    page = client.get("/login/", query_string={"next": attack, "username": attack})
    assert page.status_code == 200 and not runs(page.text)
    page = client.post("/login/", data={"username": attack, "password": attack, "next": attack})
    assert page.status_code == 200 and not runs(page.text)


@pytest.mark.parametrize("attack", ATTACKS)
def test_names_of_users_roles_and_groups_are_text_too(as_user: Any, attack: str) -> None:
    owner = as_user("ming")
    made = owner.post("/users/add", data={"username": "kai", "full_name": attack[:64]})
    assert made.status_code == 200 and not runs(made.text)
    role = owner.post("/roles/add", data={"name": attack[:64]}, follow_redirects=True)
    assert not runs(role.text)
    group = owner.post("/groups/add", data={"name": attack, "description": attack}, follow_redirects=True)
    assert not runs(group.text)
    kai = user("kai")
    for path in ("/users/list/", f"/users/show/{kai.id}", f"/users/edit/{kai.id}", "/roles/list/", "/groups/list/",
                 "/audit/list/"):
        page = owner.get(path)
        assert page.status_code == 200 and not runs(page.text), path


# -- only what is offered is written --------------------------------------------------------------------------------


@pytest.fixture
def suppliers_id(app: Flask) -> int:
    supplier = Supplier(name="Silk & Co")
    db.session.add(supplier)
    db.session.commit()
    return supplier.id


@pytest.mark.parametrize("name, value", [
    ("id", 999), ("created_at", "2000-01-01T00:00:00Z"), ("updated_at", "2000-01-01T00:00:00Z"), ("__class__", "x"),
    ("created_by_fk", 1), ("check", "x"), ("metadata", {}), ("_sa_instance_state", {}), ("not_there", 1),
])
def test_a_column_that_is_not_on_the_form_is_not_written_by_the_api(as_user: Any, suppliers_id: int, name: str,
                                                                    value: Any) -> None:
    owner = as_user("ming")
    for answer in (owner.post("/api/v1/suppliers/", json={"name": "New", name: value}),
                   owner.put(f"/api/v1/suppliers/{suppliers_id}", json={name: value})):
        assert answer.status_code == 422
        assert name in answer.get_json()["fields"]
    assert db.session.scalars(select(Supplier.id)).all() == [suppliers_id]


def test_a_form_writes_only_what_is_on_it(as_user: Any, suppliers_id: int) -> None:
    owner = as_user("ming")
    before = db.session.get(Supplier, suppliers_id).created_at
    owner.post(f"/suppliers/edit/{suppliers_id}", data={
        "name": "Renamed", "status": "active", "id": "999", "created_at": "2000-01-01T00:00"})
    supplier = db.session.get(Supplier, suppliers_id)
    assert supplier.name == "Renamed" and supplier.created_at == before


@pytest.mark.parametrize("smuggled", [
    {"password": "x"}, {"active": ""}, {"last_login": "2000-01-01T00:00"}, {"login_count": "9"}, {"created_by_fk": "1"},
    {"first_name": "Evil"}, {"must_change_password": ""},
])
def test_a_users_form_writes_neither_password_nor_state(as_user: Any, smuggled: dict[str, str]) -> None:
    owner, hua = as_user("ming"), user("hua")
    before = (hua.password, hua.active, hua.login_count, hua.first_name)
    role_ids = [str(role.id) for role in hua.roles]
    answer = owner.post(f"/users/edit/{hua.id}", data={
        "username": "hua", "full_name": str(hua), "contact_email": hua.email, "roles": role_ids, **smuggled})
    assert answer.status_code == 302
    hua = user("hua")
    assert (hua.password, hua.active, hua.login_count) == before[:3]
    assert hua.first_name != "Evil"


@pytest.mark.parametrize("body", [
    b"", b"[]", b"null", b"7", b'"x"', b"{", b'{"name": "a", "name": "b"}', b'{"name": {"$ne": 1}}', b'{"name": ["a"]}',
    b'{"name": true}', b'{"name": NaN}', b'{"name": 1e999}', b"\xff\xfe", b'{"a":' * 3000 + b"1" + b"}" * 3000,
])
def test_a_body_of_the_wrong_shape_is_refused_not_failed(as_user: Any, body: bytes) -> None:
    answer = as_user("ming").post("/api/v1/suppliers/", data=body, content_type="application/json")
    assert 400 <= answer.status_code < 500
    assert answer.is_json and {"message", "code", "fields"} <= set(answer.get_json())


def test_a_parameter_given_twice_confuses_nobody(as_user: Any) -> None:
    owner = as_user("ming")
    for path in ("/suppliers/list/?size=10&size=100000", "/suppliers/list/?q=a&q=b",
                 "/login/?next=/&next=//evil.example",
                 "/suppliers/list/?f.status=active&f.status=paused"):
        answer = owner.get(path)
        assert answer.status_code in {200, 302, 400} and "evil" not in str(answer.headers)


# -- what nobody gets to see ----------------------------------------------------------------------------------------


def secrets_of(person: User) -> list[str]:
    return [person.password, person.password.split("$")[-1]]


def test_no_page_and_no_api_shows_a_password_hash(app: Flask, as_user: Any) -> None:
    owner, hua = as_user("ming"), user("hua")
    hidden = secrets_of(hua) + secrets_of(user("ming"))
    client_pages = [f"/users/show/{hua.id}", f"/users/edit/{hua.id}", "/users/list/", "/audit/list/", "/profile/",
                    "/roles/list/", "/groups/list/", "/search?q=hua", f"/api/v1/users/{hua.id}", "/api/v1/users/"]
    owner.post(f"/users/edit/{hua.id}", data={"username": "hua", "full_name": "Hua Hua", "contact_email": hua.email})
    for path in client_pages:
        text = owner.get(path).text
        assert not [part for part in hidden if part in text], path


@pytest.mark.parametrize("path", [
    "/users/list/?sort=password", "/users/list/?sort=-password", "/users/list/?f.password=x",
    "/users/list/?f.password.from=a",
    "/users/lookup/password?q=a", "/api/v1/users/?q=(filters:!((col:password,opr:sw,value:a)))",
    "/groups/lookup/users?q=pbkdf2",
    "/api/v1/users/?q=(order_column:password)",
])
def test_nobody_can_feel_their_way_to_a_secret_column(as_user: Any, path: str) -> None:
    answer = as_user("ming").get(path)
    assert answer.status_code in {400, 404} or '"results":[]' in answer.text.replace(" ", ""), answer.status_code


def test_no_screen_offers_a_secret_column(app: Flask) -> None:
    for screen in registry().screens():
        fields = {*screen.list_fields, *screen.form_fields, *screen.filter_fields.values(),
                  *screen.order_fields.values()}
        fields |= {field for _title, _help, group in screen.show_groups for field in group}
        for field in fields:
            assert not field.info.get("secret"), f"{type(screen).__name__}.{field.path}"
            assert not re.search(r"password|token|secret|hash", field.path), f"{type(screen).__name__}.{field.path}"


def test_a_refusal_of_the_database_is_told_without_its_words(as_user: Any, suppliers_id: int) -> None:
    owner = as_user("ming")
    for answer in (owner.post("/suppliers/add", data={"name": "Silk & Co", "status": "active"}),
                   owner.post("/api/v1/suppliers/", json={"name": "Silk & Co"})):
        assert answer.status_code == 409
        assert not re.search(r"(?i)unique|constraint|sqlite|integrity|insert into|\[SQL", answer.text)


@pytest.mark.parametrize("path", ["/.git/config", "/config.py", "/static/../config.py", "/static/%2e%2e/config.py",
                                  "/files/..%2f..%2fsecret_key",
                                  "/files/%2e%2e%2fsecret_key", "/static//etc/passwd", "/files/secret_key",
                                  "/console", "/metrics"])
def test_no_path_leads_out_of_the_house(as_user: Any, path: str) -> None:
    answer = as_user("ming").get(path)
    assert answer.status_code in {400, 404, 308}
    assert "SECRET" not in answer.text


def test_debugging_is_off(app: Flask) -> None:
    assert app.debug is False
    assert app.config["FAB_API_SHOW_STACKTRACE"] is False if "FAB_API_SHOW_STACKTRACE" in app.config else True


def test_a_body_that_is_too_large_is_refused(app: Flask, as_user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    owner: Client = as_user("ming")
    big = b'{"name": "' + b"x" * (app.config["MAX_CONTENT_LENGTH"] + 1) + b'"}'
    assert owner.post("/api/v1/suppliers/", data=big, content_type="application/json").status_code == 413


@pytest.mark.parametrize("make", [pytest.param(make, id=model.__name__) for model, make in factories.examples().items()
                                  if model in MODELS_ON_SCREENS])
def test_names_given_by_strangers_are_shown_as_text_on_every_screen(
        app: Flask, as_user: Any, make: Callable[[], Any]) -> None:
    """Every text column of one record of every kind is an attack; its list and its page are read."""
    record = make()
    attack = "<img src=x onerror=alert(1)>"
    for column in type(record).__table__.columns:
        if column.info.get("kind") in {"text", "long_text"} and not column.info.get("pattern") and not column.unique:
            setattr(record, column.key, attack[: column.info.get("size") or 100])
    db.session.commit()
    screen = registry().screen_of(type(record))
    assert screen is not None
    owner = as_user("ming")
    for path in (f"{screen.route_base}/list/", f"{screen.route_base}/show/{record.id}",
                 f"{screen.route_base}/edit/{record.id}"):
        page = owner.get(path)
        assert page.status_code in {200, 403, 404}, path
        assert not runs(page.text), f"{path}: {runs(page.text)}"
