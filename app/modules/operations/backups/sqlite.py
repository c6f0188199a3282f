"""SQLite: a consistent copy of a database in use, a check of a copy, and putting a copy in its place.

Copying the files of a database in use is wrong: it misses what is still in the write-ahead log, or tears it. The
backup API copies page by page inside one read transaction, so it sees one moment and keeps nobody from writing.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pysqlite3
import zstandard

from app.core.errors import BusinessError
from app.core.i18n import lazy as _

from .archive import CHUNK, Damaged, Summing
from .piping import read_ahead, write_behind
from .shelf import DiskFull, flush

MEMBER = "database/houtai.db.zst"
PAGES_PER_STEP = 4096
PATIENCE_SECONDS = 5.0
"""How long to wait for others to leave the database."""
ZSTD_LEVEL = -1
"""A backup costs what packing costs. Against level 1 this takes a fifth less and leaves the file an eighth larger."""


class StillOpen(BusinessError):
    """Somebody is connected to the database that was to be replaced. HTTP 409."""

    code = "still_open"

    @classmethod
    def default_message(cls) -> Any:
        return _("The shop is still running. Stop it, restore, and start it again.")


def version() -> str:
    return str(pysqlite3.sqlite_version)


def copy(source: Path, copy_to: Path, on_step: Any = None) -> tuple[dict[str, int], str | None]:
    """Copy the database as it is at one moment; gives the rows of each table and the revision at that moment.

    `on_step(done, total)` is told the progress in pages. DiskFull if there is no room.
    """
    with _opened(source) as origin, _opened(copy_to) as target:
        # The copy is flushed once at the end, as part of the archive; until then it is worth nothing.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE"):
            target.execute(f"PRAGMA {pragma}")
        origin.execute("BEGIN")
        try:
            # Counted in the transaction that is copied, so that copy and count are of the same moment.
            rows, revision = count_rows(origin), read_revision(origin)

            def step(_status: int, remaining: int, total: int) -> None:
                if on_step is not None:
                    on_step(total - remaining, total)

            origin.backup(target, pages=PAGES_PER_STEP, progress=step)
        except pysqlite3.OperationalError as error:
            raise as_disk_full(error) from error
        finally:
            origin.execute("ROLLBACK")
    return rows, revision


def as_disk_full(error: Exception) -> Exception:
    """DiskFull if that is what SQLite complains of, else the error itself."""
    return DiskFull() if "disk is full" in str(error) else error


class _opened:
    """A bare connection to a file, closed at the end; SQLite's own `with` would leave it open."""

    def __init__(self, path: Path, *, immutable: bool = False) -> None:
        # Immutable: the file is ours alone, so no lock and no files beside it are needed.
        address = f"{path.absolute().as_uri()}?immutable=1" if immutable else path.absolute().as_uri()
        self.connection = pysqlite3.connect(address, uri=True, isolation_level=None,
                                            timeout=PATIENCE_SECONDS)

    def __enter__(self) -> Any:
        return self.connection

    def __exit__(self, *_error: object) -> None:
        self.connection.close()


