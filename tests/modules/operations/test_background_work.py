"""Background work as those who look after the system see it: all of it, to be cancelled and tried again."""

from __future__ import annotations

from typing import Any

import pytest

from app.core import jobs
from app.core.db import db
from app.core.jobs import LaterState

pytestmark = pytest.mark.both_databases


@jobs.register_task
@jobs.task(retries=0)
def knock() -> None:
    """Nobody is at home."""
    raise jobs.GiveUp("Nobody is at home.")


def post() -> int:
    number = jobs.later(knock)
    db.session.commit()
    return number


def state_of(number: int) -> LaterState:
    db.session.expire_all()
    work = jobs.find(number)
    assert work is not None
    return work.state


def test_what_waits_is_cancelled_and_sent_out_again(as_user: Any) -> None:
    ming, number = as_user("ming"), post()
    ming.post(f"/later_jobs/action/cancel/{number}")
    assert state_of(number) is LaterState.cancelled
    ming.post(f"/later_jobs/action/retry/{number}")
    assert state_of(number) is LaterState.todo


def test_what_is_over_is_not_cancelled(as_user: Any) -> None:
    ming, number = as_user("ming"), post()
    jobs.run_due()
    ming.post("/preferences", json={"locale": "en"})
    answer = ming.post(f"/later_jobs/action/cancel/{number}", follow_redirects=True)
    assert "over already" in answer.text and state_of(number) is LaterState.failed
