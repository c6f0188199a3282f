"""Which columns a list can show besides its own: those of the record page that come with the rows.

A column is offered if SQL can select it, by itself or by a join, or if one query finds it for all rows of a page. A
Python property would be asked row by row, and texts with pictures make a page heavy, so neither is offered unless the
screen declares it for its list. A column's formatter goes with it: what is masked on one page is masked on all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.lowcode.fields import Field, title_column

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

HEAVY = {"rich_text", "json", "password"}
MOST_COLUMNS = 60


def offered(screen: "Screen") -> dict[str, Field]:
    """The columns that people can choose from, by path: those of the list first, in its order."""
    found = {field.path: field for field in screen.list_fields}
    for _title, _help, fields in screen.show_groups:
        for field in fields:
            if is_cheap(field):
                found.setdefault(field.path, field)
    return found


def is_cheap(field: Field) -> bool:
    """Whether showing it in a list takes no query for each row."""
    if field.kind in HEAVY or field.info.get("secret"):
        return False
    if field.kind in {"reference", "references"}:
        target = field.target
        assert target is not None
        return field.through is None and hasattr(target, "title_column") and title_column(target) is not None
    return field.column is not None and (field.through is None or field.through.direction.name == "MANYTOONE")


def chosen(screen: "Screen", paths: Iterable[str]) -> tuple[list[Field], list[str]]:
    """The columns with these paths, in this order, and the paths that this list does not have (any more)."""
    known = screen.offered_columns
    wanted = list(dict.fromkeys(paths))[:MOST_COLUMNS]
    return [known[path] for path in wanted if path in known], [path for path in wanted if path not in known]


def standard(screen: "Screen") -> list[str]:
    """The columns of the list as declared."""
    return [field.path for field in screen.list_fields]
