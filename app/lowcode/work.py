"""The work list of the home page: what is overdue, failing or waiting for whoever looks at it.

A module declares its lines, and its manifest plugs them in (`Module(work=[...])`):

    WorkLine(_("Orders to ship"), views.OrderScreen, {"f.status": "paid"}, since="placed_at", needs="ship",
             bad_after=timedelta(days=2))

A line is a list of a screen with filters, so that it counts exactly what its link opens, within the rights of whoever
looks. It is shown to those who have the permission `needs` on the screen, because they can do something about it, and
only while there is something. `since` is the column that tells how long the oldest one has been waiting; after
`bad_after` the line turns red. A filter may be a function, for what depends on the day.

What is no list is counted by a function: `WorkLine(_("Backups"), BackupsPage, count=waiting_backups)`.

One query a line, which stops at `MOST` rows: with an index on the filters and `since` it reads no more than these, at
a million rows as at ten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, url_for
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from app.core import clock
from app.core.database import db
from app.core.i18n import duration_text, gettext, moment_text, number_text
from app.lowcode.access import may
from app.lowcode.listing import Listing
from app.lowcode.registry import registry

MOST = 99
"""So many are counted; more are told as “99+”."""
TONES = ("bad", "warn", "info")
"""How urgent a line is, the most urgent first."""


@dataclass(frozen=True)
class Waiting:
    """How many there are, and since when the oldest one waits."""

    count: int
    since: datetime | None = None


@dataclass(frozen=True)
class WorkLine:
    """What a module says may wait for people. `needs` is a permission of the screen or page that the line leads to."""

    label: Any
    view: type
    filters: Mapping[str, str | Callable[[], str]] = field(default_factory=dict)
    since: str = ""
    needs: str = "view"
    tone: str = "warn"
    bad_after: timedelta | None = None
    hint: Any = ""
    icon: str = ""
    count: Callable[[], Waiting] | None = None

    def asked(self) -> dict[str, str]:
        """The filters as they stand in the address of the list today."""
        return {name: value() if callable(value) else value for name, value in self.filters.items()}


@dataclass(frozen=True)
class Task:
    """A line that has something to tell: all that the page shows of it."""

    label: Any
    hint: Any
    url: str
    icon: str
    tone: str
    count: str
    since: str
    since_exactly: str


def declared() -> list[WorkLine]:
    """All lines of all modules, in the order of the menu."""
    modules = sorted(current_app.extensions["houtai_modules"], key=lambda module: module.order)
    return [line for module in modules for line in module.work]


def for_me() -> list[WorkLine]:
    """The lines that concern the current user."""
    return [line for line in declared() if _concerns(line)]


def waiting() -> list[Task]:
    """What waits for the current user now, the most urgent first."""
    found = [task for line in for_me() if (task := _task(line)) is not None]
    return sorted(found, key=lambda task: TONES.index(task.tone))


def _entry(line: WorkLine) -> Any:
    return next((entry for entry in registry().entries if type(entry.view) is line.view), None)


def _concerns(line: WorkLine) -> bool:
    entry = _entry(line)
    return entry is not None and may("can_view", entry.name) and may(f"can_{line.needs}", entry.name)


def _task(line: WorkLine) -> Task | None:
    entry = _entry(line)
    found = line.count() if line.count is not None else measure(line, entry.view)
    if not found.count:
        return None
    waited = clock.now() - found.since if found.since is not None else timedelta()
    is_late = line.bad_after is not None and waited > line.bad_after
    return Task(
        line.label,
        line.hint,
        url_for(f"{entry.view.endpoint}.{entry.view.default_view}", **line.asked()),
        line.icon or entry.icon,
        "bad" if is_late else line.tone,
        number_text(found.count) if found.count <= MOST else gettext("%(count)s+", count=number_text(MOST)),
        duration_text(waited) if found.since is not None else "",
        moment_text(found.since),
    )


def measure(line: WorkLine, screen: Any) -> Waiting:
    """How many rows the list of a line shows, `MOST` and one more at most, and since when the oldest waits."""
    fields = [screen.field(line.since)] if line.since else []
    listing = Listing(screen, MultiDict(line.asked()), fields=fields)
    statement = listing.statement()[0]
    if not line.since:
        rows = statement.with_only_columns(listing.key.label("key")).limit(MOST + 1).subquery()
        return Waiting(db.session.scalar(select(func.count()).select_from(rows)) or 0)
    moment = listing.column_of(fields[0])
    rows = statement.with_only_columns(moment.label("since")).order_by(moment).limit(MOST + 1).subquery()
    count, since = db.session.execute(select(func.count(), func.min(rows.c.since)).select_from(rows)).one()
    return Waiting(count, since)

