"""The way to a file that was made: for whoever asked for it, as long as they may export that list."""

from __future__ import annotations

import logging
from typing import Any

from flask_appbuilder import BaseView, expose
from sqlalchemy import select

from app.core.actor import current_actor
from app.core.database import db
from app.core.errors import NotFound
from app.core.events import publish
from app.core.i18n import lazy as _
from app.lowcode import access
from app.lowcode.list_files.facts import ListFetched
from app.lowcode.list_files.making import open_file
from app.lowcode.list_files.models import ListFile
from app.lowcode.registry import registry
from app.lowcode.security import signed_in
from app.lowcode.sheets import download

_log = logging.getLogger(__name__)


class ListFiles(BaseView):
    """Hands out files of lists. A key cannot be guessed, and one that is known opens nothing to anybody else."""

    route_base = "/exports"

    @expose("/<key>")
    def fetch(self, key: str) -> Any:
        who = signed_in()
        if who is None:
            return access.refuse_stranger()
        file = db.session.scalar(select(ListFile).where(ListFile.key == key, ListFile.user_id == who.user_id))
        screen = registry().screen_named(file.screen) if file is not None else None
        if file is None or screen is None or not file.is_ready:
            raise NotFound(_("This file is not kept any more. Export the list again."))
        if not screen.may("export"):
            return access.refuse("can_export", screen.class_permission_name)
        try:
            content = open_file(file)
        except FileNotFoundError:
            raise NotFound(_("This file is not kept any more. Export the list again.")) from None
        name, size, fact = file.name, file.byte_count, ListFetched(file.screen, file.row_count or 0, file.form)
        db.session.rollback()  # so that the line is the first thing in its transaction, and waits for its turn
        publish(fact)
        db.session.commit()
        _log.info("%s fetches the list %s.", current_actor(), name)
        answer = download(content, name)
        answer.content_length = size
        answer.headers["Cache-Control"] = "no-store"
        return answer
