"""The checks of imports and of *Change together* that every screen gets for free; `app.lowcode.contract` runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.core.database import db
from app.lowcode.contract import check
from app.lowcode.contract_bench import Bench
from app.lowcode.importing.bulk import changeable
from app.lowcode.importing.cells import importable, write_cell
from app.lowcode.importing.judge import Judge
from app.lowcode.importing.models import Import, ImportRow, Outcome
from app.lowcode.importing.naming import can_change_many, name_of, takes_files

if TYPE_CHECKING:
    from app.lowcode.screen import Screen


@check
def what_a_file_says_of_a_record_as_it_is_changes_nothing(bench: Bench, screen: "Screen") -> None:
    if not takes_files(screen):
        return
    record = bench.rows(screen, 1)[0]
    fields = importable(screen.form_fields)
    with bench.owner.application.test_request_context():
        cells = [str(record.id), *(str(write_cell(item, getattr(record, item.path))) for item in fields)]
        run = Import(matches=["id", *(item.path for item in fields)], key_path="id", keeps_when_empty=False)
        row = ImportRow(number=2, cells=cells)
        verdict = Judge(screen, run, may_add=True, may_edit=True).judge([row])[0]
        db.session.rollback()
    assert verdict.outcome is Outcome.same, f"{verdict.outcome.value}: {verdict.reasons} {verdict.changes}"


@check
def the_pages_of_an_import_open(bench: Bench, screen: "Screen") -> None:
    if not takes_files(screen):
        return
    assert bench.owner.get(f"/import/{name_of(screen)}").status_code == 200
    assert bench.owner.get(f"/import/{name_of(screen)}/template").status_code == 200


@check
def many_rows_are_asked_about_together(bench: Bench, screen: "Screen") -> None:
    if not can_change_many(screen):
        return
    row_id = bench.rows(screen, 1)[0].id
    page = bench.owner.post(f"/bulk/{name_of(screen)}", data={"rowid": [row_id]})
    assert page.status_code == 200
    for item in changeable(screen):
        assert f'name="chosen" value="{item.path}"' in page.text, f"{item.path} cannot be chosen"
    refused = bench.nobody.post(f"/bulk/{name_of(screen)}", data={"rowid": [row_id]})
    assert refused.status_code == 403, "someone without the right to edit was asked what to change"
