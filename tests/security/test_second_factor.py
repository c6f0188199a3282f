"""The second factor: a code counts once, nothing opens without it, and its key stays secret."""

from __future__ import annotations

import logging
import re
from calendar import timegm
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select

from app.core import clock, settings
from app.core.db import db
from app.lowcode.security import accounts, second_factor, second_step
from app.lowcode.security.limits import FREE_TRIES
from app.lowcode.security.models import StaffRecoveryCode, StaffSecondFactor
from app.lowcode.security.policy import SignInSettings
from app.modules.audit.models import AuditLine
from app.modules.staff import services
from tests.security.conftest import bearer, is_signed_in, token_opens
from tests.security.test_routes import OPEN_TO_STAFF, fill, turned_away, visits
from tests.support.cast import PASSWORD, user
from tests.support.client import Client, client_of

PAGE = "/profile/second-factor/"
MOMENT = "2026-08-01 04:00:10"


@pytest.fixture(autouse=True)
def _time_stands_still() -> None:
    clock.set(MOMENT)


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


@pytest.fixture
def hers(as_user: Any) -> Phone:
    """Hua has set it up, a minute ago."""
    return set_up(as_user("hua"))


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


@pytest.mark.parametrize("code", ["", "000000", "12345", "x" * 5000, "½", "\x00", "٠٠٠٠٠٠", "<script>"],
                         ids=ascii)
def test_what_is_no_code_is_refused_not_failed(app: Flask, hers: Phone, code: str) -> None:
    client = give_password(app)
    assert give_code(client, code).status_code == 200
    assert not is_signed_in(client)


@pytest.mark.both_databases
def test_a_recovery_code_counts_once(app: Flask, hers: Phone) -> None:
    assert len(set(hers.recovery)) == second_factor.RECOVERY_CODES
    first, second = give_password(app), give_password(app)
    assert give_code(first, hers.recovery[0].upper()).status_code == 302
    assert is_signed_in(first)
    give_code(second, hers.recovery[0])
    assert not is_signed_in(second)
    assert second_factor.recovery_codes_left(user("hua").id) == second_factor.RECOVERY_CODES - 1
    assert len(lines("recovery_code_used")) == 1


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


# -- nothing opens in between ---------------------------------------------------------------------------------------


def test_with_the_password_alone_every_door_stays_closed(app: Flask, hers: Phone) -> None:
    client, seen = give_password(app), 0
    for visit in visits(app):
        assert turned_away(visit.by(client)), visit
        seen += 1
    assert seen > 200
    for endpoint in OPEN_TO_STAFF:
        rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
        method = "GET" if "GET" in rule.methods else "POST"
        assert turned_away(client.open(fill(rule.rule), method=method)), endpoint
    assert client.post("/files/upload").status_code in {401, 403}


@pytest.mark.parametrize("change", ["time", "password", "active", "cookie"])
def test_the_second_step_is_forgotten(app: Flask, hers: Phone, change: str) -> None:
    client = give_password(app)
    if change == "time":
        clock.advance(second_step.PATIENCE)
    elif change == "password":
        services.reset_password(user("hua"))
    elif change == "active":
        user("hua").active = False
    else:
        client.delete_cookie("houtai_session")
    answer = give_code(client, hers.code())
    assert answer.status_code == 302 and answer.headers["Location"].startswith("/login/")
    assert not is_signed_in(client)


def test_nobody_gets_to_the_second_step_without_the_first(client: Client) -> None:
    assert client.get("/login/code").headers["Location"] == "/login/"
    assert give_code(client, "000000").headers["Location"] == "/login/"


# -- those who must -------------------------------------------------------------------------------------------------


@pytest.fixture
def owners_must(app: Flask) -> None:
    settings.change(SignInSettings, {"roles_with_second_factor": ("owner", "finance")})
    db.session.commit()


def test_whoever_must_is_led_to_the_page_and_nowhere_else(app: Flask, as_user: Any, owners_must: None) -> None:
    ming, seen = as_user("ming"), 0
    for visit in visits(app):
        answer = visit.by(ming)
        if visit.path.startswith("/api/"):
            assert answer.status_code == 403 and answer.get_json()["code"] == "second_factor_required", visit
        else:
            assert answer.status_code == 302 and answer.headers["Location"] == PAGE, visit
        seen += 1
    assert seen > 200
    assert "needs two-step sign-in" in ming.get(PAGE).text
    assert ming.get("/profile/password").headers["Location"] == PAGE
    assert ming.post("/files/upload").status_code in {302, 403}


