"""Where a record came from, for records that an import brings and must find again when it runs once more.

    class Brand(Sourced, Record):
        __tablename__ = "brands"
        __table_args__ = (source_index("brands"),)

`source` names the other system, `source_id` is the record's id there. Records made here have neither, and the
index leaves them out.
"""

from __future__ import annotations

from sqlalchemy import text as sql_text

from app.core.db import Index, Mapped, text
from app.core.i18n import lazy as _

_HAS_SOURCE = sql_text("source_id IS NOT NULL")


class Sourced:
    """Two columns that say from which system a record was brought, and as what."""

    source: Mapped[str | None] = text(
        32, _("Source"), help=_("The system from which this was imported."), sort_order=96)
    source_id: Mapped[str | None] = text(
        80, _("ID in the source"), help=_("Its number in the system from which it was imported."), sort_order=97)


def source_index(table: str) -> Index:
    """No two rows of `table` are the same record of the same source."""
    return Index(f"uq_{table}_source_source_id", "source", "source_id", unique=True,
                 sqlite_where=_HAS_SOURCE, postgresql_where=_HAS_SOURCE)
