"""Report: a question with many rows for an answer; page, charts, CSV, spreadsheet and JSON all come from these rows.

    class DailySales(Report):
        \"\"\"What was sold on each day. Orders count on the day on which they were paid.\"\"\"
        title = _("Daily sales")
        filters = [PeriodFilter()]
        columns = [Column("day", _("Day"), "day"), Column("orders", _("Orders"), "count", total=True),
                   Column("sales", _("Sales"), "money", total=True, shade=True)]
        charts = [Line(name="trend", title=_("Sales by day"), x="day", y=["sales"])]

        def rows(self, chosen):
            yield from services.sales_by_day(chosen.period)     # plain tuples, in the order of the columns

Declare it in the module: `Module(reports=[DailySales])`. It brings a menu entry, the permissions `can_view` and
`can_export`, and `/api/v1/reports/daily_sales/`. A report of several tables declares `tables` in place of `columns`;
`cards` gives the figures above them. The docstring is its help text. Rows for a person to work on are a Screen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import orjson
from flask import Response, make_response, request, url_for
from flask_appbuilder import BaseView, expose

from app.core.errors import InvalidInput, NotFound
from app.core.help import help_of
from app.core.i18n import gettext, language_tag
from app.core.i18n import lazy as _
from app.core.money import currency_sign
from app.lowcode.access import may, permission
from app.lowcode.cards import Card
from app.lowcode.charts import Bars, Chart, Line, Pie
from app.lowcode.periods import Period
from app.lowcode.report_filters import ChoiceFilter, Chosen, CompareFilter, PeriodFilter, ReportFilter, StepFilter
from app.lowcode.report_page import report_page
from app.lowcode.sheets import Sheet, csv_lines, download, file_title, write_xlsx
from app.lowcode.tables import Column, Figures, Table, work_out
from app.lowcode.view import View

__all__ = [
    "Bars", "Card", "Chart", "ChoiceFilter", "Chosen", "Column", "CompareFilter", "Line", "PeriodFilter", "Pie",
    "Report", "StepFilter", "Table",
]

JSON = "application/json"
PIECE = 64 * 1024
"""Bytes of a file that are in memory at once."""


class Report(View, BaseView):
    """A page of figures. Override `rows`, and what else differs."""

    title: Any = ""
    icon = "fa-chart-line"
    filters: ClassVar[Sequence[ReportFilter]] = (PeriodFilter(),)
    columns: ClassVar[Sequence[Column]] = ()
    tables: ClassVar[Sequence[Table]] = ()
    charts: ClassVar[Sequence[Chart]] = ()
    route_base: str | None = None
    default_view = "page"

    def __init__(self) -> None:
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()
        self.base_permissions = ["can_view", "can_export"]
        self.route_base = self.route_base or f"/reports/{name.removesuffix('_report')}"
        self.menu_label = self.menu_label or self.title
        super().__init__()

    # -- what a report declares or overrides ------------------------------------------------------------------

    def rows(self, chosen: Chosen) -> Iterable[Any]:
        """The rows under the chosen filters: tuples in the order of the columns, or dicts by their names."""
        raise NotImplementedError

    def cards(self, chosen: Chosen, figures: dict[str, Figures]) -> Sequence[Card]:
        """The figures that stand above everything else; `figures` are the tables by name."""
        return []

    def check(self, chosen: Chosen) -> None:
        """Raise InvalidInput where answers that are right by themselves do not go together."""

    def notice(self, chosen: Chosen) -> str | None:
        """What a reader must know of these figures, such as that some are still missing."""
        return None

    def empty(self, chosen: Chosen, figures: dict[str, Figures]) -> dict[str, Any] | None:
        """What to show in place of figures where there are none: `title`, `text`, and perhaps `action_label` and
        `action_url`. None shows the figures."""
        if any(each.rows for each in figures.values()):
            return None
        return {"title": _("Nothing in this period"), "text": _("Choose another period or fewer filters.")}

    # -- permissions and plugging in ------------------------------------------------------------------------------

    @classmethod
    def permission_labels(cls) -> dict[str, Any]:
        return {"can_view": _("View"), "can_export": _("Download")}

    @classmethod
    def register(cls, app: Any, module: Any) -> None:
        super().register(app, module)
        from app.lowcode.registry import registry
        from app.lowcode.report_api import api_of

        app.extensions["appbuilder"].add_api(api_of(registry().entries[-1].view))

    @property
    def may_export(self) -> bool:
        return may("can_export", self.class_permission_name)

    @property
    def all_tables(self) -> Sequence[Table]:
        return self.tables or (Table("rows", self.title, self.columns),)

    # -- working out -----------------------------------------------------------------------------------------------

    def choose(self, args: Any) -> Chosen:
        """The filters as asked for; InvalidInput names the fields that cannot be read."""
        chosen = Chosen(self.filters, args)
        chosen.read()
        self.check(chosen)
        return chosen

    def work_out(self, chosen: Chosen, only: set[str] | None = None) -> dict[str, Figures]:
        """The tables by name, or only those named."""
        return {table.name: work_out(self, table, chosen) for table in self.all_tables
                if only is None or table.name in only}

    # -- addresses ----------------------------------------------------------------------------------------------------

    @expose("/")
    @permission("view")
    def page(self) -> Any:
        """The page. What cannot be read is shown beside its field, with the typed words kept."""
        try:
            chosen = self.choose(request.args)
        except InvalidInput as error:
            chosen = Chosen(self.filters, request.args)
            page = report_page(self, chosen, {}, errors=error.fields)
            return make_response(self.render("houtai/report.html", page=page), error.status)
        return self.render("houtai/report.html", page=report_page(self, chosen, self.work_out(chosen)))

    @expose("/charts")
    @permission("view")
    def chart_options(self) -> Response:
        """All charts as ECharts options, for `static/charts.js`."""
        chosen = self.choose(request.args)
        figures = self.work_out(chosen, {chart.table for chart in self.charts})
        options = {chart.name: chart.options(figures[chart.table]) for chart in self.charts}
        body = {"language": language_tag(), "currency": currency_sign(), "charts": options}
        return Response(orjson.dumps(body), mimetype=JSON)

    @expose("/<table>.csv")
    @permission("export")
    def csv(self, table: str) -> Response:
        """One table as CSV."""
        if table not in {each.name for each in self.all_tables}:
            raise NotFound(_("This report has no such table."))
        chosen = self.choose(request.args)
        figures = self.work_out(chosen, {table})[table]
        part = table if len(self.all_tables) > 1 else ""
        response = Response(csv_lines(_sheet(figures)), mimetype="text/csv")
        response.headers.set("Content-Disposition", "attachment", filename=self.file_name(chosen, "csv", part))
        return response

    @expose("/xlsx")
    @permission("export")
    def xlsx(self) -> Response:
        """All tables as a spreadsheet, a page for each, and a last page that says what was asked and counted."""
        chosen = self.choose(request.args)
        sheets = [*map(_sheet, self.work_out(chosen).values()), self._about(chosen)]
        file = write_xlsx(sheets, title=str(self.title))
        return download(file, self.file_name(chosen, "xlsx"))

    def file_name(self, chosen: Chosen, ending: str, part: str = "") -> str:
        """The report's title and period: `Sales_2026-08-01_2026-08-31.xlsx`."""
        period = chosen.values.get("period")
        title = file_title(self.title) or "report"
        stamp = period.stamp() if isinstance(period, Period) else ""
        return "_".join(word for word in (title, part, stamp) if word) + f".{ending}"

    def _about(self, chosen: Chosen) -> Sheet:
        columns = [Column("what", _("What")), Column("answer", _("Answer"))]
        return Sheet(gettext("About"), columns, list(self._about_rows(chosen)))

    def _about_rows(self, chosen: Chosen) -> Iterator[tuple[str, str]]:
        yield gettext("Report"), str(self.title)
        for item in self.filters:
            value = chosen.values[item.name]
            yield str(item.label), value.text() if isinstance(value, Period) else chosen.label(item)
        yield gettext("What is counted"), self.help_text
        for table in self.all_tables:
            columns = getattr(self, table.columns)(chosen) if isinstance(table.columns, str) else table.columns
            for column in columns:
                if column.help:
                    yield f"{table.title}: {column.label}", str(column.help)

    @property
    def help_text(self) -> str:
        """The docstring's first paragraph, translated."""
        return help_of(type(self))

    def url(self, name: str, chosen: Chosen, **values: Any) -> str:
        """The address of one of the methods above with the chosen filters."""
        return chosen.address(url_for(f"{self.endpoint}.{name}", **values))


def _sheet(figures: Figures) -> Sheet:
    return Sheet(str(figures.table.title), figures.columns, figures.rows, figures.total_row())
