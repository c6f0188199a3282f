"""Reports: questions about figures with many rows for an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from flask import url_for

from app.core import clock
from app.core.errors import InvalidInput
from app.core.i18n import day_text, gettext, ngettext
from app.core.i18n import lazy as _
from app.lowcode.periods import Comparison, Step, month_end
from app.lowcode.report import (
    Bars,
    Card,
    ChoiceFilter,
    Chosen,
    Column,
    CompareFilter,
    Line,
    PeriodFilter,
    Report,
    StepFilter,
    Table,
)
from app.lowcode.tables import Figures, change, ratio
from app.modules.analytics import services
from app.modules.analytics.services import Question, Sales, Sums
from app.modules.orders.models import Channel

MOST_ROWS_BY_DAY = 800
"""More days than this (over two years) are a picture nobody can read; weeks or months are asked for instead."""

HELP = {
    "orders": _("Orders that were paid, counted on the day of payment in the shop's time zone."),
    "category_orders": _("Orders with something of this category. An order may count in several categories."),
    "pieces": _("Pieces of goods in these orders."),
    "gross": _("What was paid for these orders: goods and freight, less discounts."),
    "discount": _("What was taken off; gross sales are already without it."),
    "refunds": _("What was given back, counted on the day it went back, whenever the order was."),
    "net": _("Gross sales less refunds."),
    "average": _("Gross sales divided by orders."),
    "payers": _("Members who paid at least one order, each counted once. Guests are not counted."),
    "refund_rate": _("Refunds divided by gross sales of the same period."),
    "share": _("This row's part of all net sales."),
    "category": _("The category at the top of the tree under which the product stands today."),
}


def channel_label(channel: str) -> str:
    """A channel in words; one that this version does not know by its own name."""
    try:
        return str(Channel(channel).label)  # type: ignore[call-arg]
    except ValueError:
        return channel


class SalesReport(Report):
    """What was sold and what was given back. An order counts once it is paid, on the day of payment; a refund counts
    on the day the money went back. Days begin at midnight in the shop's time zone, weeks on Monday. Today is counted
    up to this moment."""

    title = _("Sales")
    icon = "fa-chart-line"
    go_key = "s"
    route_base = "/reports/sales"
    filters = [
        PeriodFilter(), StepFilter(), CompareFilter(),
        ChoiceFilter(name="channel", label=_("Channel"), any_label=_("All channels"),
                     options=[(channel.value, channel.label) for channel in Channel]),
        ChoiceFilter(name="category", label=_("Category"), any_label=_("All categories"),
                     options=services.category_options),
    ]
    tables = [
        Table("periods", _("Over time"), "period_columns", "period_rows", "period_totals"),
        Table("channels", _("By channel"), "channel_columns", "channel_rows"),
        Table("categories", _("By category"), "category_columns", "category_rows"),
        Table("cross", _("Category and channel"), "cross_columns", "cross_rows",
              help=_("Net sales of each category in each channel.")),
    ]
    charts = [
        Line(name="trend", title=_("Net sales over time"), table="periods", x="start", y=["net", "net_before"],
             dashed=["net_before"], wide=True),
        Bars(name="channels", title=_("Net sales by channel"), table="channels", x="channel", y=["net", "net_before"],
             dashed=["net_before"]),
        Bars(name="categories", title=_("Net sales by category"), table="cross", x="category", lying=True, stacked=True,
             at_most=12),
    ]

    # -- asking -----------------------------------------------------------------------------------------------

    def check(self, chosen: Chosen) -> None:
        if chosen.by is Step.day and chosen.period.days > MOST_ROWS_BY_DAY:
            raise InvalidInput({"by": _("More than two years are shown by week or by month.")})

    def _comparison(self, chosen: Chosen) -> Comparison | None:
        return chosen.compare(chosen.period) if chosen.compare else None

    def _answers(self, chosen: Chosen) -> tuple[Sales, Sales | None]:
        """The sales of the period, and of the one it is compared with."""

        def ask() -> tuple[Sales, Sales | None]:
            category = int(chosen.category) if chosen.category else None
            comparison = self._comparison(chosen)
            periods = [chosen.period] + ([comparison.period] if comparison else [])
            answers = services.sales(*(Question(period, chosen.by, chosen.channel, category) for period in periods))
            return answers[0], answers[1] if comparison else None

        return chosen.once("answers", ask)

    def notice(self, chosen: Chosen) -> str | None:
        waiting = sum(each.waiting_days for each in self._answers(chosen) if each is not None)
        if waiting:
            return ngettext(
                "%(num)s day is still being summed up, so these figures are not complete. Try again in a moment.",
                "%(num)s days are still being summed up, so these figures are not complete. Try again in a moment.",
                waiting)
        return None

    def empty(self, chosen: Chosen, figures: dict[str, Figures]) -> dict[str, Any] | None:
        now, before = self._answers(chosen)
        if now.by_day or (before is not None and before.by_day):
            return None
        last = services.last_sale_at()
        if last is None:
            return {"title": _("Nothing has been sold yet"),
                    "text": _("Once the first order is paid, its figures are shown here.")}
        day = clock.to_zone(last, clock.shop_zone()).date()
        last_day = min(month_end(day), clock.today())
        period: dict[str, Any] = {"from": day.replace(day=1).isoformat(), "to": last_day.isoformat()}
        return {
            "title": _("No sales in this period"),
            "text": gettext("Choose another period or fewer filters. The last sale was on %(day)s.", day=day_text(day)),
            "action_label": _("Show that month"),
            "action_url": url_for(f"{self.endpoint}.page", **period),
        }

    # -- cards ------------------------------------------------------------------------------------------------

    def cards(self, chosen: Chosen, figures: dict[str, Figures]) -> Sequence[Card]:
        now, before = self._answers(chosen)
        then = before.total if before is not None else None
        course = now.by_bucket()
        against = {"previous": _("vs previous period"), "year": _("vs last year")}.get(chosen.words["compare"])

        def card(label: Any, kind: str, measure: Any, help_key: str, rising: str = "good") -> Card:
            return Card(label, kind, measure(now.total), measure(then) if then is not None else None, against, rising,
                        [measure(sums) for sums in course], help=HELP[help_key])

        found = [
            card(_("Net sales"), "money", lambda sums: sums.net, "net"),
            card(_("Gross sales"), "money", lambda sums: sums.gross, "gross"),
            card(_("Orders"), "count", lambda sums: sums.orders, "orders"),
            card(_("Average order"), "money", average, "average"),
            card(_("Refund rate"), "percent", refund_rate, "refund_rate", rising="bad"),
        ]
        if now.payers is not None:
            payers_then = before.payers if before is not None else None
            found.insert(4, Card(_("Paying members"), "count", now.payers, payers_then, against,
                                 course=now.payers_by_bucket or [], help=HELP["payers"]))
        return found

    # -- over time --------------------------------------------------------------------------------------------

    def period_columns(self, chosen: Chosen) -> list[Column]:
        heads = {
            Step.day: [Column("start", _("Day"), "day")],
            Step.week: [Column("start", _("Week")), Column("first", _("From"), "day"), Column("last", _("To"), "day")],
            Step.month: [Column("start", _("Month"))],
        }[chosen.by]
        parts = [] if chosen.category else [
            Column("discount", _("Discounts"), "money", total=True, help=HELP["discount"])]
        people = [] if chosen.category else [
            Column("payers", _("Paying members"), "count", help=HELP["payers"])]
        return [
            *heads,
            Column("orders", _("Orders"), "count", total=True, help=HELP["orders"]),
            Column("pieces", _("Pieces"), "count", total=True, help=HELP["pieces"]),
            Column("gross", _("Gross sales"), "money", total=True, help=HELP["gross"]),
            *parts,
            Column("refunds", _("Refunds"), "money", total=True, help=HELP["refunds"]),
            Column("net", _("Net sales"), "money", total=True, shade=True, help=HELP["net"]),
            Column("average", _("Average order"), "money", total=average_of_totals, help=HELP["average"]),
            *people,
            *self._compared_columns(chosen),
        ]

    def _compared_columns(self, chosen: Chosen) -> list[Column]:
        comparison = self._comparison(chosen)
        if comparison is None:
            return []
        label = _("Net sales last year") if chosen.words["compare"] == "year" else _("Net sales before")
        return [
            Column("net_before", label, "money", total=True,
                   help=_("Net sales of %(period)s.", period=comparison.period.text())),
            Column("change", _("Change"), "change", total=change_of_totals),
        ]

    def period_rows(self, chosen: Chosen) -> Iterator[dict[str, Any]]:
        now, before = self._answers(chosen)
        then = self._net_before_by_bucket(chosen, now, before)
        payers: Sequence[int | None] = now.payers_by_bucket or [None] * len(now.buckets)
        for at, (bucket, sums) in enumerate(zip(now.buckets, now.by_bucket(), strict=True)):
            yield {
                "start": bucket.first if chosen.by is Step.day else bucket.short_text(), "first": bucket.first,
                "last": bucket.last, "payers": payers[at], **measures(sums), **compared(sums, then[at]),
            }

    def _net_before_by_bucket(self, chosen: Chosen, now: Sales, before: Sales | None) -> list[int | None]:
        """The earlier period's net sales, each day of it in the bucket that holds the day it stands against. A bucket
        against which no day stands (29 February, a 31st) has none."""
        comparison = self._comparison(chosen)
        if before is None or comparison is None:
            return [None] * len(now.buckets)
        found: list[int | None] = [None] * len(now.buckets)
        places = {now.question.period.first + timedelta(days=n): at for at, bucket in enumerate(now.buckets)
                  for n in range((bucket.first - now.question.period.first).days,
                                 (bucket.last - now.question.period.first).days + 1)}
        for n in range(comparison.period.days):
            day = comparison.period.first + timedelta(days=n)
            at = places[comparison.counterpart(day)]
            found[at] = (found[at] or 0) + before.by_day.get(day, services.NONE_SOLD).net
        return found

    def period_totals(self, chosen: Chosen) -> dict[str, Any]:
        """Members who paid on two days are one member, so their number is no sum."""
        return {} if chosen.category else {"payers": self._answers(chosen)[0].payers}

    # -- by channel and category ------------------------------------------------------------------------------

    def channel_columns(self, chosen: Chosen) -> list[Column]:
        return [
            Column("channel", _("Channel")),
            Column("orders", _("Orders"), "count", total=True, help=HELP["orders"]),
            Column("pieces", _("Pieces"), "count", total=True, help=HELP["pieces"]),
            Column("gross", _("Gross sales"), "money", total=True, help=HELP["gross"]),
            Column("refunds", _("Refunds"), "money", total=True, help=HELP["refunds"]),
            Column("net", _("Net sales"), "money", total=True, shade=True, help=HELP["net"]),
            Column("share", _("Share"), "percent", total=True, help=HELP["share"]),
            Column("average", _("Average order"), "money", total=average_of_totals, help=HELP["average"]),
            *self._compared_columns(chosen),
        ]

    def channel_rows(self, chosen: Chosen) -> list[dict[str, Any]]:
        now, before = self._answers(chosen)
        then = before.by_channel if before is not None else None
        groups = grouped(now.by_channel, then, now.total.net)
        return [{"channel": channel_label(channel), **row} for channel, row in groups]

    def category_columns(self, chosen: Chosen) -> list[Column]:
        return [
            Column("category", _("Category"), help=HELP["category"]),
            # Orders of categories do not add up, so they have no total.
            Column("orders", _("Orders with it"), "count", help=HELP["category_orders"]),
            Column("pieces", _("Pieces"), "count", total=True, help=HELP["pieces"]),
            Column("gross", _("Gross sales"), "money", total=True, help=HELP["gross"]),
            Column("refunds", _("Refunds"), "money", total=True, help=HELP["refunds"]),
            Column("net", _("Net sales"), "money", total=True, shade=True, help=HELP["net"]),
            Column("share", _("Share"), "percent", total=True, help=HELP["share"]),
            *self._compared_columns(chosen),
        ]

    def category_rows(self, chosen: Chosen) -> list[dict[str, Any]]:
        now, before = self._answers(chosen)
        names = self._category_names(chosen)
        then = before.by_category_alone() if before is not None else None
        return [{"category": names.get(category, f"#{category}"), **row}
                for category, row in grouped(now.by_category_alone(), then, now.total.net)]

    def cross_columns(self, chosen: Chosen) -> list[Column]:
        channels = [channel for channel, _row in grouped(self._answers(chosen)[0].by_channel, None, 0)]
        return [Column("category", _("Category"), help=HELP["category"]),
                *(Column(f"channel_{channel}", channel_label(channel), "money", total=True, shade="cross")
                  for channel in channels)]

    def cross_rows(self, chosen: Chosen) -> list[tuple[Any, ...]]:
        now, names = self._answers(chosen)[0], self._category_names(chosen)
        channels = [channel for channel, _row in grouped(now.by_channel, None, 0)]
        return [(names.get(category, f"#{category}"),
                 *(now.by_category.get((category, channel), services.NONE_SOLD).net for channel in channels))
                for category, _row in grouped(now.by_category_alone(), None, 0)]

    def _category_names(self, chosen: Chosen) -> dict[int, str]:
        return chosen.once("category_names", services.category_names)


def average(sums: Sums) -> int | None:
    """Gross sales for each order, in whole fen, half a fen up."""
    return (2 * sums.gross + sums.orders) // (2 * sums.orders) if sums.orders else None


def refund_rate(sums: Sums) -> float | None:
    return ratio(sums.refunds, sums.gross)


def average_of_totals(totals: Any) -> int | None:
    return average(Sums(orders=totals["orders"], gross=totals["gross"]))


def change_of_totals(totals: Any) -> float | None:
    return change(totals["net"], totals["net_before"])


def measures(sums: Sums) -> dict[str, Any]:
    """What the columns show of one row."""
    return {"orders": sums.orders, "pieces": sums.pieces, "gross": sums.gross, "discount": sums.discount,
            "refunds": sums.refunds, "net": sums.net, "average": average(sums)}


def compared(sums: Sums, before: int | None) -> dict[str, Any]:
    return {"net_before": before, "change": change(sums.net, before)}


def grouped(now: dict[Any, Sums], before: dict[Any, Sums] | None, net: int) -> list[tuple[Any, dict[str, Any]]]:
    """Each group of the one period or the other, the best-selling first, with its measures."""
    keys = {**now, **(before or {})}
    found = []
    for key in sorted(keys, key=lambda key: (-now.get(key, services.NONE_SOLD).net, str(key))):
        sums = now.get(key, services.NONE_SOLD)
        then = before.get(key, services.NONE_SOLD).net if before is not None else None
        found.append((key, {**measures(sums), **compared(sums, then), "share": ratio(sums.net, net)}))
    return found
