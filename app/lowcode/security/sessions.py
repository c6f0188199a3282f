"""Sessions of staff: opened at sign-in, loaded with one query, ended for good on the server.

The signed cookie (or the API token) carries a random token; the row in `staff_sessions` decides whether it still
counts. It ends by signing out, by a changed password or second factor, by other roles or groups, by deactivation or
deletion of the user, by being idle too long, at its latest end, or because someone ended it on a screen. Roles are not
kept in it, so what a role allows is felt at the next request.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from flask import current_app, has_request_context, request
from flask_appbuilder.security.sqla.models import Role, User, assoc_group_role, assoc_user_group, assoc_user_role
from sqlalchemy import String, bindparam, cast, delete, func, insert, select, union, update

from app.core import clock
from app.core.database import SAFE_METHODS, db, writing
from app.core.i18n import lazy as _
from app.core.i18n import listed
from app.core.jobs import WATCHED_MARK, LaterJob
from app.core.settings import StoredSetting
from app.lowcode.comments.models import CommentMention
from app.lowcode.security.models import (
    BROWSER,
    PermissionState,
    StaffAccount,
    StaffPreference,
    StaffSecondFactor,
    StaffSession,
)

SEEN_EVERY = timedelta(seconds=60)
"""How often at most "last seen" is written; the idle limit is felt with this grain."""
KEEP_ENDED = timedelta(days=30)
"""How long a session that has ended stays in the table, for the list of recent sign-ins."""

ROLES_CHANGED, FACTOR_CHANGED = "roles", "second_factor"
REASONS: dict[str, Any] = {
    ROLES_CHANGED: _("Your roles have changed. Please sign in again."),
    FACTOR_CHANGED: _("Your two-step sign-in has changed. Please sign in again."),
}
"""Why a session was ended, where people would wonder."""

TABLE: Any = StaffSession.__table__
USERS: Any = User.__table__


@dataclass(frozen=True)
class SignedIn:
    """Who makes this request, with all that the page frame needs, from one query."""

    user_id: int
    name: str
    session_id: int
    kind: str
    proven_at: datetime
    must_change_password: bool = False
    has_second_factor: bool = False
    locale: str | None = None
    theme: str | None = None
    page_sizes: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, Any] = field(default_factory=dict)
    """What was chosen for lists: screen name → `columns` and the first `view`."""
    pins: tuple[str, ...] = ()
    """What this user has pinned, by the keys of `app.lowcode.finding.places`."""
    shortcuts: bool = True
    """Whether single keys do something for this user."""
    roles_with_second_factor: tuple[str, ...] = ()
    """The roles that must have a second factor, whatever this user's are."""
    role_ids: frozenset[int] = frozenset()
    """The roles of this user, by themselves and through groups."""
    permission_stamp: str = ""
    """Changes with what any role allows."""
    views_stamp: str = ""
    """Changes with any saved view; empty while there never was one."""
    work: str = ""
    """What stands in this user's tray, a letter each: see `app.core.jobs.watching`."""
    unread_mentions: int = 0
    """Comments in which the user is mentioned and that they have not read."""

    @cached_property
    def user(self) -> User:
        """The user's row, for the few pages that need more than is here; one more query."""
        return db.session.get_one(User, self.user_id)

    @property
    def role(self) -> str:
        """The user's roles in words, for the corner of the page."""
        from app.lowcode.access import role_names
        from app.lowcode.security.roles import role_label

        return listed(map(role_label, role_names()))


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def password_mark(user: User) -> str:
    """A digest of the stored hash: enough to notice that it was changed, useless to find the password."""
    return _mark(user.id, user.password)


def _mark(user_id: int, stored_password: str | None) -> str:
    return hashlib.sha256(f"{user_id}:{stored_password}".encode()).hexdigest()[:32]


