"""The numbers of orders, payments and refunds: sorted by time, and not to be guessed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

from app.core import clock

RANDOM_DIGITS = 8


def draw_digits(count: int = RANDOM_DIGITS) -> str:
    """`count` digits that nobody can foresee."""
    return f"{secrets.randbelow(10**count):0{count}d}"


def make_number(at: datetime | None = None, draw: Callable[[], str] = draw_digits) -> str:
    """A number of 22 digits: the second on the shop's clock, then eight drawn ones.

    One may be drawn twice within a second with a chance of one in a hundred million; the column is unique, so
    the second is refused and not mixed up. `draw` is passed in so that a test can hold chance still.
    """
    moment = clock.to_zone(at or clock.now(), clock.shop_zone())
    return moment.strftime("%Y%m%d%H%M%S") + draw()
