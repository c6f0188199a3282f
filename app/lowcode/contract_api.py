"""The checks that every screen's JSON API gets for free; `app.lowcode.contract` runs them with its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.core.database import db
from app.lowcode.api_query import operators_of
from app.lowcode.contract import check
from app.lowcode.contract_bench import Bench
from app.lowcode.fields import TEXT_KINDS, Field
from app.lowcode.filters import RANGE_KINDS

if TYPE_CHECKING:
    from app.lowcode.screen import Screen


def _api(screen: "Screen", tail: str = "") -> str:
    return f"/api/v1/{_resource(screen)}/{tail}"


def _resource(screen: "Screen") -> str:
    from app.lowcode.api import resource_name

    return resource_name(screen)


@check
def the_api_lists_and_gives_what_the_screen_shows(bench: Bench, screen: "Screen") -> None:
    if not screen.with_api:
        return
    record_id = bench.rows(screen, 1)[0].id
    listed = bench.owner.get(_api(screen))
    assert listed.status_code == 200, listed.text[:300]
    assert record_id in listed.json["ids"]
    assert set(listed.json["result"][0]) == {"id", *(item.path for item in screen.list_fields)}
    one = bench.owner.get(_api(screen, str(record_id)))
    assert one.status_code == 200 and one.json["id"] == record_id


@check
def the_api_never_answers_bad_input_with_an_error_of_ours(bench: Bench, screen: "Screen") -> None:
    if not screen.with_api:
        return
    record_id = bench.rows(screen, 1)[0].id
    for query in (
        "((((",
        "{",
        "[1]",
        "(filters:1)",
        "(filters:!((col:no_such,opr:eq,value:1)))",
        "(order_column:no_such)",
        "(filters:!((col:id,opr:zz,value:1)))",
        "(page_size:99999)",
        "(page:3)",
        "(columns:!(no_such))",
        "(after:zz)",
    ):
        status = bench.owner.get(_api(screen), query_string={"q": query}).status_code
        assert status == 400, f"q={query} answered {status}"
    writes = [("POST", ""), ("PUT", str(record_id))]
    for method, tail in writes:
        name = {"POST": "can_add", "PUT": "can_edit"}[method]
        if not screen.has_form or name not in (screen.base_permissions or []):
            continue
        for body in (
            b"",
            b"{",
            b"[]",
            b"null",
            b'{"a":1,"a":2}',
            b"[" * 5000,
            b'{"id": 1}',
            b'{"no_such": 1}',
            b'{"n": NaN}',
        ):
            status = bench.owner.open(
                _api(screen, tail), method=method, data=body, content_type="application/json"
            ).status_code
            assert status in (400, 422), f"{method} {body[:30]!r} answered {status}"
        for item in screen.form_fields:
            for value in (10**30, -(10**30), 1.5, {"a": 1}, [[1]], "\x00", "x" * 300_000, True, 99999999999):
                status = bench.owner.open(_api(screen, tail), method=method, json={item.path: value}).status_code
                assert status < 500, f"{method} {item.path}={str(value)[:20]} answered {status}"


@check
def the_api_has_the_permissions_of_the_screen(bench: Bench, screen: "Screen") -> None:
    if not screen.with_api:
        return
    record_id = bench.rows(screen, 1)[0].id
    doors = [("GET", ""), ("GET", str(record_id)), ("GET", "_info")]
    for method, tail, name in (
        ("POST", "", "add"),
        ("PUT", str(record_id), "edit"),
        ("DELETE", str(record_id), "delete"),
    ):
        doors += [(method, tail)] if f"can_{name}" in (screen.base_permissions or []) else []
    for method, tail in doors:
        refused = bench.nobody.open(_api(screen, tail), method=method, json={} if method in ("POST", "PUT") else None)
        assert refused.status_code == 403, f"{method} {tail} answered {refused.status_code} to someone without rights"
        stranger = bench.stranger.open(
            _api(screen, tail), method=method, json={} if method in ("POST", "PUT") else None
        )
        assert stranger.status_code in (400, 401), f"{method} {tail} answered a stranger {stranger.status_code}"
    assert db.session.get(screen.model, record_id) is not None


# -- filters ------------------------------------------------------------------------------------------------


def _ask(bench: Bench, screen: "Screen", **question: Any) -> Any:
    return bench.owner.get(_api(screen), query_string={"q": json.dumps(question)})


def _sample(item: Field) -> Any:
    """A value that a column of this kind may have, as the API writes it."""
    if item.kind == "choice":
        return next(iter(item.info["choices"])).value
    return {"yes_no": True, "day": "2026-08-01", "moment": "2026-08-01T04:00:00Z"}.get(
        item.kind, "a'%_\\" if item.kind in TEXT_KINDS else 1)


@check
def every_operator_of_every_filter_works_in_the_api(bench: Bench, screen: "Screen") -> None:
    if not screen.with_api:
        return
    bench.rows(screen, 2)
    for item in screen.filter_fields.values():
        for operator in operators_of(screen, item):
            value = [_sample(item)] if operator == "in" else _sample(item)
            answer = _ask(bench, screen, filters=[{"col": item.path, "opr": operator, "value": value}])
            assert answer.status_code == 200, f"{item.path} {operator} answered {answer.status_code} {answer.text}"


@check
def what_the_api_answers_can_be_asked_for(bench: Bench, screen: "Screen") -> None:
    """A value as it stands in an answer means the same in a filter; `gt` and `lt` do not include it."""
    if not screen.with_api:
        return
    bench.rows(screen, 2)
    row = _ask(bench, screen, page_size=200).json["result"][0]
    for path, item in screen.filter_fields.items():
        if path not in row or screen.formatter(item) is not None or item.kind == "references":
            continue
        value = row[path]["id"] if isinstance(row[path], dict) else row[path]
        expected = {"eq": True, "neq": False}
        if value is not None and item.kind in RANGE_KINDS:
            expected |= {"ge": True, "le": True, "gt": False, "lt": False}
        for operator, is_found in expected.items():
            asked = [{"col": path, "opr": operator, "value": value}]
            answer = _ask(bench, screen, filters=asked, page_size=200)
            assert answer.status_code == 200, f"{path} {operator} {value!r} answered {answer.text}"
            ids = answer.json["ids"]
            assert (row["id"] in ids) is is_found, f"{path} {operator} {value!r}: {ids} of {row['id']}"


@check
def the_api_refuses_what_it_does_not_know_by_its_name(bench: Bench, screen: "Screen") -> None:
    if not screen.with_api:
        return
    for question, named in (
        ({"filterz": []}, "filterz"),
        ({"filters": [{"col": "no_such", "opr": "eq", "value": 1}]}, "filters[0].col"),
        ({"filters": [{"col": "id", "opr": "eq", "value": 1, "and": 2}]}, "filters[0].and"),
        ({"order_column": "no_such"}, "order_column"),
        ({"page_size": 0}, "page_size"),
        ({"columns": ["no_such"]}, "columns[0]"),
        ({"after": "zz"}, "after"),
        ({"count": "roughly"}, "count"),
    ):
        answer = _ask(bench, screen, **question)
        assert answer.status_code == 400 and list(answer.json["fields"]) == [named], f"{question}: {answer.text}"
    assert bench.owner.get(_api(screen), query_string={"page": "2"}).json["fields"].keys() == {"page"}
