"""How orders go on after they are placed, as far as they can have come by now."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from app.core.actor import SYSTEM
from app.modules.orders.demo.moments import DAY, MomentWriter
from app.modules.orders.demo.words import CANCEL_REASONS, REFUND_REASONS, SERVICE, TILL, UNSENT_REASONS, WAREHOUSE
from app.modules.orders.models import OrderStatus, RefundStatus

HOUR = 3600
SHARE_UNPAID = 0.06
SHARE_REFUNDED = 0.02
SHARE_REFUSED = 0.06
"""Of all refunds that are asked for."""
MINUTES_TO_PAY = 30

Actor = tuple[str, str, int | None]
"""Kind, name and id, as they stand in an order's history."""
Step = tuple[str | None, str, int, Actor, str | None]
"""From which status to which, in which second, by whom and why."""

THE_PROGRAM: Actor = (SYSTEM.kind, SYSTEM.name, None)
PLACED, PAID, SHIPPED, COMPLETED, CANCELLED, REFUNDED = (status.value for status in OrderStatus)


@dataclass(slots=True)
class GivingBack:
    """A refund: whole or in part, when it was asked for and when the money went, seconds since 1970."""

    is_whole: bool
    requested_at: int
    refunded_at: int | None
    status: str
    reason: str
    by: Actor


@dataclass(slots=True)
class Life:
    """An order's times, in seconds since 1970, its status now, and its history."""

    status: str
    paid_at: int | None = None
    shipped_at: int | None = None
    completed_at: int | None = None
    cancelled_at: int | None = None
    refund: GivingBack | None = None
    steps: list[Step] = field(default_factory=list)

    def move(self, status: str, at: int, by: Actor, reason: str | None = None) -> None:
        """The next step."""
        self.steps.append((self.status if self.steps else None, status, at, by, reason))
        self.status = status

    @property
    def last_at(self) -> int:
        """When something last happened."""
        last = self.steps[-1][2]
        if self.refund is None:
            return last
        return max(last, self.refund.refunded_at or self.refund.requested_at)


class LifeMaker:
    """Lets orders live up to `now` (seconds since 1970), and no further."""

    def __init__(self, chance: Random, moments: MomentWriter, now: int) -> None:
        self._chance, self._moments, self._now = chance, moments, now

    def in_store(self, placed_at: int, buyer: Actor) -> Life:
        """Paid at the till and carried home."""
        till: Actor = ("staff", self._chance.choice(TILL), None)
        paid_at = min(placed_at + 20 + int(80 * self._chance.random()), self._now)
        life = Life(PLACED, paid_at, None, paid_at)
        life.move(PLACED, placed_at, till)
        life.move(PAID, paid_at, till)
        life.move(COMPLETED, paid_at, till)
        self._maybe_give_back(life)
        return life

    def online(self, placed_at: int, buyer: Actor) -> Life:
        """Paid or forgotten, sent, received, and now and then sent back."""
        random, now = self._chance.random, self._now
        life = Life(PLACED)
        life.move(PLACED, placed_at, buyer)
        if random() < SHARE_UNPAID:
            self._let_go(life, placed_at, buyer)
            return life
        paid_at = placed_at + 12 + int(900 * random() ** 3)
        if paid_at > now:
            return life
        life.paid_at = paid_at
        life.move(PAID, paid_at, buyer)
        shipped_at = self._in_working_hours(paid_at + int(HOUR * (2 + 30 * random() ** 2)))
        if random() < SHARE_REFUNDED * 0.3:
            self._give_back(life, paid_at + int((shipped_at - paid_at) * 0.4 * random()) + 60,
                            is_whole=True, reason=self._chance.choice(UNSENT_REASONS), hours=1)
            if life.refund is not None and life.refund.status != RefundStatus.refused.value:
                return life
        if shipped_at > now:
            return life
        life.shipped_at = shipped_at
        life.move(SHIPPED, shipped_at, ("staff", self._chance.choice(WAREHOUSE), None))
        by_itself = random() < 0.45
        completed_at = shipped_at + int(DAY * (7 + random() if by_itself else 1.2 + 4 * random()))
        if completed_at > now:
            return life
        life.completed_at = completed_at
        life.move(COMPLETED, completed_at, THE_PROGRAM if by_itself else buyer)
        if life.refund is None:
            self._maybe_give_back(life)
        return life

    def _let_go(self, life: Life, placed_at: int, buyer: Actor) -> None:
        """Called off by the buyer, or by the system when the time to pay is over."""
        by_buyer = self._chance.random() < 0.3
        off_at = placed_at + (60 + int(1500 * self._chance.random()) if by_buyer else MINUTES_TO_PAY * 60)
        if off_at <= self._now:
            life.cancelled_at = off_at
            if by_buyer:
                life.move(CANCELLED, off_at, buyer, self._chance.choice(CANCEL_REASONS))
            else:
                life.move(CANCELLED, off_at, THE_PROGRAM, "超时未付款")

    def _in_working_hours(self, at: int) -> int:
        """Parcels are handed over between nine and seven."""
        second = self._moments.wall_second(at)
        if second < 9 * HOUR:
            return at + 9 * HOUR - second + int(3 * HOUR * self._chance.random())
        if second > 19 * HOUR:
            return at + 33 * HOUR - second + int(3 * HOUR * self._chance.random())
        return at

    def _maybe_give_back(self, life: Life) -> None:
        """Some of what was received comes back, as a whole or in part."""
        draw = self._chance.random()
        if draw < SHARE_REFUNDED * 0.75 and life.completed_at is not None:
            requested_at = life.completed_at + int(HOUR * (3 + 130 * self._chance.random()))
            self._give_back(life, requested_at, is_whole=draw < SHARE_REFUNDED * 0.35,
                            reason=self._chance.choice(REFUND_REASONS), hours=60)

    def _give_back(self, life: Life, requested_at: int, *, is_whole: bool, reason: str, hours: int) -> None:
        """A refund that is asked for, and decided within `hours`."""
        if requested_at > self._now:
            return
        decided_at = requested_at + 120 + int(HOUR * hours * self._chance.random())
        by: Actor = ("staff", self._chance.choice(SERVICE), None)
        if decided_at > self._now:
            life.refund = GivingBack(is_whole, requested_at, None, RefundStatus.requested.value, reason, by)
        elif self._chance.random() < SHARE_REFUSED:
            life.refund = GivingBack(is_whole, requested_at, None, RefundStatus.refused.value, reason, by)
        else:
            life.refund = GivingBack(is_whole, requested_at, decided_at, RefundStatus.refunded.value, reason, by)
            if is_whole:
                life.move(REFUNDED, decided_at, by, reason)
