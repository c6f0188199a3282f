"""Roles, passwords and sessions as people work with them, in a real browser, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask_appbuilder.security.sqla.models import PermissionView, Role, User
from selenium.webdriver.remote.webelement import WebElement
from sqlalchemy import select

from app.core.db import db
from app.lowcode.security.models import StaffSession
from app.lowcode.security.passwords import hash_password
from app.modules.staff import services
from tests.support.cast import PASSWORD
from tests.support.chromium import Browser
from tests.support.live import LiveShop

NEW = "seven lanterns over water"


@pytest.fixture
def buyer_id(live_shop: LiveShop) -> Iterator[int]:
    """A role of the shop's own that may look at suppliers, and someone who has it."""
    with live_shop.app.app_context():
        pairs = [pair for pair in db.session.scalars(select(PermissionView))
                 if (pair.permission.name, pair.view_menu.name) == ("can_view", "SupplierScreen")]
        role = Role(name="buyer", permissions=pairs)
        db.session.add(User(username="kai", first_name="Kai", last_name="", email="kai@shop.example", active=True,
                            password=hash_password(PASSWORD), roles=[role]))
        db.session.commit()
        role_id = role.id
    yield role_id
    with live_shop.app.app_context():
        kai = db.session.scalars(select(User).where(User.username == "kai")).one()
        db.session.execute(StaffSession.__table__.delete().where(StaffSession.user_id == kai.id))
        db.session.delete(kai)
        services.delete_role(db.session.get(Role, role_id))
        db.session.commit()


def rights(shop: LiveShop, role_id: int) -> set[str]:
    with shop.app.app_context():
        found = {name for name, view in services.pairs_of(db.session.get(Role, role_id)) if view == "SupplierScreen"}
        db.session.rollback()
        return found


def box(browser: Browser, permission: str) -> WebElement:
    """The box of a permission on suppliers, in the middle of the window, away from the bars at its edge."""
    found = browser.find(f'input[value="{permission}:SupplierScreen"]')
    browser.run("arguments[0].scrollIntoView({block: 'center'})", found)
    return found


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_rights_are_ticked_shown_and_saved(browser: Browser, live_shop: LiveShop, buyer_id: int, size: str) -> None:
    browser.become(size)  # type: ignore[arg-type]
    browser.sign_in("ming")
    browser.open(f"/roles/edit/{buyer_id}")
    assert browser.sticks_out() == []
    row = 'tbody[data-row]:has(input[value="can_view:SupplierScreen"])'
    box(browser, "can_view")
    toggle = browser.find(f"{row} [data-toggle-row]")
    toggle.click()
    assert browser.run(f"return [...document.querySelectorAll('{row} input[name=box]')].every(box => box.checked)")
    box(browser, "can_delete").click()
    assert browser.run("return arguments[0].indeterminate", toggle)
    summary = browser.run("return document.querySelector('[data-summary]').textContent")
    assert "4" in summary and "0" in summary
    browser.find("[data-save]").click()
    # The dialog fades in: what is still clear as glass does not count as shown.
    browser.until(lambda: len(browser.find_all("#matrix-changes [data-given] li")) == 4, "not four rights are listed")
    assert rights(live_shop, buyer_id) == {"can_view"}, "nothing is saved before it was shown"
    with browser.leaving():
        browser.find("#matrix-changes [data-yes]").click()
    assert browser.path == f"/roles/show/{buyer_id}"
    assert rights(live_shop, buyer_id) == {"can_view", "can_add", "can_edit", "can_export", "can_import"}


def test_cancelling_the_summary_saves_nothing(browser: Browser, live_shop: LiveShop, buyer_id: int) -> None:
    browser.sign_in("ming")
    browser.open(f"/roles/edit/{buyer_id}")
    box(browser, "can_edit").click()
    browser.find("[data-save]").click()
    browser.find("#matrix-changes [data-no]").click()
    assert browser.path == f"/roles/edit/{buyer_id}"
    assert rights(live_shop, buyer_id) == {"can_view"}
    # The page would ask before it is left with a change unsaved.
    box(browser, "can_edit").click()
    browser.open("/roles/list/")


def test_whoever_may_change_may_see_and_who_cannot_see_can_do_nothing(browser: Browser, buyer_id: int) -> None:
    browser.sign_in("ming")
    browser.open(f"/roles/edit/{buyer_id}")
    view, edit = box(browser, "can_view"), box(browser, "can_edit")
    edit.click()
    view.click()
    assert not edit.is_selected()
    edit.click()
    assert view.is_selected()
    edit.click()
    assert view.is_selected() and not edit.is_selected()


def test_a_screen_is_found_by_typing(browser: Browser, buyer_id: int) -> None:
    browser.sign_in("ming")
    browser.open(f"/roles/edit/{buyer_id}")
    label = browser.run("return document.querySelector('tbody[data-row]').dataset.name")
    browser.find("[data-find]").send_keys(label)
    shown = browser.run("return [...document.querySelectorAll('tbody[data-row]')].filter(row => !row.hidden)"
                        ".map(row => row.dataset.name)")
    assert shown and all(label in name for name in shown)


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_first_sign_in_from_one_time_password_to_work(
        browser: Browser, live_shop: LiveShop, buyer_id: int, size: str) -> None:
    browser.become(size)  # type: ignore[arg-type]
    with live_shop.app.app_context():
        password = services.reset_password(db.session.scalars(select(User).where(User.username == "kai")).one())
        db.session.commit()
    browser.open("/suppliers/list/")
    browser.fill("username", "kai")
    browser.fill("password", password)
    with browser.leaving():
        browser.find("form .btn-primary").click()
    assert browser.path == "/profile/password" and browser.sticks_out() == []
    browser.fill("current", password)
    browser.fill("new", "12345678")
    browser.fill("repeated", "12345678")
    with browser.leaving():
        browser.find(".savebar .btn-primary").click()
    assert browser.find(".field-error") is not None
    for name, value in (("current", password), ("new", NEW), ("repeated", NEW)):
        browser.fill(name, value)
    with browser.leaving():
        browser.find(".savebar .btn-primary").click()
    assert browser.path == "/suppliers/list/"


def test_a_session_is_ended_from_another_machine(browser: Browser, live_shop: LiveShop, buyer_id: int) -> None:
    from tests.support.client import client_of

    elsewhere = client_of(live_shop.app)
    with live_shop.app.app_context():
        assert elsewhere.sign_in("kai").status_code == 302
    browser.sign_in("kai")
    browser.open("/profile/sessions")
    browser.find('form[action*="/end"] .btn-danger').click()
    with browser.leaving():
        browser.find("#confirm [data-confirm-yes]").click()
    with live_shop.app.app_context():
        assert elsewhere.get("/profile/").status_code == 302
    assert len(browser.find_all(".session")) == 1
