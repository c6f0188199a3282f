"""Carrying work out under a lease: the effect and its closing mark are one transaction."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError, IntegrityError

from app.core.actor import Actor, acting_as
from app.core.database import db, explain
from app.core.errors import BusinessError

from .leases import Heartbeat, Held, LeaseLost
from .tasks import GiveUp, UnknownTask

logger = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parents[3]


def carry_out(heartbeat: Heartbeat, held: Held, actor: Actor, work: Callable[[], Any],
              close_well: Callable[[Any], None], close_badly: Callable[[BaseException], None]) -> None:
    """Do `work` as `actor` while the lease is kept, and close the row.

    `close_well(result)` adds its statements to the transaction of the work, which is then committed as one; it
    raises LeaseLost when the row is no longer ours, and nothing of the transaction remains. `close_badly(error)`
    comes after the roll-back, for a transaction of its own.
    """
    try:
        with heartbeat.hold(held), acting_as(actor):
            result = work()
            if held.lost:
                raise LeaseLost()
            db.session.flush()
            close_well(result)
            db.session.commit()
    except LeaseLost:
        db.session.rollback()
        logger.warning("%s %s was taken over by another worker; rolled back", held.table.name, held.row_id)
    except (Exception, SystemExit) as error:
        db.session.rollback()
        close_badly(error)


def describe(error: BaseException) -> str:
    """What went wrong, for the run log: a refusal in its own words, anything else by its kind and place.

    The message of an unforeseen error is left out on purpose: it may quote a member's data, an address with an
    access token in it, or a statement with its values.
    """
    if isinstance(error, BusinessError | GiveUp):
        return str(error)[:2000] or type(error).__name__
    if isinstance(error, UnknownTask):
        return f"There is no task {error}."[:2000]
    kind = type(error).__name__
    if isinstance(error, IntegrityError):
        kind += f" ({explain(error)})"
    elif isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None):
        kind += f" ({error.orig.sqlstate})"  # type: ignore[union-attr]
    return f"{kind} in {_place(error)}"[:2000]


def _place(error: BaseException) -> str:
    """File, line and function of our own code nearest to the error, or of whatever code there is."""
    frames = traceback.extract_tb(error.__traceback__)
    machinery = str(Path(__file__).parent)
    ours = [frame for frame in frames if frame.filename.startswith(str(ROOT / "app"))
            and not frame.filename.startswith(machinery)]
    if not frames:
        return "unknown place"
    frame = (ours or frames)[-1]
    file = Path(frame.filename)
    name = file.relative_to(ROOT) if file.is_relative_to(ROOT) and ".venv" not in file.parts else file.name
    return f"{name}:{frame.lineno} ({frame.name})"


def log_failure(what: str, error: BaseException) -> None:
    """One log entry with the way to the error, again without its message."""
    way = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s failed: %s\n%s", what, describe(error), way)
