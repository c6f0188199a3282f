"""Asking for a file, and making it: posted work of whoever asked, with the rights they have when it is made."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from datetime import datetime, timedelta, timezone
from functools import partial
from os import SEEK_END
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from flask import current_app, url_for
from flask_babel import force_locale
from werkzeug.datastructures import MultiDict

from app.core import clock
from app.core.actor import current_actor
from app.core.database import db, reading
from app.core.errors import BusinessError, NotAllowed, NotFound
from app.core.events import publish
from app.core.i18n import current_locale, gettext, moment_text, number_text, size_text
from app.core.i18n import lazy as _
from app.core.jobs import About, GiveUp, LaterJob, Watched, later, progress, task
from app.core.jobs.tasks import name_of
from app.core.jobs.watching import count_going_on
from app.core.storage import LocalFolder, Storage
from app.lowcode import export
from app.lowcode.list_files.models import ListFile
from app.lowcode.registry import registry
from app.lowcode.security.standing_in import standing_in

if TYPE_CHECKING:
    from app.lowcode.fields import Field
    from app.lowcode.screen import Screen

HOURS_TO_FETCH = 24
HOURS_TO_WAIT = 48
"""When nobody is left to make it: after so long what was asked for is forgotten."""
LONGEST = timedelta(hours=6)
WORKSHOP = "making-"
"""How the folder of a file in the making begins; what it is made from goes with it, however the work ends."""
AT_ONCE = 3
"""Files that are made or wait to be made for one user."""


def storage() -> Storage:
    """Where the files lie: below VAR, private, and served by no address but that of `pages`."""
    return cast(Storage, current_app.extensions.setdefault(
        "houtai_list_files", LocalFolder(_folder(), is_private=True)))


def _folder() -> Path:
    return Path(current_app.config["VAR"]) / "exports"


def ask_for(screen: "Screen", args: MultiDict[str, str], form: str, fields: list["Field"]) -> int:
    """Post the making of a file of what a list with these `args` shows; the number of the work. The edge commits."""
    actor = current_actor()
    assert actor.id is not None, "a list is exported by somebody who is signed in"
    if count_going_on(actor.id, name_of(make_list_file)) >= AT_ONCE:
        raise BusinessError(_("%(count)s files are being made for you already. Wait until one of them is done."),
                            count=number_text(AT_ONCE))
    file = ListFile(
        key=f"{secrets.token_hex(20)}.{form}", name=export.file_name(screen, form), screen=type(screen).__name__,
        form=form, asked=[list(pair) for pair in args.items(multi=True)], columns=[each.path for each in fields],
        user_id=actor.id, locale=current_locale(), expires_at=clock.now() + timedelta(hours=HOURS_TO_WAIT))
    db.session.add(file)
    db.session.flush()
    return later(make_list_file, file_id=file.id)


def about_file(work: LaterJob) -> About:
    """For the tray: which list, and where the file is found while it is there."""
    file = db.session.get(ListFile, work.arguments.get("file_id"))
    if file is None:
        return About(note=_("The file is no longer kept."))
    if not file.is_ready:
        return About(file.name)
    note = gettext("The file is deleted on %(moment)s.", moment=moment_text(file.expires_at))
    return About(file.name, url_for("ListFiles.fetch", key=file.key), _("Download"), is_file=True, note=note)


@task(retries=2, limit=LONGEST, label=_("Export a list"), watched=Watched(about_file, can_retry=True))
def make_list_file(file_id: int) -> str:
    """Writes the rows as whoever asked for them would see them now, from one moment of the database."""
    with reading():  # on SQLite nobody waits for it
        file = db.session.get(ListFile, file_id, populate_existing=True)
        if file is None:
            raise GiveUp(_("The file is no longer kept."))
        db.session.expunge(file)
        db.session.rollback()
    with force_locale(file.locale):
        try:
            with standing_in(file.user_id, file.locale):
                row_count, size = _make(file)
        except BusinessError as error:  # another try would be refused as well
            raise GiveUp(str(error)) from error
        made = db.session.get_one(ListFile, file_id)
        made.row_count, made.byte_count = row_count, size
        made.expires_at = clock.now() + timedelta(hours=HOURS_TO_FETCH)
        publish(export.ListExported(file.screen, row_count, file.form, export.query_text(_asked(file))))
        return gettext("%(count)s rows, %(size)s", count=number_text(row_count), size=size_text(size))


def _make(file: ListFile) -> tuple[int, int]:
    """Write the file into the store; its rows and bytes."""
    screen = registry().screen_named(file.screen)
    if screen is None:
        raise NotFound(_("The list of which this was to be a file is gone."))
    if not screen.may("export"):
        raise NotAllowed(_("You are no longer allowed to export this list."))
    known = {each.path: each for each in [*export.every_field(screen), *screen.offered_columns.values()]}
    rows = export.ListRows(screen, _asked(file), [known[path] for path in file.columns if path in known])
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    db.session.rollback()  # the moment of which all rows are begins after what was asked about rights
    with tempfile.TemporaryDirectory(prefix=WORKSHOP, dir=_folder()) as workshop:
        with reading(one_snapshot=True):
            total = rows.count()
            written = rows.write(file.form, folder=Path(workshop), tell=partial(_tell, total))
            db.session.rollback()
        with written:
            progress(total, total, gettext("Putting the file in its place"))
            size = written.seek(0, SEEK_END)
            written.seek(0)
            storage().save(file.key, cast(BinaryIO, written))
    return rows.number, size


def sweep() -> None:
    """Take away what was left of files whose making was killed."""
    until = clock.now() - LONGEST
    for workshop in _folder().glob(f"{WORKSHOP}*"):
        if datetime.fromtimestamp(workshop.stat().st_mtime, timezone.utc).replace(tzinfo=None) < until:
            shutil.rmtree(workshop, ignore_errors=True)


def _asked(file: ListFile) -> MultiDict[str, str]:
    return MultiDict([(key, value) for key, value in file.asked])


def _tell(total: int, done: int) -> None:
    progress(done, total, gettext("Writing row %(row)s", row=number_text(done)))


def open_file(file: ListFile) -> IO[bytes]:
    """The file itself; FileNotFoundError if somebody took it from the disk."""
    return storage().open(file.key)
