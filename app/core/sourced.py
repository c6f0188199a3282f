"""Where a record came from, for records that an import brings and must find again when it runs once more.

    class Brand(Sourced, Record):
        __tablename__ = "brands"
        __table_args__ = (source_index("brands"),)

`source` names the other system, `source_id` is the record's id there, `source_data` what it knows that has no
column here (such as addresses of pictures, which are never fetched). Records made here have none of them, and the
index leaves them out.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text as sql_text

from app.core.db import Index, Mapped, json_data, text
from app.core.i18n import lazy as _

_HAS_SOURCE = sql_text("source_id IS NOT NULL")


class Sourced:
    """Columns that say from which system a record was brought, as what, and what else that system knew of it."""

    source: Mapped[str | None] = text(
        32, _("Source"), help=_("The system from which this was imported."), sort_order=96)
    source_id: Mapped[str | None] = text(
        80, _("ID in the source"), help=_("Its number in the system from which it was imported."), sort_order=97)
    source_data: Mapped[dict[str, Any] | None] = json_data(
        _("More from the source"), help=_("What the source says beyond the columns here."), sort_order=97)


def source_index(table: str) -> Index:
    """No two rows of `table` are the same record of the same source."""
    return Index(f"uq_{table}_source_source_id", "source", "source_id", unique=True,
                 sqlite_where=_HAS_SOURCE, postgresql_where=_HAS_SOURCE)
