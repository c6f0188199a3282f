"""What the palette offers to do anywhere, and where its help leads.

The buttons of the page one is on, the menus of theme and language and signing out are not told here: the palette takes
them from the page itself (static/palette.js), so that it offers what is there, with the questions that they ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for

from app.core.help import help_of
from app.core.i18n import gettext
from app.lowcode.access import may
from app.lowcode.importing.naming import name_of, takes_files
from app.lowcode.registry import registry


def commands() -> list[dict[str, str]]:
    """`[{label, hint, url}]`: to add a record of each screen of the menu and to import into it, as far as the current
    user may."""
    found = []
    for screen in registry().screens():
        if not screen.in_menu:
            continue
        if screen.has_form and screen.may("add"):
            label = gettext("Add: %(list)s", list=screen.list_title)
            found.append({"label": label, "hint": "", "url": url_for(f"{screen.endpoint}.add")})
        if takes_files(screen) and screen.may("import"):
            label = gettext("Import: %(list)s", list=screen.list_title)
            url = url_for("ImportView.start", screen=name_of(screen))
            found.append({"label": label, "hint": "", "url": url})
    return found


def helps() -> list[dict[str, str]]:
    """`[{label, hint, text, url}]`: what each screen, report and page is for, and what is explained on it, such as a
    setting."""
    return list(_helps())


def _helps() -> Iterator[dict[str, str]]:
    for entry in registry().entries:
        if not may("can_view", entry.name):
            continue
        text = str(getattr(entry.view, "list_help", "")) or help_of(type(entry.view))
        if text and entry.view.in_menu:
            yield _help(entry.label, entry.module.label, text, f"{entry.url()}#help")
        for label, words, anchor in entry.view.explains():
            yield _help(label, entry.label, words, f"{entry.url()}#{anchor}")


def _help(label: Any, hint: Any, text: Any, url: str) -> dict[str, str]:
    return {"label": str(label), "hint": str(hint), "text": str(text), "url": url}
