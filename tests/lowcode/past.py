"""What the tests of a record's history need: changes, the lines that tell of them, and what a page offers."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select

from app.core.db import db
from app.modules.audit.models import AuditLine
from tests.lowcode.shelf import Thing


def lines_of(record_id: int, table: str = "test_things") -> list[AuditLine]:
    """The lines about a record, the oldest first."""
    db.session.expire_all()
    return list(db.session.scalars(select(AuditLine).where(
        AuditLine.table_name == table, AuditLine.record_id == record_id).order_by(AuditLine.id)))


def change(thing: Thing, **values: Any) -> int:
    """Change a thing; gives the id of the line that tells of it."""
    with db.session.no_autoflush:
        for name, value in values.items():
            setattr(thing, name, value)
    db.session.commit()
    return lines_of(thing.id)[-1].id


def ticks(page: str) -> dict[str, str]:
    """What a page that compares offers to restore: path to what was seen."""
    seen = dict(re.findall(r'name="seen\.([^"]+)" value="([^"]+)"', page))
    assert list(seen) == re.findall(r'name="field" value="([^"]+)"', page)
    return seen


def restore(client: Any, url: str, *paths: str, **more: str) -> Any:
    """Look at a moment, and restore these fields or all."""
    seen = ticks(client.get(url).text)
    chosen = paths or tuple(seen)
    return client.post(url, data={"field": list(chosen), **{f"seen.{path}": seen[path] for path in chosen}, **more})


def timeline(client: Any, thing_id: int, query: str = "") -> str:
    """The lines of a thing's history, as its page loads them."""
    return str(client.get(f"/history/test_things/{thing_id}?part=1{query}").json["html"])
