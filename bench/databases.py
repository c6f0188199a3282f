"""The databases that are measured: a demo shop of a wanted size, made once and kept for the next run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from bench.meter import Meter
from bench.server import KeptServer

ROOT = Path(__file__).resolve().parents[1]
MEMBERS_SHARE, PRODUCTS_SHARE = 10, 50
"""One member for so many orders, and one product."""


def with_bytecode(folder: Path) -> dict[str, str]:
    """The environment of a process that keeps compiled bytecode for the next one, as Python does unless told not to."""
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


@dataclass
class Database:
    """A database with a demo shop of `orders` orders; `loaded` says what it cost to make."""

    kind: str
    url: str
    orders: int
    var: Path
    postmaster: int | None = None
    loaded: str = ""


class Stock:
    """The kept databases in `folder`."""

    def __init__(self, folder: Path, server: KeptServer | None) -> None:
        self.folder, self.server = folder, server

    def get(self, kind: str, orders: int) -> Database:
        """The database of this kind and size; made where it is not there or has another shape than the code."""
        database = self._named(kind, str(orders), orders)
        loaded = database.var / "loaded"
        if loaded.exists() and self._flask(database, "database", "check", check=False) == 0:
            database.loaded = loaded.read_text()
            return database
        print(f"Making {orders:,} orders on {kind} …", file=sys.stderr, flush=True)
        loaded.unlink(missing_ok=True)
        self._empty(database)
        database.loaded = f"demo load, {orders:,} orders: " + self._timed(
            database, "demo", "load", "--orders", str(orders), "--members", str(orders // MEMBERS_SHARE),
            "--products", str(orders // PRODUCTS_SHARE))
        if kind == "postgresql":
            # What the server's autovacuum would have done by the time.
            engine = create_engine(database.url, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.execute(text("VACUUM ANALYZE"))
            engine.dispose()
        loaded.write_text(database.loaded)
        return database

    def empty(self, kind: str, name: str) -> Database:
        """A migrated database with nothing in it."""
        database = self._named(kind, name, 0)
        self._empty(database)
        return database

    def import_retail(self, kind: str, file: Path) -> str:
        """Bring the Online Retail file into an empty shop; says what it cost."""
        database = self.empty(kind, "retail")
        return "import online-retail: " + self._timed(database, "import", "online-retail", str(file.resolve()))

    def migrate(self, database: Database) -> float:
        """What is done once before a start: migrate and synchronise permissions. Gives seconds of processor time."""
        spent = _spent_ns(database)
        self._flask(database, "database", "upgrade")
        return (_spent_ns(database) - spent) / 1e9

    def _named(self, kind: str, name: str, orders: int) -> Database:
        var = self.folder / f"{kind}_{name}"
        var.mkdir(parents=True, exist_ok=True)
        if kind == "sqlite":
            return Database(kind, f"sqlite:///{var / 'houtai.db'}", orders, var)
        assert self.server is not None
        return Database(kind, self.server.url(f"shop_{name}"), orders, var, self.server.process.pid)

    def _empty(self, database: Database) -> None:
        """An empty, migrated database in place of what was there."""
        if database.kind == "sqlite":
            for path in database.var.glob("*.db*"):
                path.unlink()
        else:
            assert self.server is not None
            name = make_url(database.url).database
            self.server.administrate(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
        self._flask(database, "database", "upgrade")

    def _timed(self, database: Database, *words: str) -> str:
        """Run a command; says how long it took."""
        spent, begun = _spent_ns(database), time.monotonic()
        self._flask(database, *words)
        spent = _spent_ns(database) - spent
        return f"{time.monotonic() - begun:.0f} s, {spent / 1e9:.0f} s of processor time"

    def _flask(self, database: Database, *words: str, check: bool = True) -> int:
        """Run one of the shop's own commands on the database."""
        environment = {**os.environ, **with_bytecode(self.folder), "DATABASE_URL": database.url,
                       "HOUTAI_VAR": str(database.var)}
        done = subprocess.run([sys.executable, "-m", "flask", "--app", "app", *words], cwd=ROOT, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if check and done.returncode:
            raise SystemExit(f"flask {' '.join(words)} failed:\n{done.stdout}")
        return done.returncode


def _spent_ns(database: Database) -> int:
    """Processor time so far of the database's server, of this process, and of commands that have ended."""
    times = os.times()
    return Meter(database.postmaster).read() + int((times.children_user + times.children_system) * 1e9)
