"""What an Online Retail file may not hold. The files are made up here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.core.importing import BrokenFile, ImportRefused
from tests.importing.retail import HEADING, ROWS, changed


@pytest.mark.parametrize("row, values, words", [
    (2, {"quantity": "six"}, "“six” is not a number of pieces"),
    (2, {"quantity": 0}, "number of pieces"),
    (2, {"quantity": "10000001"}, "number of pieces"),
    (2, {"unit_price": "2,55"}, "“2,55” is not a price"),
    (2, {"unit_price": "NaN"}, "not a price"),
    (2, {"unit_price": "1e400"}, "not a price"),
    (2, {"unit_price": "-1.00"}, "price below zero"),
    (2, {"invoice_ts": "1/12/2010 8:26"}, "not a date and time"),
    (2, {"invoice_no": ""}, "not an invoice number"),
    (2, {"stock_code": " "}, "not a stock code"),
    (2, {"customer_id": "Smith"}, "“Smith” is not a customer number"),
    (3, {"customer_id": "13952"}, "another customer or country in row 2"),
    (3, {"country": "France"}, "another customer or country in row 2"),
    (2, {"country": "x" * 61}, "too long"),
    (5, {"quantity": 1}, "A cancellation has a quantity below zero"),
    (4, {"quantity": -1}, "come back by a cancellation"),
    (9, {"quantity": -1, "unit_price": "0.0"}, "moves goods the other way in row 8"),
    (2, {"unit_price": "9999999999999"}, "larger than ¥10,000,000,000,000.00"),
])
def test_a_bad_row_is_named_and_changes_nothing_unless_it_may_be_skipped(
    bring: Callable[..., Any], counts: Callable[[], dict[str, int]], row: int, values: dict[str, Any], words: str,
) -> None:
    before = counts()

    with pytest.raises(ImportRefused) as caught:
        bring(changed(row, **values))
    assert [(refusal.row, words in refusal.reason) for refusal in caught.value.report.refusals] == [(row, True)]
    assert counts() == before

    report = bring(changed(row, **values), skip_bad_rows=True)
    assert report.refused_count == 1
    assert report.outcome["lines"]["added"] == len(ROWS) - 1


def test_a_missing_column_changes_nothing(bring: Callable[..., Any], counts: Callable[[], dict[str, int]]) -> None:
    before = counts()

    with pytest.raises(BrokenFile, match="unit_price"):
        bring([row[:6] + row[7:] for row in ROWS], heading=HEADING[:6] + HEADING[7:])

    assert counts() == before


def test_a_file_in_another_encoding_changes_nothing(
    bring: Callable[..., Any], counts: Callable[[], dict[str, int]],
) -> None:
    before = counts()

    with pytest.raises(ImportRefused):
        bring(changed(2, description="£10 VOUCHER"), encoding="cp1252")

    assert counts() == before
