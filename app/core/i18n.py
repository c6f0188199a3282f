"""Languages: translation, and dates, numbers and money in the reader's words.

English is written in the code; `translations/` holds the other languages. `lazy` marks a text at import
time and is translated when shown; `gettext` translates now. The formatters cache per locale, since a list
page formats some hundred values.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_timedelta, get_day_names
from babel.numbers import format_compact_decimal, format_percent, get_decimal_symbol, get_group_symbol
from flask import g
from flask_babel import force_locale, get_domain
from flask_babel import get_locale as _babel_locale
from flask_babel.speaklater import LazyString

from app.core import clock

__all__ = [
    "current_locale",
    "date_text",
    "day_text",
    "day_with_weekday",
    "decimal_point",
    "english",
    "gettext",
    "language_tag",
    "lazy",
    "lazy_ngettext",
    "listed",
    "moment_text",
    "ngettext",
    "number_text",
    "percent_text",
    "short_number_text",
    "size_text",
    "text_direction",
]

DEFAULT_LOCALE = "en"
NOBODY: tuple[Any, Any] = None, None
_readers: dict[Locale, "_Reader"] = {}


class _Reader:
    """A reader's language: its name as Babel writes it, and its gettext catalogue."""

    __slots__ = ("catalogue", "name")

    def __init__(self, locale: Locale | None) -> None:
        self.name = str(locale) if locale else DEFAULT_LOCALE
        self.catalogue: Any = get_domain().get_translations()


def _reader() -> _Reader:
    """Whose language counts now.

    Flask-Babel finds this anew for every message, at some ten times the price of the look-up in the catalogue, and a
    page has fifty messages. So it is kept where Flask-Babel keeps the locale, beside it, as long as that is the same.
    """
    try:
        kept = g._get_current_object().get("_flask_babel")
    except RuntimeError:  # outside an application
        return _Reader(None)
    of, found = getattr(kept, "houtai_reader", NOBODY)
    if found is not None and of is kept.babel_locale:
        return found
    locale = _babel_locale()
    if locale is None:
        return _Reader(None)
    found = _readers.get(locale)
    if found is None:
        found = _readers[locale] = _Reader(locale)
    g._flask_babel.houtai_reader = locale, found
    return found


def catalogue() -> Any:
    """The gettext catalogue of the reader's language; `forget_catalogues` is for whoever compiles one while the process
    runs."""
    return _reader().catalogue


def forget_catalogues() -> None:
    """Read the catalogues again at the next message."""
    _readers.clear()
    get_domain().cache.clear()
    if g:
        g.pop("_flask_babel", None)


def gettext(message: str, /, **variables: Any) -> str:
    """`message` in the reader's language, with its variables filled in."""
    found = catalogue().ugettext(message)
    return found % variables if variables else found


def ngettext(one: str, many: str, count: int, /, **variables: Any) -> str:
    """The form that fits `count`, which the text knows as `num`."""
    return catalogue().ungettext(one, many, count) % {"num": count, **variables}


class LazyText(LazyString):
    """A text that is translated each time it is shown."""

    def __getattr__(self, name: str) -> Any:
        # The framework asks every attribute of every view for marks such as `_urls`, which no text has; to say so, no
        # text need be translated.
        if name.startswith("_"):
            raise AttributeError(name)
        return super().__getattr__(name)


def lazy(message: str, /, **variables: Any) -> LazyText:
    """A text that is translated each time it is shown."""
    return LazyText(gettext, message, **variables)


def lazy_ngettext(one: str, many: str, count: int, /, **variables: Any) -> LazyText:
    """The form that fits `count`, chosen and translated each time it is shown."""
    return LazyText(ngettext, one, many, count, **variables)


def set_up_templates(environment: Any) -> None:
    """Give templates a `_()` that asks `catalogue`."""
    environment.install_gettext_callables(
        lambda message: catalogue().ugettext(message),
        lambda one, many, count: catalogue().ungettext(one, many, count),
        newstyle=True,
    )


def current_locale() -> str:
    """The reader's locale as Babel writes it, e.g. `zh` or `zh_Hant`; English outside a request."""
    return _reader().name


def english(text: Any) -> str:
    """A lazy text as it stands in the code: to be stored, and put into each reader's language by `gettext`."""
    with force_locale(DEFAULT_LOCALE):
        return str(text)


def language_tag(locale: str | None = None) -> str:
    """The locale as HTML's `lang` wants it: `zh_Hant` becomes `zh-Hant`; plain Chinese is `zh-Hans`."""
    tag = (locale or current_locale()).replace("_", "-")
    return "zh-Hans" if tag == "zh" else tag