def open_session(user: User, kind: str = BROWSER) -> tuple[str, int]:
    """A new session for `user`; gives its token and the id of its row. The edge commits."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    values = {
        "user_id": user.id, "token_hash": token_hash(token), "kind": kind, "created_at": now, "updated_at": now,
        "last_seen_at": now, "expires_at": now + lifetime(kind), "ip": client_ip(), "agent": client_agent(),
        "password_mark": password_mark(user), "proven_at": now,
    }
    result = db.session.execute(insert(TABLE).values(values))
    return token, int(result.inserted_primary_key[0])


def lifetime(kind: str) -> timedelta:
    """How long a session lives at most, however busy it is."""
    name = "PERMANENT_SESSION_LIFETIME" if kind == BROWSER else "JWT_REFRESH_TOKEN_EXPIRES"
    return current_app.config[name]


# With the rest rather than from the settings' cache: that would be a query of its own every second.
_SETTINGS: Any = StoredSetting.__table__
_MUST = select(_SETTINGS.c.value).where(_SETTINGS.c.key == "sign_in.roles_with_second_factor").scalar_subquery()
_ACCOUNTS: Any = StaffAccount.__table__
_FACTORS: Any = StaffSecondFactor.__table__
_PREFERENCES: Any = StaffPreference.__table__


def role_ids_of(user_id: Any) -> Any:
    """A select of the ids of a user's roles, by themselves and through groups; `user_id` may be a column."""
    direct = select(assoc_user_role.c.role_id).where(assoc_user_role.c.user_id == user_id)
    by_group = (select(assoc_group_role.c.role_id)
                .join(assoc_user_group, assoc_user_group.c.group_id == assoc_group_role.c.group_id)
                .where(assoc_user_group.c.user_id == user_id))
    return union(direct.correlate(USERS), by_group.correlate(USERS))


_ROLES: Any = Role.__table__
_MINE = (select(func.aggregate_strings(cast(_ROLES.c.id, String), ","))
         .where(_ROLES.c.id.in_(role_ids_of(USERS.c.id))).correlate(USERS).scalar_subquery())
_STATE: Any = PermissionState.__table__
_STAMP = select(_STATE.c.stamp).limit(1).scalar_subquery()
_VIEWS_STAMP = select(_STATE.c.views_stamp).limit(1).scalar_subquery()
_POSTS: Any = LaterJob.__table__
_WORK = select(WATCHED_MARK).where(_POSTS.c.watcher_id == USERS.c.id).correlate(USERS).scalar_subquery()
_MENTIONS: Any = CommentMention.__table__
# Counted to the end: an index has them side by side, while a limit would take a table of its own at every request.
_UNREAD = (select(func.count()).select_from(_MENTIONS)
           .where(_MENTIONS.c.user_id == USERS.c.id, _MENTIONS.c.read_at.is_(None)).correlate(USERS).scalar_subquery())
# Made once and of tables, not of models: this is asked at every request, and putting it together, or taking it through
# the ORM, would take longer than answering it.
_LOAD = (
    select(TABLE.c.id, TABLE.c.last_seen_at, TABLE.c.expires_at, TABLE.c.password_mark, USERS.c.id, USERS.c.username,
           USERS.c.first_name, USERS.c.last_name, USERS.c.password, TABLE.c.proven_at,
           _ACCOUNTS.c.must_change_password, _FACTORS.c.id, _PREFERENCES.c.locale, _PREFERENCES.c.theme,
           _PREFERENCES.c.page_sizes, _PREFERENCES.c.lists, _PREFERENCES.c.pins, _PREFERENCES.c.no_shortcuts,
           _MUST, _MINE, _STAMP, _VIEWS_STAMP, _WORK, _UNREAD)
    .join(USERS, TABLE.c.user_id == USERS.c.id)
    .outerjoin(_ACCOUNTS, _ACCOUNTS.c.user_id == USERS.c.id)
    .outerjoin(_FACTORS, _FACTORS.c.user_id == USERS.c.id)
    .outerjoin(_PREFERENCES, _PREFERENCES.c.user_id == USERS.c.id)
    .where(TABLE.c.token_hash == bindparam("token_hash"), TABLE.c.kind == bindparam("kind"),
           TABLE.c.revoked_at.is_(None), USERS.c.active.is_(True)))


def load(token: str, kind: str) -> SignedIn | None:
    """The user behind a token, or None where the session has ended. One query; now and then a small write."""
    row = db.session.connection().execute(_LOAD, {"token_hash": token_hash(token), "kind": kind}).first()
    if row is None:
        return None
    (session_id, last_seen_at, expires_at, mark, user_id, username, first_name, last_name, password, proven_at,
     must_change, second_factor_id, locale, theme, page_sizes, lists, pins, no_shortcuts, must, mine, stamp,
     views_stamp, work, unread) = row
    now = clock.now()
    if expires_at <= now or not secrets.compare_digest(mark, _mark(user_id, password)):
        return None
    if kind == BROWSER and now - last_seen_at > timedelta(seconds=current_app.config["SESSION_IDLE_SECONDS"]):
        return None
    if now - last_seen_at >= SEEN_EVERY:
        _touch(session_id, now)
    name = f"{first_name or ''} {last_name or ''}".strip() or username
    return SignedIn(user_id, name, session_id, kind, proven_at, bool(must_change), second_factor_id is not None, locale,
                    theme, page_sizes or {}, lists or {}, tuple(pins or ()), not no_shortcuts, tuple(must or ()),
                    _ids(mine), stamp or "", views_stamp or "", work or "", unread)


