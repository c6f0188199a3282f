"""Two-step sign-in as people meet it, in a real browser: set up, signed in with, and a confirmed change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select, update

from app.core import clock
from app.core.db import db
from app.lowcode.security import second_factor
from app.lowcode.security.models import StaffSecondFactor, StaffSession
from app.lowcode.security.passwords import hash_password
from tests.browser.inspecting import inspect_here
from tests.support.cast import PASSWORD
from tests.support.chromium import Browser
from tests.support.live import LiveShop


@pytest.fixture
def kai(live_shop: LiveShop) -> Iterator[int]:
    """Someone with an account of their own, who leaves no trace for the next test."""
    with live_shop.app.app_context():
        user = User(username="kai", first_name="Kai", last_name="", email="kai@shop.example", active=True,
                    password=hash_password(PASSWORD))
        db.session.add(user)
        db.session.commit()
        user_id = user.id
    yield user_id
    with live_shop.app.app_context():
        second_factor.turn_off(db.session.get_one(User, user_id))
        db.session.execute(StaffSession.__table__.delete().where(StaffSession.user_id == user_id))
        db.session.delete(db.session.get_one(User, user_id))
        db.session.commit()


def give(browser: Browser, **typed: str) -> None:
    """Fill in a form and send it."""
    for name, text in typed.items():
        browser.fill(name, text)
    with browser.leaving():
        browser.find("form .btn-primary").click()


def copied(browser: Browser, id: str) -> list[str]:
    """All that one click on the button for this element brings to the clipboard, one text per write."""
    browser.run("window.written = []; navigator.clipboard.writeText = async (text) => { written.push(text); }")
    browser.find(f"[data-copy={id}]").click()
    return [str(text).strip() for text in browser.run("return written")]


def now_shown(key: str) -> str:
    """What an app with this key shows."""
    return pyotp.TOTP(key).at(int((clock.now() - datetime(1970, 1, 1)).total_seconds()))


@pytest.mark.parametrize(("language", "size"), [("zh", "desk"), ("en", "phone")])
def test_from_the_picture_to_the_second_step(
        browser: Browser, live_shop: LiveShop, kai: int, language: str, size: Any) -> None:
    problems: list[str] = []

    def look() -> None:
        problems.extend(inspect_here(browser, language, begin=size))

    browser.become(size, dark=size == "phone")
    browser.open("/login/")
    browser.speak(language)
    give(browser, username="kai", password=PASSWORD)
    browser.open("/profile/second-factor/")
    look()
    key = browser.run("return document.getElementById('key').textContent").replace(" ", "")
    assert [text.replace(" ", "") for text in copied(browser, "key")] == [key]
    assert browser.run("return document.querySelector('svg.qr').getBoundingClientRect().width") >= 150
    give(browser, code=now_shown(key), current=PASSWORD)
    assert len(browser.find_all("[data-recovery-codes] span")) == second_factor.RECOVERY_CODES
    recovery = browser.find("[data-recovery-codes] span").text
    shown = [span.text for span in browser.find_all("[data-recovery-codes] span")]
    assert [text.split() for text in copied(browser, "codes")] == [shown]
    look()
    browser.open("/profile/second-factor/")
    look()
    browser.forget()
    browser.become(size, dark=size == "phone")
    browser.open("/login/")
    browser.speak(language)
    give(browser, username="kai", password=PASSWORD)
    assert browser.path == "/login/code"
    look()
    give(browser, code="000000")
    assert browser.find("#login-message") is not None and browser.value("code") == ""
    look()
    with live_shop.app.app_context():
        db.session.execute(update(StaffSecondFactor.__table__).values(last_step=0))
        db.session.commit()
    browser.open("/login/code?recovery=1")
    look()
    give(browser, code=recovery)
    assert browser.path == "/"
    assert not problems, "\n" + "\n".join(problems)


@pytest.mark.parametrize(("language", "size"), [("zh", "desk"), ("en", "phone")])
def test_confirming_that_it_is_you_loses_nothing(
        browser: Browser, live_shop: LiveShop, kai: int, language: str, size: Any) -> None:
    browser.expects(r"status of 403")
    browser.become(size, dark=size == "phone")
    browser.sign_in("ming")
    browser.speak(language)
    with live_shop.app.app_context():
        db.session.execute(update(StaffSession.__table__).values(proven_at=clock.now() - timedelta(hours=3)))
        db.session.commit()
    browser.open(f"/users/edit/{kai}")
    browser.fill("full_name", "Kai Chen")
    browser.fill("contact_email", "chen@shop.example")
    with browser.leaving():
        browser.find("[data-save]").click()
    problems = inspect_here(browser, language, begin=size)
    give(browser, own_password=PASSWORD)
    with live_shop.app.app_context():
        saved = db.session.scalars(select(User).where(User.id == kai)).one()
        assert (saved.first_name, saved.email) == ("Kai Chen", "chen@shop.example")
        db.session.rollback()
    assert not problems, "\n" + "\n".join(problems)
