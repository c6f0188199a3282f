"""Backups on a page: how old the newest one is, all of them, and what can be done with each."""

from __future__ import annotations

import logging
from typing import Any

from flask import Response, flash, jsonify, redirect, send_file, url_for
from sqlalchemy import select

from app.core import clock
from app.core.actor import current_actor
from app.core.commands import as_typed
from app.core.db import db
from app.core.errors import NotFound
from app.core.events import publish
from app.core.i18n import gettext
from app.core.i18n import lazy as _
from app.core.jobs import LaterJob, LaterState, later
from app.core.jobs.tasks import name_of
from app.lowcode import Page, forms
from app.lowcode.access import may
from app.lowcode.page import expose, permission
from app.modules.operations import backups
from app.modules.operations.events import BackupDownloaded
from app.modules.operations.jobs import back_up_now, verify_now

_log = logging.getLogger(__name__)
TASKS = (name_of(back_up_now), name_of(verify_now))
AT_WORK = (LaterState.todo, LaterState.doing)


class BackupsPage(Page):
    """What is kept safe, and since when. A backup is one file with the database and all pictures. One is made every
    night; each is read back before it counts. Restoring is done on the machine, by a command, with the shop stopped."""

    title = _("Backups")
    icon = "fa-box-archive"
    route_base = "/backups"
    permissions = {"can_view": _("View"), "can_create": _("Back up now"), "can_verify": _("Verify"),
                   "can_download": _("Download")}

    @expose("/")
    @permission("view")
    def index(self) -> str:
        newest, name = backups.newest_verified(), self.class_permission_name
        hours = int((clock.now() - newest.made_at).total_seconds() // 3600) if newest else None
        return self.render(
            "houtai/operations/backups.html", backups=backups.list_backups(), newest=newest, hours=hours,
            overdue=backups.is_overdue(), work=_at_work(), last=_last_work(), may_create=may("can_create", name),
            may_verify=may("can_verify", name), may_download=may("can_download", name),
            restore_command=as_typed("backup", "restore", newest.name if newest else "NAME"))

    @expose("/create", methods=["POST"])
    @permission("create")
    def create(self) -> Any:
        return self._post(lambda: later(back_up_now, key="backup"))

    @expose("/<name>/verify", methods=["POST"])
    @permission("verify")
    def verify(self, name: str) -> Any:
        found = backups.get_backup(name)
        return self._post(lambda: later(verify_now, key=f"verify {found.name}", name=found.name))

    @staticmethod
    def _post(work: Any) -> Any:
        if _at_work() is not None:
            flash(gettext("One is at work already. Please wait until it is done."), "warning")
        else:
            with forms.committing():
                work()
        return redirect(url_for(".index"))

    @expose("/work/<int:number>")
    @permission("view")
    def work(self, number: int) -> Response:
        """How far a piece of work is, for the script of the page."""
        found = db.session.scalar(select(LaterJob).where(LaterJob.id == number, LaterJob.task.in_(TASKS)))
        if found is None:
            raise NotFound()
        return jsonify(running=found.state in AT_WORK, percent=found.progress_percent,
                       message=found.progress_message or gettext("Waiting for its turn"))

    @expose("/<name>/download", methods=["POST"])
    @permission("download")
    def download(self, name: str) -> Response:
        """The file itself, as a stream. Not for reading alone: it takes everything out of the house, so it needs the
        form token."""
        found = backups.get_backup(name)
        publish(BackupDownloaded(found.name, found.byte_count))
        db.session.commit()
        _log.warning("%s downloads the backup %s.", current_actor(), found.name)
        answer = send_file(found.path, "application/zip", as_attachment=True, download_name=found.name, max_age=0)
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _at_work() -> LaterJob | None:
    """What was asked for here and is not over."""
    return db.session.scalar(select(LaterJob).where(LaterJob.task.in_(TASKS), LaterJob.state.in_(AT_WORK))
                             .order_by(LaterJob.id).limit(1))


def _last_work() -> LaterJob | None:
    """What was asked for here last, if it failed: a success is seen in the list."""
    found = db.session.scalar(select(LaterJob).where(LaterJob.task.in_(TASKS)).order_by(LaterJob.id.desc()).limit(1))
    return found if found is not None and found.state is LaterState.failed else None
