"""The first page: what waits for the person, and where they can go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app, render_template, request
from flask_appbuilder import BaseView, expose

from app.core import clock
from app.core.i18n import day_with_weekday, gettext
from app.core.i18n import lazy as _
from app.lowcode import work
from app.lowcode.security import signed_in
from app.lowcode.security.views import signed_in_only
from app.lowcode.shell import menu

SHORTCUTS = 8


@dataclass(frozen=True)
class HomeCard:
    """One figure on the home page. `value` is shown large; `tone` is that of a pill."""

    label: Any
    value: Any
    hint: Any = ""
    url: str = ""
    icon: str = "circle-info"
    tone: str = "plain"


HomeCards = Callable[[], list[HomeCard]]
"""A module's answer to "what should the current user see first?"; it leaves out what they may not see."""


def greeting(name: str) -> str:
    """A greeting by the shop's clock."""
    hour = clock.to_zone(clock.now(), clock.shop_zone()).hour
    if hour < 5 or hour >= 19:
        return gettext("Good evening, %(name)s", name=name)
    if hour < 12:
        return gettext("Good morning, %(name)s", name=name)
    return gettext("Good afternoon, %(name)s", name=name)


class HomeView(BaseView):
    """The home page; for everyone who is signed in."""

    route_base = ""
    default_view = "index"

    @expose("/")
    @signed_in_only
    def index(self) -> str:
        who = signed_in()
        modules = sorted(current_app.extensions["houtai_modules"], key=lambda module: module.order)
        cards = [card for module in modules for make in module.home for card in make()]
        shortcuts = [
            {"label": entry.label, "icon": entry.icon, "url": entry.url(), "group": module.label}
            for module, entries in menu()
            for entry in entries[:3]
        ]
        return render_template(
            "houtai/home.html",
            greeting=greeting(who.name if who else ""),
            today=day_with_weekday(clock.today()),
            cards=cards,
            shortcuts=shortcuts[:SHORTCUTS],
            has_access=bool(shortcuts),
            has_work=bool(work.for_me()),
            title=_("Home"),
            app_name=current_app.config["APP_NAME"],
        )

    @expose("/work")
    @signed_in_only
    def waiting(self) -> str:
        """What waits for the person: a page, or with `?part` what the home page fetches of it after it is there."""
        template = "houtai/parts/work.html" if "part" in request.args else "houtai/work.html"
        return render_template(template, tasks=work.waiting())
