"""Bringing a file into a screen: read, matched, tried without a trace, done by the rules of the form, and undone."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.core.errors import BusinessError
from app.core.importing import BrokenFile
from app.core.jobs import run_due
from app.lowcode.importing import runs
from app.lowcode.importing.judge import Judge
from app.lowcode.importing.models import Import, ImportRow, ImportState, Outcome
from app.lowcode.importing.reading import MOST_COLUMNS, read_table
from app.modules.audit.models import AuditLine
from tests.lowcode.shelf import Kind, Label, Shelf, Thing, ThingScreen, make_thing

both = pytest.mark.both_databases
HEAD = "Code,Name,Place,Price,Count,Weight,Found,Seen,Kind,Open,Labels"
CUP = "C-1,Cup,Oak,¥1 299.00,3,0.5,2026/8/1,2026年8月1日 9:30,Active,是,red / blue"


def csv_of(*lines: str, encoding: str = "utf-8") -> bytes:
    return "\n".join(lines).encode(encoding)


def xlsx_of(*rows: list[Any]) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd hh:mm"})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return file.getvalue()


# -- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_is_read_in_the_encodings_that_spreadsheets_write(encoding: str) -> None:
    data = csv_of("名称,价格", "杯子,1", encoding=encoding)
    assert read_table(data, "a.csv") == (["名称", "价格"], [(2, ["杯子", "1"])])


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_the_sign_between_cells_is_found_out(sign: str) -> None:
    assert read_table(csv_of(f"a{sign}b", f"1{sign}2"), "a.csv")[1] == [(2, ["1", "2"])]


def test_a_spreadsheet_gives_texts_as_a_person_would_type_them() -> None:
    data = xlsx_of(["a", "b", "c", "d", "e"], [], [12.0, 0.1, True, datetime(2026, 8, 1), datetime(2026, 8, 1, 9, 30)])
    assert read_table(data, "a.xlsx")[1] == [(3, ["12", "0.1", "1", "2026-08-01", "2026-08-01 09:30:00"])]


def test_what_our_own_csv_made_harmless_comes_back_as_it_was() -> None:
    assert read_table(csv_of("a", "'=1+1"), "a.csv")[1] == [(2, ["=1+1"])]


@pytest.mark.parametrize(("data", "told"), [
    (b"", "empty"), (b"\n\n", "empty"), (b"a,b\n", "no rows"), (b'a\n"b', "quotation marks"),
    (b"a\n1,2", "more values"),
    (b"PK\x03\x04 rubbish", "cannot be read"), (b"\xd0\xcf\x11\xe0 rubbish", "cannot be read"),
    (b"\x89PNG\r\n\x1a\n\x00\x00\xff", "no table"), ((",".join("x" * (MOST_COLUMNS + 1)) + "\n1").encode(), "columns"),
])
def test_what_is_no_table_is_refused_in_words(data: bytes, told: str) -> None:
    with pytest.raises(BrokenFile, match=told):
        read_table(data, "it.csv")


def test_a_spreadsheet_that_unpacks_to_a_mountain_is_not_unpacked() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(6):
            archive.writestr(f"{number}", b"\0" * (100 * 1024 * 1024))
    with pytest.raises(BrokenFile, match="cannot be read"):
        read_table(file.getvalue(), "bomb.xlsx")


# -- the whole way --------------------------------------------------------------------------------------------------


@pytest.fixture
def shelf(app: Any) -> Shelf:
    made = Shelf(name="Oak")
    db.session.add_all([made, Label(name="red"), Label(name="blue")])
    db.session.commit()
    return made


class Wizard:
    """Somebody at the pages of an import."""

    def __init__(self, client: Any, screen: str = "test_things") -> None:
        self.client, self.base = client, f"/import/{screen}"

    def upload(self, data: bytes, name: str = "things.csv") -> "Wizard":
        answer = self.client.post(self.base, data={"file": (io.BytesIO(data), name)})
        assert answer.status_code == 302, answer.text[:500]
        self.url = answer.headers["Location"]
        assert self.url != self.base, "the file was refused"
        return self

    @property
    def run(self) -> Import:
        db.session.expire_all()
        return db.session.get_one(Import, int(self.url.rpartition("/")[2]))

    def match(self, **given: str) -> "Wizard":
        run = self.run
        form = {f"column-{place}": path or "" for place, path in enumerate(run.matches)} | {"key": run.key_path or ""}
        return self.press("match", **(form | {name.replace("_", "-"): value for name, value in given.items()}))

    def press(self, button: str, **form: str) -> "Wizard":
        answer = self.client.post(f"{self.url}/{button}", data=form)
        assert answer.status_code == 302, answer.text[:500]
        db.session.commit()
        run_due()
        return self

    @property
    def outcomes(self) -> Counter[Outcome]:
        return runs.counts(self.run)

    def reasons(self, number: int) -> Any:
        return db.session.scalar(select(ImportRow.reasons).where(
            ImportRow.import_id == self.run.id, ImportRow.number == number))


@pytest.fixture
def ming(as_user: Callable[..., Any], shelf: Shelf) -> Any:
    client = as_user("ming")
    client.post("/preferences", json={"locale": "en"})
    return client


@pytest.fixture(params=["by the session", "quickly"])
def wizard(ming: Any, request: Any, monkeypatch: pytest.MonkeyPatch) -> Wizard:
    """Things are written in both ways; what comes of it is the same."""
    monkeypatch.setattr(ThingScreen, "quick_import", request.param == "quickly")
    return Wizard(ming)


def things() -> list[Thing]:
    db.session.expire_all()
    return list(db.session.scalars(select(Thing).order_by(Thing.code)))


@both
def test_a_row_becomes_a_record_with_a_value_of_every_kind(wizard: Wizard) -> None:
    wizard.upload(csv_of(HEAD, CUP.replace("1 299", "1299"))).match()
    assert things() == [] and wizard.run.state is ImportState.checked, "checking writes nothing"
    wizard.press("confirm")
    assert wizard.run.state is ImportState.done
    cup = things()[0]
    assert (cup.code, cup.label, cup.shelf.name, cup.price, cup.count, cup.weight) == (
        "C-1", "Cup", "Oak", 129900, 3, Decimal("0.500"))
    assert (cup.found_on, cup.kind, cup.is_open) == (date(2026, 8, 1), Kind.cup, True)
    assert cup.seen_at == datetime(2026, 8, 1, 1, 30), "nine thirty on the shop's clock"
    assert sorted(label.name for label in cup.labels) == ["blue", "red"]


@both
def test_rows_are_found_again_changed_or_left_alone(wizard: Wizard) -> None:
    for number, price in ((1, 100), (2, 200)):
        make_thing(number, code=f"C-{number}", label=f"Cup {number}", price=price)
    db.session.commit()
    wizard.upload(csv_of("Code,Name,Price", "C-1,Cup 1,1.00", "C-2,Cup two,2.00", "C-3,Cup 3,3.00")).match()
    assert wizard.outcomes == {Outcome.same: 1, Outcome.changed: 1, Outcome.new: 1}
    page = wizard.client.get(f"{wizard.url}?show=changed").text
    assert "<del>Cup 2</del> <ins>Cup two</ins>" in page
    wizard.press("confirm")
    assert [(thing.code, thing.label, thing.price) for thing in things()] == [
        ("C-1", "Cup 1", 100), ("C-2", "Cup two", 200), ("C-3", "Cup 3", 300)]
    actions = [str(line.action.value) for line in db.session.scalars(
        select(AuditLine).where(AuditLine.table_name == "test_things").order_by(AuditLine.id))]
    assert actions[-2:] == ["edited", "added"], "each record is told by itself"


@both
def test_what_is_refused_says_why_and_the_others_are_done(wizard: Wizard) -> None:
    make_thing(1, code="TAKEN")
    db.session.commit()
    wizard.upload(csv_of(
        "Code,Name,Place,Price,Count,Kind", "A,fine,Oak,1,1,cup", ",no code,,,,", "B,b,Elm,1,,", "C,c,,cheap,,",
        "D,d,,,5000,", "E,e,,,,vase", "F,refused,,,,", "A,twice,,,,", f"G,{'x' * 81},,,,")).match(key="")
    assert wizard.outcomes == {Outcome.new: 1, Outcome.refused: 8}
    assert {number: list(wizard.reasons(number)) for number in range(3, 11)} == {
        3: ["code"], 4: ["shelf"], 5: ["price"], 6: ["count"], 7: ["kind"], 8: ["label"], 9: ["code"], 10: ["label"]}
    assert "Elm" in wizard.reasons(4)["shelf"] and "Row 2" in wizard.reasons(9)["code"]
    wizard.press("confirm")
    assert [thing.code for thing in things()] == ["A", "TAKEN"]
    file = wizard.client.get(f"{wizard.url}/refused").data.decode("utf-8-sig")
    assert file.count("\n") == 9 and "Elm" in file and "Why it was refused" in file


@both
def test_a_refused_cell_is_mended_in_the_page(wizard: Wizard) -> None:
    wizard.upload(csv_of("Code,Name,Price", "A,a,cheap")).match()
    assert wizard.outcomes == {Outcome.refused: 1}
    wizard.press("row/2", **{"cell-2": "12.50"})
    assert wizard.outcomes == {Outcome.new: 1}
    wizard.press("confirm")
    assert things()[0].price == 1250


@both
def test_an_import_is_undone_except_for_what_was_changed_since(wizard: Wizard) -> None:
    make_thing(1, code="OLD", label="before", price=100)
    db.session.commit()
    wizard.upload(csv_of("Code,Name,Price,Labels", "OLD,after,2,red", "NEW,new,3,", "TOUCHED,t,4,")).match()
    wizard.press("confirm")
    db.session.scalars(select(Thing).where(Thing.code == "TOUCHED")).one().label = "mine now"
    db.session.commit()
    wizard.press("undo")
    assert wizard.run.state is ImportState.undone
    assert [(thing.code, thing.label, thing.price, len(thing.labels)) for thing in things()] == [
        ("OLD", "before", 100, 0), ("TOUCHED", "mine now", 400, 0)]
    assert "changed after" in str(wizard.reasons(4))


@both
def test_an_import_cannot_be_undone_for_ever(wizard: Wizard) -> None:
    wizard.upload(csv_of("Code,Name", "A,a")).match().press("confirm")
    clock.set(clock.now() + timedelta(days=runs.DAYS_TO_UNDO, minutes=1))
    with pytest.raises(BusinessError, match="no longer"):
        runs.undo(wizard.run)
    assert runs.forget_before(clock.now(), 10) == 1
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(ImportRow)) == 0


@both
def test_an_empty_cell_keeps_a_value_or_clears_it(wizard: Wizard) -> None:
    make_thing(1, code="A", label="a", count=3)
    db.session.commit()
    data = csv_of("Code,Name,Count", "A,a,")
    assert wizard.upload(data).match(empty="keep").outcomes == {Outcome.same: 1}
    assert wizard.upload(data).match(empty="clear").outcomes == {Outcome.changed: 1}
    wizard.press("confirm")
    assert things()[0].count is None


@both
def test_rows_that_the_screen_does_not_show_cannot_be_changed(wizard: Wizard) -> None:
    hidden = make_thing(1, code="HIDDEN", label="a", is_hidden=True)
    db.session.commit()
    wizard.upload(csv_of("ID,Name", f"{hidden.id},mine")).match()
    assert list(wizard.reasons(2)) == ["id"]
    wizard.upload(csv_of("Code,Name", "HIDDEN,mine")).match()
    assert list(wizard.reasons(2)) == ["code"], "the code is taken, by whom is nobody's business"
    assert things()[0].label == "a"


@both
def test_what_somebody_else_took_meanwhile_is_refused_and_the_others_are_done(
        wizard: Wizard, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database has the last word: a code that was free when it was looked at may be gone a moment later."""
    wizard.upload(csv_of("Code,Name", "A,a", "B,b", "C,c")).match(key="")
    make_thing(1, code="B", label="theirs")
    db.session.commit()
    with monkeypatch.context() as patch:
        patch.setattr(Judge, "_find_owners", lambda *_given: None)
        wizard.press("confirm")
    assert [(thing.code, thing.label) for thing in things()] == [("A", "a"), ("B", "theirs"), ("C", "c")]
    assert list(wizard.reasons(3)) == ["code"] and wizard.outcomes == {Outcome.new: 2, Outcome.refused: 1}


