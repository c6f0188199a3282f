"""PostgreSQL: a dump of one moment, a check of a dump without a server, and restoring into a database of its own.

The work is done by the server's own tools, `pg_dump` and `pg_restore`, found on the PATH or where Debian puts them, of
the server's version. They are told where to connect through the environment, so no password shows in a process list.

psycopg is imported where it is used: a shop on SQLite does without it.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import shutil
import subprocess
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL
from sqlalchemy.dialects import registry

from app.core.errors import BusinessError
from app.core.i18n import lazy as _

from .archive import CHUNK, Damaged

if TYPE_CHECKING:
    import psycopg

FOLDER = "database/"
JOBS = 2
"""Tables dumped or restored at the same time."""
COMPRESSION = 1
"""gzip's quickest level: on a shop's tables half as large again as its best, and five times as fast."""
DEBIAN = Path("/usr/lib/postgresql")
PASSED_ON = {"host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
             "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY"}
_TABLE_DATA = re.compile(r"^(?P<id>\d+); \d+ \d+ TABLE DATA (?P<schema>\S+) (?P<table>\S+) ", re.MULTILINE)
SECONDS_TO_SWITCH = 30


class ToolFailed(BusinessError):
    """A tool of PostgreSQL is missing or did not do what it was asked. HTTP 409."""

    code = "tool_failed"


class Server:
    """Where the shop's database is, from its SQLAlchemy address: connections and tools that go there."""

    def __init__(self, url: URL) -> None:
        given = registry.load("postgresql.psycopg")().create_connect_args(url)[1]
        self.options: dict[str, Any] = {name: given[name] for name in PASSED_ON if name in given}
        self.database = str(given["dbname"])

    def connect(self, database: str | None = None, **options: Any) -> "psycopg.Connection[Any]":
        """A connection past the pool, to the shop's database or to another of the server."""
        import psycopg

        return psycopg.connect(**self.options, dbname=database or self.database, application_name="houtai backup",
                               prepare_threshold=None, **options)

    def run(self, tool: str, major: int, *words: str, database: str | None = None) -> str:
        """Run a tool of PostgreSQL to its end and give what it says; ToolFailed with its complaint."""
        done = subprocess.run(
            [find_tool(tool, major), *words], capture_output=True, text=True, check=False,
            env=self.environment(database or self.database))
        if done.returncode:
            raise ToolFailed(_("%(tool)s failed: %(reason)s"), tool=tool, reason=_last_line(done.stderr))
        return done.stdout

    def start(self, tool: str, major: int, *words: str) -> "subprocess.Popen[str]":
        """Start a tool of PostgreSQL on the shop's database."""
        return subprocess.Popen([find_tool(tool, major), *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                text=True, env=self.environment(self.database))

    def environment(self, database: str) -> dict[str, str]:
        """What a tool finds in its environment: ours, without settings that would lead it elsewhere."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        asked = {PASSED_ON[name]: str(value) for name, value in self.options.items()}
        return {**inherited, **asked, "PGDATABASE": database, "PGAPPNAME": "houtai backup", "LC_MESSAGES": "C"}


def find_tool(tool: str, major: int) -> str:
    """The program of the server's own version, else the oldest newer one: `pg_dump` reads older servers, not newer."""
    places = [Path(place) for place in os.environ.get("PATH", "").split(os.pathsep) if place]
    places += sorted(DEBIAN.glob("*/bin"))
    found: list[tuple[int, str]] = []
    for place in places:
        program = place / tool
        if program.is_file() and os.access(program, os.X_OK) and (version := tool_version(str(program))):
            if version == major:
                return str(program)
            found.append((version, str(program)))
    newer = sorted(each for each in found if each[0] > major)
    if newer:
        return newer[0][1]
    raise ToolFailed(_("The program %(tool)s of PostgreSQL %(major)s is needed and was not found. Install the package "
                       "postgresql-client-%(major)s."), tool=tool, major=major)


def tool_version(program: str) -> int | None:
    """The major version a program says it has; Debian's wrappers answer for the newest one installed."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    number = re.search(r"\) (\d+)", said.stdout)
    return int(number[1]) if number else None


def major_of(version: str) -> int:
    """The major number of a server's version, such as 15 for `15.18`."""
    return int(version.split(".")[0])


def major_version(connection: "psycopg.Connection[Any]") -> int:
    return connection.info.server_version // 10000


def dump(server: Server, into: Path) -> tuple[dict[str, int], str | None, str]:
    """Dump the database as it is at one moment into the folder `into`, which is made.

    Gives the rows of each table and the revision of the migrations at that moment, and the server's version.
    """
    with server.connect() as connection:
        # Count and dump look at the same snapshot, so the one can be held against the other.
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        snapshot = _one(connection, "SELECT pg_export_snapshot()")
        process = server.start(
            "pg_dump", major_version(connection), "--format=directory", f"--jobs={JOBS}", f"--compress={COMPRESSION}",
            "--no-owner", "--no-privileges", "--no-sync", f"--snapshot={snapshot}", f"--file={into}")
        with _ended(process):
            rows, revision = count_rows(connection), read_revision(connection)
            complaint = process.communicate()[1]
        if process.returncode:
            raise ToolFailed(_("%(tool)s failed: %(reason)s"), tool="pg_dump", reason=_last_line(complaint))
        return rows, revision, str(_one(connection, "SHOW server_version")).split()[0]


@contextlib.contextmanager
def _ended(process: "subprocess.Popen[str]") -> Iterator[None]:
    """Whatever happens meanwhile, the tool does not go on alone."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def count_rows(connection: "psycopg.Connection[Any]") -> dict[str, int]:
    """The rows of each table of the shop; of a partitioned table each part by itself, as it is dumped."""
    from psycopg import sql

    names = [name for (name,) in connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY c.relname")]
    count = sql.SQL("SELECT count(*) FROM public.{}")
    return {name: int(_one(connection, count.format(sql.Identifier(name)))) for name in names}


def read_revision(connection: "psycopg.Connection[Any]") -> str | None:
    """The revision of the migrations the database stands at; None if it was never migrated."""
    if _one(connection, "SELECT to_regclass('public.alembic_version')") is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else None


def size(server: Server) -> int:
    """What the database takes on its server's disk, in bytes."""
    with server.connect() as connection:
        return int(_one(connection, "SELECT pg_database_size(current_database())"))


def _one(connection: "psycopg.Connection[Any]", statement: Any) -> Any:
    row = connection.execute(statement).fetchone()
    return row[0] if row else None


def check(folder: Path, rows: dict[str, int], major: int) -> None:
    """Read a whole dump without a server; Damaged unless its contents can be listed and it has these rows.

    A table's data are the lines of a COPY, one a row (line ends inside values are escaped), closed by a line with a
    backslash and a full stop and some empty ones.
    """
    done = subprocess.run([find_tool("pg_restore", major), "--list", str(folder)], capture_output=True, text=True,
                          check=False, env={**os.environ, "LC_MESSAGES": "C"})
    if done.returncode:
        raise Damaged(_("The database cannot be read: %(reason)s"), reason=_last_line(done.stderr))
    files = {entry["table"]: folder / f"{entry['id']}.dat.gz" for entry in _TABLE_DATA.finditer(done.stdout)
             if entry["schema"] == "public"}
    largest_first = sorted(files, key=lambda table: -files[table].stat().st_size if files[table].is_file() else 0)
    with ThreadPoolExecutor(JOBS) as beside:
        counts = beside.map(lambda table: _count_lines(files[table]), largest_first)
        counted = {**dict.fromkeys(rows, 0), **dict(zip(largest_first, counts, strict=True))}
    if counted != rows:
        wrong = sorted(table for table in rows.keys() | counted.keys() if rows.get(table) != counted.get(table))
        raise Damaged(_("The database does not have the rows that were counted: %(tables)s"),
                      tables=", ".join(wrong)[:300])


def _count_lines(path: Path) -> int:
    lines, tail = 0, b"\n"
    try:
        with gzip.open(path, "rb") as data:
            while block := data.read(CHUNK):
                lines += block.count(b"\n")
                tail = (tail + block)[-16:]
    except (OSError, EOFError, zlib.error) as error:
        raise Damaged(_("The database in it cannot be unpacked.")) from error
    rest = tail.rstrip(b"\n")
    if not rest.endswith(b"\n\\."):
        raise Damaged(_("The database in it cannot be unpacked."))
    return lines - (len(tail) - len(rest))


def make_beside(server: Server, name: str) -> None:
    """Make an empty database like the shop's own, under another name; earlier unfinished ones are dropped."""
    from psycopg import errors, sql

    with server.connect() as connection:
        about = connection.execute(
            "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database WHERE datname = %s",
            [server.database]).fetchone()
    assert about is not None, "we are connected to it"
    encoding, collate, ctype = about
    with _administering(server) as connection:
        for (left,) in connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s",
                                          [_like(beside(server, "")) + "%"]).fetchall():
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(left)))
        try:
            connection.execute(sql.SQL(
                "CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}").format(
                    sql.Identifier(name), encoding, collate, ctype))
        except errors.InsufficientPrivilege:
            raise ToolFailed(_("The database user may not create databases. Let an administrator of the server run: "
                               "%(statement)s"), statement=f"ALTER USER {connection.info.user} CREATEDB") from None


