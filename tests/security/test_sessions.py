"""Sessions: a new one at every sign-in, ended for good by signing out, a changed password, or being shut out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select, text, update

from app.core import clock
from app.core.db import db
from app.lowcode.security import accounts, identity, sessions
from app.lowcode.security.models import StaffSession
from app.modules.staff import services
from app.modules.staff.commands import commands
from tests.security.conftest import bearer, is_signed_in, token_opens
from tests.support.cast import PASSWORD, user
from tests.support.client import Client, client_of
from tests.support.databases import make_app

NEW = "seven lanterns over water"
MOMENT = "2026-08-01 04:00"


def cookie_of(client: Client) -> str:
    cookie = client.get_cookie("houtai_session")
    assert cookie is not None
    return str(cookie.value)


def with_cookie(app: Flask, value: str) -> Client:
    """Someone who has copied a cookie."""
    thief = client_of(app)
    thief.set_cookie("houtai_session", value)
    return thief


# -- the new one ----------------------------------------------------------------------------------------------------


def test_the_profile_shows_the_latest_sessions_and_counts_the_rest(as_user: Any) -> None:
    for _number in range(8):
        client = as_user("hua")
    page = client.get("/profile/").text
    assert page.count('<li class="session">') == 5 and "and 3 more" in page and "This one" in page
    assert client.get("/profile/sessions").text.count('<li class="session">') == 8


def test_every_sign_in_begins_a_new_session_and_a_planted_one_is_thrown_away(app: Flask) -> None:
    client = client_of(app)
    with client.session_transaction() as session:
        session[identity.TOKEN] = "planted"
        session["csrf_token"] = "planted"
        session["locale"] = "en"
    client.sign_in("hua")
    with client.session_transaction() as session:
        first = session[identity.TOKEN]
        assert first != "planted" and session.get("csrf_token") != "planted"
        assert session["locale"] == "en"
    again = client_of(app)
    again.sign_in("hua")
    with again.session_transaction() as session:
        assert session[identity.TOKEN] != first


def test_only_a_digest_of_the_token_is_stored(app: Flask, as_user: Any) -> None:
    client = as_user("hua")
    with client.session_transaction() as session:
        token = session[identity.TOKEN]
    stored = db.session.scalars(select(StaffSession)).one()
    assert token not in repr([getattr(stored, column.key) for column in StaffSession.__table__.columns])
    assert stored.token_hash == sessions.token_hash(token)


@pytest.mark.parametrize("https", [False, True])
def test_cookie_flags(app: Flask, monkeypatch: pytest.MonkeyPatch, https: bool) -> None:
    monkeypatch.setitem(app.config, "SESSION_COOKIE_SECURE", https)
    answer = client_of(app).post(
        "/login/", data={"username": "hua", "password": PASSWORD}, base_url=f"http{'s' * https}://localhost",
        headers={"Referer": "https://localhost/login/"})
    header = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("houtai_session="))
    assert "HttpOnly" in header and "SameSite=Lax" in header and "Path=/" in header
    assert ("Secure" in header) is https
    assert "Domain=" not in header


def test_over_https_no_neighbouring_host_can_set_our_cookie(tmp_path: Path) -> None:
    app = make_app(f"sqlite:///{tmp_path}/x.db", tmp_path, SESSION_COOKIE_SECURE=True)
    assert app.config["SESSION_COOKIE_NAME"] == "__Host-houtai_session"
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("kept", [True, False])
def test_a_changed_secret_key_ends_sessions_unless_the_old_one_is_kept_for_a_while(
        app: Flask, as_user: Any, monkeypatch: pytest.MonkeyPatch, kept: bool) -> None:
    client = as_user("hua")
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [app.config["SECRET_KEY"]] if kept else [])
    monkeypatch.setitem(app.config, "SECRET_KEY", "another key that is long enough for tests")
    assert is_signed_in(client) is kept


def test_a_forged_cookie_opens_nothing(app: Flask, as_user: Any) -> None:
    value = cookie_of(as_user("hua"))
    for forged in (value[:-2] + "aa", "eyJzaWQiOiJ4In0.aaaa.bbbb", "", "x" * 3000):
        assert not is_signed_in(with_cookie(app, forged))


# -- the ends of a session ------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_copied_cookie_is_worthless_after_signing_out(app: Flask, as_user: Any) -> None:
    client = as_user("hua")
    copied = cookie_of(client)
    assert is_signed_in(with_cookie(app, copied))
    client.post("/logout/")
    assert not is_signed_in(client)
    assert not is_signed_in(with_cookie(app, copied))


def test_it_is_the_server_that_forgets(app: Flask, as_user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = as_user("hua")
    copied = cookie_of(client)
    monkeypatch.setattr(sessions, "end_session", lambda _session_id: None)
    client.post("/logout/")
    assert is_signed_in(with_cookie(app, copied))


def test_signing_out_ends_only_this_session(as_user: Any) -> None:
    here, there = as_user("hua"), as_user("hua")
    here.post("/logout/")
    assert not is_signed_in(here) and is_signed_in(there)


def test_signing_out_needs_a_post(as_user: Any) -> None:
    client = as_user("hua")
    assert client.get("/logout/").status_code == 405
    assert is_signed_in(client)


def by_themselves(_app: Flask, client: Client) -> None:
    client.post("/profile/password", data={"current": PASSWORD, "new": NEW, "repeated": NEW})


def by_an_admin(_app: Flask, _client: Client) -> None:
    services.reset_password(user("hua"))
    db.session.commit()


def by_command(app: Flask, _client: Client) -> None:
    result = app.test_cli_runner().invoke(commands, ["reset-password", "hua"])
    assert result.exit_code == 0, result.output


def by_the_frameworks_command(app: Flask, _client: Client) -> None:
    app.extensions["appbuilder"].sm.reset_password(user("hua").id, NEW)


def by_hand_in_the_database(_app: Flask, _client: Client) -> None:
    db.session.execute(text("UPDATE ab_user SET password = 'scrypt:32768:8:1$x$y' WHERE username = 'hua'"))
    db.session.commit()


WAYS = [by_themselves, by_an_admin, by_command, by_the_frameworks_command, by_hand_in_the_database]


@pytest.mark.both_databases
@pytest.mark.parametrize("change", WAYS, ids=lambda way: way.__name__)
def test_a_changed_password_ends_all_other_sessions_and_tokens(
        app: Flask, as_user: Any, tokens: Any, change: Callable[[Flask, Client], None]) -> None:
    here, elsewhere, fetched = as_user("hua"), as_user("hua"), tokens("hua")
    copied = cookie_of(elsewhere)
    assert is_signed_in(elsewhere) and token_opens(app, fetched["access_token"])
    change(app, here)
    assert not is_signed_in(elsewhere)
    assert not is_signed_in(with_cookie(app, copied))
    assert not token_opens(app, fetched["access_token"])
    answer = client_of(app).post("/api/v1/security/refresh", headers=bearer(fetched["refresh_token"]))
    assert answer.status_code == 401
    assert is_signed_in(here) is (change is by_themselves)


def test_the_mark_of_the_password_is_what_ends_them(
        app: Flask, as_user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_mark", lambda _user_id, _stored: "always the same")
    client = as_user("hua")
    by_hand_in_the_database(app, client)
    assert is_signed_in(client)


@pytest.mark.both_databases
@pytest.mark.parametrize("way", ["service", "directly", "sql"])
def test_being_shut_out_ends_everything_at_once(app: Flask, as_user: Any, tokens: Any, way: str) -> None:
    client, token = as_user("hua"), tokens("hua")["access_token"]
    hua = user("hua")
    if way == "service":
        services.deactivate_user(hua)
    elif way == "directly":
        hua.active = False
    else:
        db.session.execute(text("UPDATE ab_user SET active = :no WHERE username = 'hua'"), {"no": False})
    db.session.commit()
    assert not is_signed_in(client)
    assert not token_opens(app, token)


def test_being_let_in_again_does_not_bring_old_sessions_back(as_user: Any) -> None:
    client = as_user("hua")
    services.deactivate_user(user("hua"))
    services.activate_user(user("hua"))
    db.session.commit()
    assert not is_signed_in(client)


def test_a_deleted_user_is_signed_out(app: Flask, make_user: Callable[..., User], tokens: Any) -> None:
    kai = make_user("kai")
    client = client_of(app)
    client.sign_in("kai")
    token = tokens("kai")["access_token"]
    assert is_signed_in(client)
    db.session.delete(kai)
    db.session.commit()
    assert not is_signed_in(client)
    assert client_of(app).get("/api/v1/security/logout", headers=bearer(token)).status_code == 405
    assert client_of(app).post("/api/v1/security/logout", headers=bearer(token)).status_code == 401


def test_a_session_that_is_idle_too_long_ends(app: Flask) -> None:
    clock.set(MOMENT)
    client = client_of(app)
    client.sign_in("hua")
    idle = timedelta(seconds=app.config["SESSION_IDLE_SECONDS"])
    for _step in range(3):
        clock.advance(idle - timedelta(minutes=2))
        assert is_signed_in(client)
    clock.advance(idle + timedelta(seconds=1))
    assert not is_signed_in(client)


def test_a_session_ends_at_its_latest_end_however_busy_it_is(app: Flask) -> None:
    clock.set(MOMENT)
    client = client_of(app)
    client.sign_in("hua")
    hours = int(app.config["PERMANENT_SESSION_LIFETIME"].total_seconds() // 3600)
    for _hour in range(hours - 1):
        clock.advance(timedelta(hours=1))
        assert is_signed_in(client)
    clock.advance(timedelta(hours=1, seconds=1))
    assert not is_signed_in(client)


@pytest.mark.both_databases
def test_when_it_was_seen_is_written_once_a_minute_at_most(app: Flask, count_queries: Any) -> None:
    clock.set(MOMENT)
    client = client_of(app)
    client.sign_in("hua")
    clock.advance(timedelta(seconds=59))
    with count_queries() as queries:
        client.get("/profile/")
    assert not [query for query in queries if query.lstrip().upper().startswith("UPDATE")]
    clock.advance(timedelta(seconds=2))
    with count_queries() as queries:
        client.get("/profile/")
    assert len([query for query in queries if query.lstrip().upper().startswith("UPDATE")]) == 1
    assert db.session.scalars(select(StaffSession.last_seen_at)).one() == clock.now()


# -- seeing and ending them -----------------------------------------------------------------------------------------


def test_one_sees_where_one_is_signed_in_and_ends_it(as_user: Any) -> None:
    here, there = as_user("hua"), as_user("hua")
    rows = db.session.scalars(select(StaffSession).order_by(StaffSession.id)).all()
    page = here.get("/profile/sessions").text
    assert f"/profile/sessions/{rows[1].id}/end" in page and f"/profile/sessions/{rows[0].id}/end" not in page
    assert here.post(f"/profile/sessions/{rows[1].id}/end").status_code == 302
    assert not is_signed_in(there) and is_signed_in(here)


def test_one_cannot_see_or_end_anothers_session(as_user: Any) -> None:
    hers, his = as_user("hua"), as_user("ming")
    his_id = db.session.scalar(select(StaffSession.id).where(StaffSession.user_id == user("ming").id))
    assert f"/{his_id}/end" not in hers.get("/profile/sessions").text
    assert hers.post(f"/profile/sessions/{his_id}/end").status_code == 404
    assert is_signed_in(his)


def test_all_others_end_with_one_click(app: Flask, as_user: Any, tokens: Any) -> None:
    here, there, token = as_user("hua"), as_user("hua"), tokens("hua")["access_token"]
    someone_else = as_user("ming")
    here.post("/profile/sessions/end-others")
    assert is_signed_in(here) and not is_signed_in(there) and not token_opens(app, token)
    assert is_signed_in(someone_else)


# -- tokens of the API ----------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_token_opens_the_api_and_a_refresh_token_gets_another(app: Flask, tokens: Any) -> None:
    fetched = tokens("ming")
    assert token_opens(app, fetched["access_token"])
    fresh = client_of(app).post("/api/v1/security/refresh", headers=bearer(fetched["refresh_token"])).get_json()
    assert token_opens(app, fresh["access_token"])


def test_a_token_is_good_for_one_purpose_only(app: Flask, as_user: Any, tokens: Any) -> None:
    fetched = tokens("ming")
    assert not token_opens(app, fetched["refresh_token"])
    answer = client_of(app).post("/api/v1/security/refresh", headers=bearer(fetched["access_token"]))
    assert answer.status_code in {401, 422}
    # The token in a cookie is no API token, and the one of the API no cookie.
    client = as_user("ming")
    with client.session_transaction() as session:
        assert not token_opens(app, session[identity.TOKEN])
    thief = client_of(app)
    with thief.session_transaction() as session:
        session[identity.TOKEN] = _claims(fetched["access_token"])[identity.TOKEN]
    assert not is_signed_in(thief)


def test_signing_out_of_the_api_ends_both_tokens(app: Flask, tokens: Any) -> None:
    fetched = tokens("ming")
    assert client_of(app).post("/api/v1/security/logout", headers=bearer(fetched["access_token"])).status_code == 200
    assert not token_opens(app, fetched["access_token"])
    assert client_of(app).post("/api/v1/security/refresh", headers=bearer(fetched["refresh_token"])).status_code == 401


def test_forged_tokens_open_nothing(app: Flask, tokens: Any) -> None:
    import jwt

    good = tokens("ming")["access_token"]
    claims = _claims(good)
    key = app.config["JWT_SECRET_KEY"]
    other_user = {**claims, "sub": str(user("hua").id)}
    forged = {
        "unsigned": jwt.encode(claims, None, algorithm="none"),
        "another key": jwt.encode(claims, "x" * 40, algorithm="HS256"),
        "the key of the cookies": jwt.encode(claims, app.config["SECRET_KEY"], algorithm="HS256"),
        "another method": jwt.encode(claims, key, algorithm="HS384"),
        "another audience": jwt.encode({**claims, "aud": "members"}, key, algorithm="HS256"),
        "another issuer": jwt.encode({**claims, "iss": "elsewhere"}, key, algorithm="HS256"),
        "no session": jwt.encode({**claims, identity.TOKEN: None}, key, algorithm="HS256"),
        "someone else's": jwt.encode(other_user, key, algorithm="HS256"),
        "run out": jwt.encode({**claims, "exp": 1}, key, algorithm="HS256"),
        "nothing": "", "rubbish": "a.b.c", "a list": "[]",
    }
    assert token_opens(app, jwt.encode(claims, key, algorithm="HS256")), "the forger's tool can make a good one"
    for name, token in forged.items():
        answer = client_of(app).get("/api/v1/suppliers/", headers=bearer(token))
        assert answer.status_code == 401, name
        assert answer.is_json


def test_a_token_decides_alone_whatever_cookie_comes_with_it(app: Flask, as_user: Any, tokens: Any) -> None:
    ming = as_user("ming")
    token = tokens("lin")["access_token"]
    assert ming.get("/api/v1/suppliers/").status_code == 200
    assert ming.get("/api/v1/suppliers/", headers=bearer(token)).status_code == 403
    assert ming.get("/api/v1/suppliers/", headers=bearer("rubbish")).status_code == 401


def _claims(token: str) -> dict[str, Any]:
    import jwt

    return dict(jwt.decode(token, options={"verify_signature": False}))


# -- what it costs --------------------------------------------------------------------------------------------------


def test_knowing_who_asks_and_what_they_may_takes_two_queries(as_user: Any, count_queries: Any) -> None:
    client = as_user("hua")
    client.get("/search?q=x")
    with count_queries() as queries:
        assert client.get("/search?q=x").status_code == 200
    assert len([query for query in queries if not query.startswith(("BEGIN", "ROLLBACK", "COMMIT"))]) <= 2


def test_a_stranger_costs_no_query(app: Flask, count_queries: Any) -> None:
    client = client_of(app)
    client.get("/login/")
    with count_queries() as queries:
        client.get("/suppliers/list/")
        client.get("/login/")
    assert not queries


def test_old_sessions_are_forgotten(app: Flask, as_user: Any) -> None:
    as_user("hua"), as_user("hua")
    rows = db.session.scalars(select(StaffSession).order_by(StaffSession.id)).all()
    db.session.execute(update(StaffSession.__table__).where(StaffSession.id == rows[0].id).values(
        expires_at=clock.now() - sessions.KEEP_ENDED - timedelta(days=1)))
    db.session.commit()
    assert sessions.clear_ended() == 1


def test_the_first_owner_is_made_once(app: Flask) -> None:
    assert accounts.ensure_first_admin("boss", "a harbour of their own") is None
    with pytest.raises(Exception, match="check"):
        accounts.make_owner("hua", "a harbour of their own")
