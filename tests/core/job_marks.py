"""Tasks and jobs that leave a mark in a table of their own, so that a test can count what was really done."""

from __future__ import annotations

import os
import time
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Table, delete, func, insert, select

from app.core import jobs
from app.core.db import db, reading
from app.core.jobs.leases import current

marks = Table(
    "job_marks", MetaData(), Column("id", Integer, primary_key=True), Column("number", Integer), Column("pid", Integer))


def make_table() -> None:
    """Make the table of marks in the database at hand, or empty it."""
    marks.metadata.create_all(db.engine)
    with db.engine.begin() as connection:
        connection.execute(delete(marks))


def leave_mark(number: int) -> None:
    """A mark in the transaction at hand."""
    db.session.execute(insert(marks).values(number=number, pid=os.getpid()))


def numbers() -> list[int]:
    """The numbers of all marks that were committed."""
    with reading(), db.engine.connect() as connection:
        return list(connection.scalars(select(marks.c.number).order_by(marks.c.id)))


def doubled() -> list[int]:
    """The numbers that were marked more than once."""
    with reading(), db.engine.connect() as connection:
        return list(connection.scalars(
            select(marks.c.number).group_by(marks.c.number).having(func.count() > 1).order_by(marks.c.number)))


@jobs.register_task
@jobs.task
def mark(number: int) -> None:
    """Leaves a mark."""
    leave_mark(number)


@jobs.register_task
@jobs.task(retries=1000)
def mark_slowly(number: int) -> None:
    """Leaves a mark, and takes a moment before it is done: whoever kills it there kills it halfway."""
    leave_mark(number)
    time.sleep(0.02)


@jobs.register_task
@jobs.task(retries=1000)
def mark_carelessly(number: int) -> None:
    """The same in two transactions: what happens where effect and completion are committed apart."""
    leave_mark(number)
    db.session.commit()
    time.sleep(0.02)


@jobs.job(every=jobs.seconds(1))
def tick() -> None:
    """Marks the second it was fired for."""
    held = current()
    assert held is not None
    moment: Any = db.session.scalars(select(jobs.JobRun.scheduled_for).where(jobs.JobRun.id == held.row_id)).one()
    leave_mark(int((moment - datetime(2020, 1, 1)).total_seconds()))
