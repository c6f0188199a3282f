"""A list as a file: the rows, the order and the words of the screen, for whoever may take them away."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from app.core.db import db
from app.lowcode import export
from app.modules.audit.models import AuditLine
from tests.factories import make_member, make_refund
from tests.lowcode.shelf import Kind, Shelf, make_thing

pytestmark = pytest.mark.both_databases


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text[:300]
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def take(client: Any, form: str = "csv", **data: str) -> Any:
    return client.post(f"/test_things/export/{form}", data=data)


@pytest.fixture
def ming(as_user: Any) -> Any:
    """Who speaks English and may do everything, with three things on a shelf."""
    shelf = Shelf(name="Oak")
    for number in (1, 2, 3):
        make_thing(number, label=f"Cup {number}", price=number * 1050, shelf=shelf,
                   seen_at=datetime(2026, 8, 1, 12) + timedelta(hours=number), kind=Kind.pot)
    db.session.commit()
    client = as_user("ming")
    client.post("/preferences", json={"locale": "en"})
    return client


def test_a_file_has_the_columns_and_words_of_the_list(ming: Any) -> None:
    first = rows_of(take(ming))[0]
    page = ming.get("/test_things/list/").text
    assert all(heading.split(" (")[0] in page for heading in first)
    assert first["Name"] == "Cup 3" and first["Price (CNY)"] == "31.50" and first["Kind"] == str(Kind.pot.label)


def test_filters_search_and_order_are_those_of_the_list(ming: Any) -> None:
    assert [row["Name"] for row in rows_of(take(ming, query="q=Cup+2"))] == ["Cup 2"]
    assert [row["Name"] for row in rows_of(take(ming, query="sort=price"))] == ["Cup 1", "Cup 2", "Cup 3"]
    assert [row["Name"] for row in rows_of(take(ming, query="f.price.from=20&size=1&after=nonsense"))] == [
        "Cup 3", "Cup 2"], "a file has all pages"


def test_long_lists_are_read_page_by_page(ming: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "AT_ONCE", 2)
    assert [row["Name"] for row in rows_of(take(ming))] == ["Cup 3", "Cup 2", "Cup 1"]


def test_all_columns_are_those_of_the_record_page_too(ming: Any) -> None:
    few, all_of_them = rows_of(take(ming))[0], rows_of(take(ming, columns="all"))[0]
    assert set(few) < set(all_of_them)


def test_a_spreadsheet_has_numbers_and_dates(ming: Any) -> None:
    answer = take(ming, "xlsx", columns="all")
    heads, first, *_others = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    values = dict(zip(heads, first, strict=True))
    assert values["Price (CNY)"] == 31.5
    assert isinstance(values["Seen"], datetime)
    assert ".xlsx" in answer.headers["Content-Disposition"]


def test_a_text_that_would_be_a_formula_is_none(ming: Any) -> None:
    make_thing(9, label="=HYPERLINK(1)")
    db.session.commit()
    assert "'=HYPERLINK(1)" in [row["Name"] for row in rows_of(take(ming))]


def test_what_the_screen_masks_the_file_masks(as_user: Any) -> None:
    make_member(phone="13812345678")
    db.session.commit()
    seen = {}
    for name in ("ming", "hua"):
        client = as_user(name)
        answer = client.post("/members/export/csv", data={"columns": "all"})
        assert answer.status_code == 200
        shown = "13812345678" in client.get("/members/list/").text
        seen[name] = (shown, "13812345678" in answer.data.decode())
    assert all(on_screen == in_file for on_screen, in_file in seen.values()), seen


def test_it_takes_a_permission_of_its_own(as_user: Any, client: Any) -> None:
    make_refund()
    db.session.commit()
    hua = as_user("hua")
    assert hua.post("/products/export/csv").status_code == 200
    page = hua.get("/refunds/list/")
    assert page.status_code == 200 and "/refunds/export/" not in page.text, "an operator only looks at refunds"
    assert hua.post("/refunds/export/csv").status_code in (302, 403)
    assert client.post("/refunds/export/csv").status_code in (302, 400, 401)


@pytest.mark.parametrize("query", ["sort=secret", "f.nothing=1", "f.price.from=abc"])
def test_what_the_list_refuses_the_file_refuses(ming: Any, query: str) -> None:
    answer = take(ming, query=query)
    assert answer.status_code in (302, 400)
    assert b"Cup" not in answer.data


def test_a_form_that_is_none_is_not_found(ming: Any) -> None:
    assert take(ming, "pdf").status_code in (302, 404)


def test_the_trail_says_who_took_what(ming: Any) -> None:
    take(ming, query="q=Cup+2")
    line = db.session.scalars(select(AuditLine).order_by(AuditLine.id.desc())).first()
    assert line is not None and line.actor_name.startswith("Ming")
    assert line.changes["row_count"] == [None, 1] and line.changes["query"] == [None, "q=Cup 2"]
