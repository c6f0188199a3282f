"""Bringing a catalogue from other systems: the tables of a litemall shop (`flask import litemall`).

litemall (https://github.com/linlinjava/litemall) is an open mini-program shop; its tables are files such as
`litemall_goods.csv`, with litemall's own columns. What was brought before is found by its id in the source and changed
where the file differs, field by field; what is the shop's own once it is here (stock, whether a product is listed) is
taken from the file only the first time. Pictures are not fetched: their addresses are kept in `source_data`, and
taken out of descriptions, since pages of the back office show pictures of this shop only.
"""

from __future__ import annotations

import re
from typing import Any

from app.core.db import db
from app.core.html import sanitise
from app.core.i18n import lazy as _
from app.core.i18n import number_text
from app.core.table_files import RowRefused, TableFolder, TableRow
from app.modules.catalog.importing.keeping import Keeper
from app.modules.catalog.models import (
    Brand,
    Category,
    Product,
    ProductAttribute,
    ProductReview,
    ProductSpecification,
    Sku,
)

__all__ = ["SOURCE", "import_catalogue"]

SOURCE = "litemall"
REVIEW_OF_PRODUCT, ANSWER_OF_SHOP = "0", "2"
"""litemall's kinds of comments; those between are about topics."""

COLUMNS = {table: columns.split() for table, columns in {
    "category": "id name keywords desc pid icon_url pic_url sort_order deleted",
    "brand": "id name desc pic_url sort_order floor_price deleted",
    "goods": "id goods_sn name category_id brand_id gallery keywords brief is_on_sale sort_order pic_url is_new is_hot "
             "unit counter_price detail deleted",
    "goods_specification": "id goods_id specification value pic_url deleted",
    "goods_product": "id goods_id specifications price number url deleted",
    "goods_attribute": "id goods_id attribute value deleted",
    "comment": "id value_id type content admin_content user_id pic_urls star add_time deleted",
}.items()}

_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_ADDRESS = re.compile(r"""<(?:img|source|video)\b[^>]*?\ssrc=["']([^"']+)["']""", re.IGNORECASE)
_EMPTY = re.compile(
    r"<(p|div|span|strong)(?:\s[^>]*)?>(?:[\s\u200b\u200d\ufeff]|<br\s*/?>|&nbsp;)*</\1>", re.IGNORECASE)


def import_catalogue(tables: TableFolder) -> None:
    """Bring categories, brands, products with SKUs, specifications and attributes, and reviews; the edge settles the
    report, and commits or rolls back. Raises a BrokenFile where a table is missing or cannot be read."""
    LitemallCatalogue(tables).bring()


def without_pictures(html: str) -> tuple[str, list[str]]:
    """A description sanitised and without its pictures and the paragraphs left empty by that, and their addresses."""
    addresses = _ADDRESS.findall(html)
    text = _IMAGE.sub("", sanitise(html))
    shorter = _EMPTY.sub("", text)
    while shorter != text:
        text, shorter = shorter, _EMPTY.sub("", shorter)
    return sanitise(text).strip(), addresses


