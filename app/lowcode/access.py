"""Who may do what: one question, `may("can_edit", "OrderScreen")`, asked hundreds of times on a page.

A permission is a name on a view, as the framework has it; a person's permissions are those of all roles they have by
themselves or through a group. The query that finds out who makes a request also tells the ids of their roles and the
stamp of all permissions; what those roles allow is kept in the process by roles and stamp. Whoever changes what a role
allows, in whatever process, changes the stamp in the same transaction, so the change counts from the next request on.

Permissions themselves are brought in line with the screens by `sync_permissions`, in the migrate step only.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

from flask import abort, current_app, g, has_request_context, jsonify, redirect, request, url_for
from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    ViewMenu,
    assoc_permissionview_role,
)
from sqlalchemy import event, insert, select, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.database import db
from app.core.errors import NotAllowed
from app.core.i18n import gettext as _
from app.lowcode.security import identity
from app.lowcode.security.models import PermissionState
from app.lowcode.security.redirects import here
from app.lowcode.security.sessions import role_ids_of

log = logging.getLogger(__name__)
M = TypeVar("M", bound=Callable[..., Any])
Permitted = frozenset[tuple[str, str]]
"""Pairs of permission name and view name."""

NOTHING: Permitted = frozenset()
KEPT_SETS = 256
"""How many sets of roles are remembered in a process; people share roles, so a few dozen is usual."""
_remembered: OrderedDict[tuple[str, frozenset[int]], tuple[Permitted, list[str]]] = OrderedDict()


def may(permission_name: str, view_name: str) -> bool:
    """Whether the current user may do this; nobody is signed in outside a request, so then it is no."""
    return (permission_name, view_name) in permitted()


def permitted() -> Permitted:
    """All that the current user may do."""
    if not has_request_context():
        return NOTHING
    if "permitted" not in g:
        _find_out()
    return g.permitted


def permission_set_key() -> str:
    """A short text that is the same for people who may do the same, and another once that changes: for caches."""
    permitted()
    return g.get("permission_set_key", "nobody") if has_request_context() else "nobody"


def role_names() -> list[str]:
    """The names of the current user's roles, as stored; `security.roles.role_label` puts them into words."""
    permitted()
    return g.get("role_names", []) if has_request_context() else []


def require(permission_name: str, view: Any) -> None:
    """End the request as `permission` would unless the current user may do this; for a permission that is known only
    inside the method. `view` is a view or its name."""
    view_name = view if isinstance(view, str) else view.class_permission_name
    if not may(permission_name, view_name):
        abort(current_app.make_response(refuse(permission_name, view_name)))


def permission(name: str) -> Callable[[M], M]:
    """Guard a view method with `can_<name>` on its own view: strangers are sent to sign in, others are refused.

        @expose("/")
        @permission("view")
        def index(self): ...
    """

    def mark(method: M) -> M:
        @functools.wraps(method)
        def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
            view_name = self.class_permission_name or type(self).__name__
            if may(f"can_{name}", view_name):
                return method(self, *args, **kwargs)
            return refuse(f"can_{name}", view_name)

        # The framework collects a view's permissions by this mark.
        guarded._permission_name = name  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark


def refuse(permission_name: str, view_name: str) -> Any:
    """The answer to someone who may not: to sign in for a stranger, 403 for others."""
    who = identity.signed_in()
    if who is None:
        return refuse_stranger()
    log.warning(
        "denied: user %s, %s on %s, %s %s", who.user_id, permission_name, view_name, request.method, request.path)
    if wants_json():
        return jsonify(code=NotAllowed.code, message=str(NotAllowed()), fields={}), 403
    return abort(403)


def refuse_stranger() -> Any:
    """The answer to someone who is not signed in: the sign-in page, or 401 for programs and scripts."""
    if wants_json():
        return jsonify(code="not_signed_in", message=g.get("why_ended") or _("Please sign in."), fields={}), 401
    sign_in = current_app.extensions["appbuilder"].sm.auth_view.endpoint
    return redirect(url_for(f"{sign_in}.login", next=here()))


def wants_json() -> bool:
    """Whether this request is a program's or a script's, to be answered in JSON."""
    if request.path.startswith("/api/") or identity.has_bearer_token() or request.is_json:
        return True
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def roles_of(user_id: int) -> frozenset[int]:
    """The ids of all roles a user has, directly or through groups."""
    return frozenset(db.session.execute(role_ids_of(user_id)).scalars())


def permitted_to(role_ids: frozenset[int]) -> Permitted:
    """What these roles allow together, straight from the database."""
    return _load(role_ids)[0] if role_ids else NOTHING


def touch() -> None:
    """Change the stamp: what roles allow is to be read anew, everywhere. In the transaction at hand."""
    _touch(db.session)


def _find_out() -> None:
    g.permitted = NOTHING
    who = identity.signed_in()
    if who is None:
        return
    if not who.role_ids:
        return
    key = (who.permission_stamp, who.role_ids)
    known = _remembered.get(key)
    if known is None:
        known = _remembered[key] = _load(key[1])
        while len(_remembered) > KEPT_SETS:
            _remembered.popitem(last=False)
    g.permitted, g.role_names = known
    g.permission_set_key = hashlib.sha256(repr((key[0], sorted(key[1]))).encode()).hexdigest()[:16]


def _load(role_ids: frozenset[int]) -> tuple[Permitted, list[str]]:
    """What roles allow together, and their names."""
    table = assoc_permissionview_role
    rows = db.session.execute(
        select(Permission.name, ViewMenu.name)
        .select_from(table)
        .join(PermissionView, PermissionView.id == table.c.permission_view_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(table.c.role_id.in_(sorted(role_ids)))).all()
    names = db.session.scalars(select(Role.name).where(Role.id.in_(sorted(role_ids))).order_by(Role.name)).all()
    return frozenset((name, view) for name, view in rows), list(names)


def _touch(session: Any) -> None:
    values = {"stamp": secrets.token_hex(16), "updated_at": clock.now()}
    if not session.execute(update(PermissionState.__table__).values(**values)).rowcount:
        session.execute(insert(PermissionState.__table__).values(created_at=clock.now(), **values))


@event.listens_for(Session, "after_flush")
def _notice_changed_roles(session: Session, _context: Any) -> None:
    """Whatever code changes a role through the ORM changes the stamp with it."""
    kinds = (Role, Permission, ViewMenu, PermissionView)
    if any(isinstance(item, kinds) for item in (*session.new, *session.dirty, *session.deleted)):
        _touch(session)


def sync_permissions() -> Any:
    """Bring permissions and starter roles in line with the registered views; see `app.lowcode.security.sync`."""
    from app.lowcode.security.sync import sync_permissions as sync

    return sync()
