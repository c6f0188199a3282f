"""How a value looks on a page: one renderer per field and language, made once and used for every row."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from app.core import html
from app.core.i18n import current_locale, day_text, moment_text, number_text
from app.core.i18n import lazy as _
from app.core.money import money_text
from app.lowcode.fields import WORD_SEPARATOR, Field

NOTHING = Markup('<span class="nothing">—</span>')
SHORT = 80
YES, NO = _("Yes"), _("No")
Renderer = Callable[[Any], Markup]
_SWITCH = '<label class="cell-switch"><input type="checkbox" role="switch" data-switch disabled autocomplete="off"'
ON, OFF = Markup(f"{_SWITCH} checked></label>"), Markup(f"{_SWITCH}></label>")


def pill(text: Any, tone: str = "plain") -> Markup:
    """A short word in a coloured capsule: a status, a tag."""
    return Markup('<span class="pill tone-%s">%s</span>') % (tone, text)


def switch(value: Any) -> Markup:
    """Yes or no where it can be changed in the list; static/inline.js wakes it and says what it is."""
    return ON if value else OFF


def shorten(text: str, size: int = SHORT) -> Markup:
    """A text of at most `size` characters; the whole of it shows when pointed at."""
    text = str(text)
    if len(text) <= size:
        # Numbers of orders and payments are read as one word.
        return (
            Markup('<span class="digits">%s</span>') % text if 10 < len(text) < 25 and text.isdigit() else escape(text)
        )
    return Markup('<span title="%s">%s…</span>') % (text[:1000], text[: size - 1].rstrip())


def cell(field: Field, locale: str | None = None, formatter: Callable[[Any], Any] | None = None) -> Renderer:
    """The renderer for a list cell of this field; a screen's own `formatter` wins."""
    if formatter is not None:

        def own(value: Any) -> Markup:
            return escape(formatter(value))

        return own
    return _cell(field.kind, field.info.get("choices"), field.info.get("places", 2), locale or current_locale())


@lru_cache(maxsize=1024)
def _cell(kind: str, choices: Any, places: int, locale: str) -> Renderer:
    if kind == "choice" and choices is not None:
        pills = {member: pill(member.label, member.tone) for member in choices}
        return lambda value: pills.get(value, NOTHING)
    if kind == "yes_no":
        yes, no = pill(YES, "good"), pill(NO)
        return lambda value: yes if value else no
    if kind == "money":
        return lambda value: NOTHING if value is None else escape(money_text(value, locale))
    if kind == "integer":
        return lambda value: NOTHING if value is None else Markup(number_text(value, 0, locale))
    if kind == "decimal":
        return lambda value: NOTHING if value is None else Markup(number_text(value, places, locale))
    if kind == "moment":
        return lambda value: NOTHING if value is None else Markup(moment_text(value, locale))
    if kind == "day":
        return lambda value: NOTHING if value is None else Markup(day_text(value, locale))
    if kind == "picture":
        return _thumbnail
    if kind == "pictures":
        return lambda value: _thumbnail(value[0]) if value else NOTHING
    if kind == "rich_text":
        return lambda value: shorten(html.plain(value)) if value else NOTHING
    if kind == "words":
        return lambda value: shorten(WORD_SEPARATOR.join(value)) if value else NOTHING
    if kind == "json":
        return lambda value: NOTHING if value in (None, [], {}) else shorten(_words(value))
    if kind == "references":
        return _pills
    return lambda value: NOTHING if value is None or value == "" else shorten(value)


def _thumbnail(key: str | None) -> Markup:
    if not key:
        return NOTHING
    from app.core.files import file_url

    return Markup('<img class="thumb" src="%s" alt="" loading="lazy" width="40" height="40">') % file_url(key, 200)


def _pills(values: Any) -> Markup:
    values = list(values or ())
    if not values:
        return NOTHING
    more = Markup(' <span class="pill">+%s</span>') % (len(values) - 3) if len(values) > 3 else Markup("")
    return Markup(" ").join(pill(value) for value in values[:3]) + more


def _words(value: Any) -> str:
    """JSON in a form that a person reads: plain lists and pairs without brackets."""
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return " · ".join(map(str, value))
    if isinstance(value, dict) and all(isinstance(item, str | int | float) for item in value.values()):
        return " · ".join(f"{name}: {item}" for name, item in value.items())
    return json.dumps(value, ensure_ascii=False)


def whole(field: Field, value: Any, formatter: Callable[[Any], Any] | None = None) -> Markup:
    """The value in full, as a record's page shows it."""
    if formatter is None and value not in (None, "", []):
        if field.kind == "rich_text":
            return Markup('<div class="prose">%s</div>') % html.shown(value)
        if field.kind == "long_text":
            return Markup('<div class="lines">%s</div>') % value
        if field.kind == "pictures":
            return Markup('<div class="gallery">%s</div>') % Markup("").join(_picture(key) for key in value)
        if field.kind == "picture":
            return _picture(value)
        if field.kind == "url":
            return Markup('<a href="%s" rel="noopener noreferrer">%s</a>') % (value, value)
        if field.kind == "email":
            return Markup('<a href="mailto:%s">%s</a>') % (value, value)
        if field.kind == "references":
            return Markup(" ").join(pill(item) for item in value) or NOTHING
        if field.kind == "text":
            return escape(value)
    return cell(field, formatter=formatter)(value)


def _picture(key: str) -> Markup:
    from app.core.files import file_url

    return Markup('<a href="%s" target="_blank"><img class="picture" src="%s" alt="%s" loading="lazy"></a>') % (
        file_url(key),
        file_url(key, 400),
        _("Open the picture"),
    )
