"""What people put into a basket: few goods are bought often and many now and then, each in its season."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from datetime import date
from itertools import accumulate
from random import Random
from typing import NamedTuple

from sqlalchemy import select

from app.core.bulk import json_value
from app.core.demo import SOURCE, DemoPlan
from app.modules.catalog.models import Category, Product, Sku
from app.modules.orders.demo.moments import seconds_of
from app.modules.orders.demo.words import EATEN, SEASONS

EXPONENT = 0.9
"""Zipf's: how steeply demand falls from rank to rank."""
SHARE_ONCE_DELISTED = 0.2
"""What is no longer listed was bought before, but less than what stayed."""
NO_SEASON = (1.0, 1.0, 1.0, 1.0)


class Goods(NamedTuple):
    """A product as a basket needs it; `variants` are id, code, price in fen and specifications as JSON text."""

    id: int
    name: str
    picture: str | None
    is_eaten: bool
    variants: list[tuple[int, str, int, str]]


class BasketLine(NamedTuple):
    """So many pieces of a variant. `amount` is fen, before discounts."""

    goods: Goods
    variant: tuple[int, str, int, str]
    quantity: int
    amount: int


class BasketMaker:
    """Fills baskets from the demo catalogue, with what it held on the day."""

    def __init__(self, plan: DemoPlan) -> None:
        self._chance = plan.chance("baskets")
        self._goods: list[Goods] = []
        self._since: list[int] = []
        self._demand: list[list[float]] = []
        self._read(plan)
        self._count, self._weights = 1, self._demand[0]

    def _read(self, plan: DemoPlan) -> None:
        variants: dict[int, list[tuple[int, str, int, str]]] = defaultdict(list)
        for product_id, key, code, price, specifications in plan.connection.execute(
                select(Sku.product_id, Sku.id, Sku.code, Sku.price, Sku.specifications)
                .where(Sku.source == SOURCE).order_by(Sku.id)):
            variants[product_id].append((key, code, price, json_value(specifications)))
        rows = plan.connection.execute(
            select(Product.id, Product.name, Product.picture, Product.is_listed, Product.created_at,
                   Category.name.label("category"))
            .join(Category, Category.id == Product.category_id).where(Product.source == SOURCE)
            .order_by(Product.created_at, Product.id)).all()
        ranks = list(range(len(rows)))
        plan.chance("popularity").shuffle(ranks)
        weights = []
        for rank, row in zip(ranks, rows, strict=True):
            self._goods.append(Goods(row.id, row.name, row.picture, row.category in EATEN, variants[row.id]))
            self._since.append(seconds_of(row.created_at))
            demand = (1 if row.is_listed else SHARE_ONCE_DELISTED) / (rank + 3) ** EXPONENT
            weights.append([demand * factor for factor in SEASONS.get(row.category, NO_SEASON)])
        self._demand = [list(accumulate(row[season] for row in weights)) for season in range(4)]

    def begin(self, day: date, start: int) -> None:
        """Turn to a day, which begins at second `start`: only what the catalogue holds by then can be bought."""
        self._count = max(1, bisect_right(self._since, start))
        # March to May is spring.
        self._weights = self._demand[(day.month - 3) % 12 // 3]

    def fill(self) -> list[BasketLine]:
        """One basket."""
        random, weights, last = self._chance.random, self._weights, self._count - 1
        draw = random()
        wanted = 1 if draw < 0.56 else 2 if draw < 0.82 else 3 if draw < 0.93 else 4 if draw < 0.98 else 6
        found: list[BasketLine] = []
        for _n in range(wanted):
            goods = self._goods[bisect_left(weights, random() * weights[last], 0, last)]
            variants = goods.variants
            variant = variants[int(len(variants) * random() ** 1.5)]
            if any(line.variant is variant for line in found):
                continue
            quantity = 1
            if random() < (0.35 if goods.is_eaten else 0.07):
                quantity += int(4 * random() ** 2) + 1 if random() < 0.985 else 10 + int(30 * random())
            found.append(BasketLine(goods, variant, quantity, variant[2] * quantity))
        return found


def split(discount: int, amounts: list[int]) -> list[int]:
    """Amounts less their shares of a discount, in whole fen; the last takes what rounding leaves."""
    whole, left, found = sum(amounts), discount, []
    for amount in amounts[:-1]:
        share = discount * amount // whole
        left -= share
        found.append(amount - share)
    return [*found, amounts[-1] - left]


def coupon(amount: int, is_sale: bool, chance: Random) -> int:
    """What a coupon takes off goods for `amount` fen: most people have one in a sale, few on other days."""
    if chance.random() >= (0.62 if is_sale else 0.15):
        return 0
    steps = ((30_000, 3_000), (20_000, 2_000), (9_900, 1_000), (5_900, 500))
    return next((off * (2 if is_sale else 1) for least, off in steps if amount >= least), 0)
