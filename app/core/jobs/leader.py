"""One leader among all processes: who holds a row whose counter it keeps moving.

The others watch the counter with their own steady clocks. When it has not moved for `ttl` seconds the leader is
dead, and one of them takes the row by an update that only succeeds if nothing moved since it looked. Wall clocks
play no part, so neither a clock that jumps nor two machines that disagree on the time make two leaders.

The same row serves both databases. An advisory lock of PostgreSQL changes hands faster when a process is killed,
but it needs a connection past the pooler, and when a whole machine vanishes the server keeps the lock until it
misses the connection, for hours by default; the row always changes hands after `ttl` seconds. A leader that was
asleep may overlap with its successor until it looks again: that is why a firing is a unique row (`runs.fire`),
whoever leads.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from sqlalchemy import Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.database import db, reading, writing

from .models import LeaderLease

logger = logging.getLogger(__name__)
leases: Table = LeaderLease.__table__  # type: ignore[assignment]


class Election:
    """One candidate: `me` must be a name that nobody else has or had. Call `hold` a few times within `ttl`."""

    def __init__(self, me: str, ttl: float, *, name: str = "clock",
                 monotonic: Callable[[], float] = clock.monotonic) -> None:
        self.me = me
        self.ttl = ttl
        self.name = name
        self.monotonic = monotonic
        self.clock_round = 0
        self._leading = False
        self._renewed = float("-inf")
        self._seen: tuple[str, int] | None = None
        self._seen_at = 0.0

    @property
    def leads(self) -> bool:
        """Whether we lead and have said so recently enough for nobody to doubt it."""
        return self._leading and self.monotonic() - self._renewed < self.ttl

    def hold(self) -> bool:
        """Become the leader if there is none, or stay it; whether we lead. On an error we do not."""
        was, self._leading = self._leading, False
        at = self.monotonic()
        if was and at - self._renewed < self.ttl / 4:
            self._leading = True
        elif was:
            self._leading = self._move(leases.c.holder == self.me)
        else:
            self._leading = self._stand(at)
        if self._leading != was:
            logger.info("%s %s", self.me, "leads the clock" if self._leading else "no longer leads the clock")
        return self._leading

    def resign(self) -> None:
        """Let another take over at once."""
        self._leading = False
        with writing() as connection:
            connection.execute(update(leases).where(
                leases.c.name == self.name, leases.c.holder == self.me).values(holder="", beat=leases.c.beat + 1))

    def start_round(self) -> int:
        """The clock was set back: the hours that come now are not those of the same name before. The new number."""
        with writing() as connection:
            row = connection.execute(
                update(leases).where(leases.c.name == self.name, leases.c.holder == self.me)
                .values(clock_round=leases.c.clock_round + 1).returning(leases.c.clock_round)).first()
        if row is not None:
            self.clock_round = row.clock_round
        return self.clock_round

    def _stand(self, at: float) -> bool:
        with reading(), db.engine.connect() as connection:
            row = connection.execute(
                select(leases.c.holder, leases.c.beat).where(leases.c.name == self.name)).first()
        if row is None:
            self._make_row()
        holder, beat = seen = (row.holder, row.beat) if row is not None else ("", 0)
        if seen != self._seen:
            self._seen, self._seen_at = seen, at
        if holder and at - self._seen_at < self.ttl:
            return False
        return self._move(leases.c.holder == holder, leases.c.beat == beat)

    def _move(self, *guards: object) -> bool:
        """Take or keep the row if the guards still hold."""
        at = self.monotonic()
        with writing() as connection:
            row = connection.execute(
                update(leases).where(leases.c.name == self.name, *guards)  # type: ignore[arg-type]
                .values(holder=self.me, beat=leases.c.beat + 1, renewed_at=clock.now())
                .returning(leases.c.clock_round)).first()
        if row is None:
            return False
        self._renewed, self.clock_round = at, row.clock_round
        return True

    def _make_row(self) -> None:
        try:
            with writing() as connection:
                connection.execute(insert(leases).values(name=self.name))
        except IntegrityError:
            pass  # another process was first
