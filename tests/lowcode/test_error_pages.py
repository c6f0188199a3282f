"""A page that says what went wrong leads on, and never in a circle."""

from __future__ import annotations

import re
from typing import Any

import pytest

HERE = "http://localhost"


@pytest.mark.parametrize("asked, came_from, leads_to, words", [
    ("/orders/list/?f.nothing=1", None, "/orders/list/", "Start again"),
    ("/orders/list/?sort=nothing", None, "/orders/list/", "Start again"),
    ("/orders/list/?f.nothing=1", "/orders/list/?f.nothing=1", "/orders/list/", "Start again"),
    ("/orders/list/?f.nothing=1", "/products/list/", "/products/list/", "Go back"),
    ("/nowhere?x=1", None, "/", "To the home page"),
    ("/nowhere", "/nowhere", "/", "To the home page"),
    ("/nowhere", "/orders/list/?q=1", "/orders/list/?q=1", "Go back"),
])
def test_an_error_page_leads_on(as_user: Any, asked: str, came_from: str | None, leads_to: str, words: str) -> None:
    headers = {"Referer": HERE + came_from} if came_from else {}
    page = as_user("ming").get(asked, headers=headers).text
    assert re.findall(r'<a class="btn btn-primary" href="([^"]+)">([^<]+)<', page) == [(leads_to, words)]
