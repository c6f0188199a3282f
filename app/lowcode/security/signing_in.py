"""Signing in, out and changing one's password: what the form and the API have in common."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app, session
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, insert, select, update

from app.core import clock
from app.core.actor import Actor, acting_as
from app.core.database import db
from app.core.errors import BusinessError, InvalidInput
from app.core.events import publish
from app.core.i18n import lazy as _
from app.lowcode.security import identity, limits, passwords, sessions, users
from app.lowcode.security.models import BROWSER, StaffAccount
from app.lowcode.security.policy import SignInSettings

log = logging.getLogger(__name__)
KEPT_OVER_SIGN_IN = ("locale", "theme")


@dataclass(frozen=True)
class SignedInNow:
    """Someone signed in. `kind` is `browser` or `api`."""

    user_id: int
    name: str
    kind: str


@dataclass(frozen=True)
class SignInRefused:
    """Someone gave a name and a password that do not belong together. `user_id` is set where there is such a user;
    `shown_name` is that user's name, else only the beginning of what was typed: it may have been a password."""

    user_id: int | None
    shown_name: str
    kind: str


@dataclass(frozen=True)
class SignedOut:
    """A session was ended by its owner."""

    user_id: int
    name: str


@dataclass(frozen=True)
class SessionsEnded:
    """All sessions of a user were ended at once, by the user or by someone else."""

    user_id: int
    name: str
    count: int


class WrongPassword(BusinessError):
    """Name and password do not belong together; it is not said which of the two is wrong. HTTP 401."""

    status = 401
    code = "wrong_password"

    @classmethod
    def default_message(cls) -> object:
        return _("The user name or the password is not right.")


class PasswordExpired(BusinessError):
    """The password is right, but it was made by someone else and has not been used in time. HTTP 401."""

    status = 401
    code = "password_expired"

    @classmethod
    def default_message(cls) -> object:
        return _("This one-time password has expired. Ask for a new one.")


def check_credentials(username: str, password: str, kind: str) -> User:
    """The user whose credentials these are. Refuses with WrongPassword or TooManyTries, the same for unknown names,
    and announces a refusal; commits nothing but the announcement, so it is called by an edge before its own work."""
    username = username.strip()[:320]
    address = sessions.client_ip()
    try:
        limits.begin_try(username, address)
    except limits.TooManyTries:
        log.warning("sign-in refused, must wait: %r from %s", username[:80], address)
        raise
    user = current_app.appbuilder.sm.auth_user_db(username, password)  # type: ignore[attr-defined]
    if user is None:
        limits.count_failure(address)
        log.warning("sign-in failed: %r from %s", username[:80], address)
        db.session.rollback()
        known = users.find_user(username)
        shown = str(known) if known else username[:2] + "****"
        publish(SignInRefused(known.id if known else None, shown, kind))
        db.session.commit()
        raise WrongPassword()
    limits.forgive(username)
    _refuse_expired(user)
    return user


def _refuse_expired(user: User) -> None:
    """A one-time password that lay around for too long opens nothing; said only to whoever gave the right one."""
    until = db.session.scalar(select(StaffAccount.one_time_until).where(
        StaffAccount.user_id == user.id, StaffAccount.must_change_password))
    if until is not None and until <= clock.now():
        log.warning("sign-in refused, one-time password expired: user %s", user.id)
        raise PasswordExpired()


def start(user: User, kind: str = BROWSER) -> str:
    """Open a session for `user` and announce it; gives the session's token. The edge commits."""
    token, _session_id = sessions.open_session(user, kind)
    # A statement of its own: counting sign-ins is no edit of the user that the audit trail should tell.
    db.session.execute(update(User.__table__).where(User.__table__.c.id == user.id).values(
        last_login=clock.now(), login_count=func.coalesce(User.__table__.c.login_count, 0) + 1, fail_login_count=0))
    with acting_as(Actor.staff(user.id, str(user))):
        publish(SignedInNow(user.id, str(user), kind))
    return token


def remember_in_cookie(token: str) -> None:
    """Begin a fresh cookie with the new token: nothing from before the sign-in is taken along but the look."""
    empty_cookie()
    session[identity.TOKEN] = token
    session.permanent = True
    identity.forget()


def sign_out() -> None:
    """End this request's session on the server and empty its cookie. The edge commits."""
    who = identity.signed_in()
    if who is not None:
        sessions.end_session(who.session_id)
        publish(SignedOut(who.user_id, who.name))
    empty_cookie()
    identity.forget()


def empty_cookie() -> None:
    """Forget everything in the cookie but the look."""
    kept = {name: session[name] for name in KEPT_OVER_SIGN_IN if name in session}
    session.clear()
    session.update(kept)


def end_all_sessions(user: User, *, but: int | None = None, reason: str | None = None) -> int:
    """Sign `user` out everywhere, API tokens included, except in the session `but`, and announce it; says from how
    many. The edge commits."""
    count = sessions.end_sessions_of(user.id, but=but, reason=reason)
    if count:
        publish(SessionsEnded(user.id, str(user), count))
    return count


def change_own_password(current: str, new: str, repeated: str) -> None:
    """The signed-in user's new password. Asks for the current one, ends all other sessions. The edge commits."""
    who = identity.signed_in()
    assert who is not None, "asked only of someone who is signed in"
    user = who.user
    check_own_password(user, current)
    if new != repeated:
        raise InvalidInput({"repeated": _("The two new passwords differ.")})
    if new == current:
        raise InvalidInput({"new": _("The new password is the old one.")})
    check_strength(user, new, field="new")
    set_password(user, new, by_owner=True, but=who.session_id)
    sessions.renew_password_mark(user, who.session_id)


def check_own_password(user: User, password: str, field: str = "current") -> None:
    """Refuse unless this is the password of the signed-in `user`; counted like a try to sign in. Called before an
    edge's own work: what was begun is rolled back."""
    stored, username = user.password, user.username
    # Hashing takes a tenth of a second, in which nobody else should have to wait for the database.
    db.session.rollback()
    limits.begin_try(username, sessions.client_ip())
    if not passwords.is_password(stored, password):
        raise InvalidInput({field: _("This is not your current password.")})
    limits.forgive(username)


def check_strength(user: User, password: str, field: str = "password") -> None:
    """Refuse a password that is weak in general or close to this user's names or the shop's."""
    passwords.check_strength(password, user.username, user.email, user.first_name, user.last_name,
                             current_app.config["APP_NAME"], field=field)


def set_password(user: User, new: str, *, by_owner: bool, but: int | None = None) -> None:
    """Give `user` the password `new` and end their sessions except the one with id `but`. A password set by someone
    else must be changed at the next sign-in. The edge commits."""
    user.password = passwords.hash_password(new)
    user.changed_on = clock.now()
    db.session.flush()
    sessions.end_sessions_of(user.id, but=but)
    note_password(user.id, must_change=not by_owner)
    limits.forgive(user.username)


def note_password(user_id: int, *, must_change: bool, expires: bool = True) -> None:
    """Keep when a user's password was set, and whether they must choose another before anything else; such a one
    `expires` if it is not used in time."""
    table = StaffAccount.__table__
    now = clock.now()
    until = now + timedelta(hours=SignInSettings.hours_of_one_time_passwords) if must_change and expires else None
    values = {"must_change_password": must_change, "password_changed_at": now, "one_time_until": until,
              "updated_at": now}
    if db.session.execute(select(table.c.id).where(table.c.user_id == user_id)).first() is None:
        db.session.execute(insert(table).values(user_id=user_id, created_at=now, **values))
    else:
        db.session.execute(update(table).where(table.c.user_id == user_id).values(**values))