def test_tokens_of_whoever_must_open_nothing(app: Flask, tokens: Any, owners_must: None) -> None:
    token = tokens("ming")["access_token"]
    answer = client_of(app).get("/api/v1/suppliers/", headers=bearer(token))
    assert answer.status_code == 403 and answer.get_json()["code"] == "second_factor_required"


def test_set_up_they_come_to_the_page_they_asked_for(as_user: Any, owners_must: None) -> None:
    ming = as_user("ming")
    ming.get("/users/list/")
    page = ming.get(PAGE).text
    phone = Phone(re.search(r'id="key"[^>]*>([^<]+)<', page)[1].replace(" ", ""), [])  # type: ignore[index]
    done = ming.post(PAGE, data={"sealed": hidden(page, "sealed"), "code": phone.code(), "current": PASSWORD})
    assert 'href="/users/list/"' in done.text
    assert ming.get("/users/list/").status_code == 200


def test_others_are_left_alone(as_user: Any, owners_must: None) -> None:
    assert as_user("hua").get("/products/list/").status_code == 200


def test_the_list_of_users_shows_who_has_none(as_user: Any, hers: Phone) -> None:
    settings.change(SignInSettings, {"roles_with_second_factor": ("finance",)})
    db.session.commit()
    services.set_roles(user("lin"), [db.session.scalars(select(Role).where(Role.name == "finance")).one()])
    db.session.commit()
    page = as_user("ming").get("/users/list/").text
    assert page.count(">Missing<") == 1 and page.count(">On<") == 1


def test_a_renamed_role_must_still(app: Flask, make_role: Callable[..., Any]) -> None:
    cashier = make_role("cashier")
    settings.change(SignInSettings, {"roles_with_second_factor": ("cashier",)})
    db.session.commit()
    services.rename_role(cashier, "till")
    db.session.commit()
    assert SignInSettings.roles_with_second_factor == ("till",)


def test_the_setting_is_chosen_on_its_page(app: Flask, as_user: Any) -> None:
    ming = as_user("ming")
    form = {"minutes_until_asked_again": "15", "hours_of_one_time_passwords": "24"}
    assert ming.post("/settings/sign_in", data={**form, "roles_with_second_factor": ["nobody"]}).status_code == 422
    assert ming.post("/settings/sign_in", data={
        **form, "roles_with_second_factor": ["finance", "operator"]}).status_code == 302
    assert SignInSettings.roles_with_second_factor == ("finance", "operator")
    assert ming.post("/settings/sign_in", data=form).status_code == 302
    assert SignInSettings.roles_with_second_factor == ()


# -- taking it away -------------------------------------------------------------------------------------------------


def test_turning_it_off_asks_for_password_and_code(app: Flask, hers: Phone) -> None:
    client = give_password(app)
    give_code(client, hers.code())
    clock.advance(timedelta(minutes=1))
    for wrong in ({"code": hers.code(), "current": "wrong"}, {"code": "000000", "current": PASSWORD}):
        client.post(PAGE, data={"do": "off", **wrong})
        assert second_factor.has_second_factor(user("hua").id)
    client.post(PAGE, data={"do": "off", "code": hers.code(), "current": PASSWORD})
    assert not second_factor.has_second_factor(user("hua").id)
    assert db.session.scalars(select(StaffRecoveryCode)).all() == []
    assert len(lines("turned_off")) == 1


def test_new_recovery_codes_replace_the_old(app: Flask, hers: Phone) -> None:
    client = give_password(app)
    give_code(client, hers.code())
    clock.advance(timedelta(minutes=1))
    page = client.post(PAGE, data={"do": "renew", "code": hers.code(), "current": PASSWORD}).text
    fresh = re.findall(r"<span>([a-z0-9-]{19})</span>", page)
    assert len(fresh) == second_factor.RECOVERY_CODES and not set(fresh) & set(hers.recovery)
    old = give_password(app)
    give_code(old, hers.recovery[3])
    assert not is_signed_in(old)
    assert give_code(give_password(app), fresh[3]).status_code == 302


