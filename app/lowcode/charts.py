"""Charts, declared in a line and drawn from a report's own rows.

    charts = [Line("trend", _("Sales by day"), table="days", x="day", y=["net", "net_before"], dashed=["net_before"])]

pyecharts builds ECharts options; `options()` gives them as plain data that `static/charts.js` mounts. No function
and no markup is in them: a formatter is a name such as `fmt:money` that the script knows. pyecharts writes ECharts'
own defaults out in full, which beats every theme and makes dark mode unreadable, so they are taken out again. It is
imported when a chart is drawn, which few of the processes that serve ever do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from app.core.i18n import gettext
from app.lowcode.tables import Column, Figures, cell_text


@dataclass(frozen=True)
class Series:
    """One line or set of bars: its values in the unit that is drawn (currency units, not fen)."""

    label: str
    values: list[float | int | None]
    dashed: bool = False


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What to draw: of which table, along which column, which columns. Without `y` every numeric column is drawn.

    `at_most` draws the greatest so many and sums up the others. `wide` gives it the whole width of the page.
    """

    name: str
    title: Any
    table: str = "rows"
    x: str
    y: Sequence[str] = ()
    dashed: Sequence[str] = ()
    at_most: int | None = None
    wide: bool = False
    help: Any = None

    least: ClassVar[int] = 1
    """Fewer points than this are no picture."""

    def build(self, labels: list[str], series: list[Series], kind: str, days: bool) -> dict[str, Any]:
        """The options as pyecharts writes them."""
        raise NotImplementedError

    def can_draw(self, figures: Figures) -> bool:
        return len(figures.rows) >= self.least

    def options(self, figures: Figures) -> dict[str, Any]:
        """Options for ECharts, as plain data."""
        columns = self._drawn(figures)
        kind = columns[0].kind if columns else "count"
        rows = self._rows(figures, columns)
        labels = [_label(value) for value in (row[0] for row in rows)]
        series = [Series(str(column.label), [_drawn(kind, row[at]) for row in rows], column.name in self.dashed)
                  for at, column in enumerate(columns, 1)]
        at = figures.index(self.x)
        days = at is not None and figures.columns[at].kind == "day"
        option = clean(self.build(labels, series, kind, days))
        option["aria"] = {"enabled": True, "label": {"description": describe(str(self.title), columns, rows)}}
        return option

    def _drawn(self, figures: Figures) -> list[Column]:
        if not self.y:
            return [column for column in figures.columns if column.is_numeric and column.name != self.x]
        return [column for name in self.y for column in figures.columns if column.name == name]

    def _rows(self, figures: Figures, columns: list[Column]) -> list[tuple[Any, ...]]:
        names = [self.x, *(column.name for column in columns)]
        rows = list(zip(*(figures.values(name) for name in names), strict=True))
        if self.at_most is None or len(rows) <= self.at_most or not columns:
            return rows
        rows.sort(key=lambda row: row[1] or 0, reverse=True)
        kept, others = rows[: self.at_most - 1], rows[self.at_most - 1:]
        return [*kept, (gettext("Others"), *(sum(row[at] or 0 for row in others) for at in range(1, len(names))))]


class Line(Chart):
    """A curve over time; a dashed one stands for what it is compared with."""

    least = 2

    def build(self, labels: list[str], series: list[Series], kind: str, days: bool) -> dict[str, Any]:
        from pyecharts import charts
        from pyecharts import options as opts

        chart = charts.Line().add_xaxis(labels)
        for one in series:
            chart.add_yaxis(
                one.label, one.values, is_smooth=True, is_symbol_show=False, label_opts=opts.LabelOpts(is_show=False),
                linestyle_opts=opts.LineStyleOpts(
                    width=1.5 if one.dashed else 2.5, type_="dashed" if one.dashed else "solid"),
                areastyle_opts=None if one.dashed else opts.AreaStyleOpts(opacity=0.12))
        chart.set_global_opts(
            tooltip_opts=opts.TooltipOpts(trigger="axis", axis_pointer_type="line"),
            xaxis_opts=opts.AxisOpts(type_="category", boundary_gap=False),
            legend_opts=opts.LegendOpts(is_show=len(series) > 1, pos_top="0", pos_left="0"))
        option = chart.get_options()
        for drawn, one in zip(option["series"], series, strict=True):
            # pairs of label and value would put two days of the same name on one spot
            drawn["data"] = one.values
            drawn["smoothMonotone"] = "x"  # no dip below what was sold
            if one.dashed:
                drawn["color"] = "token:muted"
        _format(option, kind, "yAxis", "xAxis" if days else None)
        return option


