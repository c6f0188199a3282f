"""What staff and system do with the catalogue: put products on and off sale, keep the tree, show and hide reviews."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, func, or_, select

from app.core import clock
from app.core.db import db
from app.core.errors import BusinessError
from app.core.events import publish
from app.core.i18n import lazy as _
from app.modules.catalog import derived
from app.modules.catalog.events import ProductDelisted, ProductListed
from app.modules.catalog.models import Category, Product, ProductReview, Sku


class NothingToSell(BusinessError):
    """A product without variants was to be put on sale."""

    def __init__(self, product: Product) -> None:
        super().__init__(_("“%(name)s” has no variant with a price yet, so it cannot be listed."), name=product.name)


def why_not_list(product: Product) -> str | None:
    """Why the product cannot be put on sale now, or None where it can."""
    if product.is_listed:
        return str(_("It is listed already."))
    return None if _has_variants(product) else str(_("It needs at least one variant with a price."))


def why_not_delist(product: Product) -> str | None:
    """Why the product cannot be taken off sale now, or None where it can."""
    return None if product.is_listed else str(_("It is not listed."))


def _has_variants(product: Product) -> bool:
    return db.session.scalar(select(Sku.id).where(Sku.product_id == product.id).limit(1)) is not None


def list_products(products: Sequence[Product]) -> None:
    """Put products on sale and settle a plan to list them; refuses a product without variants. Those that are on
    sale stay as they are. Announces ProductListed for each."""
    for product in products:
        if product.is_listed:
            continue
        if not _has_variants(product):
            raise NothingToSell(product)
        product.is_listed, product.list_at = True, None
        db.session.flush()
        publish(ProductListed(product.id))


def delist_products(products: Sequence[Product]) -> None:
    """Take products off sale and settle a plan to delist them. Announces ProductDelisted for each that was on sale."""
    for product in products:
        if not product.is_listed:
            continue
        product.is_listed, product.delist_at = False, None
        db.session.flush()
        publish(ProductDelisted(product.id))


def products_with_due_plan(limit: int) -> Sequence[Product]:
    """Products whose time to be put on or off sale has come; one without variants waits with its listing."""
    now = clock.now()
    return db.session.scalars(
        select(Product).where(or_(and_(Product.list_at <= now, Product.skus.any()), Product.delist_at <= now))
        .order_by(Product.id).limit(limit)).all()


def follow_plan(product: Product) -> None:
    """Do what the product's plan says for this moment: list it, delist it, and strike out what is done.

    Where both times have passed, listing and delisting happen in that order, so both are announced.
    """
    now = clock.now()
    if product.list_at is not None and product.list_at <= now and _has_variants(product):
        list_products([product])
        product.list_at = None
    if product.delist_at is not None and product.delist_at <= now:
        delist_products([product])
        product.delist_at = None


def mark_new(products: Sequence[Product], is_new: bool) -> list[Product]:
    """Show products among the new ones, or no longer; gives those that were not so before."""
    changed = [product for product in products if product.is_new is not is_new]
    for product in changed:
        product.is_new = is_new
    return changed


def mark_hot(products: Sequence[Product], is_hot: bool) -> list[Product]:
    """Show products among the popular ones, or no longer; gives those that were not so before."""
    changed = [product for product in products if product.is_hot is not is_hot]
    for product in changed:
        product.is_hot = is_hot
    return changed


def place_categories() -> None:
    """Work out level and path of all categories; for imports that write past the session."""
    derived.place_categories(db.session.connection())
    _forget(Category)


def price_products() -> None:
    """Work out price and stock of all products from their SKUs; for imports that write past the session."""
    derived.price_products(db.session.connection())
    _forget(Product)


def _forget(model: type) -> None:
    """Have loaded records of a model read again when they are next looked at."""
    for record in list(db.session().identity_map.values()):
        if isinstance(record, model):
            db.session.expire(record)


def show_reviews(reviews: Sequence[ProductReview]) -> list[ProductReview]:
    """Let members see reviews; gives those that they could not see before."""
    hidden = [review for review in reviews if not review.is_shown]
    for review in hidden:
        review.is_shown = True
    return hidden


def hide_reviews(reviews: Sequence[ProductReview]) -> list[ProductReview]:
    """Keep reviews from members' eyes; gives those that they could see before."""
    shown = [review for review in reviews if review.is_shown]
    for review in shown:
        review.is_shown = False
    return shown


def review_score(product: Product) -> tuple[int, float | None]:
    """How many shown reviews a product has, and the average of their stars."""
    count, average = db.session.execute(
        select(func.count(), func.avg(ProductReview.stars))
        .where(ProductReview.product_id == product.id, ProductReview.is_shown)).one()
    return count, None if average is None else float(average)
