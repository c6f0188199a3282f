"""Reading the online-retail file: one row is one line of an invoice.

The file is *Online Retail* of the UCI Machine Learning Repository (https://doi.org/10.24432/C5BW33), whose page
says: an invoice number that begins with C is a cancellation. Those with A adjust bad debt. Quantities of
cancellations carry a minus sign. An ordinary invoice with a minus sign and without a price takes goods from
stock that were lost or broken; nothing was sold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from app.core import clock
from app.core.bulk import moment_value
from app.core.i18n import lazy as _
from app.core.importing import ImportReport, Rows
from app.core.money import MAX_FEN, money_text, round_half_up

COLUMNS = ("invoice_no", "stock_code", "description", "quantity", "invoice_ts", "unit_price", "customer_id", "country")
MAX_QUANTITY = 10_000_000
UNSPECIFIED = "Unspecified"
"""What the file writes where the country is not known."""

_INVOICE = re.compile(r"[A-Z]?[0-9]{1,20}")
_CUSTOMER = re.compile(r"[0-9]{1,20}(\.0)?")
_WHOLE = re.compile(r"-?[0-9]{1,9}")


class RetailLine(NamedTuple):
    """A row that can be taken. Amounts are fen, `exact_price` is the price as it was written where fen cannot hold it.

    `amount` and `quantity` carry the signs of the file; an amount is rounded half up, away from zero.
    """

    row: int
    invoice: str
    code: str
    description: str
    quantity: int
    placed_at: str
    unit_price: int
    amount: int
    exact_price: str | None
    customer: str
    country: str | None


class _Refused(Exception):
    """Why a row cannot be taken."""


class LineReader:
    """Turns rows into lines and refuses, on the report, those that cannot be one.

    Prices, times and countries repeat all the time, so what a text means is worked out once.
    """

    def __init__(self, report: ImportReport) -> None:
        self._report = report
        self._prices: dict[str, tuple[int, Decimal | None]] = {}
        self._moments: dict[str, str] = {}
        self._zone = clock.shop_zone()

    def read(self, rows: Rows) -> Iterator[RetailLine]:
        """The lines of the file, in its order."""
        for number, values in rows:
            try:
                yield self._line(number, *values)
            except _Refused as refused:
                self._report.refuse(rows.name, number, refused.args[0])

    def _line(self, number: int, invoice: str, code: str, description: str, quantity: str, at: str, price: str,
              customer: str, country: str) -> RetailLine:
        if not _INVOICE.fullmatch(invoice):
            raise _Refused(_("“%(value)s” is not an invoice number.", value=_short(invoice)))
        # 85123a and 85123A are the same article.
        code = code.strip().upper()
        if not code or len(code) > 40:
            raise _Refused(_("“%(value)s” is not a stock code.", value=_short(code)))
        if not _WHOLE.fullmatch(quantity) or not 0 < abs(int(quantity)) <= MAX_QUANTITY:
            raise _Refused(_("“%(value)s” is not a number of pieces.", value=_short(quantity)))
        if customer and not _CUSTOMER.fullmatch(customer):
            raise _Refused(_("“%(value)s” is not a customer number.", value=_short(customer)))
        if len(description) > 200 or len(country) > 60:
            raise _Refused(_("The description or the country is too long."))
        pieces = int(quantity)
        unit_price, exact = self._prices.get(price) or self._read_price(price)
        amount = unit_price * pieces if exact is None else round_half_up(exact * 100 * pieces)
        self._check_signs(invoice[0], pieces, unit_price, exact)
        if abs(amount) > MAX_FEN:
            raise _Refused(_("The amount is larger than %(most)s.", most=money_text(MAX_FEN)))
        return RetailLine(
            number, invoice, code, description.strip(), pieces, self._moments.get(at) or self._read_moment(at),
            unit_price, amount, None if exact is None else price, customer.removesuffix(".0"),
            country if country and country != UNSPECIFIED else None)

    @staticmethod
    def _check_signs(kind: str, pieces: int, unit_price: int, exact: Decimal | None) -> None:
        if unit_price < 0 and kind != "A":
            raise _Refused(_("Only an adjustment of bad debt has a price below zero."))
        if kind == "C" and pieces > 0:
            raise _Refused(_("A cancellation has a quantity below zero."))
        if kind != "C" and pieces < 0 and (unit_price or exact):
            raise _Refused(_("Goods with a price come back by a cancellation, not by an ordinary invoice."))

    def _read_price(self, text: str) -> tuple[int, Decimal | None]:
        """A price in fen, and exactly where it has a part of a fen."""
        try:
            amount = Decimal(text)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or abs(amount) * 100 > MAX_FEN or amount.as_tuple().exponent < -12:  # type: ignore[operator]
            raise _Refused(_("“%(value)s” is not a price.", value=_short(text)))
        fen = round_half_up(amount * 100)
        self._prices[text] = fen, None if fen == amount * 100 else amount
        return self._prices[text]

    def _read_moment(self, text: str) -> str:
        """A time on the shop's wall clock, as it is stored."""
        try:
            wall = datetime.fromisoformat(text)
        except ValueError:
            raise _Refused(_("“%(value)s” is not a date and time.", value=_short(text))) from None
        if wall.tzinfo is not None or not 1970 <= wall.year < 2100:
            raise _Refused(_("“%(value)s” is not a date and time.", value=_short(text)))
        self._moments[text] = moment_value(clock.from_zone(wall, self._zone))
        return self._moments[text]


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:40] + "…"
