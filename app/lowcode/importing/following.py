"""What the tray says of the steps of an import, and of a change of many rows, which is one without a file."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.core.database import db
from app.core.i18n import lazy as _
from app.core.jobs import About, LaterJob
from app.lowcode.importing.models import Import
from app.lowcode.importing.naming import name_of
from app.lowcode.registry import registry

OF_MANY: dict[str, Any] = {
    "check_rows": _("Check a change of many rows"), "write_rows": _("Change many rows"),
    "undo_rows": _("Undo a change of many rows"),
}


def about_import(work: LaterJob) -> About:
    """The file, and the page on which the import goes on; nothing of one that was forgotten."""
    run = db.session.get(Import, work.arguments.get("run_id"))
    screen = registry().screen_named(run.screen) if run is not None else None
    if run is None or screen is None:
        return About()
    label = OF_MANY.get(work.task.rpartition(".")[2]) if run.is_bulk else None
    return About(run.file_name, url_for("ImportView.run", screen=name_of(screen), pk=run.id), label=label)
