"""The checks of imports and of *Change together* that every screen gets for free; `app.lowcode.contract` runs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect

from app.core.changes import RecordChanged, RecordsChanged
from app.core.database import db
from app.core.events import on, subscribe, unsubscribe
from app.lowcode.contract import check
from app.lowcode.contract_bench import Bench
from app.lowcode.importing import for_all, runs
from app.lowcode.importing.bulk import changeable
from app.lowcode.importing.cells import importable, write_cell
from app.lowcode.importing.judge import Judge
from app.lowcode.importing.models import Import, ImportRow, ImportState, Outcome
from app.lowcode.importing.naming import can_change_many, name_of, takes_files
from app.lowcode.importing.quick import QuickJudge, why_not_quick
from app.lowcode.importing.writing import write_one

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


@check
def an_action_for_all_rows_is_asked_about_first_and_then_done(bench: Bench, screen: "Screen") -> None:
    marks = [mark for mark in screen.actions.values() if mark.many]
    if not marks:
        return
    row_id = bench.rows(screen, 1)[0].id
    db.session.commit()
    url, back = f"/bulk/{name_of(screen)}/action", f"{screen.route_base}/list/"
    for mark in marks:
        form = {"action": mark.name, "return_to": back}
        page = bench.owner.post(url, data=form)
        assert page.status_code == 200, f"{mark.name} answered {page.status_code}"
        assert f'name="{"asked" if mark.asks else "agreed"}"' in page.text, f"{mark.name} says wrongly whether it asks"
        assert bench.nobody.post(url, data=form | {"agreed": "1"}).status_code == 403
        if not mark.asks:
            with bench.owner.application.test_request_context():
                number = for_all.begin(screen, mark, [row_id]).id
                for_all.do_for_all(run_id=number)
                db.session.commit()
                assert runs.get_import(number).state is ImportState.done


@check
def the_quick_way_writes_what_a_form_writes(bench: Bench, screen: "Screen") -> None:
    if not screen.quick_import:
        return
    assert why_not_quick(screen) is None, f"imports cannot be quick: {why_not_quick(screen)}"
    with bench.owner.application.test_request_context():
        record = bench.rows(screen, 1)[0]
        rows = [_Row(2, [str(record.id), *_cells(bench, screen, record, "b")]),
                _Row(3, ["", *_cells(bench, screen, record, "c")])]
        db.session.commit()
        matches = ["id", *(item.path for item in importable(screen.form_fields))]
        slow, quick = (_written(screen, kind, matches, rows) for kind in (Judge, QuickJudge))
    assert len(slow) == 2 and quick == slow


@dataclass
class _Row:
    """A row of an import that is not kept."""

    number: int
    cells: list[str]
    id: int = 0


SAMPLES = {"text": "oak", "long_text": "oak", "rich_text": "<p onclick='x()'>oak</p>", "integer": "7", "decimal": "7.5",
           "money": "12.50", "yes_no": "1"}


def _cells(bench: Bench, screen: "Screen", record: Any, letter: str) -> list[str]:
    """The cells of a record that differs from this one in its texts, and has something in each field."""
    found = []
    for place, item in enumerate(importable(screen.form_fields)):
        text = str(write_cell(item, getattr(record, item.path)))
        if item.kind in {"reference", "references"} and not text and item.target is not None:
            text = f"#{bench.example(item.target).id}"
        elif item.kind in {"day", "moment"} and not text:
            text = f"2026-08-{place % 28 + 1}"
        text = text or SAMPLES.get(item.kind, "")
        is_free = item.kind in {"text", "long_text"} and not item.info.get("pattern")
        found.append(f"{text[:-1]}{letter}" if is_free and text else text)
    return found


def _written(screen: "Screen", kind: type[Judge], matches: list[str], rows: list[Any]) -> list[Any]:
    """What each way leaves behind: the stored records, their links, and what is told of them."""
    told: list[RecordChanged] = []

    @on(RecordChanged)
    def hear_one(fact: RecordChanged) -> None:
        told.append(fact)

    @on(RecordsChanged)
    def hear_many(fact: RecordsChanged) -> None:
        told.extend(fact.changes)

    subscribe(hear_one)
    subscribe(hear_many)
    try:
        run = Import(matches=matches, key_path="id", keeps_when_empty=False)
        judge = kind(screen, run, may_add=True, may_edit=True)
        verdicts = judge.judge(rows)
        assert [verdict.outcome for verdict in verdicts] == [Outcome.changed, Outcome.new], verdicts
        if isinstance(judge, QuickJudge):
            judge.write(rows, verdicts)
        else:
            for verdict in verdicts:
                write_one(screen, verdict)
        db.session.expire_all()
        found = [_left(screen, fact) for fact in sorted(told, key=lambda fact: fact.action)]
    finally:
        unsubscribe(hear_one)
        unsubscribe(hear_many)
        db.session.rollback()
    return found


def _left(screen: "Screen", fact: RecordChanged) -> Any:
    record = db.session.get(screen.model, fact.record_id)
    stored = {attribute.key: getattr(record, attribute.key) for attribute in inspect(screen.model).column_attrs
              if attribute.key not in {"id", "created_at", "updated_at"}}
    links = {item.path: sorted(map(str, getattr(record, item.path))) for item in screen.form_fields
             if item.kind == "references"}
    return fact.action, fact.table, fact.title, fact.changes, stored, links
