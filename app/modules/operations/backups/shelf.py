"""The folder in which backups lie: their names, what is known of each without opening it, and one maker at a time.

    VAR/backups/houtai-20261124-030000.zip           a backup, whole and verified before it got this name
    VAR/backups/houtai-20261124-030000.zip.check     when it was last read through, and what was wrong, as JSON
    VAR/backups/.work-…                              what is being made; swept away by the next who works here

Nothing is ever written under a backup's final name: it is made aside, verified there, flushed to the disk and renamed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app

from app.core import clock
from app.core.errors import BusinessError, NotFound
from app.core.i18n import english, gettext, size_text
from app.core.i18n import lazy as _

from .archive import Damaged, FromNewerVersion, Manifest, read_manifest

_NAME = re.compile(r"houtai-\d{8}-\d{6}(-\d+)?\.zip")


class Busy(BusinessError):
    """Another backup or restore is at work. HTTP 409."""

    code = "busy"

    @classmethod
    def default_message(cls) -> Any:
        return _("Another backup or restore is running. Please wait until it is done.")


class DiskFull(BusinessError):
    """There is no room for what was to be written. HTTP 409; what was there before is untouched."""

    code = "disk_full"

    @classmethod
    def default_message(cls) -> Any:
        return _("The disk is full. Nothing was changed, and earlier backups are untouched.")


@dataclass(frozen=True)
class Backup:
    """One backup on the shelf. `problem` says in plain words what was found wrong with it, and is empty if nothing
    was; `checked_at` is when it was last read through. `manifest` is None where not even that can be read."""

    path: Path
    byte_count: int
    made_at: datetime
    manifest: Manifest | None
    checked_at: datetime | None
    problem: str

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def is_good(self) -> bool:
        """Whether it was read through and nothing was wrong."""
        return self.checked_at is not None and not self.problem and self.manifest is not None

    @property
    def size(self) -> str:
        """How big the file is, for people: `48.3 MB`, `43.3 kB`."""
        return size_text(self.byte_count)

    @property
    def row_count(self) -> int:
        """Rows of all tables together."""
        return sum(self.manifest.rows.values()) if self.manifest else 0


def folder() -> Path:
    """The folder, made if need be; only its owner may look into it, since a backup holds everything."""
    place = Path(current_app.config["VAR"]) / "backups"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def new_name() -> str:
    """A name that is not taken: the moment in UTC, with a number behind it where two share a second."""
    stem = f"houtai-{clock.now():%Y%m%d-%H%M%S}"
    names = (f"{stem}{'' if number == 1 else f'-{number}'}.zip" for number in range(1, 1000))
    return next(name for name in names if not (folder() / name).exists())


@contextlib.contextmanager
def working() -> Iterator[Path]:
    """A folder to work in, and nobody else at work meanwhile; Busy if there is.

    The lock is the kernel's, so it goes with a process that is killed; what such a one left behind is swept away here.
    A full disk inside becomes DiskFull.
    """
    place = folder()
    with (place / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy() from None
        for left in place.glob(".work-*"):
            shutil.rmtree(left, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=".work-", dir=place))
        try:
            yield work
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                raise DiskFull() from error
            raise
        finally:
            shutil.rmtree(work, ignore_errors=True)


def put_on_shelf(made: Path, name: str) -> Path:
    """Give a finished and verified archive its final name; from here on it is a backup, and before it was nothing."""
    final = folder() / name
    flush(made)
    os.chmod(made, 0o600)
    os.rename(made, final)
    flush(final.parent)
    return final


def flush(path: Path) -> None:
    """Make sure a file, or the names in a folder, have reached the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def note_check(path: Path, problem: BusinessError | None = None) -> None:
    """Remember that a backup was read through now, and what was wrong with it.

    The words are kept in English with their gaps apart, so that each reader gets them in a language of their own.
    """
    note = {"checked_at": clock.now().isoformat(timespec="seconds"), "problem": "", "gaps": {}}
    if problem is not None:
        note |= {"problem": english(problem.message),
                 "gaps": {name: str(value) for name, value in problem.gaps.items()}}
    aside = path.with_name(f".{path.name}.check")
    aside.write_text(json.dumps(note))
    os.replace(aside, _check_file(path))


def _check_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.check")


def list_backups() -> list[Backup]:
    """All backups, newest first. Reads each one's manifest and nothing more."""
    found = [_describe(path) for path in folder().iterdir() if _NAME.fullmatch(path.name) and path.is_file()]
    # Of one second the second one is called `…-2.zip`, the tenth `…-10.zip`.
    return sorted(found, key=lambda backup: (backup.made_at, len(backup.name), backup.name), reverse=True)


def find_backup(name: str) -> Backup | None:
    """The backup of this name, or None; no name leads out of the folder."""
    path = folder() / name
    return _describe(path) if _NAME.fullmatch(name) and path.is_file() else None


def get_backup(name: str) -> Backup:
    """The backup of this name; NotFound if there is none."""
    found = find_backup(name)
    if found is None:
        raise NotFound(_("There is no backup “%(name)s”."), name=name)
    return found


def remove(backup: Backup) -> None:
    """Take a backup off the shelf."""
    backup.path.unlink(missing_ok=True)
    _check_file(backup.path).unlink(missing_ok=True)


def _describe(path: Path) -> Backup:
    checked_at, problem = _last_check(path)
    manifest = None
    try:
        manifest = read_manifest(path)
    except (Damaged, FromNewerVersion) as refusal:
        problem = problem or str(refusal)
    stamp = datetime.strptime(path.name[7:22], "%Y%m%d-%H%M%S")
    return Backup(path, path.stat().st_size, manifest.made_at if manifest else stamp, manifest, checked_at, problem)


def _last_check(path: Path) -> tuple[datetime | None, str]:
    try:
        note = json.loads(_check_file(path).read_text())
        words = gettext(note["problem"]) if note["problem"] else ""
        return datetime.fromisoformat(note["checked_at"]), words % note["gaps"] if note["gaps"] else words
    except (OSError, ValueError, KeyError, TypeError):  # none was written, or a copy was broken
        return None, ""
