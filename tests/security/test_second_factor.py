"""The second factor: set up with a code and the password; then a code counts once, and guessing gets slow."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.core import clock
from app.core.db import db
from app.lowcode.security import second_factor, second_step
from app.lowcode.security.limits import FREE_TRIES
from app.lowcode.security.models import StaffSecondFactor
from tests.security.conftest import is_signed_in, token_opens
from tests.security.two_steps import MOMENT, PAGE, Phone, by_api, give_code, give_password, hidden, lines, set_up
from tests.support.cast import PASSWORD, user
from tests.support.client import client_of


@pytest.fixture(autouse=True)
def _time_stands_still() -> None:
    clock.set(MOMENT)


@pytest.fixture
def hers(as_user: Any) -> Phone:
    """Hua has set it up, a minute ago."""
    return set_up(as_user("hua"))


# -- setting it up --------------------------------------------------------------------------------------------------


def test_setting_it_up_asks_for_a_code_and_the_password(as_user: Any) -> None:
    client = as_user("hua")
    page = client.get(PAGE).text
    assert "<svg" in page and 'class="qr"' in page
    phone = Phone(re.search(r'id="key"[^>]*>([^<]+)<', page)[1].replace(" ", ""), [])  # type: ignore[index]
    sealed = hidden(page, "sealed")
    for wrong in ({"code": phone.code(), "current": "not the password"}, {"code": "000000", "current": PASSWORD},
                  {"code": phone.code(), "current": PASSWORD, "sealed": "x"}):
        answer = client.post(PAGE, data={"sealed": sealed, **wrong})
        assert "data-recovery-codes" not in answer.text and 'class="field-error"' in answer.text
    assert not second_factor.has_second_factor(user("hua").id)
    right = client.post(PAGE, data={"sealed": sealed, "code": phone.code(), "current": PASSWORD})
    assert "data-recovery-codes" in right.text
    assert second_factor.has_second_factor(user("hua").id)
    assert len(lines("set_up")) == 1


def test_a_refused_page_shows_the_same_key_again(as_user: Any) -> None:
    """The phone has scanned it already."""
    client = as_user("hua")
    page = client.get(PAGE).text
    again = client.post(PAGE, data={"sealed": hidden(page, "sealed"), "code": "000000", "current": PASSWORD}).text
    pattern = r'id="key"[^>]*>([^<]+)<'
    assert re.search(pattern, page)[1] == re.search(pattern, again)[1]  # type: ignore[index]


def test_what_is_missing_is_listed_as_it_stands_on_the_page(as_user: Any) -> None:
    page = as_user("hua").post(PAGE, data={}).text
    assert re.findall(r'data-goto="(\w+)"', page) == ["code", "current"]


def test_a_key_shown_to_one_is_not_set_up_by_another(as_user: Any) -> None:
    page = as_user("ming").get(PAGE).text
    phone = Phone(re.search(r'id="key"[^>]*>([^<]+)<', page)[1].replace(" ", ""), [])  # type: ignore[index]
    answer = as_user("hua").post(PAGE, data={
        "sealed": hidden(page, "sealed"), "code": phone.code(), "current": PASSWORD})
    assert "data-recovery-codes" not in answer.text


def test_setting_it_up_ends_all_other_sessions_and_tokens(app: Flask, as_user: Any, tokens: Any) -> None:
    here, elsewhere, fetched = as_user("hua"), as_user("hua"), tokens("hua")
    set_up(here)
    assert is_signed_in(here) and not is_signed_in(elsewhere)
    assert not token_opens(app, fetched["access_token"])


# -- signing in -----------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_password_and_code_open_the_door_together(app: Flask, hers: Phone) -> None:
    client = give_password(app, next="/products/list/")
    assert not is_signed_in(client)
    answer = give_code(client, hers.code())
    assert answer.status_code == 302 and answer.headers["Location"] == "/products/list/"
    assert is_signed_in(client)


def test_without_it_the_password_alone_opens_the_door(app: Flask) -> None:
    """The control of the tests here."""
    client = client_of(app)
    client.sign_in("hua")
    assert is_signed_in(client)


@pytest.mark.both_databases
def test_a_code_counts_once(app: Flask, hers: Phone) -> None:
    code = hers.code()
    first, second = give_password(app), give_password(app)
    assert give_code(first, code).status_code == 302
    assert "not right, or it was used already" in give_code(second, code).text
    assert not is_signed_in(second)
    assert by_api(app, code=code).status_code == 401


def test_it_is_the_remembered_step_that_refuses_a_code_used_before(app: Flask, hers: Phone) -> None:
    code = hers.code()
    give_code(give_password(app), code)
    db.session.execute(StaffSecondFactor.__table__.update().values(last_step=0))
    db.session.commit()
    assert give_code(give_password(app), code).status_code == 302


def test_of_two_uses_at_the_same_moment_one_is_refused(
        app: Flask, hers: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have read the last step before either has written: the statement itself decides."""
    code, hua_id = hers.code(), user("hua").id
    real = second_factor._step_of
    raced = []

    def in_between(key: str, given: str, *, after: int) -> int | None:
        step = real(key, given, after=after)
        if not raced:
            raced.append(db.session.execute(StaffSecondFactor.__table__.update().values(last_step=step)))
        return step

    monkeypatch.setattr(second_factor, "_step_of", in_between)
    assert not second_factor._use_app_code(hua_id, code)