class LitemallCatalogue:
    """Brings the tables in an order in which each finds what it points to."""

    def __init__(self, tables: TableFolder) -> None:
        report = tables.report
        self._tables, self._report = tables, report
        self._categories = Keeper(Category, SOURCE, "categories", report)
        self._brands = Keeper(Brand, SOURCE, "brands", report, unique="name")
        self._products = Keeper(Product, SOURCE, "products", report, unique="number")
        self._skus = Keeper(Sku, SOURCE, "skus", report, unique="code")
        self._specifications = Keeper(ProductSpecification, SOURCE, "specifications", report)
        self._attributes = Keeper(ProductAttribute, SOURCE, "attributes", report)
        self._reviews = Keeper(ProductReview, SOURCE, "reviews", report)
        self._answers: list[TableRow] = []
        self._pictures = 0

    def _kept(self, member: str = "", **addresses: Any) -> dict[str, Any] | None:
        """What is kept of the source, without what is empty; all of it but the member are addresses of pictures."""
        kept = {name: value for name, value in addresses.items() if value}
        self._pictures += sum(len(value) if isinstance(value, list) else 1 for value in kept.values())
        return ({"member": member} if member else {}) | kept or None

    def bring(self) -> None:
        """All tables; flushed, not committed."""
        self._bring_categories()
        for table, kind, take, label in (
            ("brand", "brands", self._take_brand, _("Brands")),
            ("goods", "products", self._take_product, _("Products")),
            ("goods_specification", "specifications", self._take_specification, _("Specifications")),
            ("goods_product", "skus", self._take_sku, _("SKUs")),
            ("goods_attribute", "attributes", self._take_attribute, _("Attributes")),
            ("comment", "reviews", self._take_comment, _("Reviews")),
        ):
            self._tables.read(table, kind, COLUMNS[table], take, label)
            db.session.flush()
        self._give_answers()
        if self._pictures:
            self._report.note(_(
                "Pictures are not fetched from the other shop. Their addresses are kept, and taken out of descriptions"
                ": %(count)s.", count=number_text(self._pictures)))
        db.session.flush()

    def _bring_categories(self) -> None:
        """Parents first, in whatever order the file has them."""
        waiting: list[TableRow] = []
        self._tables.read("category", "categories", COLUMNS["category"], waiting.append, _("Categories"))
        while waiting:
            ready = [row for row in waiting if row.text("pid") in {"", "0"} or self._categories.find(row.text("pid"))]
            for row in ready or waiting:
                try:
                    self._take_category(row)
                except RowRefused as refused:
                    self._report.refuse(row.file, row.number, refused.args[0])
            db.session.flush()
            waiting = [row for row in waiting if row not in ready] if ready else []

    def _take_category(self, row: TableRow) -> None:
        at_the_top = row.text("pid") in {"", "0"}
        self._categories.keep(
            row, name=row.required("name"), parent_id=None if at_the_top else self._categories.get(row, "pid").id,
            description=row.text("desc") or None, keywords=row.text("keywords") or None,
            sort_order=row.whole("sort_order", 0, 99_999),
            source_data=self._kept(icon=row.text("icon_url"), picture=row.text("pic_url")))

    def _take_brand(self, row: TableRow) -> None:
        self._brands.keep(
            row, name=row.required("name"), description=row.text("desc") or None, floor_price=row.fen("floor_price"),
            sort_order=row.whole("sort_order", 0, 99_999), source_data=self._kept(picture=row.text("pic_url")))

    def _take_product(self, row: TableRow) -> None:
        description, addresses = without_pictures(row.text("detail"))
        self._products.keep(
            row, first=lambda: {"is_listed": row.yes("is_on_sale")}, number=row.required("goods_sn"),
            name=row.required("name"), category_id=self._categories.get(row, "category_id").id,
            brand_id=None if row.text("brand_id") in {"", "0"} else self._brands.get(row, "brand_id").id,
            keywords=row.text("keywords") or None, brief=row.text("brief") or None, unit=row.text("unit") or None,
            is_new=row.yes("is_new"), is_hot=row.yes("is_hot"), list_price=row.fen("counter_price"),
            sort_order=row.whole("sort_order", 0, 99_999), description=description or None,
            source_data=self._kept(picture=row.text("pic_url"), gallery=row.texts("gallery"), description=addresses))

    def _take_specification(self, row: TableRow) -> None:
        self._specifications.keep(
            row, product_id=self._products.get(row, "goods_id").id, name=row.required("specification"),
            value=row.required("value"), source_data=self._kept(picture=row.text("pic_url")))

    def _take_sku(self, row: TableRow) -> None:
        product = self._products.get(row, "goods_id")
        self._skus.keep(
            row, first=lambda: {"stock": row.whole("number")}, product_id=product.id,
            code=f"{product.number}-{row.required('id')}", specifications=row.texts("specifications"),
            price=row.fen("price"), source_data=self._kept(picture=row.text("url")))

    def _take_attribute(self, row: TableRow) -> None:
        self._attributes.keep(
            row, product_id=self._products.get(row, "goods_id").id, name=row.required("attribute"),
            value=row.required("value"))

    def _take_comment(self, row: TableRow) -> None:
        if row.text("type") == ANSWER_OF_SHOP:
            self._answers.append(row)
            return
        # Comments are about topics, too, which this shop does not have; what points to a product is a review of it.
        if row.text("type") != REVIEW_OF_PRODUCT and self._products.find(row.text("value_id")) is None:
            self._report.leave_out("reviews", row.text("id"), _("about topics, not about products"))
            return
        at, answer = row.moment("add_time"), row.text("admin_content")
        self._reviews.keep(
            row, first=lambda: {"reply": answer, "replied_at": at} if answer else {},
            product_id=self._products.get(row, "value_id").id, stars=row.whole("star", 1, 5),
            content=row.required("content"), written_at=at,
            source_data=self._kept(member=row.text("user_id"), pictures=row.texts("pic_urls")))

    def _give_answers(self) -> None:
        """Answers of the shop stand under the review that they answer, where nothing stands yet."""
        for row in self._answers:
            review = self._reviews.find(row.text("value_id"))
            if review is None:
                self._report.refuse(row.file, row.number, _("This answers a review that is not in the file."))
            elif review.reply is None:
                review.reply, review.replied_at = row.required("content"), row.moment("add_time")
                self._report.count("answers", "added")
            else:
                self._report.count("answers", "unchanged")
