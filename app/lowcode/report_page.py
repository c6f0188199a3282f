"""What `houtai/report.html` is given: plain data, every text translated, every figure drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import url_for
from markupsafe import Markup, escape

from app.core import clock
from app.core.i18n import gettext
from app.core.i18n import lazy as _
from app.lowcode.pages import Page
from app.lowcode.periods import FIRST_DAY, Period
from app.lowcode.report_filters import Chosen, ReportFilter
from app.lowcode.tables import Figures, cell_text, tone, writer

if TYPE_CHECKING:
    from app.lowcode.report import Report


def report_page(report: "Report", chosen: Chosen, figures: dict[str, Figures], *,
                errors: Mapping[str, str] | None = None) -> Page:
    """Everything for the page; with errors no figures, but the filters as they were typed."""
    path = url_for(f"{report.endpoint}.page")
    is_asked = not errors
    empty = report.empty(chosen, figures) if is_asked else None
    shows = is_asked and empty is None
    period = chosen.values.get("period")
    filters = [_filter(item, chosen, path, errors or {}) for item in report.filters]
    return Page("report", {
        "title": report.title, "help": report.help_text, "name": type(report).__name__, "icon": report.icon,
        "path": path,
        "segments": [item for item in filters if item["shape"] == "segments"],
        "selects": [item for item in filters if item["shape"] == "select"],
        "select_hidden": _hidden(chosen, {item.name for item in report.filters if item.shape == "select"}),
        "period": next((item for item in filters if item["shape"] == "period"), None),
        "period_text": period.text() if isinstance(period, Period) else "",
        "period_hidden": _hidden(chosen, {"period", "from", "to"}),
        "message": gettext("Please check the marked fields.") if errors else "",
        "errors": [(_label(report, name), text) for name, text in (errors or {}).items()],
        "notice": report.notice(chosen) if is_asked else None,
        "empty": empty,
        "cards": report.cards(chosen, figures) if shows else [],
        "charts": _charts(report, chosen, figures) if shows else [],
        "tables": [_table(report, chosen, each) for each in figures.values()] if shows else [],
        "xlsx_url": report.url("xlsx", chosen) if shows and report.may_export else None,
        "definitions": _definitions(figures),
    })


def _label(report: "Report", name: str) -> Any:
    """What the page calls a word of the address."""
    days = {"from": _("From"), "to": _("To")}
    return next((item.label for item in report.filters if item.name == name), days.get(name, name))


def _hidden(chosen: Chosen, without: set[str]) -> list[tuple[str, str]]:
    """The other answers, for a form that asks for some of them."""
    return [(name, word) for name, word in chosen.pairs() if name not in without]


def _filter(item: ReportFilter, chosen: Chosen, path: str, errors: Mapping[str, str]) -> dict[str, Any]:
    word = chosen.words[item.name]
    dropped = {"from": "", "to": ""} if item.shape == "period" else {}
    return {
        "name": item.name, "label": item.label, "shape": item.shape, "error": errors.get(item.name), "word": word,
        "options": [{"value": value, "label": label, "current": value == word,
                     "url": chosen.address(path, **{**dropped, item.name: value})}
                    for value, label in chosen.choices[item.name]],
        **(_days(chosen, errors) if item.shape == "period" else {}),
    }


def _days(chosen: Chosen, errors: Mapping[str, str]) -> dict[str, Any]:
    """The two fields of a typed period: as typed, or the days of the named one to begin with."""
    period = chosen.values.get("period")
    first, last = (period.first.isoformat(), period.last.isoformat()) if isinstance(period, Period) else ("", "")
    return {
        "first": chosen.typed["from"] or first, "last": chosen.typed["to"] or last,
        "first_error": errors.get("from"), "last_error": errors.get("to"),
        "earliest": FIRST_DAY.isoformat(), "latest": clock.today().isoformat(),
    }


def _charts(report: "Report", chosen: Chosen, figures: dict[str, Figures]) -> list[dict[str, Any]]:
    url = report.url("chart_options", chosen)
    return [{"name": chart.name, "title": chart.title, "help": chart.help, "wide": chart.wide, "url": url}
            for chart in report.charts if chart.can_draw(figures[chart.table])]


def _table(report: "Report", chosen: Chosen, figures: Figures) -> dict[str, Any]:
    return {
        "name": figures.table.name, "title": figures.table.title, "help": figures.table.help,
        "columns": [{"label": column.label, "help": column.help, "is_numeric": column.is_numeric}
                    for column in figures.columns],
        "rows": _drawn_rows(figures), "total": _drawn_total(figures) if figures.rows else None,
        "csv_url": report.url("csv", chosen, table=figures.table.name) if report.may_export else None,
    }


TONES = {"good": "delta-up", "bad": "delta-down"}


def _drawn_rows(figures: Figures) -> list[Markup]:
    """The rows as HTML, drawn column by column, since a year of days has some thousand cells. The first column is the
    heading of its row."""
    drawn: list[list[str]] = []
    for at, column in enumerate(figures.columns):
        write, values = writer(column.kind), figures.values(column.name)
        texts = map(write, values) if column.is_numeric else (escape(write(value)) for value in values)
        if at == 0:
            drawn.append([f'<th scope="row">{text}</th>' for text in texts])
        elif not column.is_numeric:
            drawn.append([f"<td>{text}</td>" for text in texts])
        elif column.shade:
            drawn.append([f'<td class="num shade-{shade}">{text}</td>' if shade else f'<td class="num">{text}</td>'
                          for text, shade in zip(texts, figures.shades(column), strict=True)])
        elif column.kind == "change":
            drawn.append([f'<td class="num {TONES.get(tone(value, column.rising), "delta-flat")}">{text}</td>'
                          for text, value in zip(texts, values, strict=True)])
        else:
            drawn.append([f'<td class="num">{text}</td>' for text in texts])
    return [Markup("".join(row)) for row in zip(*drawn, strict=True)]


def _drawn_total(figures: Figures) -> Markup | None:
    """The last row as HTML, or None where nothing is totalled. A column without a total has an empty cell there."""
    row = figures.total_row()
    if row is None:
        return None
    cells = [f'<th scope="row">{escape(str(row[0]))}</th>']
    for column, value in zip(figures.columns[1:], row[1:], strict=True):
        classes = "num" if column.is_numeric else ""
        if column.kind == "change":
            classes += " " + TONES.get(tone(value, column.rising), "delta-flat")
        text = cell_text(column.kind, value) if column.name in figures.totals else ""
        cells.append(f'<td class="{classes}">{escape(text)}</td>')
    return Markup("".join(cells))


def _definitions(figures: dict[str, Figures]) -> list[tuple[Any, Any]]:
    """Each column that needs explaining, once."""
    found: dict[str, tuple[Any, Any]] = {}
    for each in figures.values():
        for column in each.columns:
            if column.help:
                found.setdefault(str(column.label), (column.label, column.help))
    return list(found.values())
