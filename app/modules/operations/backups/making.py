"""Making a backup: database and uploads of one moment, verified before it counts as one."""

from __future__ import annotations

import os
import shutil
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from flask import current_app

from app.core import clock
from app.core.actor import current_actor
from app.core.database import db
from app.core.errors import NotFound
from app.core.i18n import lazy as _
from app.core.jobs import progress
from app.core.version import VERSION
from app.modules.operations.events import BackupMade

from . import postgres, sqlite
from .archive import CHUNK, Manifest, Writing
from .checking import UPLOADS, read_back
from .shelf import Backup, DiskFull, get_backup, new_name, note_check, put_on_shelf, working
from .shelf import folder as backups_folder
from .telling import tell

SPARE_BYTES = 256 * 1024 * 1024
"""What a backup leaves free on the disk: the shop goes on selling meanwhile and needs room for its orders."""
COPYING, PACKING = _("Copying the database"), _("Packing the database")
ADDING, CHECKING = _("Adding the pictures"), _("Reading it back")
# What the steps take of the whole, in per cent, for the progress bar.
COPIED, PACKED, STORED, CHECKED = 30, 55, 65, 100


def create_backup() -> Backup:
    """Back up the database and the uploads into one verified archive, and give it.

    The shop goes on meanwhile: the database is taken as it was at one moment, and the uploads, which never change,
    after it, so that every picture it names is there. Refuses when another backup runs (Busy), or there is too
    little room (DiskFull). Announces BackupMade. Whatever stops it, even a kill, leaves nothing that looks like a
    backup, and earlier ones as they were.
    """
    with working() as work:
        if db.engine.dialect.name == "sqlite":
            sqlite.forget_half_switch(database_file())
        _ensure_room()
        name = new_name()
        made = work / name
        writing = Writing(made)
        try:
            writing.finish(_fill(writing, work))
        finally:
            writing.give_up()
        progress(STORED, CHECKED, str(CHECKING))
        read_back(made)
        path = put_on_shelf(made, name)
        note_check(path)
    progress(CHECKED, CHECKED)
    backup = get_backup(path.name)
    tell(BackupMade(backup.name, backup.byte_count, backup.row_count))
    return backup


def _fill(writing: Writing, work: Path) -> Manifest:
    made_at = clock.now().replace(microsecond=0)
    add_database = _add_sqlite if db.engine.dialect.name == "sqlite" else _add_postgres
    about = add_database(writing, work)
    progress(PACKED, CHECKED, str(ADDING))
    count, size = _add_uploads(writing)
    return Manifest(made_at=made_at, made_by=str(current_actor()), app_version=VERSION, upload_count=count,
                    upload_bytes=size, members=writing.members, **about)


def _add_sqlite(writing: Writing, work: Path) -> dict[str, Any]:
    copied = work / "copy.db"

    def on_step(done: int, total: int) -> None:
        progress(COPIED * done // max(total, 1), CHECKED, str(COPYING))

    rows, revision = sqlite.copy(database_file(), copied, on_step)
    progress(COPIED, CHECKED, str(PACKING))
    # Checking and packing both only read the copy, so they go side by side. What is packed is what was checked: the
    # sum taken here is held against the archive's contents at every reading.
    with ThreadPoolExecutor(1) as beside, writing.add(sqlite.MEMBER) as out:
        check = beside.submit(sqlite.check, copied, rows, revision, thorough=False)
        database_sum = sqlite.pack(copied, out)
        check.result()
    copied.unlink()
    return {"database": "sqlite", "database_version": sqlite.version(), "database_sha256": database_sum,
            "rows": rows, "revision": revision}


def _add_postgres(writing: Writing, work: Path) -> dict[str, Any]:
    folder = work / "dump"
    progress(0, CHECKED, str(COPYING))
    rows, revision, version = postgres.dump(server(), folder)
    progress(COPIED, CHECKED, str(PACKING))
    with ThreadPoolExecutor(1) as beside:
        check = beside.submit(postgres.check, folder, rows, postgres.major_of(version))
        for file in sorted(folder.iterdir()):
            with writing.add(postgres.FOLDER + file.name) as out, file.open("rb") as source:
                shutil.copyfileobj(source, out, CHUNK)
        check.result()
    shutil.rmtree(folder)
    return {"database": "postgresql", "database_version": version, "database_sha256": "", "rows": rows,
            "revision": revision}


def _add_uploads(writing: Writing) -> tuple[int, int]:
    """The uploaded files as a tar, in the order of their names; how many, and their bytes."""
    count = size = 0
    with writing.add(UPLOADS) as out, tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for path in upload_files():
            try:
                file = path.open("rb")
            except FileNotFoundError:
                continue  # deleted since the folder was read
            with file:
                entry = tarfile.TarInfo(str(path.relative_to(uploads_folder())))
                status = os.fstat(file.fileno())
                entry.size, entry.mtime, entry.mode = status.st_size, int(status.st_mtime), 0o644
                tar.addfile(entry, file)
            count, size = count + 1, size + entry.size
    return count, size


def uploads_folder() -> Path:
    return Path(current_app.config["VAR"]) / "uploads"


def upload_files() -> list[Path]:
    """Every stored upload; files that are still coming in have names of their own and are left out."""
    return sorted(path for path in uploads_folder().glob("*/*") if path.is_file() and not path.name.startswith("."))


def database_file() -> Path:
    """The file of an SQLite database."""
    return Path(str(db.engine.url.database)).absolute()


def server() -> postgres.Server:
    """The server of a PostgreSQL database."""
    return postgres.Server(db.engine.url)


def _ensure_room() -> None:
    """A backup that fills the disk would stop the shop; one that would come close to it is not begun."""
    if db.engine.dialect.name == "sqlite":
        if not database_file().exists():
            raise NotFound(_("There is no database yet, so there is nothing to back up."))
        # The copy and the packed copy lie beside each other; later the packed one and the one it is checked by.
        database = 2 * database_file().stat().st_size
    else:
        database = postgres.size(server())
    ensure_free(database + sum(path.stat().st_size for path in upload_files()))


def ensure_free(byte_count: int) -> None:
    """DiskFull unless so much can be written beside the backups and the shop still has room to go on."""
    needed = byte_count + SPARE_BYTES
    free = shutil.disk_usage(backups_folder()).free
    if needed > free:
        raise DiskFull(_("There is not enough room for a backup: it needs %(needed)s MB, and %(free)s MB are free."),
                       needed=needed // 10**6, free=free // 10**6)
