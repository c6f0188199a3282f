"""A process that hatches worker processes quickly, for tests that kill them: `python -m tests.core.job_nursery`.

Loading the program takes seconds and a fork takes milliseconds. Each line it reads is a way to work, from WAYS, and
the address of a database; it answers with the number of the new process, which knows nothing of the others but the
database. The processes stand on the ground floor alone: they need no screens.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask_babel import Babel

import config
from app.core import database, jobs
from app.core.db import db
from app.core.jobs.leader import Election
from app.core.jobs.runner import Runner
from tests.core import job_marks

ROOT = Path(__file__).resolve().parents[2]
CONFIG = {
    "JOBS_THREADS": 1, "JOBS_LEASE_SECONDS": 1.0, "JOBS_LEADER_SECONDS": 1.5, "JOBS_POLL_SECONDS": 0.05,
    "JOBS_STOP_SECONDS": 10.0, "JOBS_IN_PROCESS": False, "TESTING": True, "BABEL_DEFAULT_LOCALE": "en",
}


def work(app: Flask) -> None:
    """Do posted work."""
    Runner(app, with_clock=False).start()
    threading.Event().wait()


def keep_time(app: Flask) -> None:
    """Keep the clock, with one job that ticks every second."""
    jobs.register(job_marks.tick)
    Runner(app).start()
    threading.Event().wait()


def keep_time_without_leader(app: Flask) -> None:
    """The same, but everybody thinks to lead; only the unique rows are left."""
    Election.hold = lambda _self: True  # type: ignore[method-assign]
    Election.leads = property(lambda _self: True)  # type: ignore[assignment, method-assign]
    keep_time(app)


def command(app: Flask) -> None:
    """`flask jobs work`."""
    result = app.test_cli_runner().invoke(jobs.commands, ["work", "--no-clock"])
    os._exit(result.exit_code)


WAYS: dict[str, Callable[[Flask], None]] = {
    each.__name__: each for each in (work, keep_time, keep_time_without_leader, command)}


def hatch(way: str, url: str) -> int:
    """Fork a process that works this way on this database; its number."""
    number = os.fork()
    if number:
        return number
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _end_with_the_parent()
    app = Flask("nursery")
    app.config.update({**config.settings(), **CONFIG, "SQLALCHEMY_DATABASE_URI": url})
    database.configure(app)
    db.init_app(app)
    Babel(app)
    with app.app_context():
        database.set_up_engine(db.engine)
    WAYS[way](app)
    os._exit(0)


def _end_with_the_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Nursery:
    """The nursery as a test sees it; `url` is the database of what is hatched from now on."""

    def __init__(self, folder: Path) -> None:
        self.url = ""
        self.log = folder / "nursery.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.core.job_nursery"], cwd=ROOT, text=True,
                env={**os.environ, "HOUTAI_VAR": str(folder)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=log)
        self.hatched: set[int] = set()

    def wait(self) -> None:
        """Wait until it has loaded the program."""
        assert self._read() == "ready\n"

    def hatch(self, way: Callable[[Flask], None]) -> int:
        """A new process that works this way; its number."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{way.__name__} {self.url}\n")
        self.process.stdin.flush()
        number = int(self._read())
        self.hatched.add(number)
        return number

    def kill(self, number: int) -> None:
        """kill -9."""
        self.hatched.discard(number)
        os.kill(number, signal.SIGKILL)

    def clear(self) -> None:
        """kill -9 all that were hatched."""
        for number in list(self.hatched):
            self.kill(number)

    def close(self) -> None:
        """End everything."""
        self.clear()
        self.process.kill()
        self.process.communicate()

    def _read(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the nursery died: {self.log.read_text()[-2000:]}"
        return line


@contextmanager
def nursery(folder: Path) -> Iterator[Nursery]:
    """A nursery for the block."""
    made = Nursery(folder)
    try:
        made.wait()
        yield made
    finally:
        made.close()


def until(is_so: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait until something is so, and give what it said; an AssertionError if it is not in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        said = is_so()
        if said:
            return said
        time.sleep(0.02)
    raise AssertionError(f"not so after {seconds} seconds")


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are nobody's to bury
    print("ready", flush=True)
    for line in sys.stdin:
        print(hatch(*line.split()), flush=True)


if __name__ == "__main__":
    main()
