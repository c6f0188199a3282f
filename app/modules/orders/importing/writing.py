"""Writing a ledger into the shop's own tables, in bulk.

Everything gets the source *online-retail* and its id there, by which a second run finds it again. An invoice that is
here with the same sums is left alone; one that differs is written anew under its old id, unless somebody has worked
on it since.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from app.core import clock
from app.core.bulk import BulkTable, json_value, moment_value
from app.core.i18n import lazy as _
from app.core.importing import ImportReport
from app.modules.catalog import services as catalog
from app.modules.catalog.models import Category, Product, Sku
from app.modules.members.models import Gender, Member
from app.modules.orders.importing.invoices import Invoice, Kind, Ledger
from app.modules.orders.importing.lines import RetailLine
from app.modules.orders.models import (
    Channel,
    Order,
    OrderEvent,
    OrderLine,
    OrderStatus,
    Payment,
    PaymentMethod,
    PaymentStatus,
    Refund,
    RefundLine,
    RefundStatus,
)

SOURCE = "online-retail"
PREFIX = "OR-"
"""Before numbers and codes of the file, so that they meet none of the shop's own."""
GOODS, CHARGES = "Online Retail: goods", "Online Retail: postage, fees and vouchers"
WITHOUT_MONEY = "Goods that were lost, found, broken or given away: the source has an invoice without money."

ORDER_COLUMNS = (
    "id", "number", "member_id", "buyer_name", "channel", "status", "goods_amount", "freight_amount", "discount_amount",
    "total_amount", "paid_amount", "refunded_amount", "line_count", "item_count", "placed_at", "paid_at",
    "completed_at", "cancelled_at", "receiver_country", "staff_note", "source", "source_id", "source_data",
    "created_at", "updated_at")
REFUND_COLUMNS = (
    "id", "number", "member_id", "channel", "amount", "reason", "status", "requested_at", "refunded_at", "source",
    "source_id", "source_data", "created_at", "updated_at")


class _Place(NamedTuple):
    """Where the lines of an invoice go."""

    id: int
    is_refund: bool


class _Known(NamedTuple):
    """An invoice that an earlier run brought."""

    place: _Place
    fingerprint: int | None
    is_touched: bool


