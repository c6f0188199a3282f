"""Counts the statements that reach the database.

    with count_queries() as queries:
        client.get("/orders/")
    assert len(queries) <= 8, queries
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, event


class Queries(list[str]):
    """The statements in order; printed as lines."""

    def __str__(self) -> str:
        return "\n".join(f"{number}. {' '.join(statement.split())}" for number, statement in enumerate(self, 1))

    __repr__ = __str__


@contextlib.contextmanager
def counted(engine: Engine) -> Iterator[Queries]:
    """Collect what is executed on `engine` inside; transaction control and pragmas are left out."""
    found = Queries()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.upper().startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE")):
            found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)