def test_an_admin_resets_it_for_somebody_who_lost_the_phone(app: Flask, as_user: Any, hers: Phone) -> None:
    client = give_password(app)
    give_code(client, hers.code())
    hua = user("hua")
    as_user("ming").post(f"/users/action/reset_second_factor/{hua.id}")
    assert not second_factor.has_second_factor(hua.id)
    assert not is_signed_in(client)
    assert len(lines("reset")) == 1 and lines("reset")[0].actor_name == "Ming Wang"
    plain = client_of(app)
    plain.sign_in("hua")
    assert is_signed_in(plain)


def test_it_needs_its_own_permission(as_user: Any, hers: Phone, make_role: Any, make_user: Any) -> None:
    every_other = make_role("staff manager", "can_view:UserScreen", "can_edit:UserScreen",
                            "can_reset_password:UserScreen")
    make_user("kai", every_other)
    hua_id = user("hua").id
    assert as_user("kai").post(f"/users/action/reset_second_factor/{hua_id}").status_code == 403
    assert second_factor.has_second_factor(hua_id)


def test_nobody_resets_that_of_someone_who_may_do_more(as_user: Any, make_role: Any, make_user: Any) -> None:
    set_up(as_user("ming"))
    make_user("kai", make_role("reset only", "can_view:UserScreen", "can_reset_second_factor:UserScreen"))
    as_user("kai").post(f"/users/action/reset_second_factor/{user('ming').id}")
    assert second_factor.has_second_factor(user("ming").id)


def test_nobody_takes_away_their_own_without_a_code(as_user: Any) -> None:
    ming = as_user("ming")
    set_up(ming)
    ming.post(f"/users/action/reset_second_factor/{user('ming').id}")
    assert second_factor.has_second_factor(user("ming").id)


def test_whoever_has_the_machine_resets_it_by_command(app: Flask, hers: Phone) -> None:
    assert accounts.reset_second_factor("hua")
    assert not accounts.reset_second_factor("hua")
    db.session.commit()
    assert not second_factor.has_second_factor(user("hua").id)


# -- secrets --------------------------------------------------------------------------------------------------------


def test_the_key_is_stored_encrypted_and_the_recovery_codes_as_digests(app: Flask, hers: Phone) -> None:
    stored = repr([db.session.execute(select(table)).all()
                   for table in (StaffSecondFactor.__table__, StaffRecoveryCode.__table__, AuditLine.__table__)])
    assert hers.key not in stored
    assert not [code for code in hers.recovery if code in stored or code.replace("-", "") in stored]


def test_key_and_codes_reach_no_log_and_no_page(
        app: Flask, as_user: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    phone = set_up(as_user("hua"))
    used, wrong = phone.code(), "314159"
    give_code(give_password(app), wrong)
    give_code(give_password(app), used)
    give_code(give_password(app), phone.recovery[0])
    ming, hua_id = as_user("ming"), user("hua").id
    pages = [ming.get(path).text for path in (
        "/audit/list/", f"/users/show/{hua_id}", f"/users/edit/{hua_id}", "/users/list/", "/api/v1/users/")]
    for secret in (phone.key, used, wrong, *phone.recovery):
        assert secret not in caplog.text
        assert not [page for page in pages if secret in page]


@pytest.mark.parametrize("kept", [True, False])
def test_the_key_outlives_a_changed_secret_key_that_is_kept_for_a_while(
        app: Flask, hers: Phone, monkeypatch: pytest.MonkeyPatch, kept: bool) -> None:
    old = app.config["SECRET_KEY"]
    monkeypatch.setitem(app.config, "SECRET_KEY", "another key that is long enough for tests")
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [old] if kept else [])
    client = give_password(app)
    give_code(client, hers.code())
    assert is_signed_in(client) is kept


def test_after_one_night_the_old_secret_key_can_be_thrown_away(
        app: Flask, hers: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    old = app.config["SECRET_KEY"]
    monkeypatch.setitem(app.config, "SECRET_KEY", "another key that is long enough for tests")
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [old])
    assert second_factor.renew_encryption() == 1
    assert second_factor.renew_encryption() == 0
    db.session.commit()
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [])
    client = give_password(app)
    give_code(client, hers.code())
    assert is_signed_in(client)


def test_a_deleted_user_leaves_no_key(app: Flask, make_user: Callable[..., User], as_user: Any) -> None:
    kai = make_user("kai")
    set_up(as_user("kai"))
    db.session.execute(User.__table__.delete().where(User.__table__.c.id == kai.id))
    db.session.commit()
    assert db.session.scalars(select(StaffSecondFactor)).all() == []