def beside(server: Server, stamp: str) -> str:
    """The name of a database that is being restored."""
    return f"{server.database[:30]}_restoring_{stamp}"


def aside(server: Server, stamp: str) -> str:
    """The name under which the database that was replaced is kept."""
    return f"{server.database[:30]}_before_{stamp}"


def _like(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


@contextlib.contextmanager
def _administering(server: Server) -> Iterator["psycopg.Connection[Any]"]:
    """A connection to the server's own database, each statement a transaction of its own."""
    import psycopg

    try:
        connection = server.connect("postgres", autocommit=True)
    except psycopg.OperationalError:
        connection = server.connect("template1", autocommit=True)
    with connection:
        yield connection


def restore(server: Server, folder: Path, name: str, rows: dict[str, int], revision: str | None) -> None:
    """Fill the database `name` from a dump, and count; Damaged unless it has these rows and this revision."""
    with server.connect() as connection:
        major = major_version(connection)
    server.run("pg_restore", major, "--no-owner", "--no-privileges", "--exit-on-error", f"--jobs={JOBS}",
               f"--dbname={name}", str(folder), database=name)
    with server.connect(name, autocommit=True) as connection:
        if (count_rows(connection), read_revision(connection)) != (rows, revision):
            raise Damaged(_("The database does not have the rows that were counted: %(tables)s"),
                          tables=name)
        # Without statistics the first pages after a restore would be planned blindly.
        connection.execute("ANALYZE")


def drop(server: Server, name: str) -> None:
    """Drop a database that was not wanted after all."""
    from psycopg import sql

    with _administering(server) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def switch(server: Server, new: str, kept_as: str) -> None:
    """Give the shop's name to the database `new` and keep the old one under another: both in one transaction.

    The rename bars new connections while it waits for those there are; meanwhile a second connection ends them. A
    running shop reconnects by itself and finds the new database.
    """
    from psycopg import errors, sql

    names = [sql.Identifier(name) for name in (server.database, kept_as, new, server.database)]
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}; ALTER DATABASE {} RENAME TO {}").format(*names)
    done = threading.Event()

    def clear_the_way() -> None:
        with _administering(server) as connection:
            while not done.is_set():
                connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY(%s)",
                                   [[server.database, new]])
                done.wait(0.1)

    with _administering(server) as connection:
        clearing = threading.Thread(target=clear_the_way, name="clear-the-way")
        clearing.start()
        try:
            with connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = '{SECONDS_TO_SWITCH}s'")
                connection.execute(rename)
        except (errors.ObjectInUse, errors.LockNotAvailable):
            raise ToolFailed(_("Another program is connected to the database and could not be told to leave. "
                               "Stop it and try again.")) from None
        finally:
            done.set()
            clearing.join()


def copy_into(folder: Path, name: str, stream: Any) -> None:
    """Put one file of a dump, as the archive has it, into a folder."""
    with (folder / Path(name).name).open("xb") as out:
        shutil.copyfileobj(stream, out, CHUNK)


def _last_line(complaint: str) -> str:
    lines = [line for line in complaint.strip().splitlines() if line.strip()]
    return (lines[-1] if lines else "no reason given")[:300]
