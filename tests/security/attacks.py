"""What strangers type to make a page run something, and a shop in which every text column of every screen holds it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import Boolean, Date, DateTime, Enum, Integer, Numeric, insert, select, update

from app.core import clock
from app.core.db import db
from app.lowcode.registry import registry
from tests import factories

CORPUS = [
    "<script>alert(1)</script>",
    "\"><script>alert(2)</script>",
    "'><img src=x onerror=alert(3)>",
    "<img src=x onerror=alert(4)>",
    "<svg onload=alert(5)>",
    "<svg/onload=alert(6)>",
    "<svg><script>alert(7)</script></svg>",
    "<svg><a href=javascript:alert(8)>x",
    "</title><script>alert(9)</script>",
    "</textarea><svg onload=alert(10)>",
    "</script><script>alert(11)</script>",
    "\" autofocus onfocus=alert(12) x=\"",
    "' onmouseover=alert(13) x='",
    "<a href=javascript:alert(14)>x</a>",
    "javascript:alert(15)",
    "<iframe src=javascript:alert(16)>",
    "<iframe srcdoc=<script>alert(17)</script>",
    "<details open ontoggle=alert(18)>",
    "<body onload=alert(19)>",
    "<video><source onerror=alert(20)>",
    "<form action=javascript:alert(21)><button>",
    "<math href=javascript:alert(22)>x</math>",
    "<base href=//evil.example>",
    "{{1337*1337}}${1337*1337}",
    "<%=1337*1337%>#{1337*1337}",
    "[x](javascript:alert(24))",
    "![x](x\" onerror=\"alert(25))",
    "<style>@import'//evil.example'",
    "<img/src=x\tonerror=alert(26)>",
    "\\u003csvg onload=alert(27)\\u003e",
    "&lt;svg onload=alert(28)&gt;",
]
HALF_SURROGATES = ["\ud800<img src=x onerror=alert(29)>", "<scr\udc00ipt>alert(30)</scr\udfffipt>"]
COUNTED = "1787569"
"""What 1337 × 1337 is: on a page, it says that somebody evaluated what was typed."""
TEXTS = {"text", "long_text", "rich_text", "words", "json", "url", "email", "phone"}
_numbers = itertools.count(1)
LEAD_SOMEWHERE = {("bin_entries", "table_name")}
"""Texts that no person types and by which the program finds its own things."""


def attacked_columns(model: Any) -> list[Any]:
    """The text columns of a model, whatever rule they have: it is the page that is tested here."""
    return [column for column in model.__table__.columns
            if column.info.get("kind") in TEXTS and not column.info.get("secret") and not column.foreign_keys
            and (model.__tablename__, column.key) not in LEAD_SOMEWHERE]


def dressed(column: Any, vector: str, number: int) -> Any:
    """A vector as a value for a column; with a number where no two rows may have the same."""
    if column.unique:
        vector += str(number)
    kind = column.info["kind"]
    if kind == "words":
        return [vector, vector]
    if kind == "json":
        return {vector: [vector, vector], "title": [None, vector]}
    return vector


def for_column(column: Any, number: int, offset: int) -> Any:
    """The value of the `number`th row; None for a column too short for any attack. Over all rows every column gets
    each vector it has room for; a long text gets all of them at once as well."""
    size = column.info.get("size") or 10_000
    if column.info["kind"] in {"long_text", "rich_text"} and number == 0:
        return " \n".join(CORPUS)[:size]
    room = size - (len(str(len(CORPUS))) if column.unique else 0)
    fitting = [vector for vector in CORPUS if len(vector) <= room]
    return dressed(column, fitting[(number + offset) % len(fitting)], number) if fitting else None


def bare_row(model: Any) -> int:
    """A row of a table that has no factory, with plain values where something must stand."""
    values: dict[str, Any] = {}
    for column in model.__table__.columns:
        if column.primary_key or column.nullable or column.default is not None:
            continue
        assert not column.foreign_keys, f"{model.__name__} needs a factory"
        values[column.key] = _plain_value(column)
    result = db.session.execute(insert(model.__table__).values(values))
    return int(result.inserted_primary_key[0])


def _plain_value(column: Any) -> Any:
    kinds: list[tuple[type, Any]] = [
        (Boolean, False), (Integer, 1), (Numeric, 1), (DateTime, clock.now()), (Date, date(2026, 1, 1))]
    if isinstance(column.type, Enum):
        return next(iter(column.type.enum_class or column.type.enums))
    if column.info.get("kind") in {"json", "words"}:
        return []
    return next((value for kind, value in kinds if isinstance(column.type, kind)), f"x{next(_numbers)}")


def fill(app: Flask) -> dict[str, list[int]]:
    """Give every screen a row for each vector; gives their ids by the name of the screen."""
    examples: dict[type, Callable[[], Any]] = factories.examples()
    found: dict[str, list[int]] = {}
    with app.app_context():
        for screen in registry().screens():
            model = screen.model
            key = next(iter(model.__table__.primary_key.columns)).key
            ids = [getattr(examples[model](), key) if model in examples else bare_row(model)
                   for _vector in CORPUS]
            db.session.flush()
            found.setdefault(type(screen).__name__, ids)
        db.session.commit()
        # By bare statements, past every rule of the records: the pages must hold even if such a text got in.
        for screen in registry().screens():
            table = screen.model.__table__
            key = next(iter(table.primary_key.columns))
            for number, row_id in enumerate(found[type(screen).__name__]):
                values = {column.key: value for offset, column in enumerate(attacked_columns(screen.model))
                          if (value := for_column(column, number, offset)) is not None}
                if values:
                    db.session.execute(update(table).where(key == row_id).values(values))
        db.session.commit()
    return found


def coverage(app: Flask, ids: dict[str, list[int]]) -> Iterator[tuple[str, str, int]]:
    """Screen, column, and how many different vectors are stored in it."""
    with app.app_context():
        for screen in registry().screens():
            for column in attacked_columns(screen.model):
                key = next(iter(screen.model.__table__.primary_key.columns))
                stored = db.session.scalars(select(column).where(key.in_(ids[type(screen).__name__])))
                yield type(screen).__name__, column.key, len({repr(value) for value in stored})
        db.session.rollback()
