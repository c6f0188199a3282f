"""The second factor: nothing opens without it, who must have one is held to it, and its key stays secret."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select

from app.core import clock, settings
from app.core.db import db
from app.lowcode.security import accounts, second_factor, second_step
from app.lowcode.security.models import StaffRecoveryCode, StaffSecondFactor
from app.lowcode.security.policy import SignInSettings
from app.modules.audit.models import AuditLine
from app.modules.staff import services
from tests.security.conftest import bearer, is_signed_in
from tests.security.test_routes import OPEN_TO_STAFF, fill, turned_away, visits
from tests.security.two_steps import MOMENT, PAGE, Phone, give_code, give_password, hidden, lines, set_up
from tests.support.cast import PASSWORD, user
from tests.support.client import Client, client_of


@pytest.fixture(autouse=True)
def _time_stands_still() -> None:
    clock.set(MOMENT)


@pytest.fixture
def hers(as_user: Any) -> Phone:
    """Hua has set it up, a minute ago."""
    return set_up(as_user("hua"))


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
    # An empty choice is told by the hidden field beside it.
    assert ming.post("/settings/sign_in", data={**form, "roles_with_second_factor": [""]}).status_code == 302
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
