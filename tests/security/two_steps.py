"""Two-step sign-in as people go through it: a phone, the page that sets it up, the two steps."""

from __future__ import annotations

import re
from calendar import timegm
from datetime import timedelta
from html import unescape
from typing import Any

import pyotp
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.modules.audit.models import AuditLine
from tests.support.cast import PASSWORD
from tests.support.client import Client, client_of

PAGE = "/profile/second-factor/"
MOMENT = "2026-08-01 04:00:10"


class Phone:
    """An authenticator app that has the key, and the recovery codes that were shown."""

    def __init__(self, key: str, recovery: list[str]) -> None:
        self.key, self.recovery = key, recovery

    def code(self, steps: int = 0) -> str:
        """What it shows now, or `steps` half minutes later."""
        return pyotp.TOTP(self.key).at(timegm(clock.now().timetuple()), counter_offset=steps)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', page)
    assert found is not None, name
    return unescape(found[1])


def set_up(client: Client) -> Phone:
    """Set the second factor up on the page, as people do."""
    page = client.get(PAGE).text
    key = re.search(r'id="key"[^>]*>([^<]+)<', page)[1].replace(" ", "")  # type: ignore[index]
    phone = Phone(key, [])
    answer = client.post(PAGE, data={"sealed": hidden(page, "sealed"), "code": phone.code(), "current": PASSWORD})
    assert answer.status_code == 200 and "data-recovery-codes" in answer.text, answer.text
    phone.recovery = re.findall(r"<span>([a-z0-9-]{19})</span>", answer.text)
    clock.advance(timedelta(seconds=60))
    return phone


def give_password(app: Flask, **more: Any) -> Client:
    client = client_of(app)
    answer = client.post("/login/", data={"username": "hua", "password": PASSWORD, **more})
    assert answer.status_code == 302 and answer.headers["Location"] == "/login/code"
    return client


def give_code(client: Client, code: str) -> Any:
    return client.post("/login/code", data={"code": code})


def by_api(app: Flask, **more: Any) -> Any:
    body = {"username": "hua", "password": PASSWORD, **more}
    return client_of(app).post("/api/v1/security/login", json=body, csrf=False)


def lines(what: str) -> list[AuditLine]:
    return [line for line in db.session.scalars(select(AuditLine)) if line.table_name == "SecondFactorChanged"
            and line.changes["what"] == [None, what]]
