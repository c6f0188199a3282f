"""Limits on signing in: guessing gets slow, for the account and for the address, by form and by API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from app.lowcode.security import limits
from tests.security.test_signing_in import by_api, by_form
from tests.support.cast import PASSWORD
from tests.support.client import client_of

FREE = limits.FREE_TRIES["account"]


class Clock:
    """The counters' own sense of time, which a test moves."""

    def __init__(self) -> None:
        self.gone = 0.0

    def time(self) -> float:
        return time.time() + self.gone


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """`later.gone += 60`: a minute later, for the counters."""
    import limits.storage.memory as memory

    moved = Clock()
    monkeypatch.setattr(memory, "time", moved)
    monkeypatch.setattr(limits, "time", moved)
    yield moved


def codes(app: Flask, sign_in: Any, name: str, count: int, password: str = "wrong") -> list[int]:
    return [sign_in(client_of(app), name, password).status_code for _try in range(count)]


@pytest.mark.parametrize("name", ["hua", "nobody"])
@pytest.mark.parametrize("sign_in, refused", [(by_form, 200), (by_api, 401)])
def test_after_five_wrong_passwords_one_must_wait(app: Flask, sign_in: Any, refused: int, name: str) -> None:
    assert codes(app, sign_in, name, FREE + 4) == [refused] * (FREE + 1) + [429] * 3


def test_without_the_limit_guessing_goes_on(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "RATELIMIT_ENABLED", False)
    assert codes(app, by_api, "hua", FREE + 8) == [401] * (FREE + 8)


def test_form_and_api_count_together_and_so_do_name_and_case(app: Flask) -> None:
    codes(app, by_form, "Hua", FREE)
    codes(app, by_api, "hua ", 1)
    assert by_form(client_of(app), "HUA", "wrong").status_code == 429
    assert by_api(client_of(app), "hua", "wrong").status_code == 429


def test_the_right_password_does_not_help_during_the_wait(app: Flask) -> None:
    codes(app, by_form, "hua", FREE + 1)
    answer = by_form(client_of(app), "hua", PASSWORD)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= limits.FIRST_WAIT_SECONDS
    assert "Too many tries" in answer.text


def test_the_password_is_not_even_looked_at_during_the_wait(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    codes(app, by_form, "hua", FREE + 1)
    monkeypatch.setattr("app.lowcode.security.passwords.is_password", lambda *_given: pytest.fail("it was looked at"))
    assert by_form(client_of(app), "hua", PASSWORD).status_code == 429


def test_the_wait_doubles_with_every_failure_up_to_a_quarter_of_an_hour(app: Flask, later: Clock) -> None:
    codes(app, by_api, "hua", FREE)
    waits = []
    for _failure in range(9):
        assert by_api(client_of(app), "hua", "wrong").status_code == 401
        wait = int(by_api(client_of(app), "hua", "wrong").headers["Retry-After"])
        waits.append(wait)
        later.gone += wait + 1
    assert waits == [15, 30, 60, 120, 240, 480, 900, 900, 900]


def test_a_success_after_the_wait_clears_the_count(app: Flask, later: Clock) -> None:
    codes(app, by_api, "hua", FREE + 1)
    later.gone += limits.FIRST_WAIT_SECONDS + 1
    assert by_api(client_of(app), "hua", PASSWORD).status_code == 200
    assert codes(app, by_api, "hua", FREE) == [401] * FREE


def test_others_may_sign_in_meanwhile(app: Flask) -> None:
    codes(app, by_form, "hua", FREE + 2)
    assert by_form(client_of(app), "ming", PASSWORD).status_code == 302


def test_an_address_that_tries_many_names_must_wait_too(app: Flask) -> None:
    room = limits.FREE_TRIES["address"]
    tried = [by_api(client_of(app), f"nobody{number}", "wrong").status_code for number in range(room + 3)]
    assert tried == [401] * (room + 1) + [429] * 2
    assert by_api(client_of(app), "ming", PASSWORD).status_code == 429


def test_a_forged_forwarding_header_gives_no_fresh_address(app: Flask) -> None:
    for number in range(limits.FREE_TRIES["address"] + 1):
        client_of(app).post(
            "/api/v1/security/login", csrf=False, json={"username": f"nobody{number}", "password": "wrong"},
            headers={"X-Forwarded-For": f"10.1.2.{number}"})
    assert by_api(client_of(app), "nobody", "wrong").status_code == 429


def test_a_volley_of_parallel_tries_gains_nothing(app: Flask) -> None:
    def guess(_number: int) -> bool:
        with app.app_context():
            try:
                limits.begin_try("hua", None)
            except limits.TooManyTries:
                return False
            return True

    with ThreadPoolExecutor(16) as pool:
        allowed = sum(pool.map(guess, range(200)))
    assert allowed == FREE + 1


def test_guessing_ones_own_current_password_is_limited_as_well(app: Flask, as_user: Any) -> None:
    client = as_user("hua")
    fresh = {"new": "a brand new harbour", "repeated": "a brand new harbour"}
    for _try in range(FREE + 1):
        client.post("/profile/password", data={"current": "wrong", **fresh})
    page = client.post("/profile/password", data={"current": PASSWORD, **fresh})
    assert page.status_code == 200 and "Too many tries" in page.text
