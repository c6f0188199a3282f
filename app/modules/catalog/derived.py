"""What is worked out from other rows at every save: a category's place in the tree, a product's price and stock.

A form, the API and a job save through the session, so a listener there serves them all. Whoever writes past the
session (an import in bulk) calls `place_categories` and `price_products` when done.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, event, func, inspect, select, update
from sqlalchemy.orm import Session, attributes

from app.core.changes import change_of
from app.modules.catalog.models import Category, Product, Sku


def path_segment(sort_order: int, category_id: int) -> str:
    """One shelf's part of a path. Only digits and always twelve, so that every collation sorts it alike."""
    return f"{sort_order:05d}{category_id:07d}"


def place_categories(connection: Connection) -> dict[int, tuple[int, str]]:
    """Give every category its level and path; returns those that changed, as id → (level, path).

    The whole tree is read: it is a few hundred rows, and one way to do it cannot differ from another.
    """
    table = Category.__table__
    rows = {row.id: row for row in connection.execute(
        select(table.c.id, table.c.parent_id, table.c.sort_order, table.c.level, table.c.path))}
    placed: dict[int, tuple[int, str]] = {}

    def place(category_id: int) -> tuple[int, str]:
        if category_id not in placed:
            row = rows[category_id]
            level, above = place(row.parent_id) if row.parent_id is not None else (0, "")
            placed[category_id] = (level + 1, above + path_segment(row.sort_order, category_id))
        return placed[category_id]

    changed = {key: place(key) for key, row in rows.items() if place(key) != (row.level, row.path)}
    for key, (level, path) in changed.items():
        connection.execute(update(table).where(table.c.id == key).values(level=level, path=path))
    return changed


def price_products(connection: Connection, product_ids: Collection[int] | None = None) -> None:
    """Give products the lowest price and the whole stock of their SKUs; without ids, give it to all that differ."""
    products, skus = Product.__table__, Sku.__table__
    lowest = select(func.coalesce(func.min(skus.c.price), 0)).where(skus.c.product_id == products.c.id)
    whole = select(func.coalesce(func.sum(skus.c.stock), 0)).where(skus.c.product_id == products.c.id)
    price, stock = lowest.scalar_subquery(), whole.scalar_subquery()
    statement = update(products).values(price=price, stock=stock)
    if product_ids is None:
        statement = statement.where((products.c.price != price) | (products.c.stock != stock))
    else:
        statement = statement.where(products.c.id.in_(product_ids))
    connection.execute(statement)


def _touched(record: Any, *names: str) -> bool:
    return any(change_of(record, name).has_changes() for name in names)


@event.listens_for(Session, "after_flush")
def _work_out(session: Session, _context: Any) -> None:
    categories = [record for record in session.new if isinstance(record, Category)]
    categories += [record for record in session.dirty
                   if isinstance(record, Category) and _touched(record, "parent_id", "sort_order")]
    if categories:
        for key, (level, path) in place_categories(session.connection()).items():
            loaded = session.identity_map.get(inspect(Category).identity_key_from_primary_key((key,)))
            for record in [loaded] if loaded is not None else [new for new in categories if new.id == key]:
                attributes.set_committed_value(record, "level", level)
                attributes.set_committed_value(record, "path", path)
    owners: set[int] = set()
    for record in [*session.new, *session.dirty, *session.deleted]:
        if isinstance(record, Sku):
            owners.add(record.product_id)
            owners.update(change_of(record, "product_id").deleted or ())
    owners.discard(None)  # type: ignore[arg-type]
    if owners:
        price_products(session.connection(), owners)
        for record in session.identity_map.values():
            if isinstance(record, Product) and record.id in owners:
                session.expire(record, ["price", "stock"])
