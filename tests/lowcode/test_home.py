"""The home page: what it shows, and to whom."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.core import clock


def test_it_fetches_what_waits_once_it_is_there(app: Flask, as_user: Any) -> None:
    page = as_user("ming").get("/").text
    assert 'data-waiting="/work?part="' in page and "Orders to ship" not in page
    assert "Sales today" in page


def test_who_may_see_nothing_is_told_so(app: Flask, as_user: Any) -> None:
    page = as_user("lin").get("/").text
    assert "data-waiting" not in page and "Sales today" not in page and "There is nothing here for you yet" in page


@pytest.mark.parametrize(
    "moment, words",
    [
        ("2026-08-01 01:00", "Good morning"),
        ("2026-08-01 06:00", "Good afternoon"),
        ("2026-08-01 12:00", "Good evening"),
        ("2026-07-31 20:00", "Good evening"),
    ],
)
def test_it_greets_by_the_shops_clock(app: Flask, as_user: Any, moment: str, words: str) -> None:
    clock.set(moment)
    assert words in as_user("ming").get("/").text