@dataclass(frozen=True, kw_only=True)
class Bars(Chart):
    """Bars side by side, or stacked on each other; lying ones leave room for long names."""

    stacked: bool = False
    lying: bool = False

    def build(self, labels: list[str], series: list[Series], kind: str, days: bool) -> dict[str, Any]:
        from pyecharts import charts
        from pyecharts import options as opts

        chart = charts.Bar().add_xaxis(labels)
        for one in series:
            chart.add_yaxis(one.label, one.values, stack="all" if self.stacked else None,
                            label_opts=opts.LabelOpts(is_show=False), category_gap="35%")
        names, amounts = opts.AxisOpts(type_="category", is_inverse=self.lying), opts.AxisOpts(type_="value")
        chart.set_global_opts(
            tooltip_opts=opts.TooltipOpts(trigger="axis", axis_pointer_type="shadow"),
            xaxis_opts=amounts if self.lying else names, yaxis_opts=names if self.lying else amounts,
            legend_opts=opts.LegendOpts(is_show=len(series) > 1, pos_top="0", pos_left="0"))
        if self.lying:
            chart.reversal_axis()
        option = chart.get_options()
        for drawn, one in zip(option["series"], series, strict=True):
            drawn["barMaxWidth"] = 28
            if not self.stacked:
                drawn["itemStyle"] = {"borderRadius": [0, 4, 4, 0] if self.lying else [4, 4, 0, 0]}
            if one.dashed:
                drawn["color"] = "token:faint"
        _format(option, kind, "xAxis" if self.lying else "yAxis", "xAxis" if days and not self.lying else None)
        return option


class Pie(Chart):
    """Shares of a whole, as a ring; for a handful of parts. Parts below nothing cannot be drawn and are left out."""

    def build(self, labels: list[str], series: list[Series], kind: str, days: bool) -> dict[str, Any]:
        from pyecharts import charts
        from pyecharts import options as opts

        values = series[0].values if series else []
        pairs = zip(labels, values, strict=True)
        parts = [(label, value) for label, value in pairs if value is not None and value > 0]
        chart = charts.Pie().add(series[0].label if series else "", parts, radius=["52%", "76%"],
                                 center=["50%", "44%"], label_opts=opts.LabelOpts(is_show=False))
        chart.set_global_opts(
            tooltip_opts=opts.TooltipOpts(trigger="item"), legend_opts=opts.LegendOpts(pos_bottom="0"))
        option = chart.get_options()
        _format(option, kind, None, None)
        return option


def _label(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _drawn(kind: str, value: Any) -> float | int | None:
    """A value in the unit that is drawn; an amount leaves whole fen only here, where it becomes a picture."""
    return value / 100 if kind == "money" and value is not None else value


def _format(option: dict[str, Any], kind: str, value_axis: str | None, day_axis: str | None) -> None:
    """Name the formatters of the value axis, the tooltip and, where it shows days, the other axis."""
    option["tooltip"].opts["valueFormatter"] = f"fmt:{kind}"
    if value_axis:
        words = "fmt:percent" if kind in {"percent", "change"} else "fmt:short"
        option[value_axis][0]["axisLabel"] = {"formatter": words, "hideOverlap": True}
        if kind == "count":
            option[value_axis][0]["minInterval"] = 1
    if day_axis:
        option[day_axis][0]["axisLabel"] = {"formatter": "fmt:day", "hideOverlap": True}


def describe(title: str, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]) -> str:
    """The chart in a sentence, for those who do not see it."""
    values = [(row[1], row[0]) for row in rows if columns and row[1] is not None]
    if not values:
        return gettext("%(title)s: nothing to draw.", title=title)
    high, low, kind = max(values, key=lambda pair: pair[0]), min(values, key=lambda pair: pair[0]), columns[0].kind
    return gettext(
        "%(title)s: %(label)s at %(n)s points; the highest is %(high)s (%(high_at)s), the lowest %(low)s (%(low_at)s).",
        title=title, label=str(columns[0].label), n=len(values), high=cell_text(kind, high[0]), high_at=_label(high[1]),
        low=cell_text(kind, low[0]), low_at=_label(low[1]))


KEPT = {"series", "legend", "tooltip", "xAxis", "yAxis", "visualMap", "radar", "grid"}
"""Parts of an option that are ours to send; titles, toolboxes, graphics and links are not."""

NOISE = re.compile(r"animation.*|page[A-Z].*|split(Line|Number)|.*[zZ]level|name(Location|Gap|Truncate|MoveOverlap)"
                   r"|(item|selector)(Gap|Width|Height|ButtonGap)|selectorPosition|triggerEvent|background[A-Z].*"
                   r"|border(Color|Width|Radius)|padding|textStyle|richInheritPlainLabel|valueAnimation|margin"
                   r"|hoverAnimation|emptyCircleStyle|logBase|silent|offset|extraCssText|renderMode|link|target|sublink|rich")
"""Keys by which pyecharts repeats ECharts' defaults over the theme, or by which markup could come in."""


def clean(option: dict[str, Any]) -> dict[str, Any]:
    """A pyecharts option as plain data without noise, functions and markup."""
    from pyecharts.charts.base import default as as_json

    plain = json.loads(json.dumps(option, default=as_json))
    kept = {key: _clean(value) for key, value in plain.items() if key in KEPT}
    kept.setdefault("tooltip", {})["confine"] = True  # stays on a phone's screen
    return kept


def _clean(value: Any, inside: str = "") -> Any:
    if isinstance(value, list):
        return [_clean(item, inside) for item in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, item in value.items():
        styled = inside == "itemStyle"
        if item is None or (NOISE.fullmatch(key) and not styled) or (key == "selected" and item == {}):
            continue
        if key == "data":
            found[key] = [{"name": one["name"], "value": one["value"]} if isinstance(one, dict) else one
                          for one in item]
        elif key in {"formatter", "valueFormatter"}:
            # anything but a name the script knows would be run as a template, or reach the page as markup
            if isinstance(item, str) and re.fullmatch(r"fmt:[a-z]+", item):
                found[key] = item
        else:
            found[key] = _clean(item, key)
    return found
