"""The checks of chosen columns and saved views that every screen gets for free."""

from __future__ import annotations

import csv
import html
import io
import re
from typing import TYPE_CHECKING

from app.lowcode.contract import check
from app.lowcode.contract_bench import Bench
from app.lowcode.saved_views import columns, services

if TYPE_CHECKING:
    from app.lowcode.screen import Screen


def _list(screen: "Screen") -> str:
    return f"{screen.route_base}/list/"


def _views(screen: "Screen", tail: str) -> str:
    return f"/views/{services.key_of(screen)}/{tail}"


@check
def a_list_offers_its_own_columns_and_more_of_the_record_page(bench: Bench, screen: "Screen") -> None:
    offered = list(screen.offered_columns)
    assert offered[: len(screen.list_fields)] == columns.standard(screen)
    for path in offered[len(screen.list_fields) :]:
        assert columns.is_cheap(screen.field(path)), f"{path} would be asked for row by row"


@check
def every_column_can_be_shown_and_a_longer_list_asks_no_more(bench: Bench, screen: "Screen") -> None:
    asked = {"columns": ",".join(screen.offered_columns)}

    def queries() -> int:
        bench.owner.get(_list(screen), query_string=asked)
        with bench.count_queries() as seen:
            answer = bench.owner.get(_list(screen), query_string=asked)
        assert answer.status_code == 200, answer.text[:300]
        return len(seen)

    bench.rows(screen, 2)
    few = queries()
    bench.rows(screen, 12)
    # What a process reads once a second, such as the shop's settings, may fall into one of the turns.
    many = next((found for found in (queries() for _turn in range(3)) if found <= few), few + 1)
    assert many <= few, f"with all columns, more than {few} queries, those of a short list, for a longer one"


@check
def chosen_columns_stay_and_an_export_has_the_same(bench: Bench, screen: "Screen") -> None:
    bench.rows(screen, 1)
    wanted = list(screen.offered_columns)[::-1]
    bench.owner.post(_views(screen, "columns"), data={"columns": wanted})
    page = bench.owner.get(_list(screen)).text
    heads = re.findall(r'<th scope="col"[^>]*>(?:<a [^>]*>)?([^<]*)', page)
    assert [html.unescape(head) for head in heads] == [screen.field(path).words for path in wanted]
    if screen.with_export:
        file = bench.owner.post(f"{screen.route_base}/export/csv", data={"query": ""})
        first = next(csv.reader(io.StringIO(file.data.decode("utf-8-sig"))))
        assert len(first) == len(wanted) and first[0].startswith(screen.field(wanted[0]).words)
    bench.owner.post(_views(screen, "columns"), data={"reset": "1"})
    assert bench.owner.get(_list(screen)).status_code == 200


@check
def a_view_can_be_saved_and_opened(bench: Bench, screen: "Screen") -> None:
    bench.rows(screen, 1)
    sort = next(iter(screen.order_fields), "")
    answer = bench.owner.post(
        _views(screen, "save"), data={"query": f"sort={sort}&size=10", "name": "Mine"}, follow_redirects=True)
    assert answer.status_code == 200 and "?view=" in answer.request.url, answer.text[:300]
    assert "Mine" in answer.text


@check
def views_are_for_those_who_see_the_list(bench: Bench, screen: "Screen") -> None:
    for tail in ("save", "change", "first", "delete", "restore", "columns"):
        assert bench.nobody.post(_views(screen, tail), data={"name": "x"}).status_code == 403, tail
        stranger = bench.stranger.post(_views(screen, tail), data={"name": "x"})
        assert stranger.status_code in (302, 401), f"{tail} answered a stranger {stranger.status_code}"
