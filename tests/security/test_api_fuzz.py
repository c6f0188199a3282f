"""Whatever a program sends to the admin API, nothing breaks: requests made up from the API's own description.

For every operation in the OpenAPI description Hypothesis makes up requests, as the description wants them and with what
it does not: other types, numbers beyond every column, half characters, other operators, bodies that are no JSON. The
same ones in every run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import prison
import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.lowcode.registry import registry
from tests.example.suppliers.views import SupplierScreen
from tests.security.test_routes import filled  # noqa: F401  (one record for every screen)
from tests.support.client import Client

EACH = 12
"""Requests for each operation."""
NOT_ASKED = {"/api/v1/security/login", "/api/v1/security/refresh", "/api/v1/security/logout"}
"""Tried by hand elsewhere; their limits would answer here."""
ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, -(2**31) - 1, 2**63, 10**30, 1.5, 1e308, -0.0, "", " ", "0", "-1", "x", "\x00",
    "a\x00b", "\ud800", "é" * 300, "9" * 400, "' OR 1=1 --", "%", "_", "\\", "<script>", "2026-13-45", "0000-00-00",
    "9999-12-31", "2026-01-01T00:00:00+99:99", "NaN", "🙂" * 50, [], [None], [[]], {}, {"a": 1}, {"$ne": 1}, [1] * 1001,
    "x" * 70_000,
]
OPERATORS = ["eq", "neq", "ct", "nct", "sw", "nsw", "ew", "new", "gt", "lt", "ge", "le", "gte",
             "rel_o_m", "rel_m_m", "in",
             "null", "no such", "", None]
ALWAYS_POSSIBLE = {400, 401, 403, 404, 405, 409, 413, 415, 422}
"""Refusals that need no word in the description of each operation."""


@dataclass
class Operation:
    """One operation of the description, with what else is known of its names."""

    method: str
    path: str
    spec: dict[str, Any]
    actions: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


def valid(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values as a schema wants them."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type")
    if kind == "integer":
        return st.integers(schema.get("minimum", 0), schema.get("maximum", 1000))
    if kind == "number":
        return st.floats(schema.get("minimum", 0), schema.get("maximum", 1000), allow_nan=False)
    if kind == "boolean":
        return st.booleans()
    if kind == "array":
        return st.lists(value(schema.get("items", {})), min_size=schema.get("minItems", 0), max_size=3)
    if kind == "object":
        return body(schema)
    if schema.get("format") == "date":
        return st.dates().map(str)
    if schema.get("format") == "date-time":
        return st.datetimes().map(lambda moment: moment.isoformat())
    return st.text(min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 20), 40))


def value(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.one_of(valid(schema), valid(schema), st.sampled_from(ODD))


def body(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """An object with some of its properties, now and then with one that it does not have."""
    known = {name: value(each) for name, each in schema.get("properties", {}).items()}
    wanted = {name: known[name] for name in schema.get("required", ()) if name in known}
    others = {name: each for name, each in known.items() if name not in wanted}
    extra = {"id": st.sampled_from(ODD), "no such": st.sampled_from(ODD)}
    return st.one_of(st.fixed_dictionaries(wanted, optional=others),
                     st.fixed_dictionaries(wanted, optional=others),
                     st.fixed_dictionaries({}, optional={**known, **extra}))


def question(parameter: dict[str, Any]) -> st.SearchStrategy[str]:
    """The `q` of a list: filters, order, pages and search on the columns that the description names, and on others."""
    told = parameter.get("content", {}).get("application/json", {}).get("schema", {}).get("properties", {})
    filters = told.get("filters", {}).get("items", {}).get("oneOf", [])
    names = {*told.get("order_column", {}).get("enum", []),
             *(name for each in filters for name in each["properties"]["col"]["enum"])}
    assert names, "the description names no column to ask for"
    column = st.sampled_from([*sorted(names), "id", "password", "no such", "", None, 1])
    odd = st.sampled_from([item for item in ODD if len(repr(item)) < 1000])
    asked = st.fixed_dictionaries({}, optional={
        "filters": st.lists(st.fixed_dictionaries({}, optional={
            "col": column, "opr": st.sampled_from(OPERATORS), "value": odd}), max_size=3) | odd,
        "order_column": column | odd, "order_direction": st.sampled_from(["asc", "desc"]) | odd,
        "page": odd, "page_size": st.integers(1, 50) | odd, "search": st.text(max_size=10) | odd,
        "columns": st.lists(column, max_size=3) | odd, "after": odd, "count": st.sampled_from(["exact"]) | odd,
        "no such": odd})
    return st.one_of(asked.map(json.dumps), asked.map(as_rison), st.text(max_size=20), st.just("(" * 500))


def as_rison(asked: Any) -> str:
    try:
        return str(prison.dumps(asked))
    except Exception:  # what Rison cannot say
        return json.dumps(asked)


@st.composite
def requests(draw: Any, operation: Operation) -> tuple[str, dict[str, Any]]:
    """A path with its query, and the rest of a request for the test client."""
    path, query = operation.path, []
    for parameter in operation.spec.get("parameters", []):
        name, schema = parameter["name"], parameter.get("schema", {})
        if parameter["in"] == "path":
            known = st.sampled_from({"name": operation.actions, "version": ["v1"]}.get(name) or [1])
            odd = st.sampled_from(["0", "-1", "x", 10**20, "1.5", "%00", "\x00", "١", " ", "..", "é"])
            chosen = draw(known if name == "version" else st.one_of(known, known, odd))
            path = path.replace(f"{{{name}}}", quote(str(chosen), safe=""))
        elif parameter["in"] == "query" and draw(st.booleans()):
            given_value = draw(question(parameter) if name == "q" else value(schema))
            query.append(f"{quote(name)}={quote(str(given_value).encode('utf-8', 'surrogatepass'), safe='')}")
    more: dict[str, Any] = {}
    content = operation.spec.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        raw = st.sampled_from([b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"a":' * 2000, b'{"a":1,"a":2}', b"NaN"])
        sent = draw(st.one_of(*[body(content["application/json"].get("schema", {})).map(
            lambda made: json.dumps(made).encode())] * 4, raw))
        more = {"data": sent, "content_type": draw(st.sampled_from(["application/json"] * 5 + ["text/plain"]))}
    return path + ("?" + "&".join(query) if query else ""), more


def operations(client: Client) -> Iterator[Operation]:
    """All operations of the description; those that delete come last, so that the others find something."""
    described = client.get("/api/v1/_openapi").get_json()
    found = [Operation(method, path, spec) for path, methods in described["paths"].items() if path not in NOT_ASKED
             for method, spec in methods.items() if method in {"get", "post", "put", "patch", "delete"}]
    actions = {screen.route_base.strip("/"): sorted(screen.actions) for screen in registry().screens()}
    for operation in sorted(found, key=lambda each: (each.method == "delete", each.path, each.method)):
        operation.actions = actions.get(operation.path.split("/")[3], [])
        yield operation


def complaint(operation: Operation, answer: Any) -> str | None:
    """What is wrong with an answer."""
    if answer.status_code >= 500:
        return "it broke"
    described = {int(code) for code in operation.spec["responses"] if code.isdigit()}
    if answer.status_code not in ALWAYS_POSSIBLE | described:
        return "the description does not know this answer"
    if answer.status_code >= 400 and not (answer.is_json and {"code", "message", "fields"} <= set(answer.get_json())):
        return "a refusal of another shape"
    if re.search(r"(?i)traceback|sqlite|psycopg|sqlalchemy|\[SQL", answer.text[:5000]):
        return "it tells of its inside"
    return None


def ask(client: Client, operation: Operation) -> list[str]:
    """Ask for one operation in many ways; gives what went wrong, the smallest request that makes it so."""
    wrong: dict[str, str] = {}

    @settings(max_examples=EACH, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(requests(operation))
    def check(asked: tuple[str, dict[str, Any]]) -> None:
        path, more = asked
        answer = client.open(path, method=operation.method.upper(), **more)
        problem = complaint(operation, answer)
        told = f"{operation}: {problem} ({answer.status_code}): {path[:300]} {more.get('data', b'')[:300]!r}"
        if problem is not None and len(told) < len(wrong.get(problem, told + " ")):
            wrong[problem] = told

    check()
    return list(wrong.values())


def test_no_request_breaks_the_api(app: Flask, filled: None, as_user: Any) -> None:  # noqa: F811
    client = as_user("ming")
    wrong, seen = [], 0
    for operation in operations(client):
        wrong += ask(client, operation)
        seen += 1
    assert seen > 100, "the description was not read"
    assert not wrong, "\n".join(wrong)


def test_the_requests_are_the_same_in_every_run(app: Flask, as_user: Any) -> None:
    operation = next(each for each in operations(as_user("ming")) if str(each) == "POST /api/v1/suppliers/")
    runs: list[list[Any]] = []
    for _run in range(2):
        made: list[Any] = []

        @settings(max_examples=EACH, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))
        @given(requests(operation))
        def collect(asked: Any) -> None:
            made.append(asked)  # noqa: B023

        collect()
        runs.append(made)
    assert runs[0] == runs[1] and len(runs[0]) == EACH


def test_an_api_that_breaks_would_be_noticed(app: Flask, as_user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a screen whose own code has not thought of every name."""
    client = as_user("ming")
    operation = next(each for each in operations(client) if str(each) == "POST /api/v1/suppliers/")
    assert ask(client, operation) == []
    monkeypatch.setattr(SupplierScreen, "pre_add", lambda _screen, item: item.name.encode("ascii"))
    assert [told for told in ask(client, operation) if "it broke (500)" in told]
