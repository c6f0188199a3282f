"""The demo shop's products: invented name by name, and written with their SKUs, specifications and attributes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from sqlalchemy import insert

from app.core import clock
from app.core.bulk import BulkTable, json_value, moment_value
from app.core.db import db
from app.core.demo import SOURCE, DemoPlan
from app.core.i18n import lazy as _
from app.modules.catalog.demo import goods
from app.modules.catalog.demo.gallery import Gallery
from app.modules.catalog.demo.goods import Leaf
from app.modules.catalog.models import Product, ProductAttribute, ProductSpecification, Sku, product_tag_links

MOST_VARIANTS = 6
SHARE_LISTED = 0.93
SHARE_AT_OPENING = 0.6
"""So much of the catalogue was there when the shop opened; the rest came over time."""
ENDINGS = (0, 0, 90, 90, 90, 80, 50)
"""The last two digits of prices, in fen: shops like 29.90."""

PRODUCT_COLUMNS = (
    "id", "number", "name", "category_id", "brand_id", "picture", "has_picture", "gallery", "brief", "description",
    "keywords", "unit", "list_price", "price", "stock", "is_listed", "is_new", "is_hot", "sort_order", "source",
    "source_id", "created_at", "updated_at")
SKU_COLUMNS = ("id", "product_id", "code", "specifications", "price", "list_price", "stock", "sort_order", "source",
               "source_id", "created_at", "updated_at")
FACT_COLUMNS = ("id", "product_id", "name", "value", "sort_order", "created_at", "updated_at")


class Shelves(NamedTuple):
    """What products are put on: ids of categories by path, of brands by name, and tags with their share of products."""

    categories: dict[tuple[str, ...], int]
    brands: dict[str, int]
    tags: list[tuple[int, float]]


class Idea(NamedTuple):
    """A product before it is written."""

    leaf: Leaf
    word: str
    noun: str
    series: str
    brand: str
    name: str


class Variant(NamedTuple):
    """A SKU before it is written: its specifications in their order, its price in fen, and its stock."""

    values: tuple[str, ...]
    price: int
    stock: int


def ideas(leaves: Sequence[Leaf], chance: Random) -> Iterator[Idea]:
    """Products without end, kind by kind in turn, each under a name of its own."""
    queues = []
    for leaf in leaves:
        ways = list(itertools.product(leaf.words, leaf.nouns, goods.SERIES))
        chance.shuffle(ways)
        queues.append((leaf, ways))
    for edition in itertools.count(1):
        again = f" 第{edition}版" if edition > 1 else ""
        for turn in range(max(len(ways) for _leaf, ways in queues)):
            for leaf, ways in queues:
                if turn < len(ways):
                    word, noun, series = ways[turn]
                    brand = chance.choice(leaf.brands)
                    yield Idea(leaf, word, noun, series, brand, f"{brand} {series}{word}{noun}{again}")


def variants(leaf: Leaf, chance: Random) -> list[Variant]:
    """Some of the combinations in which the goods are to be had, and what each costs."""
    low, high = leaf.price
    base = round(low + (high - low) * chance.random() ** 1.8) * 100 + chance.choice(ENDINGS)
    kinds = [values for _name, values in leaf.specifications]
    ways = list(itertools.product(*(chance.sample(values, min(len(values), 3)) for values in kinds)))
    # Sorted by price, so that small comes before large.
    ways.sort(key=lambda way: sum(factor for _value, factor in way))
    found = []
    for way in ways[:chance.randint(1, MOST_VARIANTS)]:
        factor = 1.0
        for _value, times in way:
            factor *= times
        found.append(Variant(tuple(value for value, _times in way), round(base * factor / 10) * 10,
                             max(0, round(chance.gauss(80, 60)))))
    return found


class ProductWriter:
    """Writes products and all that hangs on them."""

    def __init__(self, plan: DemoPlan, leaves: Sequence[Leaf], shelves: Shelves, gallery: Gallery) -> None:
        self._plan, self._leaves, self._shelves, self._gallery = plan, leaves, shelves, gallery
        self._chance = plan.chance("products")
        opened_at = clock.start_of_day(plan.opened_on, plan.zone)
        self._first_at, self._growth = opened_at - timedelta(days=20), plan.now - opened_at - timedelta(days=7)
        connection = plan.connection
        self._products = BulkTable(connection, Product.__table__, PRODUCT_COLUMNS)
        self._skus = BulkTable(connection, Sku.__table__, SKU_COLUMNS, after=(self._products,))
        self._answers = BulkTable(connection, ProductSpecification.__table__, FACT_COLUMNS, after=(self._products,))
        self._facts = BulkTable(connection, ProductAttribute.__table__, FACT_COLUMNS, after=(self._products,))
        self._links: list[dict[str, int]] = []

    def write(self) -> None:
        """All products of the plan."""
        count = self._plan.products
        with self._plan.progress.step(_("Products"), count) as advance:
            for index, idea in enumerate(itertools.islice(ideas(self._leaves, self._chance), count)):
                self._write(index, idea)
                advance(1)
        for kind, table in (("products", self._products), ("skus", self._skus),
                            ("product_specifications", self._answers), ("product_attributes", self._facts)):
            table.close()
            self._plan.report.count(kind, "added", table.count)
        if self._links:
            db.session.execute(insert(product_tag_links), self._links)

    def _write(self, index: int, idea: Idea) -> None:
        chance, moment, product_id = self._chance, moment_value(self._moment(index)), self._products.take_id()
        number = f"D{product_id:06d}"
        made = variants(idea.leaf, chance)
        price = min(variant.price for variant in made)
        mark_up = chance.choice((1.1, 1.2, 1.25, 1.4))
        picture, gallery = self._gallery.pictures(idea.leaf.shape, index)
        self._products.add((
            product_id, number, idea.name, self._shelves.categories[idea.leaf.path], self._shelves.brands[idea.brand],
            picture, int(bool(picture)), json_value(gallery), self._brief(idea), self._description(idea),
            ",".join((idea.noun, idea.word, idea.leaf.path[-1])), idea.leaf.unit, _list_price(price, mark_up), price,
            sum(variant.stock for variant in made), int(chance.random() < SHARE_LISTED), int(index % 11 == 3),
            int(index % 9 == 1), chance.randrange(10, 500, 10), SOURCE, str(index), moment, moment))
        for position, variant in enumerate(made):
            self._skus.add((
                self._skus.take_id(), product_id, f"{number}-{position + 1}", json_value(variant.values), variant.price,
                _list_price(variant.price, mark_up), variant.stock, position, SOURCE, f"{index}-{position}", moment,
                moment))
        for column, (name, _values) in enumerate(idea.leaf.specifications):
            for position, value in enumerate(dict.fromkeys(variant.values[column] for variant in made)):
                self._answers.add((self._answers.take_id(), product_id, name, value, position, moment, moment))
        for position, (name, choices) in enumerate(idea.leaf.attributes):
            self._facts.add((
                self._facts.take_id(), product_id, name, chance.choice(choices), position, moment, moment))
        self._links.extend({"product_id": product_id, "tag_id": tag_id}
                           for tag_id, share in self._shelves.tags if chance.random() < share)

    def _moment(self, index: int) -> datetime:
        """When the product came into the catalogue; products are made in this order."""
        share = index / self._plan.products
        if share < SHARE_AT_OPENING:
            return self._first_at + timedelta(minutes=index % 10_000)
        later = (share - SHARE_AT_OPENING) / (1 - SHARE_AT_OPENING)
        return self._first_at + timedelta(days=20) + self._growth * later

    def _brief(self, idea: Idea) -> str:
        return self._chance.choice(goods.BRIEFS).format(word=idea.word, noun=idea.noun, series=idea.series)

    def _description(self, idea: Idea) -> str:
        chance = self._chance
        middle = chance.choice(goods.MIDDLES).format(word=idea.word, noun=idea.noun)
        cares = "".join(f"<li>{care}</li>" for care in chance.sample(goods.CARES, 2))
        return (f"<h3>{idea.series}系列 · {idea.word}{idea.noun}</h3><p>{chance.choice(goods.OPENINGS)}</p>"
                f"<p>{middle}</p><ul>{cares}</ul>")


def _list_price(price: int, mark_up: float) -> int:
    """A round price above the real one, to be crossed out."""
    return max(price, round(price * mark_up / 100) * 100)
