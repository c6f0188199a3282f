"""Language, theme and page sizes: whose choice counts, and what is no choice."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.lowcode.security import current_preferences
from app.lowcode.security.models import StaffPreference
from tests.security.conftest import request_of
from tests.support.cast import user
from tests.support.client import Client, client_of


def language(client: Client, accept: str | None = None) -> str:
    """The language a page comes in."""
    page = client.get("/login/", headers={"Accept-Language": accept} if accept else {}, follow_redirects=True)
    return page.text.split('<html lang="')[1].split('"')[0]


@pytest.mark.parametrize("accept, shown", [
    ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"), ("zh-TW", "zh-Hant"), ("zh-HK,en", "zh-Hant"), ("zh-Hant-HK", "zh-Hant"),
    ("zh-Hans-SG", "zh-Hans"), ("en-GB", "en"), ("fr-FR,en;q=0.5", "en"), ("fr,de", "en"), ("", "en"), ("x" * 500,
                                                                                                        "en"),
    ("*", "en"), ("zh;q=0.1,en;q=0.9", "en"), ("ZH-cn", "zh-Hans"),
])
def test_a_stranger_is_spoken_to_as_the_browser_asks(client: Client, accept: str, shown: str) -> None:
    assert language(client, accept) == shown


def test_a_strangers_choice_is_kept_in_the_session(client: Client) -> None:
    client.post("/preferences", data={"locale": "zh"})
    assert language(client, "en") == "zh-Hans"
    assert db.session.scalars(select(StaffPreference)).first() is None


def test_a_users_choice_follows_them_to_another_machine(app: Flask, as_user: Any) -> None:
    as_user("hua").post("/preferences", json={"locale": "zh", "theme": "dark"})
    elsewhere = client_of(app)
    elsewhere.sign_in("hua")
    assert language(elsewhere, "en") == "zh-Hans"
    with request_of(app, elsewhere):
        assert current_preferences().theme == "dark"
    assert language(as_user("ming"), "en") == "en", "a choice is one person's own"


def test_the_users_choice_wins_over_the_sessions(app: Flask, as_user: Any) -> None:
    as_user("hua").post("/preferences", data={"locale": "zh"})
    client = client_of(app)
    client.post("/preferences", data={"locale": "en"})
    client.sign_in("hua")
    assert language(client) == "zh-Hans"


def test_the_choice_made_at_the_door_stays_after_signing_in_and_out(client: Client) -> None:
    client.post("/preferences", data={"locale": "zh"})
    client.sign_in("hua")
    assert language(client, "en") == "zh-Hans"
    client.post("/logout/")
    assert language(client, "en") == "zh-Hans"


def test_choosing_again_replaces_and_keeps_the_rest(app: Flask, as_user: Any) -> None:
    client = as_user("hua")
    client.post("/preferences", json={"theme": "dark", "page_sizes": {"OrderScreen": 50}})
    client.post("/preferences", json={"theme": "light", "page_sizes": {"MemberScreen": 10}})
    row = db.session.scalars(select(StaffPreference)).one()
    assert (row.user_id, row.theme, row.locale) == (user("hua").id, "light", None)
    assert row.page_sizes == {"OrderScreen": 50, "MemberScreen": 10}


@pytest.mark.parametrize("body, field", [
    ({"locale": "xx"}, "locale"), ({"locale": "../../etc"}, "locale"), ({"theme": "pink"}, "theme"),
    ({"page_sizes": {"A": 100000}}, "page_sizes"), ({"page_sizes": {"A": "x"}}, "page_sizes"),
    ({"page_sizes": {"A": True}}, "page_sizes"), ({"page_sizes": {"A": 0}}, "page_sizes"), ({"locale": 7}, "locale"),
    ({"locale": ["zh"]}, "locale"), ({"theme": {"a": 1}}, "theme"),
])
def test_what_is_no_choice_is_refused_by_name(as_user: Any, body: Any, field: str) -> None:
    answer = as_user("hua").post("/preferences", json=body)
    assert answer.status_code == 422
    assert field in answer.get_json()["fields"]
    assert db.session.scalars(select(StaffPreference)).first() is None


def test_a_form_leads_back_to_where_it_stood_and_nowhere_else(as_user: Any) -> None:
    client = as_user("hua")
    assert client.post("/preferences", data={"theme": "dark", "next": "/profile/"}).headers["Location"] == "/profile/"
    for away in ("//evil.example", "https://evil.example/", "/\\evil.example"):
        assert client.post("/preferences", data={"theme": "dark", "next": away}).headers["Location"] == "/"
        referred = client.post("/preferences", data={"theme": "dark"}, headers={"Referer": f"http:{away}"})
        assert referred.headers["Location"] == "/"


def test_rubbish_does_no_harm(as_user: Any) -> None:
    client = as_user("hua")
    for body in (b"[]", b"{", b"null", b'"x"', b"7"):
        assert client.post("/preferences", data=body, content_type="application/json").status_code < 500


def test_preferences_cost_no_query_of_their_own(as_user: Any, count_queries: Any) -> None:
    client = as_user("hua")
    client.post("/preferences", json={"locale": "zh", "theme": "dark"})
    client.get("/search?q=x")
    with count_queries() as queries:
        client.get("/search?q=x")
    assert len(queries) <= 2
