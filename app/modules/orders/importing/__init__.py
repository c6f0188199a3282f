"""Bringing orders from other systems: the UCI *Online Retail* file (`flask import online-retail`).

    report = import_online_retail(Path("online_retail.csv.gz"))
    db.session.commit()

The file is read twice: first every row is checked and summed up, then orders are written, in one transaction and in
bulk, so that half a million lines take seconds and little memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.core.bulk import refresh_statistics
from app.core.db import db
from app.core.events import publish
from app.core.i18n import lazy as _
from app.core.importing import ImportReport, Progress, Silent, open_rows
from app.core.money import currency, yuan_text
from app.modules.members.models import Member
from app.modules.orders import services
from app.modules.orders.events import OrdersLoaded
from app.modules.orders.importing.invoices import Kind, Ledger
from app.modules.orders.importing.lines import COLUMNS, LineReader, RetailLine
from app.modules.orders.importing.writing import SOURCE, LedgerWriter
from app.modules.orders.models import Order, Refund

__all__ = ["SOURCE", "import_online_retail"]

CURRENCY = "GBP"
"""What the file's prices are in; it says so nowhere."""
EVERY = 4096
"""Rows between two words to whoever watches."""


def import_online_retail(path: Path, *, skip_bad_rows: bool = False, encoding: str = "utf-8",
                         progress: Progress | None = None) -> ImportReport:
    """Bring the invoices of a file as orders, refunds, members and products; the edge commits.

    Sales become completed orders, cancellations and negative adjustments become refunds that name no order, since the
    file does not name one; invoices without money become cancelled orders. What was brought before and is the same is
    left alone, what differs is brought anew. Refuses, before anything is written, a BrokenFile, and with ImportRefused
    rows that cannot be taken unless `skip_bad_rows`. Announces OrdersLoaded and one change for the audit trail.
    """
    progress, report = progress or Silent(), ImportReport(SOURCE)
    ledger = Ledger(path.name, report)
    for line in _lines(path, encoding, report, progress, _("Reading")):
        ledger.take(line)
    report.settle(skip_bad_rows)
    writer = LedgerWriter(db.session.connection(), ledger, report)
    writer.write_articles()
    writer.write_customers()
    writer.write_invoices()
    if writer.has_work:
        # Refusals are known from the first reading; this report is for nobody.
        for line in _lines(path, encoding, ImportReport(SOURCE), progress, _("Writing")):
            if line.row not in ledger.contradicting:
                writer.write_line(line)
    writer.close()
    db.session.expire_all()
    refresh_statistics(db.session.connection(), [Member, Order, Refund])
    services.recount_members()
    _tell(ledger, report)
    return report


def _lines(path: Path, encoding: str, report: ImportReport, progress: Progress, label: Any) -> Iterator[RetailLine]:
    """The lines of the file, while whoever watches is told how far it has been read."""
    with open_rows(path, COLUMNS, report, encoding=encoding) as rows, progress.step(label, rows.size) as advance:
        told = 0
        for count, line in enumerate(LineReader(report).read(rows)):
            yield line
            if count % EVERY == 0:
                advance(rows.position() - told)
                told = rows.position()
        advance(rows.size - told)


def _tell(ledger: Ledger, report: ImportReport) -> None:
    """Say what people should know, and announce what was written."""
    if currency() != CURRENCY:
        report.note(_(
            "The file's prices are in %(theirs)s, and this shop counts in %(ours)s: the figures were taken as they are."
            " Start it with SHOP_CURRENCY=%(theirs)s to show them as what they are.", theirs=CURRENCY, ours=currency()))
    invoices = ledger.invoices.values()
    adjustments = [invoice for invoice in invoices if invoice.number[0] == "A"]
    if adjustments:
        report.note(_(
            "Adjustments of bad debt, kept as a sale or a refund by their sign: %(count)s; together %(sum)s.",
            count=len(adjustments), sum=yuan_text(sum(invoice.amount for invoice in adjustments))))
    without_money = sum(invoice.kind is Kind.moved_goods for invoice in invoices)
    if without_money:
        report.note(_(
            "Invoices without money (goods lost, found, broken or given away), kept as cancelled orders: %(count)s.",
            count=without_money))
    rounded = sum(len(invoice.exact) for invoice in invoices)
    if rounded:
        report.note(_("Lines whose price has a part of a fen, so that their amount was rounded half up: %(count)s.",
                      count=rounded))
    if report.announce(Order.__tablename__):
        publish(OrdersLoaded())


