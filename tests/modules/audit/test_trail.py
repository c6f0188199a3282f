"""A line for every change, whoever makes it and by whatever way, in the same transaction or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock, events
from app.core.actor import Actor, acting_as
from app.core.changes import BulkChanged, RecordChanged
from app.core.db import db, guarded_update
from app.lowcode.registry import registry
from app.modules.audit import listeners, services
from app.modules.audit.jobs import forget_old_audit_lines
from app.modules.audit.models import ActorKind, AuditAction, AuditLine
from app.modules.staff import services as staff
from tests.example.suppliers.models import Supplier, SupplierStatus
from tests.security.conftest import bearer
from tests.support.cast import user
from tests.support.client import client_of

Lines = Callable[..., list[AuditLine]]


@pytest.fixture
def supplier(app: Flask) -> Supplier:
    made = Supplier(name="Silk & Co", note="old")
    db.session.add(made)
    db.session.commit()
    return made


@pytest.mark.both_databases
def test_a_form_leaves_a_line_for_adding_editing_and_deleting(as_user: Any, lines: Lines) -> None:
    owner = as_user("ming")
    owner.post("/suppliers/add", data={"name": "Silk & Co", "status": "active", "note": "first"})
    made_id = db.session.scalars(select(Supplier.id)).one()
    owner.post(f"/suppliers/edit/{made_id}", data={"name": "Silk & Sons", "status": "paused", "note": "first"})
    owner.post(f"/suppliers/delete/{made_id}")
    added, edited, deleted = lines(table_name="suppliers")
    assert [line.action for line in (added, edited, deleted)] == [
        AuditAction.added, AuditAction.edited, AuditAction.deleted]
    assert added.changes["name"] == [None, "Silk & Co"] and added.changes["note"] == [None, "first"]
    assert edited.changes == {"name": ["Silk & Co", "Silk & Sons"], "status": ["active", "paused"]}
    assert deleted.title == "Silk & Sons" and {added.record_id, edited.record_id, deleted.record_id} == {made_id}
    for line in (added, edited, deleted):
        assert (line.actor_kind, line.actor_name, line.actor_id) == (ActorKind.staff, "Ming Wang", user("ming").id)
        assert line.ip == "127.0.0.1" and len(line.request_id or "") == 16


@pytest.mark.both_databases
def test_the_api_leaves_the_same_lines_and_says_it_was_the_api(app: Flask, tokens: Any, lines: Lines) -> None:
    header, client = bearer(tokens("ming")["access_token"]), client_of(app)
    made = client.post("/api/v1/suppliers/", json={"name": "Silk & Co"}, headers=header).get_json()["id"]
    client.put(f"/api/v1/suppliers/{made}", json={"note": "x"}, headers=header)
    client.delete(f"/api/v1/suppliers/{made}", headers=header)
    found = lines(table_name="suppliers")
    assert [line.action.value for line in found] == ["added", "edited", "deleted"]
    assert {(line.actor_kind, line.actor_name) for line in found} == {(ActorKind.api, "Ming Wang")}


@pytest.mark.both_databases
def test_a_job_a_command_and_the_program_itself_have_names(app: Flask, supplier: Supplier, lines: Lines) -> None:
    for actor in (Actor.job("nightly"), Actor.command("flask tidy"), Actor("import", "litemall")):
        with acting_as(actor):
            supplier.note = actor.name
            db.session.commit()
    supplier.note = "by nobody"
    db.session.commit()
    assert [(line.actor_kind.value, line.actor_name) for line in lines(table_name="suppliers")][-4:] == [
        ("job", "nightly"), ("command", "flask tidy"), ("import", "litemall"), ("system", "system")]


@pytest.mark.both_databases
def test_a_change_to_many_rows_is_one_line(app: Flask, supplier: Supplier, lines: Lines) -> None:
    db.session.add(Supplier(name="Second"))
    db.session.commit()
    assert guarded_update(Supplier, Supplier.status == SupplierStatus.active, status=SupplierStatus.paused) == 2
    db.session.commit()
    [line] = lines(action=AuditAction.edited_many)
    assert line.table_name == "suppliers" and line.title == "× 2"
    assert line.changes == {"status": [None, "paused"]}


def test_an_action_leaves_a_line_for_each_record(as_user: Any, lines: Lines) -> None:
    owner = as_user("ming")
    ids = [user("hua").id, user("lin").id]
    owner.post("/users/action", data={"action": "deactivate", "rowid": ids})
    found = [line for line in lines(table_name="ab_user") if "active" in line.changes]
    assert [line.record_id for line in found] == ids
    assert found[0].changes["active"] == [True, False]


@pytest.mark.both_databases
def test_what_is_rolled_back_leaves_no_line(app: Flask, supplier: Supplier, lines: Lines) -> None:
    before = len(lines())
    supplier.note = "never"
    db.session.flush()
    assert len(lines()) == before + 1, "written with the change"
    db.session.rollback()
    assert len(lines()) == before
    supplier.note = "once"
    db.session.commit()
    assert len(lines()) == before + 1


@pytest.mark.both_databases
def test_what_is_rolled_back_to_a_savepoint_leaves_no_line(app: Flask, supplier: Supplier, lines: Lines) -> None:
    before = len(lines())
    with pytest.raises(RuntimeError), db.session.begin_nested():
        supplier.note = "never"
        db.session.flush()
        raise RuntimeError
    db.session.commit()
    assert len(lines()) == before


def test_a_refused_form_leaves_no_line(as_user: Any, supplier: Supplier, lines: Lines) -> None:
    owner = as_user("ming")
    before = len(lines(table_name="suppliers"))
    owner.post("/suppliers/add", data={"name": "Silk & Co", "status": "active"})
    owner.post("/suppliers/add", data={"name": "", "status": "active"})
    assert len(lines(table_name="suppliers")) == before


def test_without_the_listener_there_would_be_no_line(app: Flask, supplier: Supplier, lines: Lines) -> None:
    events.unsubscribe(listeners.note_changed_record)
    try:
        before = len(lines())
        supplier.note = "unseen"
        db.session.commit()
        assert len(lines()) == before
    finally:
        events.subscribe(listeners.note_changed_record)


def test_an_edit_that_changes_nothing_leaves_no_line(as_user: Any, supplier: Supplier, lines: Lines) -> None:
    owner = as_user("ming")
    before = len(lines(table_name="suppliers"))
    owner.post(f"/suppliers/edit/{supplier.id}", data={"name": supplier.name, "status": "active", "note": "old"})
    assert len(lines(table_name="suppliers")) == before


def test_the_value_before_is_told_even_of_what_a_commit_has_expired(
        app: Flask, supplier: Supplier, lines: Lines) -> None:
    db.session.commit()
    supplier.note = "new"
    user("hua").first_name = "Hana"
    db.session.commit()
    assert lines(table_name="suppliers")[-1].changes["note"] == ["old", "new"]
    assert lines(table_name="ab_user")[-1].changes["first_name"] == ["Hua", "Hana"]


@pytest.mark.both_databases
def test_many_changes_are_written_at_once(app: Flask, count_queries: Any, lines: Lines) -> None:
    db.session.add_all([Supplier(name=f"Supplier {number}") for number in range(300)])
    with count_queries() as queries:
        db.session.commit()
    assert len([query for query in queries if "audit_lines" in query]) <= 3
    assert len(lines(table_name="suppliers")) == 300


def test_long_texts_are_told_in_their_beginning(app: Flask, supplier: Supplier, lines: Lines) -> None:
    supplier.note = "x" * 10_000
    db.session.commit()
    before, after = lines(table_name="suppliers")[-1].changes["note"]
    assert before == "old" and after == "x" * services.LONGEST_VALUE + "…"


def test_every_audited_screen_has_a_line_for_every_change(app: Flask) -> None:
    """What a screen shows is audited, unless it is the audit trail or machinery that says so itself."""
    silent = {screen.model.__tablename__ for screen in registry().screens() if not getattr(screen.model,
                                                                                           "__audited__", True)}
    assert silent <= {"audit_lines", "bin_entries", "job_runs", "scheduled_jobs", "later_jobs", "sales_days",
                      "sales_tallies"}, silent
    assert RecordChanged in events._listeners and BulkChanged in events._listeners


# -- signing in -----------------------------------------------------------------------------------------------------


def test_signing_in_and_out_is_told(app: Flask, lines: Lines) -> None:
    client = client_of(app)
    client.post("/login/", data={"username": "hua", "password": "a quiet harbour at noon"}, headers={"User-Agent": "x"})
    client.post("/logout/")
    signed_in, signed_out = lines(table_name="ab_user")
    assert signed_in.action is AuditAction.signed_in and signed_out.action is AuditAction.signed_out
    for line in (signed_in, signed_out):
        assert (line.actor_name, line.record_id, line.ip) == ("Hua Li", user("hua").id, "127.0.0.1")


@pytest.mark.both_databases
def test_a_refused_sign_in_is_told_by_form_and_api(app: Flask, lines: Lines) -> None:
    client_of(app).post("/login/", data={"username": "hua", "password": "wrong"})
    client_of(app).post("/api/v1/security/login", json={"username": "hua", "password": "wrong"}, csrf=False)
    found = lines(action=AuditAction.sign_in_refused)
    assert [line.changes["kind"][1] for line in found] == ["browser", "api"]
    assert {(line.title, line.record_id) for line in found} == {("Hua Li", user("hua").id)}


def test_what_was_typed_as_a_name_is_not_kept_it_may_be_a_password(app: Flask, lines: Lines) -> None:
    client_of(app).post("/login/", data={"username": "my secret password", "password": "hua"})
    [line] = lines(action=AuditAction.sign_in_refused)
    assert line.record_id is None and "secret" not in str(vars(line))


def test_tries_during_the_wait_write_nothing(app: Flask, lines: Lines) -> None:
    for _try in range(12):
        client_of(app).post("/api/v1/security/login", json={"username": "hua", "password": "wrong"}, csrf=False)
    assert len(lines(action=AuditAction.sign_in_refused)) == 5


def test_passwords_are_told_as_changed_and_never_shown(app: Flask, as_user: Any, lines: Lines) -> None:
    client = as_user("hua")
    client.post("/profile/password", data={
        "current": "a quiet harbour at noon", "new": "seven lanterns over water",
        "repeated": "seven lanterns over water"})
    staff.reset_password(user("lin"))
    db.session.commit()
    mine, theirs = lines(action=AuditAction.password_changed)
    assert mine.actor_name == "Hua Li" and theirs.actor_name == "system"
    for line in (mine, theirs):
        assert line.changes["password"] == ["•••", "•••"]
        assert "pbkdf2" not in str(line.changes) and "lanterns" not in str(line.changes)


def test_signing_someone_out_everywhere_is_told(as_user: Any, lines: Lines) -> None:
    as_user("hua"), as_user("hua")
    as_user("ming").post(f"/users/action/sign_out_everywhere/{user('hua').id}")
    [line] = lines(action=AuditAction.sessions_ended)
    assert line.changes["sessions"] == [2, 0] and line.actor_name == "Ming Wang" and line.title == "Hua Li"


# -- rights ---------------------------------------------------------------------------------------------------------


def test_a_changed_role_is_told_right_by_right(as_user: Any, make_role: Any, lines: Lines) -> None:
    from tests.modules.staff.test_rising import tick

    buyer = make_role("buyer", "can_view:SupplierScreen", "can_delete:SupplierScreen")
    tick(as_user("ming"), buyer, "can_view:SupplierScreen", "can_edit:SupplierScreen")
    line = [line for line in lines(table_name="ab_role") if line.action is AuditAction.edited][-1]
    assert line.changes["permissions"] == [["can delete on SupplierScreen"], ["can edit on SupplierScreen"]]
    assert line.title == "buyer" and line.actor_name == "Ming Wang"


def test_a_given_role_is_told_under_the_name_every_language_knows(as_user: Any, lines: Lines) -> None:
    from tests.modules.staff.test_users import role

    owner = as_user("ming")
    owner.post("/preferences", json={"locale": "zh"})
    lin = user("lin")
    owner.post(f"/users/edit/{lin.id}", data={
        "username": "lin", "full_name": str(lin), "contact_email": lin.email, "roles": [role("customer_service").id]})
    line = [line for line in lines(table_name="ab_user") if "roles" in line.changes][-1]
    assert line.changes["roles"] == [[], ["customer_service"]]


def test_the_sync_tells_what_it_brought(app: Flask, monkeypatch: pytest.MonkeyPatch, lines: Lines) -> None:
    from app.lowcode.access import sync_permissions

    assert not lines(action=AuditAction.permissions_changed)
    labels = {name: words for name, words in registry().labels.items() if name != "SupplierScreen"}
    monkeypatch.setattr(registry(), "labels", labels)
    with acting_as(Actor.command("database upgrade")):
        sync_permissions()
        db.session.commit()
    [line] = lines(action=AuditAction.permissions_changed)
    assert line.actor_kind is ActorKind.command
    assert "can_view on SupplierScreen" in line.changes["permissions"][0]


# -- keeping --------------------------------------------------------------------------------------------------------


def test_lines_cannot_be_changed_or_deleted_by_screen_or_api(as_user: Any, supplier: Supplier) -> None:
    owner = as_user("ming")
    line_id = db.session.scalar(select(AuditLine.id).order_by(AuditLine.id.desc()))
    assert owner.get(f"/audit/show/{line_id}").status_code == 200
    for answer in (owner.post(f"/audit/delete/{line_id}"), owner.post(f"/audit/edit/{line_id}", data={"title": "x"}),
                   owner.post("/audit/add", data={"title": "x"}),
                   owner.put(f"/api/v1/audit/{line_id}", json={"title": "x"}),
                   owner.delete(f"/api/v1/audit/{line_id}"), owner.post("/api/v1/audit/", json={"title": "x"})):
        assert answer.status_code in {403, 405}
    assert db.session.get(AuditLine, line_id) is not None


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(AuditLine)) or 0


def test_a_user_saved_as_they_were_leaves_no_line(as_user: Any) -> None:
    owner, lin = as_user("ming"), user("lin")
    same = {"username": lin.username, "full_name": str(lin), "contact_email": lin.contact_email,
            "roles": [role.id for role in lin.roles], "groups": [group.id for group in lin.groups]}
    owner.post(f"/users/edit/{lin.id}", data=same | {"full_name": "Lin Z"})
    before = count()
    assert owner.post(f"/users/edit/{lin.id}", data=same | {"full_name": "Lin Z"}).status_code == 302
    assert count() == before
    owner.post(f"/users/edit/{lin.id}", data=same | {"full_name": "Lin Tao"})
    assert count() == before + 1


def test_a_setting_is_called_as_on_its_page(as_user: Any) -> None:
    owner = as_user("ming")
    owner.post("/settings/audit", data={"days_to_keep": "400"})
    page = owner.get("/audit/list/").text
    assert "Days to keep the audit trail" in page and "audit.days_to_keep" not in page


def test_old_lines_are_forgotten_at_night_young_ones_never(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.modules.audit.settings import AuditSettings

    clock.set("2026-08-01 00:00")
    for days in (0, 100, 179, 181, 1094, 1096, 4000):
        services.write(services.line(AuditAction.signed_in, title=f"{days} days") | {
            "at": clock.now() - timedelta(days=days)})
    db.session.commit()
    forget_old_audit_lines()
    titles = set(db.session.scalars(select(AuditLine.title).where(AuditLine.title.like("% days"))))
    assert titles == {"0 days", "100 days", "179 days", "181 days", "1094 days"}
    monkeypatch.setattr(AuditSettings, "days_to_keep", 1)
    forget_old_audit_lines()
    titles = set(db.session.scalars(select(AuditLine.title).where(AuditLine.title.like("% days"))))
    assert titles == {"0 days", "100 days", "179 days"}, "the law asks for six months, whatever is set"
