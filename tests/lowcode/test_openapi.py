"""The description of the API is read by people: each screen and report stands under its title, in words."""

from __future__ import annotations

import json
from typing import Any

from app.modules.analytics.reports import SalesReport
from app.modules.catalog.views import BrandScreen


def described(client: Any, language: str) -> dict[str, Any]:
    return client.get("/api/v1/_openapi", headers={"Accept-Language": language}).get_json()


def test_each_screen_and_report_stands_under_its_title_with_what_it_is_for(as_user: Any) -> None:
    body = described(as_user("ming"), "en")
    tags = {tag["name"]: tag["description"] for tag in body["tags"]}
    assert tags[str(BrandScreen.list_title)]
    assert tags[str(SalesReport.title)]
    used = {tag for path in body["paths"].values() for item in path.values() for tag in item["tags"]}
    assert not any(name.endswith(("Screen", "Report")) for name in used), sorted(used)


def test_no_operation_is_called_by_a_class(as_user: Any) -> None:
    body = described(as_user("ming"), "en")
    told = [item.get("summary", "") for path in body["paths"].values() for item in path.values()]
    assert "List of records" in told and not any("Screen" in summary for summary in told)


def test_the_question_that_is_tried_first_is_one_that_is_answered(as_user: Any) -> None:
    client, tried = as_user("ming"), 0
    for path, ways in described(client, "en")["paths"].items():
        for parameter in ways.get("get", {}).get("parameters", []):
            if parameter.get("name") == "q":
                example = parameter["content"]["application/json"]["example"]
                answer = client.get(path, query_string={"q": json.dumps(example)})
                assert answer.status_code == 200, f"{path}: {answer.text[:200]}"
                tried += 1
    assert tried > 5
