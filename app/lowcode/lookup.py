"""Finding a related record by typing: a page of twenty, from an index where the table is large."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import inspect, select

from app.core import search
from app.core.database import db
from app.lowcode.fields import TEXT_KINDS, primary_key, title_column

PAGE = 20
MAX_PAGE = 500


def answer(target: type, term: str, page: str) -> dict[str, Any]:
    """`{"results": [{"id", "text", "hint"}], "more": bool}` for the rows of `target` in which `term` is found."""
    term = term.strip()[:100]
    number = min(int(page), MAX_PAGE) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    start = max(number - 1, 0) * PAGE
    rows = find(target, term, PAGE + 1, start)
    return {"results": rows[:PAGE], "more": len(rows) > PAGE}


def find(target: type, term: str, limit: int, start: int = 0, conditions: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The newest rows of `target` that match, with a hint from the columns by which people tell them apart."""
    key, title = primary_key(target), title_column(target)
    stored = inspect(target).columns
    # Whoever may choose a member need not be told the telephone number.
    hints = [
        name
        for name in getattr(target, "search_index", ())
        if (title is None or name != title.key) and not stored[name].info.get("personal")
    ][:2]
    statement = select(target).where(*conditions).order_by(key.desc()).offset(start).limit(limit)
    if term:
        statement = statement.where(search.find(target, search_columns(target), term).condition)
    return [
        {
            "id": getattr(row, key.key),
            "text": str(row),
            "hint": " · ".join(str(getattr(row, name)) for name in hints if getattr(row, name)),
        }
        for row in db.session.scalars(statement)
    ]


def search_columns(target: type) -> list[Any]:
    """The text columns of a small table in which a typed term is looked for."""
    mapper = inspect(target)
    title = title_column(target)
    columns = [title] if title is not None else []
    columns += [
        column
        for column in mapper.columns
        if column.info.get("kind") in TEXT_KINDS - {"long_text"} and column is not title
    ][:3]
    return [getattr(target, mapper.get_property_by_column(column).key) for column in columns]
