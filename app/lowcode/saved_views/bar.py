"""What stands above a list: its views as tabs, what can be done with the one that is open, and the column chooser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template, url_for
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from app.core.i18n import gettext
from app.core.i18n import lazy as _
from app.lowcode.kept import keep
from app.lowcode.saved_views import columns, services
from app.lowcode.saved_views.models import NAME_SIZE, Audience
from app.lowcode.saved_views.opening import ALL, Opened
from app.lowcode.security import signed_in
from app.lowcode.security.roles import role_label

if TYPE_CHECKING:
    from app.lowcode.pages import Address
    from app.lowcode.saved_views.services import Kept
    from app.lowcode.security.sessions import SignedIn

TOKEN_HERE = Markup("<!--token-->")
QUERY_HERE = Markup("<!--query-->")
"""Where the kept column chooser gets what belongs to the request at hand."""


def view_bar(opened: Opened, address: "Address") -> dict[str, Any] | None:
    """The tabs and what can be done; None while there are no views and nothing to save."""
    who = signed_in()
    can_save = opened.is_changed or (opened.view is None and opened.fields != opened.screen.list_fields)
    if who is None or not (opened.views or can_save):
        return None
    path, view = address.path, opened.view
    root = url_for("SavedViews.save", screen=services.key_of(opened.screen)).removesuffix("save")
    plain = f"{path}?view={ALL}" if opened.first is not None else path
    tabs = [{"name": _("All"), "url": plain, "is_current": view is None, "icon": None, "hint": ""}]
    tabs += [
        {"name": each.name, "url": f"{path}?view={each.id}", "is_current": each is view,
         "is_first": each.id == opened.first, **_shared_words(who, each)}
        for each in opened.views
    ]
    may_share = (can_save or view is not None) and services.may_share()
    return {
        "tabs": tabs,
        "root": root,
        "query": address.with_().partition("?")[2],
        "can_save": can_save,
        "is_changed": opened.is_changed,
        "reset_url": plain if view is None else f"{path}?view={view.id}",
        "view": view,
        "may_change": view is not None and services.may_change(who, view),
        "may_delete": view is not None and services.may_delete(who, view),
        "is_first": view is not None and view.id == opened.first,
        "name_size": NAME_SIZE,
        "may_share": may_share,
        "audiences": _audiences(who, None) if may_share else "",
        "audiences_now": _audiences(who, view) if may_share else "",
        # So that what is shown can be sent to a colleague as it stands in the address line.
        "address": address.with_() if opened.is_by_itself else None,
    }


def _shared_words(who: "SignedIn", view: "Kept") -> dict[str, Any]:
    if view.audience is Audience.everyone:
        return {"icon": "users", "hint": gettext("Shared with everyone")}
    if view.audience is Audience.role:
        names = dict(services.roles_to_share_with(who)) if services.may_share() else {}
        name = names.get(view.role_id or 0)
        return {"icon": "users", "hint": gettext("Shared with the role “%(role)s”", role=role_label(name)) if name
                else gettext("Shared with a role of yours")}
    return {"icon": None, "hint": ""}


def _audience_word(view: "Kept") -> str:
    return f"role:{view.role_id}" if view.audience is Audience.role else str(view.audience.value)


def _audiences(who: "SignedIn", view: "Kept | None") -> Markup:
    """Those with whom a view can be shared, as options; they are the same until anything about roles changes."""

    def draw() -> str:
        found = [(each.value, each.label) for each in (Audience.private, Audience.everyone)]
        found += [(f"role:{role_id}", gettext("Role: %(role)s", role=role_label(name)))
                  for role_id, name in services.roles_to_share_with(who)]
        return Markup("").join(Markup('<option value="%s">%s</option>') % option for option in found)

    chosen = Markup(' value="%s"') % (_audience_word(view) if view is not None else Audience.private.value)
    return keep(("audiences", who.permission_stamp), draw).replace(chosen, chosen + Markup(" selected"), 1)


def column_chooser(opened: Opened, address: "Address") -> Markup:
    """The dialog with all columns. It is kept for the columns that somebody has settled on, the standard ones before
    all, but not for every order that an address can name."""
    screen = opened.screen
    shown = [field.path for field in opened.fields]

    def draw() -> str:
        known = screen.offered_columns
        items = [*shown, *(path for path in known if path not in shown)]
        return render_template(
            "houtai/parts/columns.html",
            url=url_for("SavedViews.columns", screen=services.key_of(screen)),
            columns=[(path, known[path].words, path in shown) for path in items],
            is_standard=shown == columns.standard(screen),
        )

    is_settled = opened.asked.columns == opened.base.columns
    drawn = keep(("columns", screen.endpoint, *shown), draw) if is_settled else Markup(draw())
    query = address.with_().partition("?")[2]
    return drawn.replace(TOKEN_HERE, generate_csrf()).replace(QUERY_HERE, query)