def _ids(joined: str | None) -> frozenset[int]:
    return frozenset(map(int, joined.split(","))) if joined else frozenset()


_STANDING_IN = select(USERS.c.username, USERS.c.first_name, USERS.c.last_name, _MINE, _STAMP).where(
    USERS.c.id == bindparam("user_id"), USERS.c.active.is_(True))


def as_if_signed_in(user_id: int, locale: str) -> SignedIn | None:
    """A user as they would be if they were signed in now, for work that is done on their behalf; None for one who is
    gone or shut out. There is no session behind it, so it proves nothing."""
    row = db.session.connection().execute(_STANDING_IN, {"user_id": user_id}).first()
    if row is None:
        return None
    username, first_name, last_name, mine, stamp = row
    name = f"{first_name or ''} {last_name or ''}".strip() or username
    return SignedIn(user_id, name, 0, BROWSER, datetime.min, locale=locale, role_ids=_ids(mine),
                    permission_stamp=stamp or "")


def end_session(session_id: int) -> None:
    """End one session. The edge commits."""
    _end(TABLE.c.id == session_id)


def end_sessions_of(user_id: int, *, but: int | None = None, reason: str | None = None) -> int:
    """End all sessions of a user, API tokens included, except the one with the id `but`; says how many. `reason`, one
    of REASONS, is told at their next request."""
    guards = [TABLE.c.user_id == user_id]
    if but is not None:
        guards.append(TABLE.c.id != but)
    return _end(*guards, reason=reason)


def why_ended(token: str) -> str | None:
    """Why the session of this token was ended, in words, where that is worth saying."""
    reason = db.session.scalar(select(TABLE.c.end_reason).where(TABLE.c.token_hash == token_hash(token)))
    return str(REASONS[reason]) if reason in REASONS else None


def renew_password_mark(user: User, session_id: int) -> None:
    """Let one session outlive the password change that was just made from it."""
    db.session.execute(update(TABLE).where(TABLE.c.id == session_id).values(password_mark=password_mark(user)))


def live_sessions(user_id: int) -> list[Any]:
    """A user's sessions that still count, the most recently seen first."""
    now = clock.now()
    idle = now - timedelta(seconds=current_app.config["SESSION_IDLE_SECONDS"])
    rows = db.session.execute(
        select(TABLE).where(TABLE.c.user_id == user_id, TABLE.c.revoked_at.is_(None), TABLE.c.expires_at > now)
        .order_by(TABLE.c.last_seen_at.desc())).all()
    return [row for row in rows if row.kind != BROWSER or row.last_seen_at >= idle]


def clear_ended() -> int:
    """Forget sessions that ended long ago; says how many. The caller commits."""
    return db.session.execute(delete(TABLE).where(TABLE.c.expires_at < clock.now() - KEEP_ENDED)).rowcount


def client_ip() -> str | None:
    """The address the request came from; believed from a proxy only as far as TRUSTED_PROXIES says."""
    return (request.remote_addr or "")[:45] or None if has_request_context() else None


def client_agent() -> str | None:
    return (request.user_agent.string or "")[:200] or None if has_request_context() else None


def _end(*guards: Any, reason: str | None = None) -> int:
    statement = update(TABLE).where(TABLE.c.revoked_at.is_(None), *guards).values(
        revoked_at=clock.now(), end_reason=reason)
    return db.session.execute(statement).rowcount


def _touch(session_id: int, now: datetime) -> None:
    statement = update(TABLE).where(TABLE.c.id == session_id).values(last_seen_at=now)
    if request.method in SAFE_METHODS:
        with writing() as connection:
            connection.execute(statement)
    else:
        # A writing request holds the write lock of SQLite itself: a second connection would wait for it for ever.
        db.session.execute(statement)
