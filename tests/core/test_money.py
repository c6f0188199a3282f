"""Money is whole fen, whatever is typed and whoever reads it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.core.money import MAX_FEN, money_text, round_half_up, to_fen, yuan_text


@pytest.mark.parametrize(("typed", "fen"), [
    ("29.9", 2990), ("29.90", 2990), ("0", 0), ("0.01", 1), (".5", 50), ("-3", -300), ("¥1,299.00", 129900),
    ("￥ 1，299", 129900), (" 7 ", 700), (29.9, 2990), (3, 300), (Decimal("0.29"), 29), ("1e2", 10000),
    ("10000000000000", MAX_FEN),
])
def test_an_amount_is_read_exactly(typed: object, fen: int) -> None:
    assert to_fen(typed) == fen  # type: ignore[arg-type]


@pytest.mark.parametrize("typed", [
    "", "abc", "1.2.3", "0.001", "29.999", "NaN", "Infinity", "-inf", "1e99", "1e999999999", "10000000000000.01",
    "--1", None,
])
def test_what_is_no_amount_is_refused(typed: object) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        to_fen(typed)  # type: ignore[arg-type]


def test_every_fen_survives_being_written_and_read() -> None:
    for fen in [*range(-250, 251), 999_999, 1_000_000, MAX_FEN, -MAX_FEN]:
        assert to_fen(yuan_text(fen)) == fen


def test_no_float_creeps_in() -> None:
    assert sum(to_fen("0.1") for _ in range(1000)) == to_fen("100")


@pytest.mark.parametrize(("fen", "locale", "text"), [
    (128492050, "zh", "¥1,284,920.50"), (128492050, "en", "¥1,284,920.50"), (-300, "zh", "-¥3.00"), (0, "en", "¥0.00"),
    (5, "zh", "¥0.05"), (128492050, "de", "¥1.284.920,50"), (None, "zh", ""),
])
def test_an_amount_is_written_for_its_reader(fen: int | None, locale: str, text: str) -> None:
    assert money_text(fen, locale) == text


@pytest.mark.parametrize(("fen", "text"), [(2990, "29.90"), (-5, "-0.05"), (0, "0.00"), (None, "")])
def test_an_amount_is_written_plain_for_forms_and_files(fen: int | None, text: str) -> None:
    assert yuan_text(fen) == text


@pytest.mark.parametrize(("exact", "fen"), [
    ("0.5", 1), ("1.5", 2), ("2.5", 3), ("2.49", 2), ("-0.5", -1), ("-2.5", -3),
])
def test_halves_are_rounded_up(exact: str, fen: int) -> None:
    assert round_half_up(Decimal(exact)) == fen
