"""Verifying a backup: every byte read, the database in it opened and counted."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.core.i18n import lazy as _

from . import postgres, sqlite
from .archive import Damaged, FromNewerVersion, Manifest, Member, Summing, read_through
from .shelf import Backup, get_backup, note_check, working

UPLOADS = "uploads.tar"


def verify_backup(name: str) -> Backup:
    """Read a backup through and remember what was found; gives it with its `problem`, which is empty if all is well.

    Opens it, holds every checksum against the manifest, unpacks the database, has it check itself to the last index
    entry and counts its rows. Refuses with NotFound, or Busy when a backup or restore is running.
    """
    backup = get_backup(name)
    with working() as work:
        try:
            unpack(backup.path, work / "unpacked", thorough=True)
        except (Damaged, FromNewerVersion) as refusal:
            note_check(backup.path, refusal)
        else:
            note_check(backup.path)
    return get_backup(name)


def read_back(path: Path) -> Manifest:
    """Read an archive that was just written from the disk again, to the last byte of the database packed in it.

    The database was opened and counted before it was packed, and is compared by its sum here. Damaged if anything
    differs.
    """
    return _read(path, None)


def unpack(path: Path, database: Path, *, thorough: bool) -> Manifest:
    """Read an archive through and leave its database, checked, at the given place: a file (SQLite) or a folder of a
    dump (PostgreSQL). Damaged if anything in the archive is not as it was backed up; what was unpacked is then still
    there. `thorough` also holds every index against its table."""
    manifest = _read(path, database)
    if manifest.database == "sqlite":
        sqlite.check(database, manifest.rows, manifest.revision, thorough=thorough)
    else:
        postgres.check(database, manifest.rows, postgres.major_of(manifest.database_version))
    return manifest


def _read(path: Path, database: Path | None) -> Manifest:
    """Read everything, unpacking the database at the given place, if any."""
    pictures = [0, 0]
    databases = 0

    def use(manifest: Manifest, member: Member, stream: Summing) -> None:
        nonlocal databases
        if manifest.database == "sqlite" and member.name == sqlite.MEMBER:
            databases += 1
            sqlite.unpack(stream, manifest.database_sha256, database)
        elif manifest.database == "postgresql" and member.name.startswith(postgres.FOLDER):
            databases += 1
            if database is not None:
                database.mkdir(exist_ok=True)
                postgres.copy_into(database, member.name, stream)
        elif member.name == UPLOADS:
            for _name, size, _content in read_uploads(stream):
                pictures[0] += 1
                pictures[1] += size
        else:
            raise Damaged(_("Parts are missing, or there are parts that the manifest does not know."))

    manifest = read_through(path, use)
    if pictures != [manifest.upload_count, manifest.upload_bytes]:
        raise Damaged(_("The pictures in it are not those that were counted."))
    if not databases:
        raise Damaged(_("There is no database in it."))
    return manifest


def remove_unpacked(database: Path) -> None:
    """Take away what `unpack` left."""
    if database.is_dir():
        shutil.rmtree(database)
    else:
        database.unlink(missing_ok=True)


def read_uploads(stream: Any) -> Iterator[tuple[str, int, Any]]:
    """The uploaded files in the tar: name, size in bytes, and a stream that is good until the next one is asked for."""
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for entry in tar:
                content = tar.extractfile(entry) if entry.isfile() else None
                if content is None:
                    raise Damaged(_("There is something else than pictures among the pictures."))
                yield entry.name, entry.size, content
    except tarfile.TarError as error:
        raise Damaged(_("The pictures in it cannot be unpacked.")) from error
