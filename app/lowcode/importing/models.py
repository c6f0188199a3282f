"""An import and its rows: what the file said, what became of each row, and how it was before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import relationship

from app.core.db import (
    Choice,
    Index,
    Mapped,
    Record,
    big_integer,
    choice,
    integer,
    json_data,
    moment,
    reference,
    text,
    yes_no,
)
from app.core.i18n import lazy as _


class ImportState(Choice):
    """Where an import stands."""

    matching = "matching", _("Columns to be matched"), "info"
    checking = "checking", _("Being checked"), "info"
    checked = "checked", _("Waiting for your word"), "warn"
    importing = "importing", _("Being written"), "info"
    done = "done", _("Done"), "good"
    undoing = "undoing", _("Being undone"), "info"
    undone = "undone", _("Undone"), "plain"


class Outcome(Choice):
    """What a row does, or did."""

    waiting = "waiting", _("Not checked yet")
    new = "new", _("New record"), "good"
    changed = "changed", _("Changed"), "info"
    same = "same", _("Unchanged"), "plain"
    refused = "refused", _("Refused"), "bad"


class Import(Record):
    """One file that is brought into one screen. Each row is told to the audit trail where it is written."""

    __tablename__ = "imports"
    __audited__ = False
    __table_args__ = (Index(None, "screen", "id"),)
    title_column = "file_name"
    screen: Mapped[str] = text(80, _("Screen"))
    file_name: Mapped[str] = text(200, _("File"))
    state: Mapped[ImportState] = choice(ImportState, _("State"), default=ImportState.matching)
    user_id: Mapped[int | None] = big_integer(_("User (ID)"))
    user_name: Mapped[str] = text(100, _("By"))
    locale: Mapped[str] = text(20, _("Language"))
    heading: Mapped[Any] = json_data(_("Heading"))
    matches: Mapped[Any] = json_data(_("Columns"))
    keeps_when_empty: Mapped[bool] = yes_no(_("An empty cell leaves a value as it is"), default=True)
    key_path: Mapped[str | None] = text(80, _("Found again by"))
    row_count: Mapped[int] = integer(_("Rows"), default=0)
    is_bulk: Mapped[bool] = yes_no(
        _("Change of many"), help=_("No file: somebody changed many rows of a list to the same values."))
    action: Mapped[str | None] = text(80, _("Action"), help=_("Nothing was brought: an action was done for many rows."))
    answers: Mapped[Any | None] = json_data(_("Answers"), info={"secret": True})
    work_id: Mapped[int | None] = big_integer(_("Work"))
    finished_at: Mapped[datetime | None] = moment(_("Imported at"))
    rows: Mapped[list["ImportRow"]] = relationship(
        back_populates="owner", cascade="all, delete-orphan", passive_deletes=True)


class ImportRow(Record):
    """One row of a file. `before` and `after` are the stored values of what it changed, by path."""

    __tablename__ = "import_rows"
    __audited__ = False
    __table_args__ = (Index(None, "import_id", "outcome", "number"), Index(None, "import_id", "number", unique=True))
    title_column = "number"
    import_id: Mapped[int] = reference("imports", _("Import"), on_delete="CASCADE", index=False)
    number: Mapped[int] = integer(_("Row"))
    cells: Mapped[Any] = json_data(_("Cells"), info={"secret": True})
    outcome: Mapped[Outcome] = choice(Outcome, _("Outcome"), default=Outcome.waiting)
    reasons: Mapped[Any | None] = json_data(_("Reasons"))
    record_id: Mapped[int | None] = big_integer(_("Record"))
    shown: Mapped[Any | None] = json_data(_("Changes"), info={"secret": True})
    before: Mapped[Any | None] = json_data(_("Before"), info={"secret": True})
    after: Mapped[Any | None] = json_data(_("After"), info={"secret": True})
    is_written: Mapped[bool] = yes_no(_("Written"), default=False)
    owner: Mapped[Import] = relationship(back_populates="rows")
