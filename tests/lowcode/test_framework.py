"""Around every request: error pages that tell nothing, a start without SQL, a menu that costs what it holds."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from app.lowcode.registry import registry
from app.lowcode.shell import menu
from tests.support.databases import make_app


def test_starting_asks_the_database_nothing(app: Flask, tmp_path: Any) -> None:
    """The framework checks and writes hundreds of permissions in every worker; ours belong to the migrate step."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        make_app(f"sqlite:///{tmp_path / 'new.db'}", tmp_path)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert asked == []


def test_the_menu_has_every_page_once_and_costs_no_query_of_its_own(
    app: Flask, as_user: Any, count_queries: Any
) -> None:
    """The framework's menu grows exponentially with its categories, at a query for each entry."""
    ming = as_user("ming")
    ming.get("/")
    with count_queries() as seen:
        page = ming.get("/profile/")
    assert page.status_code == 200
    assert sum("ab_permission" in query for query in seen) == 0, "the rights of the same roles are known already"
    for entry in registry().entries:
        if entry.view.in_menu:
            assert page.text.count(f'href="{entry.view.route_base}/') >= 1, entry.name


def test_the_menu_leaves_out_what_may_not_be_seen(app: Flask, as_user: Any) -> None:
    assert "/test_things/list/" not in as_user("lin").get("/").text
    with app.test_request_context():
        assert menu() == []


@pytest.mark.parametrize("path, status", [("/no/such/page", 404), ("/test_things/list/?sort=nope", 400)])
def test_errors_are_pages_of_the_house(app: Flask, as_user: Any, path: str, status: int) -> None:
    answer = as_user("ming").get(path)
    assert answer.status_code == status and "<main" in answer.text and "Traceback" not in answer.text
    as_json = as_user("ming").get("/api/v1/no_such")
    assert as_json.status_code == 404 and as_json.json["code"] == "http"


@pytest.mark.parametrize(
    "error, status",
    [
        (RuntimeError("the secret of the vault"), 500),
        (OperationalError("SELECT secret FROM vault", {}, Exception("database is locked")), 503),
    ],
)
def test_what_went_wrong_inside_is_not_told(
    app: Flask, as_user: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    ming = as_user("ming")

    def fail(*_arguments: Any) -> None:
        raise error

    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr("app.lowcode.pages.list_page", fail)
    answer = ming.get("/test_things/list/")
    assert answer.status_code == status
    assert not [word for word in ("secret", "vault", "SELECT", "is locked", "Traceback") if word in answer.text]


def test_every_page_names_its_language_and_character_set(app: Flask, as_user: Any) -> None:
    ming = as_user("ming")
    assert '<html lang="en"' in ming.get("/").text and '<meta charset="utf-8">' in ming.get("/").text
    ming.post("/preferences", data={"locale": "zh"})
    assert '<html lang="zh-Hans"' in ming.get("/").text


def test_enum_and_yes_no_cells_are_translated(app: Flask, as_user: Any) -> None:
    from tests.lowcode.shelf import make_thing

    make_thing(1)
    ming = as_user("ming")
    ming.post("/preferences", data={"locale": "zh"})
    page = ming.get("/test_things/list/").text
    assert "True" not in page and "Kind.cup" not in page and "None" not in page
