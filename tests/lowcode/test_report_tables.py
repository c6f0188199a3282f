"""Tables of figures: totals, changes, how a cell reads; cards and their small curves."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from app.lowcode.cards import Card, spark_points
from app.lowcode.tables import Column, Figures, Table, cell_text, change, ratio, tone

COLUMNS = [
    Column("name", "Name"), Column("orders", "Orders", "count", total=True),
    Column("sales", "Sales", "money", total=True, shade=True),
    Column("average", "Average", "money", total=lambda sums: sums["sales"] // sums["orders"]),
    Column("members", "Members", "count"),
]
ROWS = [("A", 2, 1001, 500, 2), ("B", 3, 999, 333, 3), ("C", 0, None, None, 0)]


def figures(**given: Any) -> Figures:
    return Figures(Table("rows", "Rows", COLUMNS), COLUMNS, ROWS, **given)


def test_a_total_is_the_sum_or_is_made_from_sums() -> None:
    assert figures().total_row() == ("Total", 5, 2000, 400, None)


def test_a_total_that_is_no_sum_can_be_given() -> None:
    """Three members who buy on two days are not six."""
    assert figures(given_totals={"members": 4}).total_row() == ("Total", 5, 2000, 400, 4)


def test_a_table_without_totals_has_no_last_row() -> None:
    plain = [Column("name", "Name"), Column("n", "N", "count")]
    assert Figures(Table("rows", "Rows", plain), plain, [("A", 1)]).total_row() is None


def test_cells_are_shaded_by_size_and_negative_ones_not_at_all() -> None:
    columns = [Column("n", "N", "count", shade=True)]
    figures = Figures(Table("rows", "R", columns), columns, [(8,), (4,), (1,), (0,), (-8,), (None,)])
    assert figures.shades(columns[0]) == [8, 4, 1, 0, 0, 0]


def test_columns_of_one_word_share_their_shades() -> None:
    columns = [Column("a", "A", "count", shade="x"), Column("b", "B", "count", shade="x"),
               Column("c", "C", "count", shade=True)]
    figures = Figures(Table("rows", "R", columns), columns, [(8, 4, 1)])
    assert [figures.shades(column)[0] for column in columns] == [8, 4, 8]


@pytest.mark.parametrize("kind, value, text", [
    ("money", 123456789, "¥1,234,567.89"), ("money", -5, "-¥0.05"), ("money", 0, "¥0.00"), ("money", None, "–"),
    ("count", 1234567, "1,234,567"), ("percent", 0.1245, "12.4%"), ("percent", 1.5, "150.0%"),
    ("change", 0.124, "+12.4%"),
    ("change", -0.018, "−1.8%"), ("change", 0.0, "0.0%"), ("change", 0.0004, "0.0%"), ("change", -0.0004, "0.0%"),
    ("day", date(2026, 8, 1), "Aug 1, 2026"), ("moment", datetime(2026, 7, 31, 16, 5), "Aug 1, 2026, 00:05"),
    ("text", "<b>", "<b>"),
])
def test_a_cell_reads_by_its_kind(app: Any, kind: str, value: Any, text: str) -> None:
    assert cell_text(kind, value, "en") == text


@pytest.mark.parametrize("kind, value, text", [
    ("money", -123456789, "-¥1.234.567,89"), ("percent", 0.125, "12,5%"), ("change", -0.018, "−1,8%"),
    ("count", 1234567, "1.234.567"), ("day", date(2026, 8, 1), "01.08.2026"),
])
def test_a_cell_is_written_in_the_readers_language(app: Any, kind: str, value: Any, text: str) -> None:
    assert cell_text(kind, value, "de") == text


@pytest.mark.parametrize("now, before, expected", [
    (112, 100, 0.12), (0, 100, -1.0), (100, 100, 0.0), (5, 0, None), (5, None, None), (None, 5, None), (-5, 10, -1.5),
    (5, -10, None),  # from below nothing there is no ratio
])
def test_a_change_needs_something_to_start_from(now: Any, before: Any, expected: float | None) -> None:
    assert change(now, before) == (expected if expected is None else pytest.approx(expected))


def test_a_part_of_nothing_is_no_ratio() -> None:
    assert ratio(5, 0) is None and ratio(None, 5) is None and ratio(0, 5) == 0


@pytest.mark.parametrize("value, rising, expected", [
    (0.1, "good", "good"), (-0.1, "good", "bad"), (0.1, "bad", "bad"), (-0.1, "bad", "good"), (0.1, "", "plain"),
    (0.0, "good", "plain"), (0.0001, "good", "plain"), (None, "good", "plain"),
])
def test_more_is_good_or_bad_as_the_column_says(value: Any, rising: str, expected: str) -> None:
    assert tone(value, rising) == expected


@pytest.mark.parametrize("card, text, difference, direction, expected_tone", [
    (Card("Sales", "money", 11240, 10000), "¥112.40", "+12.4%", "up", "good"),
    (Card("Sales", "money", 9820, 10000), "¥98.20", "−1.8%", "down", "bad"),
    (Card("Sales", "money", 10000, 10000), "¥100.00", "0.0%", "flat", "plain"),
    (Card("Sales", "money", 10000, 0), "¥100.00", "", "flat", "plain"),
    (Card("Refund rate", "percent", 0.021, 0.025, rising="bad"), "2.1%", "−0.4 pp", "down", "good"),
    (Card("Refund rate", "percent", None, 0.025, rising="bad"), "–", "", "flat", "plain"),
])
def test_a_card_says_its_change_with_sign_and_tone(
        app: Any, card: Card, text: str, difference: str, direction: str, expected_tone: str) -> None:
    assert (card.text, card.difference_text, card.direction, card.tone) == (text, difference, direction, expected_tone)


def test_a_small_curve_stays_in_its_box() -> None:
    points = spark_points([5, None, -3, 8, 2])
    assert [x for x, _y in points] == [0, 30, 60, 90, 120]
    assert all(2 <= y <= 34 for _x, y in points)
    assert min(points, key=lambda point: point[1])[0] == 90  # the highest value is at the top
    assert spark_points([1]) == [] and Card("A", "count", 1, course=[1]).line == ""
    assert {y for _x, y in spark_points([7, 7, 7])} == {18}