@both
def test_two_presses_import_once(wizard: Wizard) -> None:
    wizard.upload(csv_of("Code,Name", "A,a")).match()
    run = wizard.run
    runs.confirm(run)
    db.session.commit()
    with pytest.raises(BusinessError, match="no longer where it was"):
        runs.confirm(run)
    db.session.rollback()
    run_due()
    assert len(things()) == 1


@both
def test_an_import_whose_worker_died_is_taken_up_where_it_was(wizard: Wizard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "AT_ONCE", 2)
    monkeypatch.setattr(runs, "QUICKLY_AT_ONCE", 2)
    wizard.upload(csv_of("Code,Name", *[f"C-{number},c" for number in range(5)])).match()
    real, left = runs.checkpoint, [1]

    def die(*given: Any) -> None:
        real(*given)
        if left:
            left.pop()
            raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(runs, "checkpoint", die)
        wizard.press("confirm")
    assert len(things()) == 2, "what was committed stays"
    clock.set(clock.now() + timedelta(hours=2))
    run_due()
    assert [thing.code for thing in things()] == [f"C-{number}" for number in range(5)]
    assert wizard.run.state is ImportState.done


def test_columns_are_known_in_every_language_and_by_what_was_chosen_before(wizard: Wizard) -> None:
    wizard.upload(csv_of("编码 *,名称,PRICE (CNY),Wo,nonsense", "A,a,1,Oak,x"))
    assert wizard.run.matches[2:] == ["price", None, None]
    wizard.match(column_0="code", column_1="label", column_3="shelf")
    wizard.upload(csv_of("Wo,编码 *,名称", "Oak,B,b"))
    assert wizard.run.matches == ["shelf", "code", "label"]


