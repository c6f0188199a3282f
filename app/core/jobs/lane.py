"""Where scheduled jobs run: daemon threads, one at a time for each job."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from apscheduler.executors.base import BaseExecutor

from . import schedule
from .carrying import log_failure

logger = logging.getLogger(__name__)
Work = Callable[[], None]


class Lane:
    """At most `width` jobs at once, each job once; whatever else wants a job that is busy is turned away."""

    def __init__(self, width: int) -> None:
        self._room = threading.BoundedSemaphore(width)
        self._busy: set[str] = set()
        self._changed = threading.Condition()

    def is_busy(self, name: str) -> bool:
        """Whether this job waits for room or runs in this process."""
        with self._changed:
            return name in self._busy

    def start(self, name: str, begin: Callable[[], Work | None], ended: Work = lambda: None) -> bool:
        """In a thread of its own: begin, do what that gives, if anything, and then `ended`. False, and nothing of it,
        if the job is busy."""
        with self._changed:
            if name in self._busy:
                return False
            self._busy.add(name)

        def ride() -> None:
            try:
                with self._room:
                    work = begin()
                    if work is not None:
                        work()
            except Exception as error:
                log_failure(f"Starting job {name}", error)
            finally:
                try:
                    ended()
                finally:
                    # Last, so that whoever sees the job free finds it free for the alarm as well.
                    with self._changed:
                        self._busy.discard(name)
                        self._changed.notify_all()

        threading.Thread(target=ride, name=f"houtai-job-{name}"[:60], daemon=True).start()
        return True

    def wait(self, seconds: float) -> bool:
        """Wait until nothing runs here, but no longer than `seconds`; whether nothing does."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, timeout=seconds)


class LaneExecutor(BaseExecutor):
    """APScheduler's way into a lane. Its own executors do not tell a job which time it was rung for, and theirs are
    threads that an ending process waits for."""

    def __init__(self, lane: Lane, fire: Callable[[str, datetime], Work | None]) -> None:
        super().__init__()
        self._lane = lane
        self._fire = fire

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:
        name, moment = job.id, schedule.stored(run_times[-1])
        if not self._lane.start(name, lambda: self._fire(name, moment), lambda: self._run_job_success(name, [])):
            # A requested run of this job is going on. The executor's count goes up after this call, hence a thread.
            threading.Thread(target=self._run_job_success, args=(name, []), daemon=True).start()
