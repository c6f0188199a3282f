"""What people can do with views: keep, change, share, throw away, and choose what a list opens with.

Nothing here commits. A view is changed by whoever made it; one that others see needs the permission to share.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import and_, event, func, insert, or_, select, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.bin import BinEntry, restore, throw_away
from app.core.database import db
from app.core.errors import BusinessError, InvalidInput, NotAllowed, NotFound
from app.core.events import Audited, publish
from app.core.i18n import gettext
from app.core.i18n import lazy as _
from app.lowcode.access import may
from app.lowcode.registry import registry
from app.lowcode.saved_views.models import NAME_SIZE, Audience, SavedView
from app.lowcode.security import preferences
from app.lowcode.security.models import PermissionState
from app.lowcode.security.roles import role_label
from app.lowcode.security.sessions import SignedIn

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

SHARING = ("can_share", "SavedViews")
MOST_VIEWS = 50
"""Views that one person keeps of one list."""
KEPT_READERS = 512
_kept: OrderedDict[Any, dict[str, list["Kept"]]] = OrderedDict()
_roles: OrderedDict[str, list[tuple[int, str]]] = OrderedDict()


@dataclass(frozen=True)
class Kept:
    """A saved view as a process keeps it."""

    id: int
    screen: str
    name: str
    audience: Audience
    role_id: int | None
    user_id: int
    content: dict[str, Any]

    @property
    def is_shared(self) -> bool:
        return self.audience is not Audience.private


@dataclass(frozen=True)
class SharedViewChanged(Audited):
    """Somebody changed what others see above a list: `what` is one of WHAT, `seen_by` a role, or empty for everyone."""

    kind_of_record = _("Saved views")
    screen: str
    name: str
    what: str
    seen_by: str

    def record_name(self) -> str:
        view = registry().screen_named(self.screen)
        return f"{view.list_title if view is not None else self.screen}: {self.name}"

    def in_words(self) -> str:
        seen_by = role_label(self.seen_by) if self.seen_by else str(Audience.everyone.label)
        return f"{WHAT.get(self.what, self.what)} ({seen_by})"


WHAT: dict[str, Any] = {
    "shared": _("Shared the view"), "changed": _("Changed the shared view"), "unshared": _("Stopped sharing the view"),
    "deleted": _("Deleted the shared view"), "restored": _("Restored the shared view"),
}


def key_of(screen: "Screen") -> str:
    """The name under which views and choices of a screen are kept."""
    return type(screen).__name__


# -- reading ----------------------------------------------------------------------------------------------------------


def views_of(who: SignedIn, screen: "Screen") -> list[Kept]:
    """The views of this list that somebody sees, the oldest first. One query after any view has changed, else none."""
    if not who.views_stamp:
        return []
    key = (who.views_stamp, who.permission_stamp, who.user_id, who.role_ids)
    known = _kept.get(key)
    if known is None:
        known = _kept[key] = _load(who)
        while len(_kept) > KEPT_READERS:
            _kept.popitem(last=False)
    return known.get(key_of(screen), [])


def _load(who: SignedIn) -> dict[str, list[Kept]]:
    table: Any = SavedView.__table__
    seen = or_(table.c.user_id == who.user_id, table.c.audience == Audience.everyone,
               and_(table.c.audience == Audience.role, table.c.role_id.in_(sorted(who.role_ids))))
    found: dict[str, list[Kept]] = {}
    for row in db.session.execute(select(table).where(seen).order_by(table.c.id)):
        audience = Audience.private if row.audience is Audience.role and row.role_id is None else row.audience
        found.setdefault(row.screen, []).append(
            Kept(row.id, row.screen, row.name, audience, row.role_id, row.user_id, row.content or {}))
    return found


def may_share() -> bool:
    return may(*SHARING)


def may_change(who: SignedIn, view: Kept | SavedView) -> bool:
    """Whether somebody may rename this view and change what it asks for."""
    return may_share() if view.audience is not Audience.private else view.user_id == who.user_id


def may_delete(who: SignedIn, view: Kept | SavedView) -> bool:
    """Whether somebody may take it away: also who made it and shares nothing any more."""
    return view.user_id == who.user_id or may_change(who, view)


def roles_to_share_with(who: SignedIn) -> list[tuple[int, str]]:
    """All roles by id and stored name; kept until anything about roles changes."""
    known = _roles.get(who.permission_stamp)
    if known is None:
        known = _roles[who.permission_stamp] = [
            (row.id, row.name) for row in db.session.execute(select(Role.id, Role.name).order_by(Role.id))]
        while len(_roles) > 4:
            _roles.popitem(last=False)
    return known


def get_view(who: SignedIn, screen: "Screen", raw: str | None) -> SavedView:
    """The view with this id, if the reader sees it on this list; NotFound otherwise."""
    seen = next((view for view in views_of(who, screen) if str(view.id) == raw), None)
    found = db.session.get(SavedView, seen.id) if seen is not None else None
    if found is None:
        raise NotFound(_("This view is not there any more, or it is not shared with you."))
    return found


# -- changing ---------------------------------------------------------------------------------------------------------


def add_view(who: SignedIn, screen: "Screen", name: str, share: str, content: dict[str, Any]) -> SavedView:
    """Keep what a list is asked for under a name. `share` is private, everyone or `role:<id>`."""
    table = SavedView
    count = db.session.scalar(
        select(func.count()).where(table.user_id == who.user_id, table.screen == key_of(screen))) or 0
    if count >= MOST_VIEWS:
        raise BusinessError(_("You have %(count)s views of this list already; delete one first."), count=count)
    view = SavedView(user_id=who.user_id, screen=key_of(screen), content=content)
    _name(view, name)
    _share(view, share)
    db.session.add(view)
    db.session.flush()
    _tell(view, "shared")
    return view


def change_view(who: SignedIn, view: SavedView, name: str, share: str) -> None:
    """Give a view another name or other readers."""
    _demand(may_change(who, view))
    before = _told(view)
    _name(view, name)
    _share(view, share)
    db.session.flush()
    if before is not None and view.audience is Audience.private:
        publish(before)
    else:
        _tell(view, "shared" if before is None else "changed")


def keep_content(who: SignedIn, view: SavedView, content: dict[str, Any]) -> None:
    """Let a view ask for something else."""
    _demand(may_change(who, view))
    view.content = content
    db.session.flush()
    _tell(view, "changed")


def delete_view(who: SignedIn, view: SavedView) -> int:
    """Throw a view away; gives the id of what the bin keeps of it."""
    _demand(may_delete(who, view))
    _tell(view, "deleted")
    entry = throw_away(view)
    db.session.delete(view)
    db.session.flush()
    return int(entry.id)


def restore_view(who: SignedIn, screen: "Screen", raw: str | None) -> SavedView:
    """Bring back a view that one has deleted oneself."""
    entry = db.session.get(BinEntry, int(raw)) if raw and raw.isascii() and raw.isdigit() and len(raw) < 10 else None
    if entry is None or entry.table_name != SavedView.__tablename__ or entry.deleted_by_id != who.user_id:
        raise NotFound()
    values = entry.content[0][1]
    if values["screen"] != key_of(screen):
        raise NotFound()
    _demand(values["audience"] == Audience.private.value or may_share())
    view: SavedView = restore(entry)
    _tell(view, "restored")
    return view


def choose_first(screen: "Screen", view_id: int | None) -> None:
    """Say which view this list opens with for oneself, or that it is the plain list."""
    preferences.choose_for_list(key_of(screen), view=view_id)


def choose_columns(screen: "Screen", paths: list[str] | None) -> None:
    """Say which columns this list has for oneself; None for the standard ones."""
    preferences.choose_for_list(key_of(screen), columns=paths)


def _name(view: SavedView, name: str) -> None:
    name = " ".join(name.split())
    if not name:
        raise InvalidInput({"name": _("Give the view a name.")})
    if len(name) > NAME_SIZE:
        raise InvalidInput({"name": _("A name has at most %(size)s characters.", size=NAME_SIZE)})
    with db.session.no_autoflush:
        same = select(SavedView.id).where(SavedView.user_id == view.user_id, SavedView.screen == view.screen,
                                          SavedView.name == name)
        if db.session.scalar(same) not in {None, view.id}:
            raise InvalidInput({"name": _("There is a view “%(name)s” of this list already.", name=name)})
    view.name = name


def _share(view: SavedView, share: str) -> None:
    word, _colon, role = (share or Audience.private.value).partition(":")
    if word not in {answer.value for answer in Audience}:
        raise InvalidInput({"share": _("This is not one of the choices.")})
    audience, role_id = next(answer for answer in Audience if answer.value == word), None
    if audience is not Audience.private:
        _demand(may_share())
    if audience is Audience.role:
        role_id = int(role) if role.isascii() and role.isdigit() and len(role) < 10 else 0
        if db.session.get(Role, role_id) is None:
            raise InvalidInput({"share": _("This is not one of the choices.")})
    view.audience, view.role_id = audience, role_id


def _demand(is_allowed: bool) -> None:
    if not is_allowed:
        raise NotAllowed(_("This view is shared. To change it you need the permission to share views."))


def _told(view: SavedView, what: str = "unshared") -> SharedViewChanged | None:
    """The fact to tell of a shared view."""
    if view.audience is Audience.private:
        return None
    role = db.session.get(Role, view.role_id) if view.role_id else None
    return SharedViewChanged(view.screen, view.name, what, role.name if role is not None else "")


def _tell(view: SavedView, what: str) -> None:
    fact = _told(view, what)
    if fact is not None:
        publish(fact)


@event.listens_for(Session, "after_flush")
def _notice_changed_views(session: Session, _context: Any) -> None:
    """Whatever code changes a view changes the stamp with it, in the same transaction; views go with their maker."""
    changed = any(isinstance(item, SavedView) for item in (*session.new, *session.dirty, *session.deleted))
    if not changed and not any(isinstance(item, User) for item in session.deleted):
        return
    table: Any = PermissionState.__table__
    stamp = secrets.token_hex(16)
    if not session.execute(update(table).values(views_stamp=stamp)).rowcount:  # type: ignore[attr-defined]
        session.execute(insert(table).values(stamp=secrets.token_hex(16), views_stamp=stamp, created_at=clock.now(),
                                             updated_at=clock.now()))


def deleted_text(name: str) -> str:
    return gettext("Deleted: %(title)s", title=name)
