"""Files: cells keep their type, and no text ever becomes a formula."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, datetime
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from app.lowcode import sheets
from app.lowcode.sheets import LONGEST_TEXT, Sheet, csv_lines, harmless, sheet_name, write_xlsx
from app.lowcode.tables import Column

COLUMNS = [
    Column("name", "Name"), Column("amount", "Amount", "money"), Column("count", "Count", "count"),
    Column("share", "Share", "percent"), Column("day", "Day", "day"), Column("at", "At", "moment"),
]
ROWS: list[tuple[Any, ...]] = [
    ("Mei", 2990, 3, 0.125, date(2026, 8, 1), datetime(2026, 7, 31, 16, 30)),
    ("=1+1", -1, 0, None, date(2024, 2, 29), None),
    ("", 10**15, 2**31, 1.0, None, datetime(2026, 12, 31, 23, 59, 59)),
]
FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "\0=1+1", "=cmd|' /C calc'!A0", "＝1+1", "＋1+1",
    "－1+1", "＠SUM(A1)", "-", "=", "+86 138 0000 0000", "-2+3+cmd|' /C calc'!D2", '=HYPERLINK("http://evil.example")',
]
NUMBERS = ["-5", "+5", "-0.25", "12", "3.14"]


def read_csv(sheet: Sheet) -> list[list[str]]:
    data = b"".join(csv_lines(sheet))
    assert data.startswith(b"\xef\xbb\xbf"), "Excel takes a file without a mark for another encoding"
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def read_xlsx(*tables: Sheet) -> tuple[dict[str, list[list[Any]]], str]:
    with write_xlsx(tables) as file:
        data = file.read()
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        xml = "".join(parts.read(name).decode() for name in parts.namelist() if "worksheets/" in name)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}, xml


def test_a_csv_holds_the_rows_as_they_are(app: Any) -> None:
    found = read_csv(Sheet("Sales", COLUMNS, ROWS, total=("Total", 10**15 + 2989, 5, None, None, None)))
    assert found == [
        ["Name", "Amount (CNY)", "Count", "Share", "Day", "At"],
        ["Mei", "29.90", "3", "12.50%", "2026-08-01", "2026-08-01 00:30:00"],  # the shop's wall clock
        ["'=1+1", "-0.01", "0", "", "2024-02-29", ""],
        ["", "10000000000000.00", "2147483648", "100.00%", "", "2027-01-01 07:59:59"],
        ["Total", "10000000000029.89", "5", "", "", ""],
    ]


def test_a_spreadsheet_holds_the_rows_with_their_types(app: Any) -> None:
    pages, xml = read_xlsx(Sheet("Sales", COLUMNS, ROWS))
    head, *rows = pages["Sales"]
    assert head == ["Name", "Amount (CNY)", "Count", "Share", "Day", "At"]
    assert rows == [
        ["Mei", 29.9, 3.0, 0.125, date(2026, 8, 1), datetime(2026, 8, 1, 0, 30)],
        ["=1+1", -0.01, 0.0, "", date(2024, 2, 29), ""],
        ["", 10**13, 2**31, 1.0, "", datetime(2027, 1, 1, 7, 59, 59)],
    ]
    assert "<f>" not in xml


@pytest.mark.parametrize("fen", [1, 10, 101, 2990, 10**15 - 1, -(10**15 - 1), 123456789012345])
def test_an_amount_is_exact_to_the_fen_in_a_spreadsheet(app: Any, fen: int) -> None:
    pages, _xml = read_xlsx(Sheet("Sales", [Column("amount", "Amount", "money")], [(fen,)]))
    assert round(pages["Sales"][1][0] * 100) == fen


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_would_be_a_formula_is_none(app: Any, text: str) -> None:
    assert harmless(text) == "'" + text
    column = [Column("text", "Text")]
    assert read_csv(Sheet("S", column, [(text,)]))[1] == ["'" + text]
    pages, xml = read_xlsx(Sheet("S", column, [(text,)]))
    assert "<f>" not in xml
    assert pages["S"][1][0] == text


def test_a_heading_that_would_be_a_formula_is_none(app: Any) -> None:
    assert read_csv(Sheet("S", [Column("text", "=1+1")], []))[0] == ["'=1+1"]
    assert "<f>" not in read_xlsx(Sheet("S", [Column("text", "=1+1")], []))[1]


def test_the_formula_tests_would_notice_a_formula() -> None:
    """The control: written without our care, the same text is a formula."""
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    book.add_worksheet("S").write(0, 0, "=1+1")
    book.close()
    with zipfile.ZipFile(file) as parts:
        assert "<f>" in parts.read("xl/worksheets/sheet1.xml").decode()


@pytest.mark.parametrize("text", NUMBERS)
def test_a_text_that_is_a_number_stays_one_in_csv(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("text", ["Mei", "a=b", "1+1", "李 梅", "e-mail@shop.example", "'quoted'", " =1+1"])
def test_other_texts_are_left_alone(text: str) -> None:
    assert harmless(text) == text


def test_what_is_no_number_is_an_empty_cell(app: Any) -> None:
    rows = [(float("nan"),), (float("inf"),)]
    assert read_csv(Sheet("S", [Column("share", "Share", "percent")], rows))[1:] == [[""], [""]]
    assert read_xlsx(Sheet("S", [Column("share", "Share", "percent")], rows))[0]["S"][1:] == []


def test_a_day_before_spreadsheets_had_days_is_a_text(app: Any) -> None:
    pages, _xml = read_xlsx(Sheet("S", [Column("day", "Day", "day")], [(date(1899, 12, 31),)]))
    assert pages["S"][1] == ["1899-12-31"]


def test_a_text_too_long_for_a_cell_is_cut_and_says_so(app: Any) -> None:
    pages, _xml = read_xlsx(Sheet("S", [Column("text", "Text")], [("梅" * 40_000,), ("x" * LONGEST_TEXT,)]))
    assert pages["S"][1][0] == "梅" * (LONGEST_TEXT - 1) + "…"
    assert pages["S"][2][0] == "x" * LONGEST_TEXT


def test_more_rows_than_a_page_holds_go_on_on_the_next(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 4)
    pages, _xml = read_xlsx(Sheet("S", [Column("n", "N", "count")], [(n,) for n in range(7)], total=(21,)))
    assert pages == {"S": [["N"], [0], [1], [2]], "S (2)": [["N"], [3], [4], [5]], "S (3)": [["N"], [6], [21]]}


@pytest.mark.parametrize("title, name", [
    ("Sales", "Sales"), ("a/b\\c?d*e[f]g:h", "a b c d e f g h"), ("'quoted'", "quoted"), ("", "Sheet"),
    ("History", "History 1"), ("x" * 40, "x" * 31), ("渠道", "渠道"), ("\x00\x1f", "Sheet"),
])
def test_page_names_are_such_as_the_format_allows(title: str, name: str) -> None:
    assert sheet_name(title, set()) == name


def test_two_pages_never_have_the_same_name() -> None:
    taken: set[str] = set()
    assert [sheet_name(name, taken) for name in ("Sales", "SALES", "sales", "x" * 40, "x" * 40)] == [
        "Sales", "SALES (2)", "sales (3)", "x" * 31, "x" * 27 + " (2)"]


def test_a_large_csv_comes_in_pieces(app: Any) -> None:
    pieces = list(csv_lines(Sheet("S", [Column("n", "N", "count")], ((n,) for n in range(2_000)))))
    assert len(pieces) > 3
    assert b"".join(pieces).decode("utf-8-sig").splitlines() == ["N", *map(str, range(2_000))]
