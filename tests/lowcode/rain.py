"""A report for tests: what rain cost in a few towns, made up from the day, so that every figure can be foretold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from app.core.i18n import lazy as _
from app.lowcode import Module
from app.lowcode.report import Bars, Card, ChoiceFilter, Chosen, Column, Line, PeriodFilter, Report
from app.lowcode.tables import Figures, ratio

TOWNS = [("north", _("North")), ("south", _("South"))]
EVIL = '<img src=evil.png onerror="window.evil = 1">'
REMARKS = ["dry", "=1+1", "-3", EVIL]


class RainReport(Report):
    """What rain cost. Each day has its price."""

    title = _("Rain")
    filters = [PeriodFilter(default="7d"), ChoiceFilter(name="town", label=_("Town"), options=TOWNS)]
    columns = [
        Column("day", _("Day"), "day"),
        Column("drops", _("Drops"), "count", total=True, help=_("Counted one by one.")),
        Column("cost", _("Cost"), "money", total=True, shade=True),
        Column("share", _("Share"), "percent", total=lambda sums: ratio(sums["cost"], 100 * sums["drops"])),
        Column("remark", _("Remark")),
    ]
    charts = [Line(name="cost", title=_("Cost by day"), x="day", y=["cost"]),
              Bars(name="drops", title=_("Drops by day"), x="day", y=["drops"]),
              Bars(name="remarks", title=_("Drops by remark"), x="remark", y=["drops"], lying=True)]

    def rows(self, chosen: Chosen) -> Iterator[tuple[Any, ...]]:
        factor = {"north": 1, "south": 3, None: 4}[chosen.town]
        for n in range(chosen.period.days):
            day = chosen.period.first + timedelta(days=n)
            yield day, day.day * factor, day.day * 101 * factor, ratio(day.day, 31), REMARKS[day.day % len(REMARKS)]

    def cards(self, chosen: Chosen, figures: dict[str, Figures]) -> list[Card]:
        rain = figures["rows"]
        return [Card(_("Cost"), "money", rain.totals["cost"], before=100, against=_("vs nothing much"), rising="bad",
                     course=rain.values("cost"))]


module = Module("rain", _("Rain"), reports=[RainReport])
