"""One cell of a file as a value of a field, and the other way round.

What the form shows is what a cell holds: amounts in yuan, moments on the shop's clock, answers by their words, related
records by their titles. In reading there is more than one way to write a thing, since spreadsheets and people have
many.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import Any

from flask import current_app
from flask_babel import force_locale
from sqlalchemy import select

from app.core.columns import Choice
from app.core.database import db
from app.core.i18n import lazy as _
from app.core.money import currency_sign
from app.lowcode.cells import NO, YES
from app.lowcode.fields import WORD_SEPARATOR, Field, parse_id, primary_key, title_column

UNREADABLE = {"picture", "pictures", "password"}
"""Kinds that no cell can bring: pictures are uploaded, passwords are typed."""
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?")
AT_ONCE = 500


def importable(fields: list[Field]) -> list[Field]:
    """The fields of a form that a file can bring."""
    return [field for field in fields if field.kind not in UNREADABLE]


def write_cell(field: Field, value: Any) -> Any:
    """What a template or a comparison shows of a stored value: a reference by its title, an answer by its words."""
    if value is None or value == [] or value == "":
        return ""
    if isinstance(value, Choice):
        return str(value.label)
    if field.kind == "yes_no":
        return str(YES if value else NO)
    if field.kind == "references":
        return WORD_SEPARATOR.join(map(str, value))
    if field.kind == "reference":
        return str(value)
    if field.kind == "moment":
        return str(field.to_form(value)).replace("T", " ")
    return str(field.to_form(value))


def write_chosen(field: Field, value: Any) -> str:
    """A value that was chosen in a form as a cell that is read back as just that: references by their ids."""
    if field.kind == "reference":
        return "" if value is None else f"#{value}"
    if field.kind == "references":
        return WORD_SEPARATOR.join(f"#{each}" for each in value)
    return str(write_cell(field, value))


def read_cell(field: Field, text: str) -> Any:
    """The value of a cell, of a reference its title or id as text; ValueError with a message for people."""
    if field.kind in {"reference", "references"}:
        return text
    if field.kind == "choice" and text:
        return _answers(field.info["choices"]).get(text.casefold()) or field.parse(text)
    if field.kind == "yes_no":
        return {"√": True, "×": False}.get(text) if text in {"√", "×"} else field.parse(text)
    if field.kind == "money":
        text = text.replace(",", "").replace("，", "").replace(currency_sign(), "").replace("¥", "").replace("￥", "")
    if field.kind in {"day", "moment"}:
        text = _as_iso(text)
    return field.parse(text)


def _as_iso(text: str) -> str:
    """2026/8/1 9:30 and 2026年8月1日 as ISO 8601 writes them; anything else as it is."""
    day = _DAY.match(text)
    if day is None:
        return text
    year, month, number = day.groups()
    found = f"{year}-{int(month):02}-{int(number):02}"
    rest = text[day.end():].strip(" T")
    at = _TIME.fullmatch(rest)
    if at is not None:
        return f"{found} {int(at[1]):02}:{at[2]}:{at[3] or '00'}"
    return found if not rest else text


@lru_cache(maxsize=256)
def _words_of(kind: type[Choice], locale: str) -> dict[str, Choice]:
    with force_locale(locale):
        return {str(answer.label).casefold(): answer for answer in kind}


def _answers(kind: type[Choice]) -> dict[str, Choice]:
    """The answers of a choice by their words in every language."""
    found: dict[str, Choice] = {}
    for locale in current_app.config["LANGUAGES"]:
        found |= _words_of(kind, locale)
    return found


class References:
    """The records that titles in a file name. Ask for all titles of a stretch at once with `learn`."""

    def __init__(self) -> None:
        self._known: dict[tuple[type, str], list[int]] = {}
        self._ids: dict[type, set[int]] = defaultdict(set)

    def learn(self, field: Field, texts: set[str]) -> None:
        """Look up what these cells name, in as few queries as there are five hundred titles."""
        target = field.target
        assert target is not None
        names = {name for text in texts for name in _names(field, text)}
        wanted = [name for name in names if (target, name) not in self._known]
        title, key = title_column(target), primary_key(target)
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start:start + AT_ONCE]
            for name in some:
                self._known[target, name] = []
            if title is not None:
                for row_id, name in db.session.execute(select(key, title).where(title.in_(some))):
                    self._known[target, name].append(row_id)
                    self._ids[target].add(row_id)

    def unknown(self, field: Field, ids: list[int]) -> list[int]:
        """Which of these ids no record has."""
        target = field.target
        assert target is not None
        known = self._ids[target]
        new = [row_id for row_id in ids if row_id not in known]
        if new:
            known.update(db.session.scalars(select(primary_key(target)).where(primary_key(target).in_(new))))
        return [row_id for row_id in new if row_id not in known]

    def read(self, field: Field, text: str) -> Any:
        """The id that a cell names, or a list of ids; ValueError where there is none, or more than one."""
        ids = [self._one(field, name) for name in _names(field, text)]
        if field.kind == "references":
            return ids
        return ids[0] if ids else None

    def _one(self, field: Field, name: str) -> int:
        assert field.target is not None
        found = self._known.get((field.target, name), [])
        if name.startswith("#") and not found:
            return self._by_number(name)
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(_("Several records are called “%(name)s”. Write the ID instead, such as #12.", name=name))
        return self._by_number(name)

    @staticmethod
    def _by_number(name: str) -> int:
        try:
            return parse_id(name.removeprefix("#"))
        except ValueError:
            raise ValueError(_("There is no record called “%(name)s”.", name=name)) from None


def _names(field: Field, text: str) -> list[str]:
    if field.kind == "references":
        return list(dict.fromkeys(name.strip() for name in re.split(r"\s/\s|[,，;；、\n]", text) if name.strip()))
    return [text] if text else []
