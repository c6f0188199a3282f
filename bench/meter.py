"""Processor time spent in answering: this process and, where there is one, its PostgreSQL server.

Processor time is the one figure that a busy machine hardly moves; the smallest of several rounds is taken, since
everything that disturbs makes it larger.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


class Meter:
    """Reads processor time; `postmaster` is the process id of a PostgreSQL server that works for nobody else."""

    def __init__(self, postmaster: int | None = None) -> None:
        self.postmaster = postmaster

    def read(self) -> int:
        """Nanoseconds of processor time spent so far, here and in the database server."""
        spent = time.process_time_ns()
        return spent + self._server() if self.postmaster else spent

    def _server(self) -> int:
        """All processes of the server: those at work, to the nanosecond, and those that have ended, in ticks."""
        folder = Path(f"/proc/{self.postmaster}")
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        spent = (int(fields[13]) + int(fields[14])) * TICK_NS  # cutime, cstime: children waited for
        for child in (folder / f"task/{self.postmaster}/children").read_text().split():
            try:
                spent += int(Path(f"/proc/{child}/schedstat").read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                continue  # a helper for one query that has just ended
        return spent


def best_of(meter: Meter, rounds: int, repeats: int, *works: Callable[[], None]) -> list[float]:
    """For each of `works`: milliseconds of one call, in the best of `rounds` of `repeats` calls each. The works take
    turns, so that a disturbance meets all of them. Each is called a few times before, to be warm."""
    best = [float("inf")] * len(works)
    for work in works:
        for _ in range(3):
            work()
    for _ in range(rounds):
        for place, work in enumerate(works):
            begun = meter.read()
            for _ in range(repeats):
                work()
            best[place] = min(best[place], (meter.read() - begun) / repeats / 1e6)
    return best
