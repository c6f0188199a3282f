"""A PostgreSQL server for the tests: started from the system's programs, in a folder of its own, gone afterwards.

It listens on a Unix socket only, so it needs no port and no password and nobody else can meet it. When the tests run
as root, which the server refuses to do, it runs as the package's own user or as `nobody`.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from tests.support import system

OPTIONS = {
    # Nothing here outlives the run, so nothing needs to reach the disk.
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal",
    "max_wal_senders": "0", "listen_addresses": "", "max_connections": "120", "shared_buffers": "64MB",
    "autovacuum": "off", "timezone": "UTC", "log_min_messages": "fatal",
}
SECONDS_TO_START = 60


class PostgresServer:
    """One server; `url(name)` is the address of a database on it."""

    def __init__(self) -> None:
        self.programs = system.postgres_programs()
        self.folder = Path(tempfile.mkdtemp(prefix="houtai-pg-"))
        self.user = _unprivileged_user()
        if self.user:
            os.chmod(self.folder, 0o755)
            shutil.chown(self.folder, self.user)
        self._run("initdb", "-D", str(self.data), "-U", "houtai", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                  "--no-sync")
        settings = [word for name, value in OPTIONS.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, "-k", self.folder, *settings], stdout=log,
                stderr=subprocess.STDOUT, preexec_fn=_end_with_the_tests, **self._identity())
        self._wait()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str) -> str:
        """The address of a database, for SQLAlchemy."""
        return f"postgresql+psycopg://houtai@/{database}?host={self.folder}"

    def administrate(self, *statements: str) -> None:
        """Run statements that no transaction can hold, such as CREATE DATABASE."""
        with psycopg.connect(f"host={self.folder} user=houtai dbname=postgres", autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]

    def stop(self) -> None:
        """End the server and take its folder away."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _identity(self) -> dict[str, Any]:
        return {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []} if self.user else {}

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run([self.programs / program, *words], capture_output=True, text=True, cwd=self.folder,
                              env={**os.environ, "LC_ALL": "C.UTF-8"}, **self._identity())
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr or done.stdout}")

    def _wait(self) -> None:
        until = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                return self.administrate("SELECT 1")
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > until:
                    self.stop()
                    raise RuntimeError(f"PostgreSQL did not start: {self._log()}") from None
                time.sleep(0.05)

    def _log(self) -> str:
        log = self.folder / "log"
        return log.read_text() if log.exists() else "no log"


def _unprivileged_user() -> str | None:
    """Whom the server runs as: None for ourselves, a user without rights when we are root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _end_with_the_tests() -> None:
    """Tests that are killed cannot stop their server: on Linux the kernel does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)
