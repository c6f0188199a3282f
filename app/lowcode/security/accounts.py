"""Making accounts from the outside: the first owner, and a forgotten password, by whoever may run commands here."""

from __future__ import annotations

from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import func, select

from app.core import clock
from app.core.database import db
from app.core.errors import InvalidInput, NotFound
from app.core.i18n import lazy as _
from app.lowcode.security import passwords, second_factor, signing_in
from app.lowcode.security.models import NO_EMAIL
from app.lowcode.security.roles import OWNER
from app.lowcode.security.users import find_user


def make_owner(username: str, password: str | None = None) -> str:
    """Make an owner who may do everything; gives the password, one made on the spot unless it is given. A made
    password must be changed at the first sign-in, whenever that is: nobody else could make another. The caller
    commits."""
    if find_user(username) is not None:
        raise InvalidInput({"username": _("This value is already in use.")})
    role = db.session.scalars(select(Role).where(Role.name == OWNER)).one()
    chosen = password or passwords.one_time_password()
    user = User(username=username, first_name=username, last_name="", email=f"{username}@{NO_EMAIL}", active=True,
                password=passwords.hash_password(chosen), created_on=clock.now(), changed_on=clock.now(), roles=[role])
    if password is not None:
        signing_in.check_strength(user, chosen)
    db.session.add(user)
    db.session.flush()
    signing_in.note_password(user.id, must_change=password is None, expires=False)
    return chosen


def ensure_first_admin(username: str = "admin", password: str | None = None) -> str | None:
    """Make the first owner where there is no user at all; gives the password, None where there are users already. The
    caller commits."""
    if db.session.scalar(select(func.count()).select_from(User)):
        return None
    return make_owner(username, password)


def reset_password(username: str) -> str:
    """Give a user a one-time password and end all their sessions. The caller commits."""
    user = find_user(username)
    if user is None:
        raise NotFound(_("There is no user of this name."))
    chosen = passwords.one_time_password()
    signing_in.set_password(user, chosen, by_owner=False)
    return chosen


def reset_second_factor(username: str) -> bool:
    """Forget a user's second factor and end all their sessions; says whether there was one. The caller commits."""
    user = find_user(username)
    if user is None:
        raise NotFound(_("There is no user of this name."))
    if not second_factor.turn_off(user, by_someone_else=True):
        return False
    signing_in.end_all_sessions(user)
    return True
