"""Many rows of a list are given the same values, by the rules of the form, and can have their own back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.core.jobs import run_due
from app.lowcode.importing import for_all, runs
from app.lowcode.importing.models import Import, ImportState
from app.modules.audit.models import AuditLine
from app.modules.catalog.models import Product
from app.modules.members.models import Member, MemberLevel
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


# -- an action for all that match ------------------------------------------------------------------------------------


def act(client: Any, **form: Any) -> Any:
    answer = client.post("/bulk/test_things/action", data={"action": "open_up", "return_to": LIST, **form})
    db.session.expire_all()
    return answer


def open_codes() -> list[str]:
    return [code for code, thing in things().items() if thing.is_open]


def test_it_is_said_for_how_many_before_an_action_is_done_for_all(ming: Any) -> None:
    page = act(ming).text
    assert "For 4 records" in page and "Open them?" in page and 'name="agreed" value="4"' in page
    assert open_codes() == [], "nothing is done before"


def test_an_action_is_done_for_all_that_match_and_no_other(ming: Any) -> None:
    assert act(ming, agreed="4").headers["Location"] == LIST
    assert open_codes() == ["C-1", "C-2", "C-3", "C-4"]
    assert "Open: done for 4." in ming.get(LIST).text


def test_rows_for_which_it_is_not_possible_are_named_and_the_others_are_done(ming: Any) -> None:
    things()["C-2"].is_open = True
    db.session.commit()
    page = ming.get(act(ming, agreed="4").headers["Location"]).text
    assert "Cup 2" in page and "It is open already." in page and "Changed: 3. Refused: 1." in page
    assert open_codes() == ["C-1", "C-2", "C-3", "C-4"]


def test_for_many_rows_a_worker_does_it(ming: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "WHILE_WAITING", 2)
    monkeypatch.setattr(for_all, "AT_ONCE", 2)
    answer = act(ming, agreed="4")
    assert open_codes() == [] and answer.headers["Location"].startswith("/import/test_things/")
    run_due()
    assert open_codes() == ["C-1", "C-2", "C-3", "C-4"]
    assert db.session.scalars(select(Import)).one().state is ImportState.done


def test_what_an_action_asks_is_asked_once_for_all(as_user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker that does it later has the answers that were given, and a wrong answer is refused at once."""
    monkeypatch.setattr(runs, "WHILE_WAITING", 1)
    gold = MemberLevel(name="Gold", rank=3)
    db.session.add_all([gold, *(Member(nickname=f"Mei{number}") for number in range(3)), Member(nickname="Kai")])
    db.session.commit()
    ming, data = as_user("ming"), {"action": "set_level", "return_to": "/members/list/?q=Mei"}
    ming.post("/preferences", json={"locale": "en"})
    page = ming.post("/bulk/members/action", data=data)
    assert "For 3 records" in page.text and 'name="asked" value="set_level"' in page.text
    assert 'action="/bulk/members/action"' in page.text
    assert ming.post("/bulk/members/action", data=data | {"asked": "set_level", "level": "9999"}).status_code == 422
    ming.post("/bulk/members/action", data=data | {"asked": "set_level", "level": str(gold.id)})
    run_due()
    db.session.expire_all()
    assert [(member.nickname, member.level_id) for member in db.session.scalars(
        select(Member).order_by(Member.nickname))] == [
            ("Kai", None), ("Mei0", gold.id), ("Mei1", gold.id), ("Mei2", gold.id)]


def test_an_action_for_all_is_taken_back_by_the_one_that_reverses_it(ming: Any, as_user: Any) -> None:
    db.session.add_all([Product(name=f"Cup {number}", number=f"N{number}", is_new=number == 1) for number in range(3)])
    db.session.commit()
    data = {"action": "mark_new", "return_to": "/products/list/", "agreed": "3"}
    ming.post("/bulk/products/action", data=data)
    number = db.session.scalars(select(Import.id)).one()
    assert f"/import/products/{number}/undo" in ming.get("/products/list/").text
    ming.post(f"/import/products/{number}/undo")
    db.session.expire_all()
    assert [product.is_new for product in db.session.scalars(select(Product).order_by(Product.id))] == [
        False, True, False], "what was so before stays so"


def test_an_action_for_all_needs_its_permission_also_when_it_is_done_later(
        ming: Any, as_user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert as_user("lin").post("/bulk/test_things/action", data={"action": "open_up"}).status_code == 403
    assert ming.post("/bulk/test_things/action", data={"action": "no_such"}).status_code == 404
    monkeypatch.setattr(runs, "WHILE_WAITING", 1)
    act(ming, agreed="4")
    with monkeypatch.context() as patch:
        patch.setattr(runs, "permitted_to", lambda _roles: frozenset({("can_edit", "ThingScreen")}))
        run_due()
    assert open_codes() == []


def test_rows_that_the_screen_does_not_show_are_not_among_all(ming: Any) -> None:
    things()["C-1"].is_hidden = True
    db.session.commit()
    act(ming, agreed="4")
    assert open_codes() == ["C-2", "C-3", "C-4"]
