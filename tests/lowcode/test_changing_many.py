"""Many rows of a list are given the same values, by the rules of the form, and can have their own back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.core.jobs import run_due
from app.lowcode.importing import runs
from app.lowcode.importing.models import Import, ImportState
from app.modules.audit.models import AuditLine
from tests.lowcode.shelf import Kind, Label, Shelf, Thing, make_thing

pytestmark = pytest.mark.both_databases
LIST = "/test_things/list/?f.kind=cup"


@pytest.fixture
def ming(as_user: Any) -> Any:
    shelf, red = Shelf(name="Oak"), Label(name="red")
    db.session.add_all([shelf, red])
    for number in range(1, 6):
        make_thing(number, code=f"C-{number}", label="refused later" if number == 3 else f"Cup {number}", count=number,
                   kind=Kind.pot if number == 5 else Kind.cup)
    db.session.commit()
    client = as_user("ming")
    client.post("/preferences", json={"locale": "en"})
    return client


def ids(*numbers: int) -> list[str]:
    codes = [f"C-{number}" for number in numbers]
    found = db.session.scalars(select(Thing.id).where(Thing.code.in_(codes)).order_by(Thing.id))
    return [str(row_id) for row_id in found]


def change(client: Any, numbers: tuple[int, ...], **form: Any) -> Any:
    answer = client.post("/bulk/test_things", data={
        "asked": "1", "rowid": ids(*numbers), "return_to": LIST, **form})
    db.session.expire_all()
    return answer


def things() -> dict[str, Thing]:
    db.session.expire_all()
    return {thing.code: thing for thing in db.session.scalars(select(Thing).order_by(Thing.code))}


def test_it_is_asked_first_what_to_change(ming: Any) -> None:
    answer = ming.post("/bulk/test_things", data={"rowid": ids(1, 2), "return_to": LIST})
    assert answer.status_code == 200 and "Change 2 rows" in answer.text and "All 4 rows" in answer.text
    assert 'value="code"' not in answer.text, "no two rows can have the same code"


def test_without_a_tick_it_is_told_what_is_missing(ming: Any) -> None:
    answer = ming.post("/bulk/test_things", data={"return_to": LIST})
    assert answer.headers["Location"] == LIST and "Tick at least one row" in ming.get(LIST).text


def test_ticked_rows_get_what_was_chosen_and_nothing_else(ming: Any) -> None:
    shelf, red = db.session.scalars(select(Shelf.id)).one(), db.session.scalars(select(Label.id)).one()
    answer = change(ming, (1, 2), chosen=["shelf", "price", "labels"], shelf=str(shelf), price="12.50",
                    labels=str(red), count="999", kind="pot")
    assert answer.headers["Location"] == LIST
    found = things()
    assert [(found[code].price, found[code].shelf_id, len(found[code].labels)) for code in ("C-1", "C-2")] == [
        (1250, shelf, 1)] * 2
    assert (found["C-1"].count, found["C-1"].kind, found["C-4"].price) == (1, Kind.cup, 0)
    lines = db.session.scalars(select(AuditLine).where(AuditLine.table_name == "test_things")
                               .order_by(AuditLine.id.desc()).limit(2)).all()
    assert all("price" in line.changes for line in lines)


def test_all_rows_that_match_the_list_are_a_choice_of_its_own(ming: Any) -> None:
    change(ming, (1,), chosen="count", count="7", scope="all")
    assert {code: thing.count for code, thing in things().items()} == {
        "C-1": 7, "C-2": 7, "C-3": 7, "C-4": 7, "C-5": 5}


def test_a_value_is_emptied(ming: Any) -> None:
    change(ming, (1, 2), chosen="count", count="")
    assert things()["C-1"].count is None


def test_the_change_can_be_taken_back(ming: Any) -> None:
    change(ming, (1, 2), chosen="count", count="50")
    page = ming.get(LIST).text
    number = db.session.scalars(select(Import.id)).one()
    assert f"/import/test_things/{number}/undo" in page, "the message offers it"
    ming.post(f"/import/test_things/{number}/undo")
    assert [things()[code].count for code in ("C-1", "C-2")] == [1, 2]


def test_what_cannot_be_read_is_named_and_nothing_is_changed(ming: Any) -> None:
    answer = change(ming, (1, 2), chosen=["count", "price"], count="5000", price="cheap")
    assert answer.status_code == 422 and answer.text.count('class="field-error"') == 2
    assert 'value="cheap"' in answer.text, "what was typed stays"
    assert change(ming, (1,)).status_code == 422, "nothing was ticked"
    assert things()["C-1"].count == 1


def test_a_row_that_its_own_rule_refuses_is_told_and_the_others_are_done(ming: Any) -> None:
    big = things()["C-4"]
    big.price = 200_000_000
    db.session.commit()
    answer = change(ming, (1, 4), chosen="count", count="900")
    assert answer.headers["Location"].startswith("/import/test_things/")
    assert "Too many at this price" in ming.get(answer.headers["Location"]).text
    assert [things()[code].count for code in ("C-1", "C-4")] == [900, 4]


def test_for_many_rows_it_is_shown_first_what_would_be_changed(ming: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "WHILE_WAITING", 2)
    answer = change(ming, (1,), chosen="count", count="3", scope="all")
    run_due()
    run = db.session.scalars(select(Import)).one()
    assert run.state is ImportState.checked and things()["C-1"].count == 1
    page = ming.get(answer.headers["Location"]).text
    assert "Change 3 rows" in page
    ming.post(f"{answer.headers['Location']}/confirm")
    run_due()
    assert [thing.count for thing in things().values()] == [3, 3, 3, 3, 5]


def test_rows_that_the_screen_does_not_show_are_not_changed(ming: Any) -> None:
    hidden = make_thing(9, code="C-9", is_hidden=True)
    db.session.commit()
    answer = ming.post("/bulk/test_things", data={"asked": "1", "rowid": [str(hidden.id)], "chosen": "count",
                                                  "count": "1"})
    assert answer.status_code == 404


def test_only_who_may_edit_changes_many(ming: Any, as_user: Any) -> None:
    lin = as_user("lin")
    assert lin.post("/bulk/test_things", data={"rowid": ids(1)}).status_code == 403
    change(ming, (1,), chosen="count", count="2")
    assert lin.get(f"/import/test_things/{db.session.scalars(select(Import.id)).one()}").status_code == 403


def test_all_rows_are_those_of_the_view_that_was_open(ming: Any) -> None:
    saved = ming.post("/views/ThingScreen/save", data={"query": "f.kind=pot", "name": "Pots"})
    answer = ming.post("/bulk/test_things", data={
        "asked": "1", "rowid": ids(5), "return_to": saved.location, "chosen": "count", "count": "8", "scope": "all"})
    assert answer.status_code == 302
    assert [thing.count for thing in things().values()] == [1, 2, 3, 4, 8]