@pytest.mark.parametrize("form", [{"column-0": "label", "column-1": "label"}, {"column-0": "", "column-1": ""},
                                  {"column-0": "secret", "column-1": "label"}, {"column-1": "label", "key": "label"}])
def test_columns_that_cannot_be_are_refused_by_name(wizard: Wizard, form: dict[str, str]) -> None:
    wizard.upload(csv_of("Code,Name", "A,a"))
    answer = wizard.client.post(f"{wizard.url}/match", data=form)
    assert answer.status_code == 422 and "field-error" in answer.text
    assert wizard.run.state is ImportState.matching


def test_a_file_is_discarded_without_a_trace(wizard: Wizard) -> None:
    wizard.upload(csv_of("Code,Name", "A,a")).press("discard")
    assert db.session.scalar(select(func.count()).select_from(Import)) == 0


def test_the_template_can_be_filled_in_and_brought_back(wizard: Wizard) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(wizard.client.get(f"{wizard.base}/template").data))
    head, *_rest = book.get_sheet_by_index(0).to_python()
    lists = book.get_sheet_by_index(1).to_python()
    assert "Name *" in head and [cell for cell in lists[0] if cell == "Active"] == ["Active"]
    wizard.upload(xlsx_of(head, ["Cup" if title == "Name *" else "C-9" if title == "Code *" else "" for title in head]))
    wizard.match().press("confirm")
    assert [(thing.code, thing.label) for thing in things()] == [("C-9", "Cup")]


