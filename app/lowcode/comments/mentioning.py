"""Mentions: who can be mentioned on a record, and whom a text mentions.

Only staff who may view the screen can be mentioned, so that nobody is called to a page that is closed to them. (Which
rows of it they see is asked when they come, since a screen's filters may depend on who asks.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    User,
    ViewMenu,
    assoc_group_role,
    assoc_permissionview_role,
    assoc_user_group,
    assoc_user_role,
)
from sqlalchemy import ColumnElement, and_, func, or_, select

from app.core.database import db
from app.core.search import contains, escape_like
from app.lowcode.comments.models import USERNAME_SIZE

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

MOST_FOUND = 8
MOST_MENTIONED = 20
AT = re.compile(r"(?<![A-Za-z0-9_.@])@(?=\S)")
"""An @ that begins something, unlike the one in an e-mail address."""


def may_view(screen: "Screen") -> ColumnElement[bool]:
    """Users who are active and may view this screen, by a role of their own or of their group."""
    link = assoc_permissionview_role
    roles = (
        select(link.c.role_id)
        .join(PermissionView, PermissionView.id == link.c.permission_view_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(Permission.name == "can_view", ViewMenu.name == screen.class_permission_name))
    own = select(assoc_user_role.c.user_id).where(assoc_user_role.c.role_id.in_(roles))
    by_group = (
        select(assoc_user_group.c.user_id)
        .join(assoc_group_role, assoc_group_role.c.group_id == assoc_user_group.c.group_id)
        .where(assoc_group_role.c.role_id.in_(roles)))
    return and_(User.active.is_(True), or_(User.id.in_(own), User.id.in_(by_group)))


def find_people(screen: "Screen", term: str, but: int) -> list[dict[str, Any]]:
    """Those who can be mentioned and have `term` in a name, as `{"id", "username", "name"}`; user names that begin with
    it come first, and oneself is left out."""
    term = term.strip()[:USERNAME_SIZE]
    statement = select(User).where(may_view(screen), User.id != but)
    order: list[Any] = [User.username]
    if term:
        names = (User.username, User.first_name, User.last_name)
        statement = statement.where(or_(*(contains(name, term) for name in names)))
        order.insert(0, User.username.ilike(f"{escape_like(term)}%", escape="\\").desc())
    users = db.session.scalars(statement.order_by(*order).limit(MOST_FOUND))
    return [{"id": user.id, "username": user.username, "name": user.full_name} for user in users]


def mentioned(screen: "Screen", text: str) -> dict[int, str]:
    """Whom a text mentions: user id → what stands after the @. One query, if there is an @ at all."""
    beginnings = [text[found.end():found.end() + USERNAME_SIZE] for found in AT.finditer(text)][:MOST_MENTIONED]
    if not beginnings:
        return {}
    # A user name may have any letters, spaces too, and Chinese goes on without a space: so every beginning is tried.
    tried = {rest[:end] for rest in beginnings for end in range(1, len(rest) + 1)}
    known = {
        user.username.lower(): user.id
        for user in db.session.execute(select(User.id, User.username).where(
            may_view(screen), func.lower(User.username).in_({word.lower() for word in tried} | tried)))
    }
    found = {}
    for rest in beginnings:
        word = name_at(rest, known)
        if word:
            found.setdefault(known[word.lower()], word)
    return found


def name_at(rest: str, known: Iterable[str]) -> str:
    """The longest of the `known` names, in small letters, with which a text begins and which ends there as a word."""
    for name in sorted(known, key=len, reverse=True):
        if rest[:len(name)].lower() == name and not _goes_on(rest, len(name)):
            return rest[:len(name)]
    return ""


def _goes_on(rest: str, end: int) -> bool:
    """Whether the word that ends here is only the beginning of another: “@hua” in “@huang”, but not in “@hua请看”."""
    last, following = rest[end - 1:end], rest[end:end + 1]
    return bool(re.fullmatch(r"[A-Za-z0-9_]{2}", last + following))
