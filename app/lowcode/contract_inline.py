"""The checks of cells that are edited in their list, for every screen that declares some."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

from app.core.database import db
from app.lowcode import versions
from app.lowcode.contract import as_sent, check
from app.lowcode.contract_bench import Bench

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

JSON = {"Accept": "application/json"}


def _cell(screen: "Screen", record_id: int, column: str) -> str:
    return f"{screen.route_base}/cell/{record_id}/{column}"


@check
def every_cell_opens_and_saves_what_it_shows(bench: Bench, screen: "Screen") -> None:
    if not screen.inline_fields:
        return
    record = bench.rows(screen, 1)[0]
    record_id, sent = record.id, as_sent(bench, screen, record)
    for path in screen.inline_fields:
        before = getattr(db.session.get(screen.model, record_id), path)
        opened = bench.owner.get(_cell(screen, record_id, path), headers=JSON)
        assert opened.status_code == 200, f"{path} does not open: {opened.status_code}"
        carried = re.search(rf'name="{versions.NAME}" value="([^"]+)"', opened.text)
        assert carried is not None, f"the editor of {path} carries no version"
        data = {path: sent[path][-1], versions.NAME: unescape(carried[1]), "_columns": path}
        answer = bench.owner.post(_cell(screen, record_id, path), data=data, headers=JSON)
        assert answer.status_code == 200, f"{path} was refused: {answer.text[:200]}"
        assert answer.json["undo"] is None, f"{path} was not changed, and there is something to take back"
        assert getattr(db.session.get(screen.model, record_id, populate_existing=True), path) == before


@check
def cells_are_for_those_who_may_edit(bench: Bench, screen: "Screen") -> None:
    record = bench.rows(screen, 1)[0]
    record_id, columns = record.id, [*screen.inline_fields, "no_such"]
    before = {path: getattr(record, path) for path in screen.inline_fields}
    for method in ("GET", "POST"):
        for path in columns:
            data: Any = {path: "1"} if method == "POST" else None
            refused = bench.nobody.open(_cell(screen, record_id, path), method=method, data=data, headers=JSON)
            assert refused.status_code == 403, f"{method} {path} answered {refused.status_code} to one without rights"
            stranger = bench.stranger.open(_cell(screen, record_id, path), method=method, data=data, headers=JSON)
            assert stranger.status_code == 401, f"{method} {path} answered a stranger {stranger.status_code}"
    after = db.session.get(screen.model, record_id, populate_existing=True)
    assert {path: getattr(after, path) for path in screen.inline_fields} == before


@check
def a_list_marks_its_cells_for_those_who_may_edit(bench: Bench, screen: "Screen") -> None:
    bench.rows(screen, 1)
    asked = {"columns": ",".join(screen.offered_columns)}
    page = bench.owner.get(f"{screen.route_base}/list/", query_string=asked).text
    for path in screen.offered_columns:
        marked = f'data-cell="{path}"' in page
        assert marked is (path in screen.inline_fields), f"{path} is{'' if marked else ' not'} marked"
