"""The description of the API is read by people: each screen and report stands under its title, in words."""

from __future__ import annotations

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
