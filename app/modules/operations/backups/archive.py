"""The file a backup is: a plain zip whose members are stored as they are, with a manifest.

    manifest.json        what is inside, from which shop and version, and the SHA-256 and size of every member
    database/…           the database: `houtai.db.zst` (SQLite, zstd), or the files of a `pg_dump` in directory format
    uploads.tar          every uploaded picture

Members bring their own compression, so nothing is packed twice and any zip tool opens the file. The last 64 bytes, in
the place of the zip's comment, are the SHA-256 of all bytes before them: the seal, by which a file that was cut off or
changed in a single bit is told apart before anything in it is believed. It guards against bad disks and
broken copies, not against forgers.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from app.core.errors import BusinessError
from app.core.i18n import lazy as _

FORMAT = 1
"""Raised when an older program could no longer read what a newer one writes."""
MANIFEST = "manifest.json"
MOST_MANIFEST_BYTES = 4 * 1024 * 1024
CHUNK = 1024 * 1024
SEAL_BYTES = 64
UNREADABLE = (zipfile.BadZipFile, EOFError, KeyError, TypeError, ValueError, AttributeError, OverflowError,
              RuntimeError, struct.error, OSError, zlib.error, lzma.LZMAError)
"""What the standard library may stumble with over a file that is no archive of ours."""
# A member's time would make two backups of the same data differ for nothing; the manifest tells when it was made.
EPOCH = (1980, 1, 1, 0, 0, 0)


class Damaged(BusinessError):
    """A backup is not whole, or not what its manifest says. HTTP 409."""

    code = "damaged"

    @classmethod
    def default_message(cls) -> Any:
        return _("This backup is damaged.")


class FromNewerVersion(BusinessError):
    """A backup was made by a newer version of this program. HTTP 409."""

    code = "from_newer_version"

    @classmethod
    def default_message(cls) -> Any:
        return _("This backup was made by a newer version of Houtai. Update the program first.")


@dataclass(frozen=True)
class Member:
    """One part of the archive as it is stored: `size` in bytes, `sha256` in hexadecimal."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `revision` is that of the migrations; `rows` counts each table at the moment
    of the backup; `database` is `sqlite` or `postgresql`, `database_version` that of the program, and
    `database_sha256` the sum of an SQLite database before it was packed (empty for PostgreSQL)."""

    made_at: datetime
    made_by: str
    app_version: str
    revision: str | None
    database: str
    database_version: str
    database_sha256: str
    rows: dict[str, int]
    upload_count: int
    upload_bytes: int
    members: list[Member] = field(default_factory=list)
    format: int = FORMAT

    def to_json(self) -> str:
        return json.dumps({**asdict(self), "made_at": self.made_at.isoformat(timespec="seconds") + "Z"}, indent=1)

    @classmethod
    def from_json(cls, text: bytes) -> "Manifest":
        """Raises FromNewerVersion for a format we do not know, ValueError and its like for what is no manifest."""
        raw = json.loads(text)
        if raw["format"] > FORMAT:
            raise FromNewerVersion()
        rows = {str(table): int(count) for table, count in raw["rows"].items()}
        members = [Member(str(each["name"]), int(each["size"]), str(each["sha256"])) for each in raw["members"]]
        words: dict[str, Any] = {name: str(raw[name]) for name in (
            "made_by", "app_version", "database", "database_version", "database_sha256")}
        return cls(made_at=datetime.fromisoformat(raw["made_at"].removesuffix("Z")),
                   **words, revision=raw["revision"], rows=rows,
                   upload_count=int(raw["upload_count"]), upload_bytes=int(raw["upload_bytes"]), members=members)


class Writing:
    """An archive being written; `add` gives a stream for one member and remembers its sum and size."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.members: list[Member] = []
        self._zip = zipfile.ZipFile(path, "x", zipfile.ZIP_STORED, allowZip64=True)

    @contextlib.contextmanager
    def add(self, name: str) -> Iterator[Any]:
        with self._zip.open(zipfile.ZipInfo(name, EPOCH), "w", force_zip64=True) as stream:
            summing = Summing(stream)
            yield summing
        self.members.append(Member(name, summing.size, summing.sha256.hexdigest()))

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, close, and seal."""
        self._zip.writestr(zipfile.ZipInfo(MANIFEST, EPOCH), manifest.to_json())
        self._zip.comment = b"0" * SEAL_BYTES
        self._zip.close()
        seal = _sum_before_seal(self.path)
        with self.path.open("r+b") as file:
            file.seek(-SEAL_BYTES, 2)
            file.write(seal)

    def give_up(self) -> None:
        """Let go of the file. Closing the zip would write to a disk that may be full, even from its finaliser."""
        handle, self._zip.fp = self._zip.fp, None
        if handle is not None:
            handle.close()


class Summing:
    """A stream to write to, or to read from, that sums up what passes through."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: Any) -> int:
        self._count(data)
        return self.stream.write(data)

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size)
        self._count(data)
        return data

    def _count(self, data: Any) -> None:
        self.sha256.update(data)
        self.size += len(data)


