"""`flask import`: what it says, and its exit code."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.factories import make_order
from tests.importing.litemall import write_folder
from tests.importing.retail import HEADING, ROWS, changed


@pytest.fixture
def flask(app: Any) -> Callable[..., Result]:
    """Runs a command as `flask …` does."""
    return lambda *words: app.test_cli_runner().invoke(args=[str(word) for word in words])


def test_online_retail_says_what_it_brought(flask: Callable[..., Result], write_csv: Callable[..., Path]) -> None:
    result = flask("import", "online-retail", write_csv("retail.csv", HEADING, ROWS))

    assert result.exit_code == 0, result.output
    assert "orders    6 added" in result.output
    assert "refunds   3 added" in result.output
    assert "Reading" in result.stderr and "Writing" in result.stderr


def test_litemall_says_what_it_brought(flask: Callable[..., Result], write_csv: Callable[..., Path]) -> None:
    folder = write_folder(write_csv)

    assert "products        2 added" in flask("import", "litemall", folder).output
    assert "products        2 unchanged" in flask("import", "litemall", folder).output


def test_refused_rows_are_listed_and_the_exit_code_tells(
    flask: Callable[..., Result], write_csv: Callable[..., Path], counts: Callable[[], dict[str, int]],
) -> None:
    before = counts()

    result = flask("import", "online-retail", write_csv("retail.csv", HEADING, changed(4, quantity="?")))

    assert result.exit_code == 1
    assert "retail.csv row 4: “?” is not a number of pieces." in result.stderr
    assert "1 row was refused, so nothing was changed." in result.stderr
    assert counts() == before


def test_refused_rows_can_be_skipped_and_written_to_a_file(
    flask: Callable[..., Result], write_csv: Callable[..., Path], tmp_path: Path,
) -> None:
    refused = tmp_path / "refused.csv"

    result = flask("import", "online-retail", write_csv("retail.csv", HEADING, changed(4, quantity="?")),
                   "--skip-bad-rows", "--refused", refused)

    assert result.exit_code == 0
    assert "orders    5 added" in result.output
    assert list(csv.reader(refused.read_text(encoding="utf-8-sig").splitlines())) == [
        ["file", "row", "reason"], ["retail.csv", "4", "“?” is not a number of pieces."]]


@pytest.mark.parametrize("heading, encoding, words", [
    (HEADING[:-1], "utf-8", "retail.csv has no column country."),
    (HEADING, "utf-16", "retail.csv is not written in utf-8."),
])
def test_a_broken_file_is_refused_with_an_exit_code(
    flask: Callable[..., Result], write_csv: Callable[..., Path], heading: tuple[str, ...], encoding: str, words: str,
) -> None:
    result = flask("import", "online-retail", write_csv(
        "retail.csv", heading, [row[:len(heading)] for row in ROWS], encoding))

    assert result.exit_code == 1
    assert words in result.stderr


def test_a_file_that_is_not_there_is_a_wrong_use_of_the_command(flask: Callable[..., Result]) -> None:
    assert flask("import", "online-retail", "nowhere.csv").exit_code == 2


def test_what_the_database_refuses_is_said_in_words(
    flask: Callable[..., Result], write_csv: Callable[..., Path], db_session: Any,
) -> None:
    make_order(number="OR-536365")
    db_session.commit()

    result = flask("import", "online-retail", write_csv("retail.csv", HEADING, ROWS))

    assert result.exit_code == 1
    assert "Nothing was changed. Order number: this value is already in use." in result.stderr
