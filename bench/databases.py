"""The databases that are measured: a demo shop of a wanted size, made once and kept for the next run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from bench.meter import Meter
from bench.server import KeptServer

ROOT = Path(__file__).resolve().parents[1]
MEMBERS_SHARE, PRODUCTS_SHARE = 10, 50
"""One member for so many orders, and one product."""


@dataclass
class Database:
    """A database with a demo shop of `orders` orders."""

    kind: str
    orders: int
    url: str
    var: Path
    postmaster: int | None


class Stock:
    """The kept databases in `folder`."""

    def __init__(self, folder: Path, server: KeptServer | None) -> None:
        self.folder, self.server = folder, server

    def get(self, kind: str, orders: int) -> Database:
        """The database of this kind and size; made where it is not there or has another shape than the code."""
        name = f"shop_{orders}"
        var = self.folder / f"{kind}_{orders}"
        var.mkdir(parents=True, exist_ok=True)
        if kind == "sqlite":
            database = Database(kind, orders, f"sqlite:///{var / 'houtai.db'}", var, None)
            is_there = (var / "houtai.db").exists()
        else:
            assert self.server is not None
            database = Database(kind, orders, self.server.url(name), var, self.server.process.pid)
            is_there = self.server.has(name)
        loaded = var / "loaded"
        if is_there and loaded.exists() and self._flask(database, "database", "check", check=False) == 0:
            return database
        loaded.unlink(missing_ok=True)
        self._remove(database, name)
        self._load(database)
        loaded.write_text("The demo shop is complete.\n")
        return database

    def _remove(self, database: Database, name: str) -> None:
        if database.kind == "sqlite":
            for path in database.var.glob("houtai.db*"):
                path.unlink()
        else:
            assert self.server is not None
            self.server.administrate(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")

    def _load(self, database: Database) -> None:
        """Migrate, load the demo shop, and do what a server's autovacuum would have done by the time."""
        print(f"Making {database.orders:,} orders on {database.kind} …", flush=True)
        self._flask(database, "database", "upgrade")
        meter, begun = Meter(database.postmaster), time.monotonic()
        spent = meter.read() + _children_ns()
        self._flask(database, "demo", "load", "--orders", str(database.orders),
                    "--members", str(database.orders // MEMBERS_SHARE),
                    "--products", str(database.orders // PRODUCTS_SHARE))
        spent = meter.read() + _children_ns() - spent
        print(f"  in {time.monotonic() - begun:.0f} s, {spent / 1e9:.0f} s of processor time", flush=True)
        if database.kind == "postgresql":
            engine = create_engine(database.url, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.execute(text("VACUUM ANALYZE"))
            engine.dispose()

    def _flask(self, database: Database, *words: str, check: bool = True) -> int:
        """Run one of the shop's own commands on the database."""
        environment = {**os.environ, "DATABASE_URL": database.url, "HOUTAI_VAR": str(database.var)}
        done = subprocess.run([sys.executable, "-m", "flask", "--app", "app", *words], cwd=ROOT, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if check and done.returncode:
            raise SystemExit(f"flask {' '.join(words)} failed:\n{done.stdout}")
        return done.returncode


def _children_ns() -> int:
    """Processor time of the commands that have ended."""
    times = os.times()
    return int((times.children_user + times.children_system) * 1e9)
