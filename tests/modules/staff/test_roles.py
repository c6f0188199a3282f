"""The table of permissions: readable, translated, saved as ticked, never over a colleague's head."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Group, Role
from flask_babel import force_locale
from sqlalchemy import select

from app.core.db import db
from app.core.errors import BusinessError
from app.lowcode.security.words import known_permissions, modules_in_words, permission_text
from app.modules.staff import services
from app.modules.staff.matrix import matrix, read_boxes
from tests.modules.staff.test_rising import seen, tick
from tests.modules.staff.test_users import role
from tests.support.cast import user


def test_the_table_has_a_box_for_every_permission_there_is(app: Flask) -> None:
    with app.test_request_context():
        boxes = [box.value for group in matrix(set()) for row in group.rows for box in row.all_boxes]
    wanted = {f"{name}:{view}" for view, names in known_permissions().items() for name in names}
    assert len(boxes) == len(set(boxes)) and set(boxes) == wanted


def test_rows_and_boxes_have_words_not_names_of_the_program(app: Flask) -> None:
    with app.test_request_context():
        for module in modules_in_words():
            for view in module.views:
                assert not re.search(r"Screen$|Page$|View$|^can_", view.label), view
                for name, label in view.permissions.items():
                    assert label and label != name and not label.startswith("can_"), (view.name, name)


def test_a_permission_reads_as_screen_and_deed(app: Flask) -> None:
    assert permission_text("can_edit", "SupplierScreen") == "Suppliers: Edit"
    assert permission_text("can_fly", "GoneScreen") == "GoneScreen: can_fly"
    with app.test_request_context(), force_locale("zh"):
        assert permission_text("can_edit", "ProductScreen") == "商品：编辑"


@pytest.mark.both_databases
def test_a_role_is_found_by_the_word_one_reads(as_user: Any) -> None:
    """In one's own language; the name in the database is another."""
    owner = as_user("ming")

    def roles(term: str, language: str) -> list[str]:
        answer = owner.get(f"/users/lookup/roles?q={term}", headers={"Accept-Language": language})
        return [row["text"] for row in answer.get_json()["results"]]

    assert roles("运", "zh-CN") == ["运营"] and roles("运", "en") == []
    assert roles("customer s", "en") == ["Customer service"] and roles("customer_s", "en") == ["Customer service"]
    listed = owner.get("/roles/list/?q=运", headers={"Accept-Language": "zh-CN"}).text
    assert listed.count("<tr data-url") == 1


def test_what_is_ticked_is_saved_and_said(as_user: Any, make_role: Callable[..., Role]) -> None:
    owner, buyer = as_user("ming"), make_role("buyer", "can_view:SupplierScreen", "can_delete:SupplierScreen")
    answer = tick(owner, buyer, "can_view:SupplierScreen", "can_edit:SupplierScreen", "can_add:SupplierScreen")
    assert answer.status_code == 302
    page = owner.get(answer.headers["Location"])
    assert "2 permissions given, 1 taken away" in page.text
    assert {name for name, _view in services.pairs_of(role("buyer"))} == {"can_view", "can_edit", "can_add"}


def test_ticking_nothing_takes_everything(as_user: Any, make_role: Callable[..., Role]) -> None:
    buyer = make_role("buyer", "can_view:SupplierScreen")
    assert tick(as_user("ming"), buyer).status_code == 302
    assert services.pairs_of(role("buyer")) == set()


@pytest.mark.parametrize("box", ["can_fly:SupplierScreen", "can_view:Nowhere", "", ":", "can_view", "<script>",
                                 "can_view:SupplierScreen:x"])
def test_a_box_that_is_none_of_ours_is_refused(as_user: Any, make_role: Callable[..., Role], box: str) -> None:
    buyer = make_role("buyer", "can_view:SupplierScreen")
    assert tick(as_user("ming"), buyer, box).status_code == 422
    assert services.pairs_of(role("buyer")) == {("can_view", "SupplierScreen")}


