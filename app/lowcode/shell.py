"""The frame around every page: menu, user, languages, theme. `shell()` is what `houtai/base.html` asks.

Much of a page is the same every time: the menu for all who may do the same in one language, the words for scripts
and the dialogs for everyone who reads that language, the top bar for one session. Such parts are drawn once and kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import current_app, g, render_template, session, url_for
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from app.core import clock
from app.core.i18n import current_locale, language_tag, number_text, text_direction
from app.core.i18n import lazy as _
from app.lowcode.access import may, permission_set_key
from app.lowcode.finding import pins, places
from app.lowcode.kept import keep
from app.lowcode.registry import Entry, registry
from app.lowcode.security import current_preferences, signed_in
from app.lowcode.security.headers import is_framed

PINNED_HERE = Markup("<!--pinned-->")
"""Where the kept menu gets what the user at hand has pinned."""
SESSION_PARTS = {"topbar", "language_menu", "theme_menu"}
"""Parts with forms: they carry the session's form token."""
MOST_TOLD = 99
"""The largest number for which a badge has room."""


@dataclass(frozen=True)
class ShellUser:
    """Who is signed in, as the frame shows them."""

    id: int
    name: str
    role: str
    initials: str


def menu() -> list[tuple[Any, list[Entry]]]:
    """The modules and their views that the current user may see, in the order of the menu."""
    groups = []
    for module in registry().modules():
        entries = [
            entry for entry in registry().entries_of(module) if entry.view.in_menu and may("can_view", entry.name)
        ]
        if entries:
            groups.append((module, entries))
    return groups


class Shell:
    """Answers for one request; every property is found at most once."""

    @cached_property
    def app_name(self) -> str:
        return str(current_app.config["APP_NAME"])

    @property
    def zone(self) -> str:
        """The time zone of the shop's clock, as browsers call it."""
        return str(clock.shop_zone())

    @cached_property
    def lang(self) -> str:
        return language_tag()

    @cached_property
    def direction(self) -> str:
        return text_direction()

    @cached_property
    def framed(self) -> bool:
        """Whether the page stands in a frame of another one, and needs no frame of its own."""
        return is_framed()

    @cached_property
    def theme(self) -> str:
        return current_preferences().theme

    @cached_property
    def user(self) -> ShellUser | None:
        who = signed_in()
        if who is None:
            return None
        return ShellUser(who.user_id, who.name, getattr(who, "role", "") or "", who.name[:1].upper())

    @cached_property
    def work(self) -> str:
        """What stands in the user's tray, a letter for each piece of work; mostly nothing."""
        who = signed_in()
        return who.work if who is not None else ""

    @property
    def work_url(self) -> str:
        return url_for("TrayView.index")

    @cached_property
    def languages(self) -> list[dict[str, Any]]:
        now = current_locale()
        url = url_for("SignInView.preferences")
        return [
            {"code": code, "name": language["name"], "url": f"{url}?locale={code}", "current": code == now}
            for code, language in current_app.config["LANGUAGES"].items()
        ]

    @property
    def home_url(self) -> str:
        return url_for("HomeView.index")

    @property
    def preferences_url(self) -> str:
        return url_for("SignInView.preferences")

    @property
    def search_url(self) -> str:
        return url_for("FindView.search")

    @property
    def palette_url(self) -> str:
        return url_for("FindView.palette")

    @property
    def pins_url(self) -> str:
        return url_for("FindView.pins")

    def is_pinned(self, key: str) -> bool:
        """Whether the user has pinned the page or record of this key."""
        return pins.is_pinned(key)

    @cached_property
    def shortcuts(self) -> bool:
        """Whether single keys do something for whoever is signed in."""
        return current_preferences().shortcuts

    @property
    def logout_url(self) -> str:
        return url_for("SignInView.logout")

    @cached_property
    def unread(self) -> str:
        """How many mentions wait, as the top bar says it."""
        who = signed_in()
        return unread_text(who.unread_mentions) if who is not None else ""

    @property
    def mentions_url(self) -> str:
        return url_for("Mentions.index")

    @cached_property
    def user_menu(self) -> list[dict[str, Any]]:
        return [
            {"label": _("Mentions"), "url": self.mentions_url, "icon": "bell"},
            {"label": _("Profile"), "url": url_for("ProfileView.index"), "icon": "user"},
            {"label": _("Change password"), "url": url_for("ProfileView.password"), "icon": "key"},
        ]

    @cached_property
    def sidebar(self) -> Markup:
        """The menu as HTML, kept per set of permissions and language; what the user has pinned stands before it."""
        menu_ = keep(("sidebar", permission_set_key()), self._draw_sidebar)
        return Markup(menu_.replace(PINNED_HERE, self.pinned_menu(pins.keys())))

    def pinned_menu(self, keys: tuple[str, ...]) -> Markup:
        """The part of the menu with the screens, reports and pages of these pins, kept like the rest."""
        mine = tuple(key for key in keys if "/" not in key)
        return keep(("pinned", permission_set_key(), mine), lambda: self._draw_pinned(mine))

    def _draw_pinned(self, keys: tuple[str, ...]) -> str:
        return render_template("houtai/parts/pinned.html", items=places.find(keys))

    def part(self, name: str, given: str = "") -> Markup:
        """`houtai/parts/<name>.html`, for parts that depend on nothing but language, theme and session, or on one word
        that is `given`."""
        key: tuple[Any, ...] = ("part", name, given)
        if name in SESSION_PARTS:
            generate_csrf()
            key += (session.get("csrf_token"), self.theme, self.user, permission_set_key())
        return keep(key, lambda: render_template(f"houtai/parts/{name}.html", s=self, given=given))

    def _draw_sidebar(self) -> str:
        home = {"label": _("Home"), "url": self.home_url, "icon": "house", "go": "h"}
        groups: list[dict[str, Any]] = [{"label": None, "icon": None, "items": [home]}]
        groups += [
            {
                "label": module.label,
                "icon": module.icon,
                "items": [
                    {"label": entry.label, "url": entry.url(), "icon": entry.icon, "key": entry.name,
                     "go": entry.view.go_key}
                    for entry in entries
                ],
            }
            for module, entries in menu()
        ]
        return render_template("houtai/parts/sidebar.html", groups=groups)


def unread_text(count: int) -> str:
    """A number of unread things as a badge says it; "" for none."""
    return "" if not count else number_text(count) if count <= MOST_TOLD else f"{number_text(MOST_TOLD)}+"


def shell() -> Shell:
    """The frame of this request."""
    if "shell" not in g:
        g.shell = Shell()
    return g.shell
