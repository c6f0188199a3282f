"""Between the two steps of signing in: the password was right, the code is still to come.

What is remembered stands in the signed cookie and is no session: it opens the page that asks for the code and nothing
else, and is forgotten after ten minutes or once the password or the account has changed.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from flask import session
from flask_appbuilder.security.sqla.models import User

from app.core import clock
from app.core.database import db
from app.lowcode.security import sessions
from app.lowcode.security.signing_in import empty_cookie

WAITING = "second_step"
PATIENCE = timedelta(minutes=10)


def begin(user: User, goal: str) -> None:
    """Remember that `user` has given the right password and wants to go to `goal`."""
    given = {"user": user.id, "mark": sessions.password_mark(user), "since": clock.now().isoformat(), "goal": goal}
    empty_cookie()
    session[WAITING] = given


def who_waits() -> tuple[User, str] | None:
    """Whose code is awaited and where they want to go; None where nobody's is."""
    given = session.get(WAITING)
    if not isinstance(given, dict):
        return None
    user = db.session.get(User, given["user"])
    in_time = clock.now() - datetime.fromisoformat(given["since"]) < PATIENCE
    if user is None or not user.active or not in_time \
            or not secrets.compare_digest(given["mark"], sessions.password_mark(user)):
        forget()
        return None
    return user, given["goal"]


def forget() -> None:
    session.pop(WAITING, None)
