"""Writing the demo shop's orders with all that hangs on them: lines, payments, history, refunds and reviews."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from app.core.bulk import BulkTable
from app.core.demo import SOURCE, DemoPlan
from app.modules.catalog.models import ProductReview
from app.modules.members.models import Address, Channel, Member
from app.modules.orders.demo import words
from app.modules.orders.demo.baskets import BasketLine, BasketMaker, coupon, split
from app.modules.orders.demo.lives import Actor, GivingBack, Life, LifeMaker
from app.modules.orders.demo.moments import DAY, MomentWriter, seconds_of
from app.modules.orders.demo.reviews import ReviewMaker
from app.modules.orders.demo.rhythm import ONLINE_HOURS, STORE_HOURS, is_sale, seconds_of_day
from app.modules.orders.models import (
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    PaymentMethod,
    PaymentStatus,
    Refund,
    RefundLine,
    RefundStatus,
)

FREE_FREIGHT_FROM = 9_900
FREIGHT = 800
"""Fen, and what goods have to cost for a parcel to go free."""
SHARE_OF_GUESTS_IN_STORE = 0.4
TENURE = 1.6
"""How much more those buy who have been members for long."""
WECHAT, ALIPAY, CARD, CASH = (method.value for method in (
    PaymentMethod.wechat_pay, PaymentMethod.alipay, PaymentMethod.card, PaymentMethod.cash))

ORDER_COLUMNS = (
    "id", "number", "member_id", "buyer_name", "channel", "status", "goods_amount", "freight_amount", "discount_amount",
    "total_amount", "paid_amount", "refunded_amount", "line_count", "item_count", "placed_at", "paid_at", "shipped_at",
    "completed_at", "cancelled_at", "receiver_name", "receiver_phone", "receiver_country", "receiver_province",
    "receiver_city", "receiver_district", "receiver_region_code", "receiver_detail", "receiver_postcode",
    "carrier_code", "carrier", "tracking_number", "remark", "staff_note", "source", "source_id", "created_at",
    "updated_at")
LINE_COLUMNS = (
    "id", "order_id", "product_id", "sku_id", "sku_code", "name", "specifications", "picture", "unit_price", "quantity",
    "amount", "created_at", "updated_at")
PAYMENT_COLUMNS = (
    "id", "number", "order_id", "method", "amount", "status", "paid_at", "transaction_id", "created_at", "updated_at")
EVENT_COLUMNS = (
    "id", "order_id", "from_status", "to_status", "happened_at", "actor_kind", "actor_name", "actor_id", "reason",
    "created_at", "updated_at")
REFUND_COLUMNS = (
    "id", "number", "order_id", "payment_id", "member_id", "channel", "amount", "reason", "status", "requested_at",
    "refunded_at", "source", "source_id", "created_at", "updated_at")
REFUND_LINE_COLUMNS = (
    "id", "refund_id", "order_line_id", "product_id", "name", "quantity", "amount", "created_at", "updated_at")
REVIEW_COLUMNS = (
    "id", "product_id", "member_id", "order_line_id", "author", "stars", "content", "pictures", "has_pictures",
    "is_shown", "written_at", "reply", "replied_at", "source", "source_id", "created_at", "updated_at")
REFUND_DONE = RefundStatus.refunded.value
NO_RECEIVER = (None,) * 9


class Buyer(NamedTuple):
    """A member as an order needs it; `receiver` is name, phone, country and so on in the order of the columns."""

    id: int
    nickname: str
    receiver: tuple[str | None, ...]


class Returning(NamedTuple):
    """What a refund is about: positions of lines, fen that were asked for, and fen that went back."""

    positions: range
    amount: int
    went_back: int


NOTHING = Returning(range(0), 0, 0)


class OrderWriter:
    """Writes a day at a time, so that memory does not grow with the number of orders."""

    def __init__(self, plan: DemoPlan) -> None:
        self._plan, self._chance = plan, plan.chance("orders")
        self._moments = MomentWriter(plan.zone)
        self._now = seconds_of(plan.now)
        self._lives = LifeMaker(plan.chance("lives"), self._moments, self._now)
        self._baskets = BasketMaker(plan)
        self._reviewing = ReviewMaker(plan.chance("reviews"), self._now)
        self._buyers: list[Buyer] = []
        self._since: list[int] = []
        self._read_buyers()
        self._parcels = plan.chance("parcels").randrange(10**9)
        connection = plan.connection
        self._orders = BulkTable(connection, Order.__table__, ORDER_COLUMNS)
        after = (self._orders,)
        self._lines = BulkTable(connection, OrderLine.__table__, LINE_COLUMNS, after=after)
        self._payments = BulkTable(connection, Payment.__table__, PAYMENT_COLUMNS, after=after)
        self._events = BulkTable(connection, OrderEvent.__table__, EVENT_COLUMNS, after=after)
        self._refunds = BulkTable(connection, Refund.__table__, REFUND_COLUMNS, after=(self._payments,))
        self._refund_lines = BulkTable(
            connection, RefundLine.__table__, REFUND_LINE_COLUMNS, after=(self._refunds, self._lines))
        self._reviews = BulkTable(connection, ProductReview.__table__, REVIEW_COLUMNS, after=(self._lines,))

    def _read_buyers(self) -> None:
        rows = self._plan.connection.execute(
            select(Member.id, Member.nickname, Member.registered_at, Address.name, Address.phone, Address.province,
                   Address.city, Address.district, Address.region_code, Address.detail, Address.postcode)
            .join(Address, Address.member_id == Member.id)
            .where(Member.source == SOURCE, Address.is_default).order_by(Member.registered_at, Member.id))
        for key, nickname, registered_at, name, phone, *address in rows:
            self._buyers.append(Buyer(key, nickname, (name, phone, "中国", *address)))
            self._since.append(seconds_of(registered_at))

    def write_day(self, day: date, count: int) -> None:
        """The orders of a day, in the order of time."""
        chance, start = self._chance, self._moments.begin(day)
        self._baskets.begin(day, start)
        limit = max(1, min(DAY, self._now - start))
        share_of_store = 0.09 if day.weekday() < 5 else 0.14
        in_store = sum(chance.random() < share_of_store for _n in range(count))
        seconds = [(second, True) for second in seconds_of_day(in_store, STORE_HOURS, limit, chance)]
        seconds += [(second, False) for second in seconds_of_day(count - in_store, ONLINE_HOURS, limit, chance)]
        seconds.sort()
        sale, known = is_sale(day), max(1, bisect_right(self._since, start))
        for second, is_in_store in seconds:
            if is_in_store:
                self._write_in_store(start + second, known)
            else:
                self._write_online(start + second, known, sale)

    def _buyer(self, known: int) -> Buyer:
        """One of the first `known` members; those who came early buy more."""
        return self._buyers[int(known * self._chance.random() ** TENURE)]

    def _write_in_store(self, placed_at: int, known: int) -> None:
        draw = self._chance.random()
        buyer = None if draw < SHARE_OF_GUESTS_IN_STORE else self._buyer(known)
        actor: Actor = ("member", buyer.nickname, buyer.id) if buyer else ("member", "散客", None)
        method = (WECHAT, WECHAT, WECHAT, ALIPAY, ALIPAY, CARD, CASH)[int(draw * 7)]
        self._write(placed_at, Channel.store.value, buyer, self._baskets.fill(), 0, 0, method,
                    self._lives.in_store(placed_at, actor))

    def _write_online(self, placed_at: int, known: int, sale: bool) -> None:
        chance = self._chance
        buyer, draw = self._buyer(known), chance.random()
        channel = Channel.mini_program if draw < 0.78 else Channel.app if draw < 0.91 else Channel.web
        method = WECHAT if channel is Channel.mini_program or chance.random() < 0.55 else ALIPAY
        basket = self._baskets.fill()
        goods = sum(line.amount for line in basket)
        discount = coupon(goods, sale, chance)
        freight = 0 if goods - discount >= FREE_FREIGHT_FROM else FREIGHT
        life = self._lives.online(placed_at, ("member", buyer.nickname, buyer.id))
        self._write(placed_at, channel.value, buyer, basket, discount, freight, method, life)

    def _write(self, placed_at: int, channel: str, buyer: Buyer | None, basket: Sequence[BasketLine], discount: int,
               freight: int, method: str, life: Life) -> None:
        stored, order_id = self._moments.stored, self._orders.take_id()
        amounts = split(discount, [line.amount for line in basket])
        total = sum(amounts) + freight
        returning = self._returning(life, amounts, total)
        placed, draw, sent = stored(placed_at), self._chance.random(), buyer is not None and channel != "store"
        self._orders.add((
            order_id, self._number(placed_at, order_id), buyer and buyer.id, buyer and buyer.nickname, channel,
            life.status, total - freight + discount, freight, discount, total,
            0 if life.paid_at is None else total, returning.went_back, len(basket),
            sum(line.quantity for line in basket), placed, life.paid_at and stored(life.paid_at),
            life.shipped_at and stored(life.shipped_at), life.completed_at and stored(life.completed_at),
            life.cancelled_at and stored(life.cancelled_at),
            *(buyer.receiver if buyer is not None and sent else NO_RECEIVER), *self._parcel(life),
            words.REMARKS[int(draw * 200)] if draw < 0.06 and sent else None,
            words.STAFF_NOTES[int(draw * 1e6) % len(words.STAFF_NOTES)] if draw > 0.985 else None,
            SOURCE, str(order_id), placed, stored(life.last_at)))
        line_ids = [self._write_line(order_id, line, amount, placed)
                    for line, amount in zip(basket, amounts, strict=True)]
        self._write_history(order_id, life)
        if life.paid_at is not None:
            payment_id = self._write_payment(order_id, life.paid_at, method, total)
            if life.refund is not None:
                self._write_refund((order_id, payment_id, channel), buyer, life.refund, returning,
                                   list(zip(line_ids, basket, amounts, strict=True)))
        if life.completed_at is not None and buyer is not None and life.refund is None:
            self._write_reviews(buyer, line_ids, basket, life.completed_at)

    def _write_history(self, order_id: int, life: Life) -> None:
        for before, status, at, (kind, name, actor_id), reason in life.steps:
            happened = self._moments.stored(at)
            self._events.add((
                self._events.take_id(), order_id, before, status, happened, kind, name, actor_id, reason, happened,
                happened))

    @staticmethod
    def _returning(life: Life, amounts: list[int], total: int) -> Returning:
        """What a refund is about: everything, or the dearest line. Of an order that is a single line half goes back:
        with all of its money gone it would be refunded."""
        refund = life.refund
        if refund is None:
            return NOTHING
        if refund.is_whole:
            positions, amount = range(len(amounts)), total
        else:
            dearest = max(range(len(amounts)), key=amounts.__getitem__)
            positions, amount = range(dearest, dearest + 1), amounts[dearest]
            if amount == total:
                amount = total // 2
        return Returning(positions, amount, amount if refund.status == REFUND_DONE else 0)

    def _number(self, at: int, key: int) -> str:
        """A number as `numbers.make_number` makes them; the step has no factor in common with 10^8, so that none comes
        twice."""
        return f"{self._moments.stamp(at)}{key * 38_742_017 % 10**8:08d}"

    def _parcel(self, life: Life) -> tuple[str | None, str | None, str | None]:
        """Carrier and tracking number of what was sent."""
        if life.shipped_at is None:
            return None, None, None
        self._parcels = (self._parcels + 1_000_003) % 10**12
        code, name = words.CARRIERS[self._parcels % 11 % len(words.CARRIERS)]
        return code, name, f"{code}{self._parcels:012d}"

    def _write_line(self, order_id: int, line: BasketLine, amount: int, placed: str) -> int:
        sku_id, code, price, specifications = line.variant
        line_id = self._lines.take_id()
        self._lines.add((
            line_id, order_id, line.goods.id, sku_id, code, line.goods.name, specifications, line.goods.picture, price,
            line.quantity, amount, placed, placed))
        return line_id

    def _write_payment(self, order_id: int, paid_at: int, method: str, amount: int) -> int:
        payment_id, at = self._payments.take_id(), self._moments.stored(paid_at)
        number = self._number(paid_at, payment_id)
        # As the platforms write them: 28 digits each.
        transaction = None if method == CASH else f"{'4200' if method == WECHAT else '2088'}00{number}"
        self._payments.add((
            payment_id, number, order_id, method, amount, PaymentStatus.paid.value, at, transaction, at, at))
        return payment_id

    def _write_refund(self, keys: tuple[int, int, str], buyer: Buyer | None, refund: GivingBack, returning: Returning,
                      lines: list[tuple[int, BasketLine, int]]) -> None:
        """The refund of an order; `keys` are its order, payment and channel."""
        stored, refund_id = self._moments.stored, self._refunds.take_id()
        asked = stored(refund.requested_at)
        done = None if refund.refunded_at is None else stored(refund.refunded_at)
        self._refunds.add((
            refund_id, self._number(refund.requested_at, refund_id), *keys[:2], buyer and buyer.id, keys[2],
            returning.amount, refund.reason, refund.status, asked, done, SOURCE, str(refund_id), asked, done or asked))
        for position in returning.positions:
            line_id, line, amount = lines[position]
            self._refund_lines.add((
                self._refund_lines.take_id(), refund_id, line_id, line.goods.id, line.goods.name, line.quantity,
                min(amount, returning.amount), asked, asked))

    def _write_reviews(
        self, buyer: Buyer, line_ids: list[int], basket: Sequence[BasketLine], completed_at: int,
    ) -> None:
        stored = self._moments.stored
        for line_id, line in zip(line_ids, basket, strict=True):
            review = self._reviewing.review(completed_at)
            if review is None:
                continue
            key, at = self._reviews.take_id(), stored(review.written_at)
            replied = None if review.replied_at is None else stored(review.replied_at)
            self._reviews.add((
                key, line.goods.id, buyer.id, line_id, buyer.nickname, review.stars, review.content, "[]", 0,
                int(review.is_shown), at, review.reply, replied, SOURCE, str(key), at, replied or at))

    def close(self) -> None:
        """Hand all that is held to the database."""
        for kind, table in (
            ("orders", self._orders), ("order_lines", self._lines), ("payments", self._payments),
            ("order_events", self._events), ("refunds", self._refunds), ("refund_lines", self._refund_lines),
            ("product_reviews", self._reviews),
        ):
            table.close()
            self._plan.report.count(kind, "added", table.count)
