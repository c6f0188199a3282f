"""Every screen of every module keeps the contract of `app.lowcode.contract`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.lowcode.contract import Bench, Check, checks
from app.lowcode.registry import registry
from tests import factories
from tests.support.screens import screen_names


@pytest.fixture
def bench(app: Flask, as_user: Callable[[str], Any], client: Any, count_queries: Callable[[], Any]) -> Bench:
    return Bench(as_user("ming"), as_user("lin"), client, count_queries, factories.examples())


@pytest.mark.parametrize("check", checks(), ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", screen_names())
def test_contract(bench: Bench, name: str, check: Check) -> None:
    check(bench, next(screen for screen in registry().screens() if type(screen).__name__ == name))
