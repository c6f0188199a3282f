"""The demo shop's catalogue: categories, brands, and as many products as are wanted, with pictures drawn here."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from app.core.db import db
from app.core.demo import SOURCE, Demo, DemoPlan
from app.modules.catalog import services
from app.modules.catalog.demo import goods
from app.modules.catalog.demo.gallery import Gallery
from app.modules.catalog.demo.goods import LEAVES, Leaf
from app.modules.catalog.demo.products import ProductWriter, Shelves
from app.modules.catalog.models import (
    MAX_LEVEL,
    Brand,
    Category,
    Product,
    ProductAttribute,
    ProductSpecification,
    ProductTag,
    Sku,
    product_tag_links,
)

__all__ = ["DEMO"]


def load(plan: DemoPlan) -> None:
    """Make the demo catalogue; the edge commits."""
    # A very small shop has a few kinds of goods from all over the catalogue.
    leaves = LEAVES[::max(1, -(-len(LEAVES) // plan.products))]
    gallery = Gallery(plan)
    shelves = Shelves(
        _write_categories(plan, leaves, gallery), _write_brands(plan, leaves, gallery), _write_tags())
    ProductWriter(plan, leaves, shelves, gallery).write()


def remove() -> None:
    """Take the demo catalogue out; refused by the database where other records depend on it. Pictures stay."""
    statements = [delete(Product).where(Product.source == SOURCE), delete(Brand).where(Brand.source == SOURCE)]
    # From the leaves up, for a shelf is not taken away while another stands on it.
    statements += [delete(Category).where(Category.source == SOURCE, Category.level == level)
                   for level in range(MAX_LEVEL, 0, -1)]
    for statement in statements:
        db.session.execute(statement.execution_options(synchronize_session=False))
    used = select(product_tag_links.c.tag_id)
    db.session.execute(
        delete(ProductTag).where(ProductTag.name.in_([name for name, _share in goods.TAGS]), ProductTag.id.not_in(used))
        .execution_options(synchronize_session=False))


def _write_categories(plan: DemoPlan, leaves: Sequence[Leaf], gallery: Gallery) -> dict[tuple[str, ...], int]:
    """The tree down to the leaves, as ids by path."""
    made: dict[tuple[str, ...], int] = {}
    for leaf in leaves:
        for depth in range(1, len(leaf.path) + 1):
            path, picture = leaf.path[:depth], gallery.picture(leaf.shape)
            if path not in made:
                made[path] = int(db.session.scalar(insert(Category).values(
                    name=path[-1], parent_id=made.get(path[:-1]), sort_order=10 * (len(made) + 1), icon=picture,
                    picture=picture, source=SOURCE, source_id="/".join(path)).returning(Category.id)) or 0)
    services.place_categories()
    plan.report.count("categories", "added", len(made))
    return made


def _write_brands(plan: DemoPlan, leaves: Sequence[Leaf], gallery: Gallery) -> dict[str, int]:
    """The brands of these goods, as ids by name. One that the shop has by this name already serves as well."""
    made: dict[str, int] = dict(db.session.execute(select(Brand.name, Brand.id)).all())
    wanted = {name for leaf in leaves for name in leaf.brands}
    for position, (name, description) in enumerate(goods.BRANDS):
        if name in wanted and name not in made:
            made[name] = int(db.session.scalar(insert(Brand).values(
                name=name, description=description, picture=gallery.mark(position), sort_order=10 * (position + 1),
                source=SOURCE, source_id=str(position)).returning(Brand.id)) or 0)
            plan.report.count("brands", "added")
    return made


def _write_tags() -> list[tuple[int, float]]:
    """Tags, as ids with the share of products that have them."""
    known = dict(db.session.execute(select(ProductTag.name, ProductTag.id)).all())
    return [
        (known.get(name) or int(db.session.scalar(
            insert(ProductTag).values(name=name).returning(ProductTag.id)) or 0), share)
        for name, share in goods.TAGS]


DEMO = Demo(load, remove, (Category, Brand, Product, Sku, ProductSpecification, ProductAttribute))
