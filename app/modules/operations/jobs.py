"""Backups by the clock, and those that somebody asks for on the screen."""

from __future__ import annotations

from datetime import timedelta

from flask import url_for

from app.core.i18n import gettext, number_text
from app.core.i18n import lazy as _
from app.core.jobs import About, GiveUp, LaterJob, Watched, job, progress, task
from app.modules.operations import backups

LONGEST = timedelta(hours=6)
"""A backup that takes longer than this hangs."""


@job(cron="0 3 * * *", label=_("Nightly backup"))
def nightly_backup() -> str:
    """Backs up the database and the pictures into one file, reads it back to be sure of it, and removes the backups
    that the settings no longer keep. The shop goes on meanwhile."""
    made = backups.create_backup()
    gone = backups.tidy_backups()
    return gettext("%(name)s, %(size)s; %(count)s older ones removed", name=made.name, size=made.size, count=len(gone))


@job(cron="30 5 * * 0", label=_("Restore drill"))
def restore_drill() -> str:
    """Restores the newest backup for trial into a database that is thrown away again, and counts its rows. The shop
    goes on meanwhile and is not changed. If this fails, do not rely on that backup."""
    drilled = backups.drill_restore()
    return gettext("%(name)s: %(rows)s rows restored for trial in %(seconds)s s", name=drilled.backup.name,
                   rows=number_text(drilled.backup.row_count), seconds=number_text(drilled.seconds, 1))


def about_backup(work: LaterJob) -> About:
    """For the tray: which backup, and where all of them are."""
    return About(work.arguments.get("name", ""), url_for("BackupsPage.index"))


@task(retries=0, limit=LONGEST, label=_("Backup"), watched=Watched(about_backup))
def back_up_now() -> str:
    """A backup that was asked for."""
    made = backups.create_backup()
    return gettext("%(name)s, %(size)s", name=made.name, size=made.size)


@task(retries=0, limit=LONGEST, label=_("Verify a backup"), watched=Watched(about_backup))
def verify_now(name: str) -> str:
    """Reads a backup through; one that is damaged makes the task fail with what is wrong."""
    progress(0, None, str(_("Reading it back")))
    found = backups.verify_backup(name)
    if not found.is_good:
        raise GiveUp(found.problem)
    return gettext("%(name)s is as it was written.", name=name)


def back_up_before_migrating() -> str:
    """What a start does before it migrates a database that holds data; gives the name of the backup."""
    return backups.create_backup().name