def _sum_before_seal(path: Path) -> bytes:
    """The SHA-256, in hexadecimal, of everything but the seal."""
    total = hashlib.sha256()
    left = path.stat().st_size - SEAL_BYTES
    with path.open("rb") as file:
        while left > 0 and (data := file.read(min(CHUNK, left))):
            total.update(data)
            left -= len(data)
    return total.hexdigest().encode()


def check_seal(path: Path) -> None:
    """Damaged unless every byte is as it was written."""
    with path.open("rb") as file:
        file.seek(-min(SEAL_BYTES, path.stat().st_size), 2)
        seal = file.read()
    if seal != _sum_before_seal(path):
        raise Damaged(_("The file is cut off or was changed: its checksum does not match."))


def read_manifest(path: Path) -> Manifest:
    """What a backup says of itself; Damaged if it cannot be read, FromNewerVersion if we are too old for it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _manifest_in(archive)
    except UNREADABLE as error:
        raise Damaged(_("The file is cut off or was changed: it cannot be opened.")) from error


def _manifest_in(archive: zipfile.ZipFile) -> Manifest:
    if archive.getinfo(MANIFEST).file_size > MOST_MANIFEST_BYTES:
        raise ValueError("not a manifest of ours")
    return Manifest.from_json(archive.read(MANIFEST))


@contextlib.contextmanager
def open_member(path: Path, name: str) -> Iterator[IO[bytes]]:
    """A stream of one member of an archive that was read through before."""
    with zipfile.ZipFile(path) as archive, archive.open(name) as stream:
        yield stream


def read_through(path: Path, use: Callable[[Manifest, Member, Summing], None]) -> Manifest:
    """Hold the seal, then every member's sum and size, against what was written; gives the manifest.

    Each member is offered to `use` as a stream on the way; what that leaves unread is read here. Damaged where
    anything differs, or a member is missing or too many. Seal and members are read side by side; where both are wrong,
    or a broken file confuses the reading of members, the seal has the word.
    """
    with ThreadPoolExecutor(1) as beside:
        seal = beside.submit(check_seal, path)
        try:
            manifest = _read_members(path, use)
        except Exception:
            seal.result()
            raise
        seal.result()
    return manifest


def _read_members(path: Path, use: Callable[[Manifest, Member, Summing], None]) -> Manifest:
    manifest = read_manifest(path)
    with zipfile.ZipFile(path) as archive:
        if sorted([each.name for each in manifest.members] + [MANIFEST]) != sorted(archive.namelist()):
            raise Damaged(_("Parts are missing, or there are parts that the manifest does not know."))
        for member in manifest.members:
            with archive.open(member.name) as stream:
                summing = Summing(stream)
                use(manifest, member, summing)
                while summing.read(CHUNK):
                    pass
            if (summing.size, summing.sha256.hexdigest()) != (member.size, member.sha256):
                raise Damaged(_("“%(name)s” is not what was backed up."), name=member.name)
    return manifest
