"""Which column of a file belongs to which field: guessed from its heading, in whatever language it is written."""

from __future__ import annotations

import re
import unicodedata

from flask import current_app
from flask_babel import force_locale

from app.core.i18n import gettext
from app.lowcode.fields import Field

KEY = "id"
"""The name under which the ID column of a record is matched."""


def plain(heading: str) -> str:
    """A heading as it is compared: without case, blanks and signs, and without what stands in brackets at its end."""
    text = unicodedata.normalize("NFKC", heading).casefold().strip().rstrip("*").strip()
    text = re.sub(r"\s*\([^()]*\)$", "", text)
    return re.sub(r"[\W_]+", "", text)


def names_of(fields: list[Field]) -> dict[str, str]:
    """Every way to call a field, as `plain` writes it, to its path: its name in the code and its labels."""
    found: dict[str, str] = {}
    for field in fields:
        found.setdefault(plain(field.path), field.path)
    for locale in current_app.config["LANGUAGES"]:
        with force_locale(locale):
            for field in fields:
                found.setdefault(plain(str(field.label)), field.path)
            found.setdefault(plain(gettext("ID")), KEY)
    found.setdefault(KEY, KEY)
    return found


def guess(heading: list[str], fields: list[Field], remembered: dict[str, str | None]) -> list[str | None]:
    """For each column of a file the path of its field, or None. `remembered` are earlier choices, by heading."""
    names, taken = names_of(fields), set()
    paths = {field.path for field in fields} | {KEY}
    found: list[str | None] = []
    for title in heading:
        path = remembered[plain(title)] if plain(title) in remembered else names.get(plain(title))
        if path is not None and (path in taken or path not in paths):
            path = None
        if path is not None:
            taken.add(path)
        found.append(path)
    return found
