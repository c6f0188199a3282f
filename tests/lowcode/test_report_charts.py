"""Charts are drawn from the rows of a table, as plain data without functions, markup, or a theme of their own."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from pyecharts import options as opts
from pyecharts.charts import Bar
from pyecharts.commons.utils import JsCode

from app.lowcode.charts import Bars, Chart, Line, Pie, clean
from app.lowcode.tables import Column, Figures, Table

DAYS = [Column("day", "Day", "day"), Column("net", "Net sales", "money"), Column("before", "Before", "money")]
TOWNS = [Column("town", "Town"), Column("drops", "Drops", "count")]


def figures(columns: list[Column], rows: list[tuple[Any, ...]]) -> Figures:
    return Figures(Table("rows", "Rows", columns), columns, rows)


def week() -> Figures:
    first = date(2026, 8, 1)
    return figures(DAYS, [(first + timedelta(days=n), 1000 * n + 5, None if n == 3 else 900) for n in range(7)])


def walk(value: Any) -> Any:
    """Every key with its value, however deep."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key, item
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)


CHARTS: list[tuple[Chart, Figures]] = [
    (Line(name="t", title="Trend", x="day", y=["net", "before"], dashed=["before"]), week()),
    (Bars(name="b", title="Bars", x="day", y=["net"], dashed=["net"]), week()),
    (Bars(name="l", title="Lying", x="day", lying=True, stacked=True), week()),
    (Pie(name="p", title="Pie", x="town", y=["drops"]), figures(TOWNS, [("North", 3), ("South", 1)])),
]


@pytest.mark.parametrize("chart, rows", CHARTS, ids=lambda value: getattr(value, "name", ""))
def test_options_are_plain_data_and_leave_the_look_to_the_page(app: Any, chart: Chart, rows: Figures) -> None:
    option = chart.options(rows)
    assert json.loads(json.dumps(option)) == option
    keys = {key for key, _value in walk(option)}
    assert not keys & {"backgroundColor", "splitLine", "textStyle", "borderColor", "toolbox", "title", "graphic",
                       "extraCssText", "link"}
    assert not {key for key in keys if key.startswith("animation")}
    for key, value in walk(option):
        if "ormatter" in key:
            assert re.fullmatch(r"fmt:[a-z]+", value)
        if key == "color":
            assert value.startswith("token:")
    assert option["tooltip"]["confine"] is True
    assert option["aria"]["enabled"] is True


def test_an_amount_is_drawn_in_units_of_the_currency(app: Any) -> None:
    option = CHARTS[0][0].options(week())
    assert option["series"][0]["data"] == [0.05, 10.05, 20.05, 30.05, 40.05, 50.05, 60.05]
    assert option["series"][1]["data"][3] is None
    assert option["xAxis"][0]["data"][0] == "2026-08-01"
    assert option["xAxis"][0]["axisLabel"]["formatter"] == "fmt:day"
    assert option["tooltip"]["valueFormatter"] == "fmt:money"


def test_what_it_is_compared_with_is_dashed_and_pale(app: Any) -> None:
    now, before = CHARTS[0][0].options(week())["series"]
    assert before["lineStyle"]["type"] == "dashed" and before["color"] == "token:muted"
    assert now["lineStyle"]["type"] == "solid" and "color" not in now


def test_a_column_that_is_not_there_is_not_drawn(app: Any) -> None:
    alone = figures(DAYS[:2], [(date(2026, 8, 1), 5), (date(2026, 8, 2), 6)])
    option = CHARTS[0][0].options(alone)
    assert [series["name"] for series in option["series"]] == ["Net sales"]
    assert option["legend"][0]["show"] is False


def test_a_curve_needs_two_points(app: Any) -> None:
    one = figures(DAYS, [(date(2026, 8, 1), 5, 6)])
    assert not CHARTS[0][0].can_draw(one)
    assert CHARTS[1][0].can_draw(one)
    assert not CHARTS[1][0].can_draw(figures(DAYS, []))


def test_small_parts_are_summed_up_as_others(app: Any) -> None:
    rows = figures(TOWNS, [("A", 1), ("B", 50), ("C", 7), ("D", None), ("E", 9)])
    option = Bars(name="b", title="B", x="town", at_most=3).options(rows)
    assert option["xAxis"][0]["data"] == ["B", "E", "Others"]
    assert option["series"][0]["data"] == [50, 9, 8]


def test_a_part_below_nothing_is_no_part_of_a_ring(app: Any) -> None:
    option = CHARTS[3][0].options(figures(TOWNS, [("North", 3), ("South", -1), ("East", 0), ("West", None)]))
    assert option["series"][0]["data"] == [{"name": "North", "value": 3}]


def test_a_chart_is_described_in_words(app: Any) -> None:
    description = CHARTS[0][0].options(week())["aria"]["label"]["description"]
    assert "Trend: Net sales at 7 points" in description
    assert "¥60.05 (2026-08-07)" in description and "¥0.05 (2026-08-01)" in description
    assert CHARTS[0][0].options(figures(DAYS, []))["aria"]["label"]["description"] == "Trend: nothing to draw."


def test_names_stay_what_they_are() -> None:
    evil = '<img src=x onerror="alert(1)">'
    option = CHARTS[3][0].options(figures(TOWNS, [(evil, 3)]))
    assert option["series"][0]["data"][0]["name"] == evil  # escaped where it is drawn, not here


def test_functions_and_markup_do_not_pass() -> None:
    chart = Bar().add_xaxis(["a"]).add_yaxis(
        "n", [1], label_opts=opts.LabelOpts(formatter=JsCode("function(){ alert(1) }")))
    chart.set_global_opts(
        title_opts=opts.TitleOpts(title="T", title_link="javascript:alert(1)"),
        tooltip_opts=opts.TooltipOpts(formatter="<img src=x onerror=alert(1)>", extra_css_text="position:fixed"),
        toolbox_opts=opts.ToolboxOpts())
    option = chart.get_options()
    option["graphic"] = [{"type": "text", "style": {"text": "x"}}]
    before = json.dumps(option, default=lambda value: getattr(value, "opts", str(value)))
    assert "alert(1)" in before  # the control
    after = json.dumps(clean(option))
    assert "alert(1)" not in after and "graphic" not in after and "position" not in after and "toolbox" not in after