# -- who may --------------------------------------------------------------------------------------------------------


def test_importing_needs_its_permission_and_writes_with_no_other_rights(
        wizard: Wizard, as_user: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    lin = as_user("lin")
    assert lin.get("/import/test_things").status_code == 403
    assert lin.post("/import/test_things", data={"file": (io.BytesIO(b"a\n1"), "a.csv")}).status_code == 403
    wizard.upload(csv_of("Code,Name", "A,a")).match()
    with monkeypatch.context() as patch:
        patch.setattr(runs, "permitted_to", lambda _roles: frozenset({("can_import", "ThingScreen")}))
        wizard.press("confirm")
    assert things() == [] and "permission" in str(wizard.reasons(2))


@pytest.mark.parametrize(("rights", "is_own", "may"), [
    ({"can_import", "can_add", "can_edit"}, True, True), ({"can_import", "can_add", "can_edit"}, False, False),
    ({"can_import", "can_edit", "can_delete"}, False, True), ({"can_import", "can_add", "can_delete"}, True, False)])
def test_taking_an_import_back_needs_the_rights_for_what_that_does(
        wizard: Wizard, monkeypatch: pytest.MonkeyPatch, rights: set[str], is_own: bool, may: bool) -> None:
    """Records that were changed need the right to edit; those that were added the right to delete, or to have added
    them oneself."""
    make_thing(1, code="OLD", label="before")
    db.session.commit()
    wizard.upload(csv_of("Code,Name", "OLD,after", "NEW,new")).match().press("confirm")
    if not is_own:
        wizard.run.user_id = 999
        db.session.commit()
    with monkeypatch.context() as patch:
        patch.setattr(runs, "permitted_to", lambda _roles: frozenset((name, "ThingScreen") for name in rights))
        assert (f"{wizard.url}/undo" in wizard.client.get(wizard.url).text) is may
        wizard.press("undo")
    assert [thing.label for thing in things()] == (["before"] if may else ["new", "after"])


def test_a_file_whose_trial_failed_is_tried_again_or_discarded(
        wizard: Wizard, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_given: Any) -> None:
        raise BusinessError("no more")

    wizard.upload(csv_of("Code,Name", "A,a"))
    with monkeypatch.context() as patch:
        patch.setattr(runs, "checkpoint", die)
        wizard.match()
        for _attempt in range(3):
            clock.set(clock.now() + timedelta(minutes=20))
            run_due()
    page = wizard.client.get(wizard.url).text
    assert "no more" in page and f"{wizard.url}/retry" in page
    wizard.press("discard")
    assert db.session.scalar(select(func.count()).select_from(Import)) == 0


def test_an_import_is_found_on_its_own_screen_only(wizard: Wizard) -> None:
    wizard.upload(csv_of("Code,Name", "A,a"))
    number = wizard.run.id
    assert wizard.client.get(f"/import/test_shelves/{number}").status_code == 404
    assert wizard.client.get("/import/orders").status_code == 403, "orders are not brought this way"
