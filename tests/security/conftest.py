"""What the tests of signing in and of rights share: counters that begin at nothing, tokens, users and roles made to
measure."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import PermissionView, Role, User
from sqlalchemy import select

from app.core.db import db
from app.lowcode.security.passwords import hash_password
from tests.support.cast import PASSWORD
from tests.support.client import Client, client_of


@pytest.fixture(autouse=True)
def _counters_begin_at_nothing(app: Flask) -> Iterator[None]:
    """Wrong passwords of one test do not make the next one wait."""
    app.extensions["houtai_login_counters"].reset()
    yield
    app.extensions["houtai_login_counters"].reset()


@pytest.fixture
def make_role(app: Flask) -> Callable[..., Role]:
    """`make_role("name", "can_view:OrderScreen", …)`: a role that allows just this."""

    def make(name: str, *boxes: str) -> Role:
        wanted = {tuple(box.split(":")) for box in boxes}
        pairs = [pair for pair in db.session.scalars(select(PermissionView))
                 if (pair.permission.name, pair.view_menu.name) in wanted]
        assert len(pairs) == len(wanted), f"unknown among {sorted(wanted)}"
        role = Role(name=name, permissions=pairs)
        db.session.add(role)
        db.session.commit()
        return role

    return make


@pytest.fixture
def make_user(app: Flask) -> Callable[..., User]:
    """`make_user("kai", role, …)`: an active user with these roles and the cast's password."""

    def make(username: str, *roles: Role) -> User:
        user = User(username=username, first_name=username.title(), last_name="", active=True, roles=list(roles),
                    email=f"{username}@shop.example", password=hash_password(PASSWORD))
        db.session.add(user)
        db.session.commit()
        return user

    return make


@pytest.fixture
def tokens(app: Flask) -> Callable[..., dict[str, Any]]:
    """`tokens("hua")`: what the API's sign-in answers."""

    def fetch(username: str, password: str = PASSWORD, **more: Any) -> dict[str, Any]:
        body = {"username": username, "password": password, "refresh": True, **more}
        answer = client_of(app).post("/api/v1/security/login", json=body, csrf=False)
        assert answer.status_code == 200, answer.get_json()
        return answer.get_json()

    return fetch


def bearer(token: str) -> dict[str, str]:
    """The header that shows a token."""
    return {"Authorization": f"Bearer {token}"}


def is_signed_in(client: Client) -> bool:
    """Whether a client's cookie still opens a page that everyone who is signed in may see."""
    return client.get("/profile/").status_code == 200


def token_opens(app: Flask, token: str) -> bool:
    """Whether the API still knows the bearer of a token, whatever they may do there."""
    return client_of(app).get("/api/v1/suppliers/", headers=bearer(token)).status_code in {200, 403}


@contextlib.contextmanager
def request_of(app: Flask, client: Client) -> Iterator[None]:
    """Inside a request that `client` makes, with nothing remembered from outside."""
    cookie = client.get_cookie("houtai_session")
    assert cookie is not None
    with app.app_context(), app.test_request_context(headers={"Cookie": f"houtai_session={cookie.value}"}):
        yield
