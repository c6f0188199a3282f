"""What the shop sells: categories, brands, products with their SKUs, and what members say about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Select, func, select
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.db import (
    Column,
    Index,
    Mapped,
    Record,
    Table,
    UniqueConstraint,
    db,
    integer,
    long_text,
    moment,
    money,
    picture,
    pictures,
    reference,
    relationship,
    rich_text,
    text,
    words,
    yes_no,
)
from app.core.errors import InvalidInput
from app.core.i18n import lazy as _
from app.core.sourced import Sourced, source_index
from app.modules.members.models import Member

MAX_LEVEL = 5
"""Deeper trees do not fit a phone's screen, nor the path column."""


class Category(Sourced, Record):
    """A shelf of the shop; shelves stand in shelves.

    `path` is written by the system: twelve digits for each shelf from the top down, its sort order (5) and its id
    (7). Sorting by it gives the tree as people read it, and all that stands under a shelf begins with its path.
    """

    __tablename__ = "categories"
    __table_args__ = (source_index("categories"), Index(None, "parent_id", "sort_order"))

    name: Mapped[str] = text(60, _("Name"))
    parent_id: Mapped[int | None] = reference(
        "categories", _("Stands under"), index=False, help=_("Leave this empty for a category at the top."))
    parent: Mapped[Category | None] = relationship(remote_side="Category.id", back_populates="children")
    children: Mapped[list[Category]] = relationship(back_populates="parent", order_by="Category.path",
                                                    passive_deletes="all")
    level: Mapped[int] = integer(_("Level"), min=1, max=MAX_LEVEL, default=1)
    path: Mapped[str] = text(12 * MAX_LEVEL, _("Place in the tree"), default="", index=True)
    description: Mapped[str | None] = text(300, _("Description"))
    keywords: Mapped[str | None] = text(300, _("Keywords"), help=_("Separated by commas."))
    icon: Mapped[str | None] = picture(_("Icon"), help=_("A small square picture for the category bar."))
    picture: Mapped[str | None] = picture(_("Picture"), help=_("A wide picture for the head of the category page."))
    sort_order: Mapped[int] = integer(_("Sort order"), min=0, max=99_999, default=100,
                                      help=_("Smaller numbers come first."))
    is_shown: Mapped[bool] = yes_no(_("Shown"), default=True, help=_("Members see only categories that are shown."))

    def check(self) -> None:
        level, above = 1, self.parent or (db.session.get(Category, self.parent_id) if self.parent_id else None)
        while above is not None:
            level += 1
            if above is self or (self.id is not None and above.id == self.id):
                raise InvalidInput({"parent_id": _("A category cannot stand under itself.")})
            above = above.parent if level <= MAX_LEVEL else None
        if level + self._levels_below() > MAX_LEVEL:
            raise InvalidInput({"parent_id": _("A tree of categories has at most %(n)s levels.", n=MAX_LEVEL)})

    def _levels_below(self) -> int:
        """How many levels of categories stand under this one, wherever it is hung."""
        if self.id is None or not self.path:
            return 0
        deepest = db.session.scalar(select(func.max(Category.level)).where(Category.path.like(f"{self.path}%")))
        return max((deepest or 0) - self.level, 0)

    @classmethod
    def within(cls, ids: Sequence[int]) -> Select[tuple[int]]:
        """The ids of these categories and of all that stand under them, for an IN; filters of lists ask for it."""
        top, below = aliased(cls), aliased(cls)
        return select(below.id).join(top, below.path.startswith(top.path)).where(top.id.in_(ids))

    @property
    def indented_name(self) -> str:
        """The name, moved to the right by its level."""
        return "\u2003" * (self.level - 1) + self.name


class Brand(Sourced, Record):
    """Whose name is on the goods."""

    __tablename__ = "brands"
    __table_args__ = (source_index("brands"), Index(None, "sort_order", "id"))

    name: Mapped[str] = text(80, _("Name"), unique=True)
    description: Mapped[str | None] = long_text(_("Description"), size=2_000)
    picture: Mapped[str | None] = picture(_("Picture"))
    floor_price: Mapped[int | None] = money(_("From price"), help=_("Shown as “from …” on the page of the brand."))
    sort_order: Mapped[int] = integer(_("Sort order"), min=0, max=99_999, default=100,
                                      help=_("Smaller numbers come first."))
    is_shown: Mapped[bool] = yes_no(_("Shown"), default=True, help=_("Members see only brands that are shown."))


