"""The real files as a whole, where they are on this machine (see `real_data`). What they hold is worked out here
from the files alone, without a line of the application."""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from app.cli import import_litemall
from app.core.db import db
from app.lowcode.periods import Period, Step
from app.modules.analytics import services as analytics
from app.modules.catalog.models import (
    Brand,
    Category,
    Product,
    ProductAttribute,
    ProductReview,
    ProductSpecification,
    Sku,
)
from app.modules.members.models import Member, Region
from app.modules.orders.importing import import_online_retail
from app.modules.orders.models import Order, OrderLine, Refund, RefundLine

PENNY = Decimal("0.01")


def rows_of(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def count(model: Any, *conditions: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def test_online_retail_agrees_with_its_file_to_the_penny_month_by_month(
    app: Any, real_data: Callable[[str], Path],
) -> None:
    path = real_data("online_retail") / "online_retail.csv.gz"
    sold, given_back = defaultdict(Decimal), defaultdict(Decimal)
    invoices, customers, lines, pieces = set(), set(), 0, Counter()
    for row in rows_of(path):
        amount = Decimal(row["unit_price"]) * int(row["quantity"])
        (sold if amount > 0 else given_back)[row["invoice_ts"][:7]] += amount
        invoices.add(row["invoice_no"])
        customers.add(row["customer_id"])
        lines += 1
        pieces[row["customer_id"]] += 1

    report = import_online_retail(path)
    db.session.commit()
    analytics.catch_up()

    assert report.refused_count == 0
    assert (lines, len(invoices)) == (541_909, 25_900)
    assert count(OrderLine) + count(RefundLine) == lines
    assert count(Order) + count(Refund) == len(invoices)
    assert count(Member) == len(customers - {""})
    assert count(Order, Order.member_id.is_(None)) > 0
    period = Period(date(2010, 12, 1), date(2011, 12, 31))
    months = analytics.sales(analytics.Question(period, Step.month))[0].by_bucket()
    assert len(months) == len(sold) == 13
    for name, month in zip(sorted(sold), months, strict=True):
        assert Decimal(month.gross) / 100 == sold[name].quantize(PENNY), name
        assert Decimal(month.refunds) / 100 == -given_back[name].quantize(PENNY), name
        assert Decimal(month.net) / 100 == (sold[name] + given_back[name]).quantize(PENNY), name
    whole = sum(sold.values()) + sum(given_back.values())
    assert Decimal(sum(month.net for month in months)) / 100 == whole.quantize(PENNY)
    unequal = text("SELECT count(*) FROM orders o WHERE o.total_amount <> "
                   "(SELECT sum(amount) FROM order_lines l WHERE l.order_id = o.id)")
    assert db.session.scalar(unequal) == 0

    again = import_online_retail(path)
    assert again.outcome["orders"] == {"unchanged": count(Order)}
    assert again.outcome["refunds"] == {"unchanged": count(Refund)}


def test_litemall_is_there_as_a_whole(app: Any, real_data: Callable[[str], Path]) -> None:
    folder = real_data("litemall")
    tables = {name: rows_of(folder / f"litemall_{name}.csv.gz") for name in (
        "brand", "category", "goods", "goods_product", "goods_specification", "goods_attribute", "comment", "region")}
    products = {row["id"] for row in tables["goods"]}
    answers = [row for row in tables["comment"] if row["type"] == "2"]
    about_topics = [row for row in tables["comment"] if row["type"] == "1" and row["value_id"] not in products]
    assert {name: len(rows) for name, rows in tables.items()} == {
        "brand": 49, "category": 93, "goods": 239, "goods_product": 244, "goods_specification": 243,
        "goods_attribute": 876, "comment": 1004, "region": 3231}

    report = import_litemall(folder)
    db.session.commit()

    assert report.refused_count == 0
    assert (count(Brand), count(Category), count(Product), count(Sku), count(Region)) == (49, 93, 239, 244, 3231)
    assert count(ProductSpecification) == 243
    assert count(ProductAttribute) == sum(row["deleted"] == "0" for row in tables["goods_attribute"])
    assert count(ProductReview) + len(answers) + len(about_topics) == 1004
    assert count(ProductReview, ProductReview.reply.is_not(None)) == len(answers)
    assert count(Category, Category.parent_id.is_not(None)) == sum(row["pid"] != "0" for row in tables["category"])
    assert count(Product, Product.description.like("%<img%")) == 0
    prices = dict(db.session.execute(select(Sku.source_id, Sku.price)).all())
    assert prices == {row["id"]: int(Decimal(row["price"]) * 100) for row in tables["goods_product"]}

    again = import_litemall(folder)
    assert {outcome for counts in again.outcome.values() for outcome in counts} == {"unchanged", "left_out"}