@pytest.mark.parametrize(("steps", "opens"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_phone_may_be_one_step_off(app: Flask, hers: Phone, steps: int, opens: bool) -> None:
    clock.advance(timedelta(minutes=5))
    client = give_password(app)
    give_code(client, hers.code(steps))
    assert is_signed_in(client) is opens


def test_an_older_code_does_not_count_after_a_newer_one(app: Flask, hers: Phone) -> None:
    assert give_code(give_password(app), hers.code(1)).status_code == 302
    assert give_code(give_password(app), hers.code()).status_code == 200


@pytest.mark.parametrize("wide", [False, True])
def test_blanks_and_wide_digits_do_no_harm(app: Flask, hers: Phone, wide: bool) -> None:
    code = hers.code()
    typed = "".join(chr(ord(digit) + 0xFEE0) for digit in code) if wide else f" {code[:3]} {code[3:]} "
    client = give_password(app)
    give_code(client, typed)
    assert is_signed_in(client)


def test_no_code_is_asked_for_beside_the_field(app: Flask, hers: Phone) -> None:
    """In the words and the language of the page, not in those of the browser."""
    page = give_code(give_password(app), "").text
    assert "novalidate" in page and 'id="code-error"' in page and "This field is required." in page


@pytest.mark.parametrize("code", ["", "000000", "12345", "x" * 5000, "½", "\x00", "٠٠٠٠٠٠", "<script>"],
                         ids=ascii)
def test_what_is_no_code_is_refused_not_failed(app: Flask, hers: Phone, code: str) -> None:
    client = give_password(app)
    assert give_code(client, code).status_code == 200
    assert not is_signed_in(client)


@pytest.mark.both_databases
def test_the_keypad_is_for_codes_of_the_app_alone(app: Flask, hers: Phone) -> None:
    """A recovery code has letters, whichever page was opened before."""
    client = give_password(app)
    for _turn in range(2):
        assert 'inputmode="numeric"' in client.get("/login/code").text
        assert 'inputmode="numeric"' not in client.get("/login/code?recovery=1").text


def test_a_recovery_code_counts_once(app: Flask, hers: Phone) -> None:
    assert len(set(hers.recovery)) == second_factor.RECOVERY_CODES
    first, second = give_password(app), give_password(app)
    assert give_code(first, hers.recovery[0].upper()).status_code == 302
    assert is_signed_in(first)
    give_code(second, hers.recovery[0])
    assert not is_signed_in(second)
    assert second_factor.recovery_codes_left(user("hua").id) == second_factor.RECOVERY_CODES - 1
    assert len(lines("recovery_code_used")) == 1


def test_a_wrong_recovery_code_is_not_told_to_wait_for_the_next(app: Flask, hers: Phone) -> None:
    """The next code comes from the app alone."""
    client = give_password(app)
    said = {url: client.post(url, data={"code": "000000"}).text for url in ("/login/code", "/login/code?recovery=1")}
    assert ["Wait for the next one." in text for text in said.values()] == [True, False]
    assert ["This recovery code is not right" in text for text in said.values()] == [False, True]
    assert ["Recovery code<" in text for text in said.values()] == [False, True]


def test_who_takes_too_long_for_the_code_is_told(app: Flask, hers: Phone) -> None:
    client = give_password(app)
    clock.advance(second_step.PATIENCE)
    answer = client.post("/login/code", data={"code": hers.code()}, follow_redirects=True)
    assert answer.request.path == "/login/" and "That took too long." in answer.text


def test_a_recovery_code_of_another_opens_nothing(app: Flask, as_user: Any, hers: Phone) -> None:
    his = set_up(as_user("ming"))
    client = give_password(app)
    give_code(client, his.recovery[0])
    assert not is_signed_in(client)


def test_guessing_codes_gets_slow_and_the_right_password_does_not_hurry_it(app: Flask, hers: Phone) -> None:
    codes = []
    for _try in range(FREE_TRIES["code"] + 3):
        client = give_password(app)
        codes.append(give_code(client, "000000").status_code)
    assert codes == [200] * (FREE_TRIES["code"] + 1) + [429] * 2
    waiting = give_code(client, hers.code())
    assert waiting.status_code == 429 and int(waiting.headers["Retry-After"]) > 0
    assert by_api(app, code=hers.code()).status_code == 429
    # Somebody who does not know the password cannot make the owner of the account wait.
    assert len(lines("refused")) == FREE_TRIES["code"] + 1


def test_without_the_limit_guessing_codes_goes_on(
        app: Flask, hers: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "RATELIMIT_ENABLED", False)
    client = give_password(app)
    assert {give_code(client, "000000").status_code for _try in range(FREE_TRIES["code"] + 6)} == {200}


def test_programs_send_the_code_as_well(app: Flask, hers: Phone) -> None:
    answer = by_api(app)
    assert answer.status_code == 401 and answer.get_json()["code"] == "code_needed"
    wrong = by_api(app, code="000000")
    assert wrong.status_code == 401 and wrong.get_json()["code"] == "wrong_code"
    assert by_api(app, code=7).status_code == 400
    right = by_api(app, code=hers.code())
    assert right.status_code == 200 and token_opens(app, right.get_json()["access_token"])


def test_a_wrong_password_does_not_tell_whether_there_is_a_second_factor(app: Flask, hers: Phone) -> None:
    wrong = by_api(app, password="wrong", code=hers.code())
    assert wrong.get_json() == by_api(app, username="nobody", password="wrong").get_json()