def text_direction(locale: str | None = None) -> str:
    """`ltr` or `rtl`."""
    return _locale(locale or current_locale()).text_direction


@lru_cache(maxsize=64)
def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        return Locale.parse(DEFAULT_LOCALE)


@lru_cache(maxsize=64)
def _symbols(name: str) -> tuple[str, str]:
    locale = _locale(name)
    return get_group_symbol(locale), get_decimal_symbol(locale)


def listed(words: Iterable[Any], locale: str | None = None, *, clauses: bool = False) -> str:
    """Words in a row, as the reader's language parts them: `red, blue`, in Chinese `红、蓝`; `clauses` by `; `."""
    wide, narrow = ("；", "; ") if clauses else ("、", ", ")
    return (wide if (locale or current_locale()).startswith(("zh", "ja")) else narrow).join(map(str, words))


def number_text(value: float | int | None, places: int = 0, locale: str | None = None) -> str:
    """A number with the locale's grouping: 1284920.5 with 2 places is `1,284,920.50`."""
    if value is None:
        return ""
    group, point = _symbols(locale or current_locale())
    text = f"{value:,.{places}f}"
    return text if (group, point) == (",", ".") else text.replace(",", "\0").replace(".", point).replace("\0", group)


def decimal_point(locale: str | None = None) -> str:
    """What stands before the decimals."""
    return _symbols(locale or current_locale())[1]


def percent_text(value: float | None, places: int = 1, locale: str | None = None) -> str:
    """A ratio as a percentage: 0.124 is `12.4%`."""
    if value is None:
        return ""
    return format_percent(
        value, "#,##0." + "0" * places + "%" if places else "#,##0%", _locale(locale or current_locale())
    )


def size_text(byte_count: int, locale: str | None = None) -> str:
    """How big a file is, for people: `48.3 MB`, `43.3 kB`."""
    unit, divisor = ("MB", 10**6) if byte_count >= 10**6 else ("kB", 10**3)
    return f"{number_text(byte_count / divisor, 1, locale)} {unit}"


def short_number_text(value: float | int | None, locale: str | None = None) -> str:
    """A number for a tight place: 1284920 is `1.3M`, in Chinese `128万`."""
    if value is None:
        return ""
    return format_compact_decimal(value, locale=_locale(locale or current_locale()), fraction_digits=1)


@lru_cache(maxsize=8192)
def _day(value: date, locale: str) -> str:
    return format_date(value, "yyyy-MM-dd" if locale.startswith(("zh", "ja")) else "medium", _locale(locale))


@lru_cache(maxsize=8192)
def _minute(value: datetime, locale: str) -> str:
    pattern = "yyyy-MM-dd HH:mm" if locale.startswith(("zh", "ja")) else "MMM d, yyyy, HH:mm"
    return format_datetime(value, pattern, locale=_locale(locale))


def day_text(value: date | None, locale: str | None = None) -> str:
    """A day in the reader's language."""
    return "" if value is None else _day(value, locale or current_locale())


@lru_cache(maxsize=64)
def _weekday_names(locale: str) -> dict[int, str]:
    return dict(get_day_names("wide", "stand-alone", locale=_locale(locale)))


def weekday_name(day: int, locale: str | None = None) -> str:
    """The name of a day of the week, 1 for Monday to 7 for Sunday."""
    return _weekday_names(locale or current_locale())[day - 1]


def day_with_weekday(value: date, locale: str | None = None) -> str:
    """A day in full: `Saturday, August 1, 2026`, in Chinese `2026年8月1日星期六`."""
    return format_date(value, "full", _locale(locale or current_locale()))


def moment_text(value: datetime | None, locale: str | None = None) -> str:
    """A stored UTC moment as the shop's wall clock shows it, to the minute."""
    if value is None:
        return ""
    wall = clock.to_zone(value, clock.shop_zone())
    return _minute(wall.replace(second=0, microsecond=0), locale or current_locale())


def duration_text(value: timedelta, locale: str | None = None) -> str:
    """A time that has passed, in its largest unit: `3 days`, in Chinese `3天`."""
    return format_timedelta(value, granularity="minute", threshold=1, locale=_locale(locale or current_locale()))


def date_text(value: Any, locale: str | None = None) -> str:
    """A day or a moment, whichever it is."""
    return moment_text(value, locale) if isinstance(value, datetime) else day_text(value, locale)
