"""A declared report: its page, charts, files and API show the same rows, under the same filters and permissions."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
from python_calamine import CalamineWorkbook

from app.core import clock
from app.core.db import db
from app.lowcode.access import sync_permissions
from app.lowcode.registry import registry
from tests.lowcode.rain import REMARKS
from tests.support import cast
from tests.support.client import Client

PAGE = "/reports/rain/"
API = "/api/v1/reports/rain/"
PATHS = [PAGE, "/reports/rain/charts", "/reports/rain/rows.csv", "/reports/rain/xlsx"]


@pytest.fixture(autouse=True)
def _hold_time() -> None:
    clock.set("2026-08-15 04:00")


@pytest.fixture
def ming(as_user: Callable[[str], Client]) -> Client:
    return as_user("ming")


def expected_rows(first: int, last: int, factor: int) -> list[tuple[Any, ...]]:
    return [(date(2026, 8, day), day * factor, day * 101 * factor, day / 31, REMARKS[day % 4])
            for day in range(first, last + 1)]


def cells_of(html: str) -> list[list[str]]:
    """The rows of the first table of figures, total included."""
    table = re.search(r'<table class="table-list figures">.*?</table>', html, re.S)
    assert table is not None
    rows = re.findall(r"<tr>(.*?)</tr>", table.group(), re.S)
    return [[unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def test_the_page_shows_the_rows_with_their_total(ming: Client) -> None:
    answer = ming.get(PAGE)
    assert answer.status_code == 200
    head, *rows = cells_of(answer.text)
    assert head == ["Day", "Drops", "Cost", "Share", "Remark"]
    assert rows[0] == ["Aug 9, 2026", "36", "¥36.36", "29.0%", "=1+1"]
    assert rows[-1] == ["Total", "336", "¥339.36", "101.0%", ""]
    assert len(rows) == 8
    assert "&lt;img src=evil.png" in answer.text and "<img src=evil.png" not in answer.text


def test_the_page_says_what_is_counted(ming: Client) -> None:
    html = ming.get(PAGE).text
    assert "What rain cost. Each day has its price." in html
    assert "Counted one by one." in html


def test_the_csv_holds_the_same_rows(ming: Client) -> None:
    answer = ming.get("/reports/rain/rows.csv?period=7d&town=south")
    assert answer.mimetype == "text/csv"
    found = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert found[0] == ["Day", "Drops", "Cost (CNY)", "Share", "Remark"]
    assert found[1:-1] == [
        [day.isoformat(), str(drops), f"{fen / 100:.2f}", f"{share * 100:.2f}%", "'=1+1" if text == "=1+1" else text]
        for day, drops, fen, share, text in expected_rows(9, 15, 3)]
    assert found[-1][:3] == ["Total", "252", "254.52"]


def test_the_spreadsheet_holds_the_same_rows_and_what_was_asked(ming: Client) -> None:
    answer = ming.get("/reports/rain/xlsx?from=2026-08-01&to=2026-08-03&town=north")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    assert book.sheet_names == ["Rain", "About"]
    rows = book.get_sheet_by_name("Rain").to_python()
    assert [tuple(row) for row in rows[1:-1]] == [
        (day, drops, fen / 100, pytest.approx(share), text) for day, drops, fen, share, text in expected_rows(1, 3, 1)]
    about = dict(book.get_sheet_by_name("About").to_python()[1:])
    assert about["Town"] == "North" and about["Period"] == "Aug 1, 2026 – Aug 3, 2026"
    assert about["What is counted"].startswith("What rain cost.")


def test_the_api_gives_the_same_rows(ming: Client) -> None:
    body = ming.get(f"{API}?period=custom&from=2026-08-01&to=2026-08-02").get_json()
    assert body["filters"] == {"period": "custom", "town": "", "from": "2026-08-01", "to": "2026-08-02"}
    table = body["tables"]["rows"]
    assert [column["kind"] for column in table["columns"]] == ["day", "count", "money", "percent", "text"]
    assert table["rows"][0] == {
        "day": "2026-08-01", "drops": 4, "cost": 404, "share": pytest.approx(1 / 31), "remark": "=1+1"}
    assert table["total"] == {"drops": 12, "cost": 1212, "share": pytest.approx(1.01)}


def test_the_charts_draw_the_same_rows(ming: Client) -> None:
    body = ming.get("/reports/rain/charts?town=north").get_json()
    assert body["currency"] == "¥" and body["language"] == "en"
    assert body["charts"]["drops"]["series"][0]["data"] == [9, 10, 11, 12, 13, 14, 15]
    assert body["charts"]["cost"]["series"][0]["data"][0] == 9.09


def test_file_names_say_report_and_period(ming: Client) -> None:
    for path, name in (("rows.csv", "Rain_2026-08-09_2026-08-15.csv"), ("xlsx?period=today", "Rain_2026-08-15.xlsx")):
        assert name in unquote(ming.get(f"/reports/rain/{path}").headers["Content-Disposition"])


@pytest.mark.parametrize("query, blamed, typed", [
    ("period=fortnight", {"period"}, "fortnight"),
    ("town=atlantis", {"town"}, "atlantis"),
    ("from=2026-08-05&to=2026-08-01", {"to"}, "2026-08-05"),
    ("from=yesterday&to=2026-99-99", {"from", "to"}, "yesterday"),
    ("period=custom", {"from", "to"}, ""),
    ("from=1066-10-14&to=2026-08-01", {"from"}, "1066-10-14"),
    ("town=%3Cscript%3Ealert(1)%3C/script%3E", {"town"}, "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ("town=" + "x" * 5000, {"town"}, "x" * 64),
    ("town=%00", {"town"}, ""),
])
def test_what_cannot_be_read_is_named_and_stays_typed(ming: Client, query: str, blamed: set[str], typed: str) -> None:
    for path in ("/reports/rain/charts", "/reports/rain/rows.csv", "/reports/rain/xlsx", API):
        answer = ming.get(f"{path}?{query}", headers={"Accept": "application/json"})
        assert answer.status_code == 422
        assert set(answer.get_json()["fields"]) == blamed
    page = ming.get(f"{PAGE}?{query}")
    assert page.status_code == 422
    assert typed in page.text and "<script>alert(1)" not in page.text
    assert "Please check the marked fields." in page.text
    assert "figures-wrap" not in page.text


def test_the_api_refuses_filters_it_does_not_know(ming: Client) -> None:
    answer = ming.get(f"{API}?perod=7d")
    assert answer.status_code == 422 and set(answer.get_json()["fields"]) == {"perod"}


def test_a_table_that_is_not_there_is_not_found(ming: Client) -> None:
    assert ming.get("/reports/rain/nothing.csv").status_code == 404


def test_answers_are_kept_when_one_of_them_is_changed(ming: Client) -> None:
    html = unescape(ming.get(f"{PAGE}?period=30d&town=south").text)
    assert 'href="/reports/rain/?period=90d&town=south"' in html
    assert 'href="/reports/rain/?town=south"' in html  # the default is left out
    assert 'href="/reports/rain/xlsx?period=30d&town=south"' in html
    assert '<input type="hidden" name="town" value="south">' in html


@pytest.mark.parametrize("path", [*PATHS, API])
def test_strangers_and_staff_without_rights_see_nothing(
        path: str, client: Client, as_user: Callable[[str], Client], ming: Client) -> None:
    assert client.get(path).status_code in {302, 401}
    assert as_user("lin").get(path).status_code == 403
    assert ming.get(path).status_code == 200  # the control


def test_who_may_only_look_cannot_download(app: Any, as_user: Callable[[str], Client]) -> None:
    from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, ViewMenu

    right = db.session.query(PermissionView).join(Permission).join(ViewMenu).filter(
        Permission.name == "can_view", ViewMenu.name == "RainReport").one()
    looker = Role(name="looker", permissions=[right])
    db.session.add(looker)
    lin = cast.user("lin")
    lin.roles.append(looker)
    db.session.commit()
    client = as_user("lin")
    html = client.get(PAGE).text
    assert "figures-wrap" in html and "xlsx" not in html and ".csv" not in html
    assert client.get(API).status_code == 200
    for path in ("/reports/rain/rows.csv", "/reports/rain/xlsx"):
        assert client.get(path).status_code == 403


def test_a_report_has_its_permissions_and_its_place_in_the_menu(app: Any, ming: Client) -> None:
    sync_permissions()
    assert set(registry().labels["RainReport"]) == {"can_view", "can_export"}
    assert 'href="/reports/rain/"' in ming.get("/").text


def test_the_api_is_described(ming: Client) -> None:
    body = ming.get("/api/v1/_openapi").get_json()
    operation = body["paths"][API]["get"]
    assert {parameter["name"] for parameter in operation["parameters"]} == {"period", "from", "to", "town"}
    assert set(operation["responses"]) >= {"200", "401", "403", "422"}


def test_a_report_only_reads(ming: Client, count_queries: Callable[[], Any]) -> None:
    for method in ("post", "put", "delete"):
        assert getattr(ming, method)(PAGE).status_code == 405
