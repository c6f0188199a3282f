"""Files from elsewhere: what is read, what is refused, and how it is said."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.importing import BrokenFile, ImportRefused, ImportReport, open_rows

HEADING = ("code", "name", "price")


def read(path: Path, columns: tuple[str, ...] = ("code", "name"), encoding: str = "utf-8"):
    """All rows, and the report."""
    report = ImportReport("test")
    with open_rows(path, columns, report, encoding=encoding) as rows:
        return list(rows), report


def test_columns_are_found_by_name_and_rows_are_numbered_as_a_spreadsheet_does(write_csv: Callable[..., Path]) -> None:
    path = write_csv("goods.csv", HEADING, [("a", "茶\n两行", 1), ("b", "碗", 2)])

    rows, report = read(path, ("name", "code"))

    assert rows == [(2, ["茶\n两行", "a"]), (3, ["碗", "b"])]
    assert report.refused_count == 0


@pytest.mark.parametrize("name", ["goods.csv", "goods.csv.gz"])
def test_gzipped_files_are_known_by_their_content(write_csv: Callable[..., Path], name: str, tmp_path: Path) -> None:
    path = write_csv(name, HEADING, [("a", "茶", 1)])
    renamed = path.rename(tmp_path / "upload.tmp")

    assert read(renamed)[0] == [(2, ["a", "茶"])]


def test_a_byte_order_mark_is_not_part_of_the_first_column(write_csv: Callable[..., Path]) -> None:
    assert read(write_csv("goods.csv", HEADING, [("a", "茶", 1)], "utf-8-sig"))[0] == [(2, ["a", "茶"])]


def test_a_file_in_another_encoding_is_read_when_it_is_named(write_csv: Callable[..., Path]) -> None:
    path = write_csv("goods.csv", HEADING, [("a", "茶", 1)], "gb18030")

    assert read(path, encoding="gb18030")[0] == [(2, ["a", "茶"])]


def test_rows_in_another_encoding_are_refused_one_by_one(write_csv: Callable[..., Path]) -> None:
    path = write_csv("goods.csv", HEADING, [("a", "tea", 1), ("b", "茶", 2)], "gb18030")

    rows, report = read(path)

    assert rows == [(2, ["a", "tea"])]
    assert [(refusal.row, "utf-8" in refusal.reason) for refusal in report.refusals] == [(3, True)]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_a_heading_in_another_encoding_refuses_the_file(write_csv: Callable[..., Path], encoding: str) -> None:
    path = write_csv("goods.csv", ("编号", "name"), [("a", "b")], encoding)

    with pytest.raises(BrokenFile, match="utf-8"):
        read(path)


def test_a_missing_column_refuses_the_file_and_is_named(write_csv: Callable[..., Path]) -> None:
    with pytest.raises(BrokenFile, match="stock"):
        read(write_csv("goods.csv", HEADING, [("a", "b", 1)]), ("code", "stock"))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "goods.csv").write_bytes(b"")

    with pytest.raises(BrokenFile, match="empty"):
        read(tmp_path / "goods.csv")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenFile, match="opened"):
        read(tmp_path / "nothing.csv")


def test_an_unknown_encoding_is_refused(write_csv: Callable[..., Path]) -> None:
    with pytest.raises(BrokenFile, match="klingon"):
        read(write_csv("goods.csv", HEADING, []), encoding="klingon")


def test_a_torn_archive_is_refused(write_csv: Callable[..., Path]) -> None:
    path = write_csv("goods.csv.gz", HEADING, [(f"{number:032x}", "name", number) for number in range(5000)])
    whole = path.read_bytes()
    assert gzip.decompress(whole)
    path.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(BrokenFile, match="not complete"):
        read(path)


@pytest.mark.parametrize("line, reason", [
    ("b,c,1,too much", "4 values instead of 3"),
    ("b", "1 values instead of 3"),
    ('b,"c"d,1', "quotation marks"),
    ("b,c\0c,1", "cannot be stored"),
])
def test_a_bad_row_is_refused_by_its_number_and_the_next_is_read(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "goods.csv"
    path.write_text(f"code,name,price\na,b,1\n{line}\nc,d,2\n")

    rows, report = read(path)

    assert [number for number, _values in rows] == [2, 4]
    assert [(refusal.file, refusal.row) for refusal in report.refusals] == [("goods.csv", 3)]
    assert reason in report.refusals[0].reason


def test_blank_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "goods.csv"
    path.write_text("code,name\na,b\n\n")

    assert read(path)[0] == [(2, ["a", "b"])]


def test_refusals_end_an_import_unless_they_may_be_skipped() -> None:
    report = ImportReport("test")
    report.settle(skip_bad_rows=False)
    report.refuse("goods.csv", 7, "The code is missing.")

    report.settle(skip_bad_rows=True)
    with pytest.raises(ImportRefused, match="1 row was refused") as caught:
        report.settle(skip_bad_rows=False)
    assert caught.value.report is report