def test_a_colleagues_change_is_not_overwritten_unseen(as_user: Any, make_role: Callable[..., Role]) -> None:
    owner, buyer = as_user("ming"), make_role("buyer", "can_view:SupplierScreen")
    old = seen(owner, buyer.id)
    services.set_permissions(buyer, {("can_view", "SupplierScreen"), ("can_add", "SupplierScreen")})
    db.session.commit()
    answer = owner.post(f"/roles/edit/{buyer.id}", data={
        "seen": old, "name": "buyer", "box": ["can_view:SupplierScreen", "can_edit:SupplierScreen"]})
    assert answer.status_code == 409 and "Someone else has changed this role" in answer.text
    edit_box = answer.text.split('value="can_edit:SupplierScreen"')[1].split(">")[0]
    assert "checked" in edit_box, "what was ticked is kept"
    assert ("can_add", "SupplierScreen") in services.pairs_of(role("buyer"))


def test_copying_fills_the_boxes_and_saves_nothing(as_user: Any, make_role: Callable[..., Role]) -> None:
    owner, buyer = as_user("ming"), make_role("buyer", "can_view:SupplierScreen")
    page = owner.get(f"/roles/edit/{buyer.id}?like={role('operator').id}").text
    assert "checked" in page.split('value="can_edit:ProductScreen"')[1].split(">")[0]
    assert services.pairs_of(role("buyer")) == {("can_view", "SupplierScreen")}
    assert owner.get(f"/roles/edit/{buyer.id}?like=99999").status_code == 404


def test_a_new_role_begins_with_anothers_rights(as_user: Any) -> None:
    owner = as_user("ming")
    answer = owner.post("/roles/add", data={"name": "night shift", "like": role("warehouse").id})
    assert answer.status_code == 302 and answer.headers["Location"] == f"/roles/edit/{role('night shift').id}"
    assert services.pairs_of(role("night shift")) == services.pairs_of(role("warehouse"))


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "Operator", "operator", "OWNER"])
def test_a_name_that_cannot_be_is_refused_and_stays_in_the_field(as_user: Any, name: str) -> None:
    before = db.session.scalars(select(Role.name)).all()
    answer = as_user("ming").post("/roles/add", data={"name": name})
    assert answer.status_code == 422 and "field-error" in answer.text
    assert db.session.scalars(select(Role.name)).all() == before


def test_own_roles_can_be_renamed_starter_roles_cannot(as_user: Any, make_role: Callable[..., Role]) -> None:
    owner, buyer, operator = as_user("ming"), make_role("buyer"), role("operator")
    owner.post(f"/roles/edit/{buyer.id}", data={"seen": seen(owner, buyer.id), "name": "purchaser"})
    assert role("purchaser").id == buyer.id
    with pytest.raises(BusinessError):
        services.rename_role(operator, "manager")


def test_a_form_without_the_table_changes_no_rights(as_user: Any, make_role: Callable[..., Role]) -> None:
    buyer = make_role("buyer", "can_view:SupplierScreen")
    as_user("ming").post(f"/roles/edit/{buyer.id}", data={"name": "purchaser"})
    assert services.pairs_of(role("purchaser")) == {("can_view", "SupplierScreen")}


def test_who_has_a_role_is_shown_with_the_group_that_lends_it(as_user: Any) -> None:
    db.session.add(Group(name="night shift", label="", description="", roles=[role("operator")], users=[user("lin")]))
    db.session.commit()
    page = as_user("ming").get(f"/roles/show/{role('operator').id}").text
    assert "Hua Li" in page and "Lin Zhao" in page and "night shift" in page
    assert [(str(person), group) for person, group in services.people_with(role("operator"))] == [
        ("Hua Li", ""), ("Lin Zhao", "night shift")]


def test_a_deleted_role_is_taken_from_everyone(as_user: Any) -> None:
    owner, hers = as_user("ming"), as_user("hua")
    assert hers.get("/products/list/").status_code == 200
    owner.post(f"/roles/delete/{role('operator').id}")
    assert hers.get("/products/list/").status_code == 302
    hers.sign_in("hua")
    assert hers.get("/products/list/").status_code == 403
    assert user("hua").roles == []


def test_the_table_costs_few_queries(as_user: Any, count_queries: Any) -> None:
    owner, role_id = as_user("ming"), role("operator").id
    owner.get(f"/roles/edit/{role_id}")
    with count_queries() as queries:
        owner.get(f"/roles/edit/{role_id}")
    assert len(queries) <= 8, queries


def test_reading_boxes(app: Flask) -> None:
    with app.test_request_context():
        assert read_boxes(["can_view:SupplierScreen"]) == {("can_view", "SupplierScreen")}
        assert read_boxes([]) == set()
