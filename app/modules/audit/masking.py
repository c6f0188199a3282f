"""What of a person may stand in the audit trail: enough to recognise, not enough to use.

Values are masked when the line is written, not when it is shown, so that a trail that must be kept for years does not
keep what the law says must be erased on request. A column is personal if it holds a telephone number or an
e-mail address, or says so itself: `info={"personal": True}`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from app.core.db import Record

MASK = "****"
PERSONAL_KINDS = {"phone", "email"}


def mask(value: Any) -> Any:
    """`13812345678` becomes `138****5678`, `mei@shop.cn` becomes `m****@shop.cn`; other values keep their ends."""
    if value is None or value == "" or isinstance(value, bool):
        return value
    text = str(value)
    name, at, host = text.rpartition("@")
    if at and name:
        return f"{name[:1]}{MASK}@{host}"
    if len(text) >= 8:
        return f"{text[:3]}{MASK}{text[-4:]}"
    return text[:1] + MASK


@lru_cache(maxsize=4096)
def is_personal(table_name: str, column_name: str) -> bool:
    """Whether a column holds something by which a person can be reached or found out."""
    table = Record.metadata.tables.get(table_name)
    column = None if table is None else table.columns.get(column_name)
    return column is not None and bool(column.info.get("personal") or column.info.get("kind") in PERSONAL_KINDS)


def masked(table_name: str, changes: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Changes with the personal values masked."""
    return {
        name: [mask(before), mask(after)] if is_personal(table_name, name) else [before, after]
        for name, (before, after) in changes.items()}