def count_rows(connection: Any) -> dict[str, int]:
    """The rows of each table, those behind search indexes included."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
        "AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name").fetchall()
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in names}


def read_revision(connection: Any) -> str | None:
    """The revision of the migrations the database stands at; None if it was never migrated."""
    there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if there else None
    return row[0] if row else None


def pack(copied: Path, out: Any) -> str:
    """Write the copied database into the archive, compressed; gives the SHA-256 of what was packed."""
    packer: Any = zstandard.ZstdCompressor(level=ZSTD_LEVEL, threads=-1, write_checksum=True)
    with copied.open("rb") as source:
        summing: Any = Summing(source)
        with read_ahead(summing, CHUNK) as ahead, write_behind(out) as behind:
            packer.copy_stream(ahead, behind, size=copied.stat().st_size, read_size=CHUNK, write_size=CHUNK)
    return str(summing.sha256.hexdigest())


def unpack(stream: Any, expected: str, into: Path | None) -> None:
    """Unpack the database out of the archive into a file, or nowhere; Damaged if it is not the one with this sum."""
    try:
        with into.open("xb") if into is not None else open(os.devnull, "wb") as out:
            summing: Any = Summing(out)
            with read_ahead(stream, CHUNK) as source, write_behind(summing) as sink:
                unpacker: Any = zstandard.ZstdDecompressor()
                unpacker.copy_stream(source, sink, read_size=CHUNK, write_size=CHUNK)
    except zstandard.ZstdError as error:
        raise Damaged(_("The database in it cannot be unpacked.")) from error
    if summing.sha256.hexdigest() != expected:
        raise Damaged(_("The database in it is not what was backed up."))


def check(path: Path, rows: dict[str, int], revision: str | None, *, thorough: bool) -> None:
    """Open a copied database and look at every page; Damaged unless it is sound and has these rows.

    `thorough` also holds every index against its table, which takes some ten times as long.
    """
    try:
        with _opened(path, immutable=True) as connection:
            # The file is in the page cache, having just been written: mapped, the pages are not copied once more.
            connection.execute(f"PRAGMA mmap_size={path.stat().st_size}")
            pragma = "integrity_check(10)" if thorough else "quick_check(10)"
            found = [line for (line,) in connection.execute(f"PRAGMA {pragma}")]
            if found != ["ok"]:
                raise Damaged(_("The database is corrupt: %(reason)s"), reason="; ".join(found)[:300])
            counted, stamped = count_rows(connection), read_revision(connection)
    except pysqlite3.DatabaseError as error:
        raise Damaged(_("The database cannot be opened.")) from error
    if (counted, stamped) != (rows, revision):
        wrong = sorted(table for table in rows.keys() | counted.keys() if rows.get(table) != counted.get(table))
        raise Damaged(_("The database does not have the rows that were counted: %(tables)s"),
                      tables=", ".join(wrong)[:300] or "alembic_version")


def switch(live: Path, new: Path, aside: Path) -> None:
    """Put `new` in the place of `live`, which is kept as `aside`; StillOpen while anyone is connected to it.

    Leaving WAL mode needs the database for oneself and folds the log into the file, so that there is one file to
    move and no log left that could be replayed into the wrong database. One rename decides: before it the old
    database serves, after it the new one, whatever happens in between.

    A database too broken to be opened, which may be why there is a restore at all, is moved aside as it is.
    """
    flush(new)
    if live.exists():
        shutil.copymode(live, new)
        with _opened(live) as connection:
            try:
                connection.execute("PRAGMA locking_mode=EXCLUSIVE")
                mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
                connection.execute("BEGIN EXCLUSIVE")
                if mode != "delete" or _log_of(live).exists():
                    raise StillOpen()
            except pysqlite3.OperationalError as error:
                raise StillOpen() from error
            except pysqlite3.DatabaseError:
                _move_log_aside(live, aside)
            os.link(live, aside)
            os.replace(new, live)
    else:
        os.replace(new, live)
    flush(live.parent)


def _move_log_aside(live: Path, aside: Path) -> None:
    """The log of a broken database goes with it; beside the restored one it would be replayed into it."""
    for ending in ("-wal", "-shm", "-journal"):
        beside = live.with_name(live.name + ending)
        if beside.exists():
            os.replace(beside, aside.with_name(aside.name + ending))


def aside_for(live: Path, stamp: str) -> Path:
    """The name under which a database that was replaced is kept: `houtai-before-20261124-030000.db`, or with `-2` at
    its end where another of the same second has that name already."""
    named = live.with_name(f"{live.stem}-before-{stamp}{live.suffix}")
    number = 2
    while named.exists():
        named, number = live.with_name(f"{live.stem}-before-{stamp}-{number}{live.suffix}"), number + 1
    return named


def forget_half_switch(live: Path) -> None:
    """Take away the second name of the living database that a switch leaves which was killed between link and rename.

    Opened under two names, SQLite would keep two logs for one file.
    """
    for aside in live.parent.glob(aside_for(live, "*").name):
        if live.exists() and aside.samefile(live):
            aside.unlink()


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")
