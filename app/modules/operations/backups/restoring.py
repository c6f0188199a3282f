"""Restoring: the shop as it was when a backup was made.

The backup is unpacked beside the living database, checked there like any backup, and only then takes its place, in one
step that either happened or did not: a rename of a file (SQLite), one transaction that renames two databases
(PostgreSQL). What was there before is kept under another name. Pictures are put back before that step. They are
never changed and never in the way of each other (their names come from their contents), so at every moment all the
pictures are there that the database at hand names, whichever of the two it is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from app.core import clock, files, settings
from app.core.database import db
from app.core.errors import BusinessError
from app.core.i18n import lazy as _
from app.modules.operations.events import BackupRestored

from . import postgres, sqlite
from .archive import FromNewerVersion, Manifest, open_member, read_manifest
from .checking import UPLOADS, read_uploads, remove_unpacked, unpack
from .making import database_file, server
from .shelf import working
from .telling import tell

_log = logging.getLogger(__name__)


class OtherDatabase(BusinessError):
    """The backup is of another kind of database than the shop's. HTTP 409."""

    code = "other_database"


@dataclass(frozen=True)
class Restored:
    """What was restored, and the name under which the former database is kept (empty if there was none)."""

    manifest: Manifest
    kept_as: str


def restore_backup(path: Path) -> Restored:
    """Put database and uploads back to what they were when this backup was made; the former database is kept.

    Refuses, and changes nothing, if the backup is damaged (Damaged), was made by a newer version of the program
    (FromNewerVersion) or for another kind of database (OtherDatabase), while another backup or restore runs (Busy),
    or while the shop is running on SQLite (StillOpen). On PostgreSQL a running shop goes on with what was restored.

    A backup of an older version is restored as it is; the program migrates it at its next start. Connections and
    session of this process are closed, and the caller begins anew. Announces BackupRestored to the restored shop, or
    once it has been migrated.
    """
    manifest = read_manifest(path)
    refuse_foreign(manifest)
    stamp = f"{clock.now():%Y%m%d-%H%M%S}"
    db.session.remove()
    with working() as work:
        switch = _restore_sqlite if manifest.database == "sqlite" else _restore_postgres
        kept_as = switch(path, work, stamp)
    settings.forget()
    _log.info("Restored %s; the former database is kept as %s.", path.name, kept_as or "nothing")
    tell(BackupRestored(path.name, manifest.made_at.isoformat(timespec="seconds"), kept_as))
    return Restored(manifest, kept_as)


def refuse_foreign(manifest: Manifest) -> None:
    """OtherDatabase or FromNewerVersion unless this program can use a backup with this manifest."""
    from app.core import migrations  # brings Alembic, which serving needs nothing of

    here = db.engine.dialect.name
    if manifest.database != here:
        raise OtherDatabase(_("This backup is of a %(its)s database, and this shop uses %(ours)s."),
                            its=manifest.database, ours=here)
    if manifest.revision is not None and not migrations.is_known(manifest.revision):
        raise FromNewerVersion()


def _restore_sqlite(path: Path, _work: Path, stamp: str) -> str:
    live = database_file()
    sqlite.forget_half_switch(live)
    # In the folder of the living database, since only inside one file system is a rename one step.
    new = live.with_name(f".{live.name}.restoring")
    remove_unpacked(new)
    aside = sqlite.aside_for(live, stamp)
    was_there = live.exists()
    try:
        unpack(path, new, thorough=False)
        _put_back_uploads(path)
        db.engine.dispose()
        sqlite.switch(live, new, aside)
    finally:
        remove_unpacked(new)
    return aside.name if was_there else ""


def _restore_postgres(path: Path, work: Path, stamp: str) -> str:
    here = server()
    new, aside = postgres.beside(here, stamp), postgres.aside(here, stamp)
    manifest = unpack(path, work / "dump", thorough=False)
    postgres.make_beside(here, new)
    try:
        postgres.restore(here, work / "dump", new, manifest.rows, manifest.revision)
        _put_back_uploads(path)
        db.engine.dispose()
        postgres.switch(here, new, aside)
    except BaseException:
        postgres.drop(here, new)
        raise
    return aside


def _put_back_uploads(path: Path) -> None:
    """Store every picture of the backup again, unless it is there as it should be. None is taken away."""
    storage = files.storage()
    with open_member(path, UPLOADS) as stream:
        for name, size, content in read_uploads(stream):
            key, data = Path(name).name, content.read(size)
            if _content_of(key) != data:
                storage.save(key, data)


def _content_of(key: str) -> bytes | None:
    try:
        with files.storage().open(key) as stream:
            return stream.read()
    except FileNotFoundError:
        return None