product_tag_links = Table(
    "product_tag_links", Record.metadata,
    Column("product_id", ForeignKey("products.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("product_tags.id", ondelete="CASCADE"), primary_key=True),
    Index(None, "tag_id", "product_id"),
)


class ProductTag(Record):
    """A word by which staff group products across categories."""

    __tablename__ = "product_tags"

    name: Mapped[str] = text(40, _("Name"), unique=True)
    description: Mapped[str | None] = text(200, _("Description"))


class Product(Sourced, Record):
    """Something the shop sells, in one or more variants (SKUs).

    `price` and `stock` are kept by the system: the lowest price and the sum of the stock of its SKUs.
    """

    __tablename__ = "products"
    __table_args__ = (
        source_index("products"),
        Index(None, "category_id", "is_listed", "sort_order", "id"),
        Index(None, "brand_id", "is_listed", "sort_order", "id"),
        Index(None, "is_listed", "sort_order", "id"),
        Index(None, "is_listed", "price"),
        Index(None, "is_listed", "stock"),
        Index(None, "is_listed", "has_picture"),
        Index(None, "sort_order", "id"),
        Index(None, "name", "id"),
        Index(None, "price", "id"),
        Index(None, "stock", "id"),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
    )

    search_index = ("number", "name", "keywords")

    number: Mapped[str] = text(40, _("Number"), unique=True, help=_("The product's own number in the shop."))
    name: Mapped[str] = text(200, _("Name"))
    category_id: Mapped[int | None] = reference("categories", _("Category"), index=False)
    category: Mapped[Category | None] = relationship()
    brand_id: Mapped[int | None] = reference("brands", _("Brand"), index=False)
    brand: Mapped[Brand | None] = relationship()
    picture: Mapped[str | None] = picture(_("Picture"), help=_("The square picture in lists."))
    has_picture: Mapped[bool] = yes_no(_("Has a picture"), info={"untold": True})
    gallery: Mapped[list[str]] = pictures(_("Gallery"), help=_("The pictures at the head of the product's page."))
    brief: Mapped[str | None] = text(300, _("In one sentence"))
    description: Mapped[str | None] = rich_text(_("Description"))
    keywords: Mapped[str | None] = text(300, _("Keywords"), help=_("Separated by commas; members find it by them."))
    unit: Mapped[str | None] = text(20, _("Unit"), help=_("What is counted: piece, box, pair …"))
    list_price: Mapped[int] = money(_("List price"), default=0, help=_("The price that is shown crossed out."))
    price: Mapped[int] = money(_("Price"), default=0, help=_("The lowest price of its variants."))
    stock: Mapped[int] = integer(_("Stock"), min=0, default=0, help=_("The stock of all its variants together."))
    is_listed: Mapped[bool] = yes_no(_("Listed"), help=_("Members can see and buy only what is listed."))
    list_at: Mapped[datetime | None] = moment(
        _("List at"), index=True, help=_("It is put on sale by itself at this time."))
    delist_at: Mapped[datetime | None] = moment(
        _("Delist at"), index=True, help=_("It is taken off sale by itself at this time."))
    is_new: Mapped[bool] = yes_no(_("New"), help=_("Shown among the new products."))
    is_hot: Mapped[bool] = yes_no(_("Popular"), help=_("Shown among the popular products."))
    sort_order: Mapped[int] = integer(_("Sort order"), min=0, max=99_999, default=100,
                                      help=_("Smaller numbers come first."))
    tags: Mapped[list[ProductTag]] = relationship(
        secondary=product_tag_links, order_by=ProductTag.name, passive_deletes=True, info={"label": _("Tags")})
    skus: Mapped[list[Sku]] = relationship(
        back_populates="product", order_by="Sku.sort_order, Sku.id", cascade="all, delete-orphan", passive_deletes=True)
    specifications: Mapped[list[ProductSpecification]] = relationship(
        back_populates="product", order_by="ProductSpecification.sort_order, ProductSpecification.id",
        cascade="all, delete-orphan", passive_deletes=True)
    attributes: Mapped[list[ProductAttribute]] = relationship(
        back_populates="product", order_by="ProductAttribute.sort_order, ProductAttribute.id",
        cascade="all, delete-orphan", passive_deletes=True)

    def check(self) -> None:
        self.has_picture = bool(self.picture)
        if self.list_at and self.delist_at and self.delist_at <= self.list_at:
            raise InvalidInput({"delist_at": _("A product is taken off sale after it is put on sale.")})


class ProductSpecification(Sourced, Record):
    """One answer to a question in which a product's variants differ, such as *colour: red*."""

    __tablename__ = "product_specifications"
    __table_args__ = (source_index("product_specifications"), UniqueConstraint("product_id", "name", "value"))
    title_column = "value"

    product_id: Mapped[int] = reference("products", _("Product"), on_delete="CASCADE", index=False)
    product: Mapped[Product] = relationship(back_populates="specifications")
    name: Mapped[str] = text(40, _("Specification"), help=_("What differs: colour, size …"))
    value: Mapped[str] = text(80, _("Value"))
    picture: Mapped[str | None] = picture(_("Picture"))
    sort_order: Mapped[int] = integer(_("Sort order"), min=0, max=99_999, default=100)


class ProductAttribute(Sourced, Record):
    """A fact about a product, such as *material: cotton*."""

    __tablename__ = "product_attributes"
    __table_args__ = (source_index("product_attributes"), Index(None, "product_id", "sort_order"))

    product_id: Mapped[int] = reference("products", _("Product"), on_delete="CASCADE", index=False)
    product: Mapped[Product] = relationship(back_populates="attributes")
    name: Mapped[str] = text(40, _("Attribute"), help=_("Such as material or origin."))
    value: Mapped[str] = long_text(_("Value"), size=1_000)
    sort_order: Mapped[int] = integer(_("Sort order"), min=0, max=99_999, default=100)


class Sku(Sourced, Record):
    """One variant of a product as it is priced, counted and put into a parcel.

    `specifications` holds one value for each specification of the product, in their order: `["red", "XL"]`.
    """

    __tablename__ = "skus"
    __table_args__ = (source_index("skus"), Index(None, "product_id", "sort_order"))
    title_column = "code"

    product_id: Mapped[int] = reference("products", _("Product"), on_delete="CASCADE", index=False)
    product: Mapped[Product] = relationship(back_populates="skus")
    code: Mapped[str] = text(64, _("SKU code"), unique=True, help=_("Printed on the label; each is used once."))
    specifications: Mapped[list[str]] = words(
        _("Specifications"), help=_("The values that make this variant, with a slash between them, such as: red / XL"))
    price: Mapped[int] = money(_("Price"))
    list_price: Mapped[int | None] = money(_("List price"))
    stock: Mapped[int] = integer(_("Stock"), min=0, default=0)
    picture: Mapped[str | None] = picture(_("Picture"))
    sort_order: Mapped[int] = integer(_("Sort order"), min=0, max=99_999, default=100)

    @property
    def variant(self) -> str:
        """The specifications as people read them: `red / XL`."""
        return " / ".join(self.specifications or [])

    def check(self) -> None:
        product_id = self.product_id or (self.product.id if self.product is not None else None)
        if product_id is None:
            return
        mine = self.specifications or []
        others = db.session.execute(select(Sku.id, Sku.specifications).where(Sku.product_id == product_id))
        if any(sku_id != self.id and theirs == mine for sku_id, theirs in others):
            raise InvalidInput({"specifications": _("This product has a variant with the same specifications.")})


class ProductReview(Sourced, Record):
    """What a buyer says about a product. Hidden reviews are kept, but members do not see them."""

    __tablename__ = "product_reviews"
    __table_args__ = (
        source_index("product_reviews"),
        Index(None, "product_id", "is_shown", "written_at"),
        Index(None, "member_id", "written_at"),
        Index(None, "stars", "written_at"),
        Index(None, "written_at", "id"),
    )
    title_column = "content"

    product_id: Mapped[int] = reference("products", _("Product"), on_delete="CASCADE", index=False)
    product: Mapped[Product] = relationship()
    member_id: Mapped[int | None] = reference("members", _("Member"), on_delete="SET NULL", index=False)
    member: Mapped[Member | None] = relationship()
    order_line_id: Mapped[int | None] = reference("order_lines", _("Order line"), on_delete="SET NULL")
    author: Mapped[str | None] = text(60, _("Author"), help=_("The name shown beside the review."))
    stars: Mapped[int] = integer(_("Stars"), min=1, max=5, default=5)
    content: Mapped[str] = long_text(_("Review"), size=2_000)
    pictures: Mapped[list[str]] = pictures(_("Pictures"), at_most=9)
    has_pictures: Mapped[bool] = yes_no(_("Has pictures"))
    is_shown: Mapped[bool] = yes_no(_("Shown"), default=True, help=_("Members see only reviews that are shown."))
    written_at: Mapped[datetime] = moment(_("Written"), default=clock.now)
    reply: Mapped[str | None] = long_text(_("Reply"), size=1_000, help=_("Shown under the review, in the shop's name."))
    replied_at: Mapped[datetime | None] = moment(_("Replied"))

    def check(self) -> None:
        self.has_pictures = bool(self.pictures)
        if not self.reply:
            self.replied_at = None
        elif self.replied_at is None:
            self.replied_at = clock.now()
