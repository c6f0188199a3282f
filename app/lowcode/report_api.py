"""The JSON API of a report: `/api/v1/reports/<name>/` gives the rows of its page, under the same filters."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from flask import Response, request
from flask_appbuilder.api import BaseApi, expose, protect

from app.core.errors import InvalidInput
from app.core.i18n import gettext
from app.core.i18n import lazy as _
from app.lowcode import openapi
from app.lowcode.api import answering, reply
from app.lowcode.periods import Period
from app.lowcode.report_filters import Chosen, ReportFilter
from app.lowcode.tables import Figures

if TYPE_CHECKING:
    from apispec import APISpec

    from app.lowcode.report import Report


class ReportApi(BaseApi):
    """The API beside one report; `api_of` makes a class of it for each."""

    report: Any = None
    allow_browser_login = True
    method_permission_name = {"get": "view"}

    @property
    def openapi_spec_tag(self) -> str:
        """The heading in the description of the API, in its reader's language."""
        return str(self.report.title)

    def add_api_spec(self, api_spec: APISpec) -> None:
        self.openapi_spec_methods = {"get": {"get": _operation(self.report)}}  # in its reader's language
        api_spec.tag(openapi.tag_of(self.report, self.report.title))
        super().add_api_spec(api_spec)

    @expose("/", methods=("GET",))
    @protect()
    @answering
    def get(self) -> Response:
        """---
        get: {}
        """
        report = self.report
        known = {name for item in report.filters for name in item.names}
        unknown = [name for name in request.args if name not in known]
        if unknown:
            raise InvalidInput({name[:60]: _("This filter is not known.") for name in unknown})
        chosen = report.choose(request.args)
        return reply(200, {
            "title": str(report.title), "filters": _filters(chosen), "notice": report.notice(chosen),
            "tables": {name: _table(figures) for name, figures in report.work_out(chosen).items()},
        })


def api_of(report: "Report") -> type[ReportApi]:
    """The API class of a report, sharing its permissions."""
    return type(f"{type(report).__name__}Api", (ReportApi,), {
        "report": report, "resource_name": str(report.route_base).strip("/"),
        "class_permission_name": report.class_permission_name, "base_permissions": list(report.base_permissions or []),
    })


def _filters(chosen: Chosen) -> dict[str, Any]:
    """The answers as they were understood: a named period with its days."""
    found: dict[str, Any] = dict(chosen.words)
    period = chosen.values.get("period")
    if isinstance(period, Period):
        found |= {"from": period.first.isoformat(), "to": period.last.isoformat()}
    return found


def _table(figures: Figures) -> dict[str, Any]:
    names = [column.name for column in figures.columns]
    total = figures.total_row()
    return {
        "title": str(figures.table.title),
        "columns": [{"name": column.name, "label": str(column.label), "kind": column.kind}
                    for column in figures.columns],
        "rows": [dict(zip(names, map(_plain, row), strict=True)) for row in figures.rows],
        "total": {name: _plain(value) for name, value in figures.totals.items()} if total is not None else None,
    }


def _plain(value: Any) -> Any:
    """Days and moments as ISO 8601 texts; figures as they are."""
    if isinstance(value, date | datetime) or value is None or isinstance(value, int | float):
        return value
    return str(value)


def _operation(report: "Report") -> dict[str, Any]:
    table = {"type": "object", "properties": {
        "title": {"type": "string"}, "columns": {"type": "array", "items": {"type": "object"}},
        "rows": {"type": "array", "items": {"type": "object"}}, "total": {"type": "object", "nullable": True}}}
    answer = {"type": "object", "properties": {
        "title": {"type": "string"}, "filters": {"type": "object"}, "notice": {"type": "string", "nullable": True},
        "tables": {"type": "object", "additionalProperties": table}}}
    return {
        "description": gettext(
            "Money is whole fen, percentages are ratios, days are those of the shop's time zone."),
        "parameters": [parameter for item in report.filters for parameter in _parameters(item)],
        "responses": openapi._responses("200", answer, 422),
    }


def _parameters(item: ReportFilter) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in item.names:
        schema: dict[str, Any] = {"type": "string"}
        if name in {"from", "to"}:
            schema["format"] = "date"
        elif item.shape != "select":  # the others' answers are records of the shop
            schema |= {"enum": [value for value, _label in item.choices()], "default": item.default}
        found.append({"in": "query", "name": name, "schema": schema})
    return found
