"""Sales by day, summed up once and read many times; nothing here is a source, all of it can be built anew.

Plain tables without entities: they are written and read by whole days, and keep out of the audit trail. A day is a
day of the shop's time zone. Amounts are fen.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Date, DateTime, Integer, LargeBinary, String

from app.core.db import Column, Record, Table

NO_CATEGORY = 0
"""Stands for goods that are in no category, or whose product is gone."""
NOT_GOODS = -1
"""Stands for what is no goods: freight, and what an order's lines and its amount paid differ by. With it the
categories of a day always add up to the day."""
ALL_CHANNELS = ""
"""Stands for all channels together, in `sales_payers`: whoever bought in two of them counts once."""

sales_days = Table(
    "sales_days", Record.metadata,
    Column("day", Date, primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("orders", Integer, nullable=False),
    Column("pieces", Integer, nullable=False),
    Column("gross", BigInteger, nullable=False),
    Column("discount", BigInteger, nullable=False),
    Column("refunds", BigInteger, nullable=False),
)
"""What was sold and given back on a day in a channel."""

sales_categories = Table(
    "sales_categories", Record.metadata,
    Column("day", Date, primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("category_id", Integer, primary_key=True, autoincrement=False),
    Column("orders", Integer, nullable=False),
    Column("pieces", Integer, nullable=False),
    Column("gross", BigInteger, nullable=False),
    Column("refunds", BigInteger, nullable=False),
)
"""The same by category at the top of the tree, or NO_CATEGORY, or NOT_GOODS. An order counts once in each of its
categories, so their orders do not add up. No foreign key: two of the categories are not rows."""

sales_payers = Table(
    "sales_payers", Record.metadata,
    Column("unit", String(5), primary_key=True),
    Column("first_day", Date, primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("members", Integer, nullable=False),
    Column("bits", LargeBinary, nullable=False),
)
"""Who paid in a `day` or whole `month`, as a set of member ids (see `services.payers`): sets can be united, so that a
member who bought on two days is counted once."""

sales_marks = Table(
    "sales_marks", Record.metadata,
    Column("id", Integer, primary_key=True),
    Column("day", Date, nullable=True),
)
"""Days to be summed up again because an order of theirs changed; no day means all of them. A mark is only ever added
and deleted, never shared, so that no two buyers wait for each other, and none is lost that is added meanwhile."""

sales_progress = Table(
    "sales_progress", Record.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("counted_until", DateTime, nullable=True),
    Column("zone", String(64), nullable=True),
)
"""One row: up to which moment everything is summed up, and in which time zone. Locking it gives the turn to sum up."""
