"""How a person likes to see the back office: language, theme, rows per page.

A user's choice is kept in the database and follows them to the next machine; a stranger's (the sign-in page has a
language switch as well) is kept in the session cookie. The language of a page is, in this order: the user's
choice, the session's, what the browser asks for, the shop's default.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import current_app, g, has_request_context, request, session
from sqlalchemy import insert, select, update

from app.core import clock
from app.core.database import db
from app.core.errors import InvalidInput
from app.core.i18n import lazy as _
from app.lowcode.security.identity import signed_in
from app.lowcode.security.models import StaffPreference

THEMES = ("light", "dark", "system")
SMALLEST_PAGE, LARGEST_PAGE = 5, 200


@dataclass(frozen=True)
class Preferences:
    """What the page frame needs to know. `theme` is one of THEMES; `page_sizes` is screen name → rows."""

    locale: str
    theme: str = "system"
    page_sizes: dict[str, int] = field(default_factory=dict)
    shortcuts: bool = True


def current_preferences() -> Preferences:
    """The preferences that hold for this request; no query beyond the one that finds out who asks."""
    who = signed_in()
    theme = (who.theme if who else None) or (session.get("theme") if has_request_context() else None)
    return Preferences(locale_selector(), theme if theme in THEMES else "system",
                       dict(who.page_sizes) if who else {}, who.shortcuts if who else True)


def locale_selector() -> str:
    """The language of this request."""
    languages = current_app.config["LANGUAGES"]
    default = current_app.config["BABEL_DEFAULT_LOCALE"]
    if not has_request_context():
        return default
    if "locale" not in g:
        who = signed_in()
        chosen = [who.locale if who else None, session.get("locale"), _accepted(list(languages))]
        g.locale = next((locale for locale in chosen if locale in languages), default)
    return g.locale


def choose(*, locale: str | None = None, theme: str | None = None,
           page_sizes: dict[str, int] | None = None, shortcuts: bool | None = None) -> None:
    """Keep what was chosen: for a user in the database (the edge commits), for a stranger in the session. Shortcuts are
    a user's alone.

    Raises InvalidInput for a language that is not offered, an unknown theme, or a page size out of range.
    """
    if locale is not None and not (isinstance(locale, str) and locale in current_app.config["LANGUAGES"]):
        raise InvalidInput({"locale": _("This language is not offered.")})
    if theme is not None and theme not in THEMES:
        raise InvalidInput({"theme": _("This is not one of the choices.")})
    for size in (page_sizes or {}).values():
        if isinstance(size, bool) or not isinstance(size, int) or not SMALLEST_PAGE <= size <= LARGEST_PAGE:
            raise InvalidInput({"page_sizes": _("A page has between 5 and 200 rows.")})
    given: dict[str, Any] = {
        name: value for name, value in (("locale", locale), ("theme", theme)) if value is not None}
    session.update(given)
    kept = given if shortcuts is None else {**given, "no_shortcuts": not shortcuts}
    who = signed_in()
    if who is not None and (kept or page_sizes):
        _keep(who.user_id, kept, {**who.page_sizes, **(page_sizes or {})})
    g.pop("locale", None)


def choose_for_list(screen: str, **given: Any) -> None:
    """Keep what the user at hand has chosen for a list, beside what they chose before; None takes a choice back."""
    who = signed_in()
    if who is None:
        return
    kept = {name: value for name, value in ({**who.lists.get(screen, {}), **given}).items() if value is not None}
    lists = {name: chosen for name, chosen in {**who.lists, screen: kept}.items() if chosen}
    _keep(who.user_id, {"lists": lists}, dict(who.page_sizes))


def choose_pins(pins: list[str]) -> None:
    """Keep what the user at hand has pinned, in this order; the edge commits."""
    who = signed_in()
    if who is not None:
        _keep(who.user_id, {"pins": pins}, dict(who.page_sizes))


def _keep(user_id: int, given: dict[str, Any], page_sizes: dict[str, int]) -> None:
    table: Any = StaffPreference.__table__
    values = {**given, "page_sizes": page_sizes, "updated_at": clock.now()}
    if db.session.execute(update(table).where(table.c.user_id == user_id).values(values)).rowcount:
        return
    # Two first choices at the same moment: the unique user_id lets one in, and the other was a moment too late.
    if db.session.execute(select(table.c.id).where(table.c.user_id == user_id)).first() is None:
        db.session.execute(insert(table).values(user_id=user_id, created_at=clock.now(), **values))


def _accepted(languages: list[str]) -> str | None:
    """The first language the browser asks for that we have: `zh-TW` finds zh_Hant, `zh-CN` finds zh."""
    for wanted in request.accept_languages.values():
        found = _nearest(wanted.replace("-", "_"), languages)
        if found is not None:
            return found
    return None


def _nearest(wanted: str, languages: list[str]) -> str | None:
    parts = wanted.split("_")
    if parts[0].lower() == "zh":
        traditional = {"hant", "tw", "hk", "mo"} & {part.lower() for part in parts[1:]}
        if traditional and "zh_Hant" in languages:
            return "zh_Hant"
        return "zh" if "zh" in languages else None
    return next((name for name in languages if name.lower() == wanted.lower()),
                next((name for name in languages if name.split("_")[0].lower() == parts[0].lower()), None))
