"""Finding users by what they type."""

from __future__ import annotations

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, select

from app.core.database import db


def find_user(name: str) -> User | None:
    """The user with this name or e-mail address, in whatever case it is written; the name wins."""
    wanted = name.strip().lower()
    is_named = func.lower(User.username) == wanted
    return db.session.scalars(
        select(User).where(is_named | (func.lower(User.email) == wanted)).order_by(is_named.desc()).limit(1)).first()
