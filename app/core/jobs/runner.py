"""Starting and stopping what works in a process: the workers, the clock, and the heartbeat they share."""

from __future__ import annotations

import logging
import os
import threading
from multiprocessing import util

from flask import Flask

from app.core import clock

from .leases import Heartbeat
from .posting import bell
from .timekeeper import Timekeeper
from .worker import Reaper, Worker, lease_of

logger = logging.getLogger(__name__)


class Runner:
    """The workers of this process and, unless `with_clock` is off, its clock. Start it after any fork."""

    def __init__(self, app: Flask, *, with_clock: bool = True) -> None:
        self.app = app
        self.heartbeat = Heartbeat(app, tick=min(1.0, lease_of(app).total_seconds() / 8))
        reaper = Reaper(app)
        self.workers = [Worker(app, self.heartbeat, part=str(number + 1), reaper=reaper)
                        for number in range(app.config["JOBS_THREADS"])]
        self.timekeeper = Timekeeper(app, self.heartbeat) if with_clock else None
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to work; the threads do not keep a process from ending."""
        self.heartbeat.start()
        parts = [(worker.run, f"houtai-worker-{number}") for number, worker in enumerate(self.workers, 1)]
        if self.timekeeper is not None:
            parts.append((self.timekeeper.run, "houtai-clock"))
        self._threads = [threading.Thread(target=run, name=name, daemon=True) for run, name in parts]
        for thread in self._threads:
            thread.start()

    def stop(self) -> bool:
        """Take nothing new, and give what is being done JOBS_STOP_SECONDS to end; whether it did. What did not is
        rolled back when the process ends, and done again by another once its lease has run out."""
        until = clock.monotonic() + self.app.config["JOBS_STOP_SECONDS"]
        for worker in self.workers:
            worker.stopping.set()
        if self.timekeeper is not None:
            self.timekeeper.stopping.set()
        bell.ring()
        for thread in self._threads:
            thread.join(max(0.0, until - clock.monotonic()))
        idle = not any(thread.is_alive() for thread in self._threads)
        if self.timekeeper is not None:
            idle = self.timekeeper.lane.wait(max(0.0, until - clock.monotonic())) and idle
        self.heartbeat.stop()
        self._threads = []
        if not idle:
            logger.warning("Stopped while work was going on; it will be done again")
        return idle


def start(app: Flask) -> Runner | None:
    """Start workers and clock inside a web server's process, if the deployment wants them there
    (`JOBS_IN_PROCESS`). Once for each process, after it was forked; they stop when it ends."""
    if not app.config["JOBS_IN_PROCESS"]:
        return None
    there: tuple[int, Runner] | None = app.extensions.get("houtai_jobs")
    if there is not None and there[0] == os.getpid():
        return there[1]
    runner = Runner(app)
    app.extensions["houtai_jobs"] = (os.getpid(), runner)
    runner.start()
    # A web server's process is often a child made by multiprocessing, which ends without calling atexit.
    util.Finalize(None, runner.stop, exitpriority=100)
    return runner
