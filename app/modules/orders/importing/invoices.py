"""What the lines of an invoice come to: a sale, money that goes back, or goods that moved without any."""

from __future__ import annotations

import enum
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from app.core.i18n import lazy as _
from app.core.importing import ImportReport
from app.modules.orders.importing.lines import RetailLine


class Kind(enum.Enum):
    """What an invoice is in our books."""

    sale = "sale"
    refund = "refund"
    moved_goods = "moved_goods"


@dataclass(slots=True)
class Invoice:
    """The sums of an invoice, kept while its lines pass by. Amounts are fen, moments as they are stored.

    `fingerprint` tells whether a later file says the same of it, line by line.
    """

    number: str
    row: int
    placed_at: str
    customer: str
    country: str | None
    goes_out: bool
    amount: int = 0
    pieces: int = 0
    line_count: int = 0
    fingerprint: int = 0
    exact: list[list[str | int]] = field(default_factory=list)

    @property
    def kind(self) -> Kind:
        """Cancellations give back; an adjustment of bad debt sells or gives back by its sign."""
        if self.number[0] == "C" or self.amount < 0:
            return Kind.refund
        return Kind.sale if self.amount > 0 else Kind.moved_goods


@dataclass(slots=True)
class Article:
    """A stock code: what it is called, mostly, and its latest price on an invoice (fen)."""

    names: Counter[str] = field(default_factory=Counter)
    price: int = 0

    def name(self, code: str) -> str:
        """The most frequent description; among equals the first."""
        return self.names.most_common(1)[0][0] if self.names else code


@dataclass(slots=True)
class Customer:
    """A customer number: first and last seen (as stored), and the country of the last invoice."""

    first_at: str
    last_at: str
    country: str | None


class Ledger:
    """All invoices, articles and customers of a file."""

    def __init__(self, file: str, report: ImportReport) -> None:
        self.invoices: dict[str, Invoice] = {}
        self.articles: dict[str, Article] = {}
        self.customers: dict[str, Customer] = {}
        self.contradicting: set[int] = set()
        self._file, self._report = file, report

    def take(self, line: RetailLine) -> None:
        """Count a line in, or refuse it on the report where it contradicts the invoice to which it belongs."""
        invoice = self.invoices.get(line.invoice)
        goes_out = line.quantity > 0 and line.amount >= 0
        if invoice is None:
            invoice = self.invoices[line.invoice] = Invoice(
                line.invoice, line.row, line.placed_at, line.customer, line.country, goes_out)
        elif (invoice.customer, invoice.country) != (line.customer, line.country):
            return self._refuse(line, _("Invoice %(number)s has another customer or country in row %(row)s.",
                                        number=line.invoice, row=invoice.row))
        elif invoice.goes_out != goes_out:
            return self._refuse(line, _("Invoice %(number)s moves goods the other way in row %(row)s.",
                                        number=line.invoice, row=invoice.row))
        invoice.amount += line.amount
        invoice.pieces += abs(line.quantity)
        invoice.line_count += 1
        invoice.fingerprint = zlib.crc32(repr(line[1:]).encode(), invoice.fingerprint)
        # Some invoices took two minutes to write; the first one counts.
        invoice.placed_at = min(invoice.placed_at, line.placed_at)
        if line.exact_price is not None:
            invoice.exact.append([line.code, line.exact_price, line.quantity])
        self._note_article(line)
        if line.customer:
            self._note_customer(line)

    def _refuse(self, line: RetailLine, reason: Any) -> None:
        self.contradicting.add(line.row)
        self._report.refuse(self._file, line.row, reason)

    def _note_article(self, line: RetailLine) -> None:
        article = self.articles.get(line.code)
        if article is None:
            article = self.articles[line.code] = Article()
        # Without a price the description tells what happened to the goods: "damaged", "found", "check".
        if line.unit_price > 0:
            if line.description:
                article.names[line.description] += 1
            if line.quantity > 0:
                article.price = line.unit_price

    def _note_customer(self, line: RetailLine) -> None:
        customer = self.customers.get(line.customer)
        if customer is None:
            self.customers[line.customer] = Customer(line.placed_at, line.placed_at, line.country)
        else:
            customer.first_at = min(customer.first_at, line.placed_at)
            if line.placed_at >= customer.last_at:
                customer.last_at, customer.country = line.placed_at, line.country
