"""A browser without a screen: Flask's test client, which signs in, carries the form token, and sees what it should.

Each request runs in an application context of its own, as in a server, so nothing the test has looked up is remembered
by the page (the framework keeps the signed-in user in it). What the test has written so far is committed first, and
what it holds is refreshed afterwards.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from app.core.db import db
from tests.support.cast import PASSWORD

SAFE = {"GET", "HEAD", "OPTIONS"}


class Client(FlaskClient):
    """`csrf=False` on a request leaves the form token away, to see it refused."""

    def open(self, *args: Any, csrf: bool = True, **kwargs: Any) -> TestResponse:
        method = str(kwargs.get("method", "GET")).upper()
        if csrf and method not in SAFE:
            headers = dict(kwargs.pop("headers", None) or {})
            if not headers.get("Authorization"):
                headers.setdefault("X-CSRFToken", self.form_token())
            kwargs["headers"] = headers
        db.session.commit()
        with self.application.app_context():
            answer = super().open(*args, **kwargs)
        db.session.expire_all()
        return answer

    def form_token(self) -> str:
        """The token a page of this session would carry."""
        with self.application.app_context(), self.session_transaction() as session:
            raw = session.setdefault("csrf_token", secrets.token_hex(20))
        return str(URLSafeTimedSerializer(self.application.config["SECRET_KEY"], salt="wtf-csrf-token").dumps(raw))

    def sign_in(self, username: str, password: str = PASSWORD) -> TestResponse:
        """Fill in the sign-in form."""
        return self.post("/login/", data={"username": username, "password": password})


def client_of(app: Flask) -> Client:
    """A new client that nobody has signed in with."""
    app.test_client_class = Client
    return app.test_client()  # type: ignore[return-value]