class LedgerWriter:
    """Writes articles, customers, invoices and lines, in this order."""

    def __init__(self, connection: Connection, ledger: Ledger, report: ImportReport) -> None:
        self._connection, self._ledger, self._report = connection, ledger, report
        self._now = moment_value(clock.now())
        self._goods: dict[str, tuple[int, int | None, str]] = {}
        self._members: dict[str, int] = {}
        self._places: dict[str, _Place] = {}
        self._orders = BulkTable(connection, Order.__table__, ORDER_COLUMNS)
        self._refunds = BulkTable(connection, Refund.__table__, REFUND_COLUMNS)
        self._payments = BulkTable(
            connection, Payment.__table__,
            ("id", "number", "order_id", "method", "amount", "status", "paid_at", "created_at", "updated_at"),
            after=(self._orders,))
        self._events = BulkTable(
            connection, OrderEvent.__table__,
            ("id", "order_id", "from_status", "to_status", "happened_at", "actor_kind", "actor_name", "created_at",
             "updated_at"), after=(self._orders,))
        self._order_lines = BulkTable(
            connection, OrderLine.__table__,
            ("id", "order_id", "product_id", "sku_id", "sku_code", "name", "specifications", "unit_price", "quantity",
             "amount", "created_at", "updated_at"), after=(self._orders,))
        self._refund_lines = BulkTable(
            connection, RefundLine.__table__,
            ("id", "refund_id", "product_id", "name", "quantity", "amount", "created_at", "updated_at"),
            after=(self._refunds,))

    # -- what is sold, and to whom ------------------------------------------------------------------------------------

    def write_articles(self) -> None:
        """A product with one SKU for each stock code that is not here yet; those that are stay as the shop has them."""
        known = {row.source_id: row for row in self._connection.execute(
            select(Product.source_id, Product.id, Product.name, Sku.id.label("sku_id"))
            .outerjoin(Sku, (Sku.product_id == Product.id) & (Sku.source == SOURCE)).where(Product.source == SOURCE))}
        goods, charges = self._category(GOODS, 1), self._category(CHARGES, 2)
        with BulkTable(self._connection, Product.__table__, (
            "id", "number", "name", "category_id", "has_picture", "gallery", "list_price", "price", "stock",
            "is_listed", "is_new", "is_hot", "sort_order", "source", "source_id", "created_at", "updated_at",
        )) as products, BulkTable(self._connection, Sku.__table__, (
            "id", "product_id", "code", "specifications", "price", "stock", "sort_order", "source", "source_id",
            "created_at", "updated_at",
        ), after=(products,)) as variants:
            for code, article in self._ledger.articles.items():
                here = known.get(code)
                self._report.count("products", "added" if here is None else "unchanged")
                if here is not None:
                    self._goods[code] = here.id, here.sku_id, here.name
                    continue
                product_id, sku_id, name = products.take_id(), variants.take_id(), article.name(code)
                # Not listed: these goods are history here, nobody could buy them.
                products.add((
                    product_id, PREFIX + code, name, goods if code[0].isdigit() else charges, 0, "[]", 0, article.price,
                    0, 0, 0, 0, 100, SOURCE, code, self._now, self._now))
                variants.add((
                    sku_id, product_id, PREFIX + code, "[]", article.price, 0, 100, SOURCE, code, self._now, self._now))
                self._goods[code] = product_id, sku_id, name

    def _category(self, name: str, position: int) -> int:
        """The category of this source called `name`; made where it is missing."""
        found = self._connection.scalar(
            select(Category.id).where(Category.source == SOURCE, Category.source_id == str(position)))
        if found is not None:
            return found
        made = self._connection.scalar(insert(Category).values(
            name=name, sort_order=99_990 + position, is_shown=False, source=SOURCE,
            source_id=str(position)).returning(Category.id))
        catalog.place_categories()
        return int(made)  # type: ignore[arg-type]

    def write_customers(self) -> None:
        """A member for each customer number that is not here yet. Rows without a number are guests."""
        known = dict(self._connection.execute(select(Member.source_id, Member.id).where(Member.source == SOURCE)).all())
        with BulkTable(self._connection, Member.__table__, (
            "id", "nickname", "gender", "channel", "country", "registered_at", "last_seen_at", "is_blocked",
            "order_count", "paid_amount", "source", "source_id", "created_at", "updated_at",
        )) as members:
            for number, customer in self._ledger.customers.items():
                member_id = known.get(number)
                self._report.count("members", "added" if member_id is None else "unchanged")
                if member_id is None:
                    member_id = members.take_id()
                    members.add((
                        member_id, f"Customer {number}", Gender.unknown.value, Channel.web.value, customer.country,
                        customer.first_at, customer.last_at, 0, 0, 0, SOURCE, number, self._now, self._now))
                self._members[number] = member_id

    # -- invoices -----------------------------------------------------------------------------------------------------

    def write_invoices(self) -> None:
        """An order or a refund for each invoice; their lines follow by `write_line`."""
        known = self._known_invoices()
        for invoice in self._ledger.invoices.values():
            is_refund = invoice.kind is Kind.refund
            table, kind = (self._refunds, "refunds") if is_refund else (self._orders, "orders")
            here = known.get(invoice.number)
            if here is None:
                self._report.count(kind, "added")
                self._add(invoice, _Place(table.take_id(), is_refund))
            elif here.fingerprint == invoice.fingerprint:
                self._report.count(kind, "unchanged")
            elif here.is_touched or here.place.is_refund != is_refund:
                self._report.count(kind, "left_out")
                self._report.note(_("%(number)s differs from the file, but it was worked on here and stays as it is.",
                                    number=PREFIX + invoice.number))
            else:
                self._report.count(kind, "changed")
                self._remove(here.place)
                self._add(invoice, here.place)

    @property
    def has_work(self) -> bool:
        """Whether any invoice waits for its lines."""
        return bool(self._places)

    def _known_invoices(self) -> dict[str, _Known]:
        known = {}
        for model in (Order, Refund):
            rows = self._connection.execute(
                select(model.source_id, model.id, model.source_data, model.created_at, model.updated_at)
                .where(model.source == SOURCE))
            for number, key, data, created_at, updated_at in rows:
                # Whoever saves a record moves its `updated_at`; the import writes both alike.
                known[number] = _Known(
                    _Place(key, model is Refund), (data or {}).get("fingerprint"), created_at != updated_at)
        return known

    def _remove(self, place: _Place) -> None:
        """Take out what an earlier run wrote; lines and history go with their owner."""
        if place.is_refund:
            self._connection.execute(delete(Refund).where(Refund.id == place.id))
        else:
            self._connection.execute(delete(Payment).where(Payment.order_id == place.id))
            self._connection.execute(delete(Order).where(Order.id == place.id))

    def _add(self, invoice: Invoice, place: _Place) -> None:
        self._places[invoice.number] = place
        data: dict[str, Any] = {"fingerprint": invoice.fingerprint}
        if invoice.exact:
            data["exact_prices"] = invoice.exact
        if place.is_refund:
            self._add_refund(invoice, place.id, json_value(data))
        else:
            self._add_order(invoice, place.id, json_value(data))

    def _add_order(self, invoice: Invoice, order_id: int, data: str) -> None:
        at, now, amount = invoice.placed_at, self._now, invoice.amount
        sold = invoice.kind is Kind.sale
        status = OrderStatus.completed if sold else OrderStatus.cancelled
        number, done_at, off_at = PREFIX + invoice.number, (at if sold else None), (None if sold else at)
        self._orders.add((
            order_id, number, self._members.get(invoice.customer), self._buyer(invoice), Channel.web.value,
            status.value, amount, 0, 0, amount, amount, 0, invoice.line_count, invoice.pieces, at, done_at, done_at,
            off_at, invoice.country, None if sold else WITHOUT_MONEY, SOURCE, invoice.number, data, now, now))
        steps: list[OrderStatus] = [OrderStatus.placed, *([OrderStatus.paid] if sold else []), status]
        before: str | None = None
        for step in steps:
            self._events.add((
                self._events.take_id(), order_id, before, step.value, at, "import", SOURCE, now, now))
            before = step.value
        if sold:
            self._payments.add((
                self._payments.take_id(), number, order_id, PaymentMethod.other.value, amount, PaymentStatus.paid.value,
                at, now, now))

    def _add_refund(self, invoice: Invoice, refund_id: int, data: str) -> None:
        reason = "Cancellation" if invoice.number[0] == "C" else "Adjustment of bad debt"
        self._refunds.add((
            refund_id, PREFIX + invoice.number, self._members.get(invoice.customer), Channel.web.value,
            abs(invoice.amount), reason, RefundStatus.refunded.value, invoice.placed_at, invoice.placed_at, SOURCE,
            invoice.number, data, self._now, self._now))

    @staticmethod
    def _buyer(invoice: Invoice) -> str | None:
        return f"Customer {invoice.customer}" if invoice.customer else None

    def write_line(self, line: RetailLine) -> None:
        """A line of an invoice that is being written; lines of others are passed over."""
        place = self._places.get(line.invoice)
        if place is None:
            return
        product_id, sku_id, name = self._goods[line.code]
        # Goods that moved without money are known by what was noted of them.
        name, now = line.description or name, self._now
        if place.is_refund:
            self._refund_lines.add((
                self._refund_lines.take_id(), place.id, product_id, name, abs(line.quantity), abs(line.amount), now,
                now))
        else:
            self._order_lines.add((
                self._order_lines.take_id(), place.id, product_id, sku_id, PREFIX + line.code, name, "[]",
                line.unit_price, abs(line.quantity), line.amount, now, now))

    def close(self) -> None:
        """Hand all that is held to the database."""
        for table in (self._orders, self._refunds, self._payments, self._events, self._order_lines, self._refund_lines):
            table.close()
        self._report.count("lines", "added", self._order_lines.count + self._refund_lines.count)
