"""The restore drill: the newest backup, restored for trial into a database that is thrown away afterwards.

A backup that was never restored is a hope. The drill goes the way of a real restore up to the point where the databases
would change places; the shop's own database and pictures are not touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core import clock
from app.core.errors import BusinessError
from app.core.i18n import lazy as _
from app.core.jobs import progress

from . import postgres
from .archive import Damaged, FromNewerVersion, Manifest, read_manifest
from .checking import unpack
from .making import database_file, ensure_free, server
from .restoring import refuse_foreign
from .shelf import Backup, list_backups, note_check, working

RESTORING = _("Restoring it for trial")


class NoBackup(BusinessError):
    """There is no backup that could be restored. HTTP 409."""

    code = "no_backup"

    @classmethod
    def default_message(cls) -> Any:
        return _("There is no backup, so there is nothing that could be restored.")


@dataclass(frozen=True)
class Drilled:
    """A backup that was restored for trial, and how long that took."""

    backup: Backup
    seconds: float


def drill_restore() -> Drilled:
    """Restore the newest backup into a temporary database, hold its rows against the manifest, and throw it away.

    Refuses, and changes nothing, where there is no backup (NoBackup), the newest is damaged (Damaged, which is noted on
    it), of a newer version or another database, another one is at work (Busy), there is too little room (DiskFull), or
    PostgreSQL does not let us make a database (ToolFailed).
    """
    newest = next(iter(list_backups()), None)
    if newest is None:
        raise NoBackup()
    began = clock.monotonic()
    progress(0, None, str(RESTORING))
    with working() as work:
        try:
            manifest = read_manifest(newest.path)
            refuse_foreign(manifest)
            _restore_aside(newest, manifest, work)
        except (Damaged, FromNewerVersion) as refusal:
            note_check(newest.path, refusal)
            raise
        note_check(newest.path)
    return Drilled(newest, clock.monotonic() - began)


def _restore_aside(backup: Backup, manifest: Manifest, work: Path) -> None:
    unpacked = work / "drill"
    if manifest.database == "sqlite":
        # Opening, checking and counting it is all that a restore does besides the rename.
        ensure_free(max(backup.byte_count, database_file().stat().st_size))
        unpack(backup.path, unpacked, thorough=True)
        return
    here = server()
    ensure_free(backup.byte_count)
    unpack(backup.path, unpacked, thorough=True)
    name = postgres.beside(here, f"{clock.now():%Y%m%d-%H%M%S}")
    postgres.make_beside(here, name)
    try:
        postgres.restore(here, unpacked, name, manifest.rows, manifest.revision)
    finally:
        postgres.drop(here, name)
