"""Asking before something is done: one question at a time, and a question taken back is never answered later."""

from __future__ import annotations

import pytest

from tests.browser.shop_floor import bring_things, thing
from tests.support.chromium import Browser
from tests.support.live import LiveShop


@pytest.fixture
def owner(browser: Browser) -> Browser:
    browser.sign_in("ming")
    browser.speak("en")
    return browser


def row(browser: Browser, thing_id: int) -> str:
    return f"tr[data-url$='/show/{thing_id}']"


def ask_to_delete(browser: Browser, thing_id: int) -> None:
    browser.find(f"{row(browser, thing_id)} [data-row-menu]").click()
    browser.find(".row-menu [data-action*='/delete/']").click()
    browser.find("#confirm[open]")


def test_a_delete_taken_back_is_not_done_by_the_next_bulk_action(owner: Browser, live_shop: LiveShop) -> None:
    """The plain framework binds one more delete to its OK button with every click and submits the last one."""
    first, second = bring_things(live_shop, "Cancelled", 2)
    owner.open("/test_things/list/?q=Cancelled")
    ask_to_delete(owner, first)
    assert "Cancelled 1" in owner.find("#confirm-text").text
    owner.find("[data-confirm-no]").click()
    owner.find(f"{row(owner, second)} [name=rowid]").click()
    owner.find("#bulk [value=open_up]").click()
    assert owner.find("#confirm-text").text == "Open them?\nSelected: 1"
    with owner.leaving():
        owner.find("[data-confirm-yes]").click()
    assert thing(live_shop, first) is not None
    assert thing(live_shop, second)["is_open"]  # type: ignore[index]


def test_a_delete_is_done_when_it_is_agreed_to(owner: Browser, live_shop: LiveShop) -> None:
    (only,) = bring_things(live_shop, "Agreed", 1)
    owner.open("/test_things/list/?q=Agreed")
    ask_to_delete(owner, only)
    with owner.leaving():
        owner.find("[data-confirm-yes]").click()
    assert "Deleted: Agreed 1" in owner.find(".toast").text
    assert thing(live_shop, only) is None


def test_the_last_question_is_the_one_that_is_answered(owner: Browser, live_shop: LiveShop) -> None:
    first, second = bring_things(live_shop, "Twice", 2)
    owner.open("/test_things/list/?q=Twice")
    ask_to_delete(owner, first)
    owner.run("document.getElementById('confirm').close()")
    ask_to_delete(owner, second)
    assert "Twice 2" in owner.find("#confirm-text").text
    with owner.leaving():
        owner.find("[data-confirm-yes]").click()
    assert thing(live_shop, first) is not None
    assert thing(live_shop, second) is None


def test_what_cannot_be_undone_starts_on_cancel(owner: Browser, live_shop: LiveShop) -> None:
    (only,) = bring_things(live_shop, "Careful", 1)
    owner.open("/test_things/list/?q=Careful")
    ask_to_delete(owner, only)
    assert owner.run("return document.activeElement.matches('[data-confirm-no]')")


@pytest.mark.parametrize("page", ["list", "record"])
def test_a_question_taken_back_leads_to_the_button_it_came_from(
        owner: Browser, live_shop: LiveShop, page: str) -> None:
    (only,) = bring_things(live_shop, "Regretted", 1)
    if page == "list":
        owner.open("/test_things/list/?q=Regretted")
        ask_to_delete(owner, only)
    else:
        owner.open(f"/test_things/show/{only}")
        owner.find(".page-actions summary").click()
        owner.find(".page-actions [formaction*='/delete/']").click()
    owner.find("#confirm[open] [data-confirm-no]").click()
    button = "[data-row-menu]" if page == "list" else ".page-actions summary"
    assert owner.run(f"return document.activeElement.matches('{button}')")


def test_the_escape_key_takes_a_question_back(owner: Browser, live_shop: LiveShop) -> None:
    (only,) = bring_things(live_shop, "Escaped", 1)
    owner.open(f"/test_things/edit/{only}")
    owner.find(".page-actions .btn-danger").click()
    owner.find("#confirm[open]")
    owner.driver.switch_to.active_element.send_keys("\ue00c")
    owner.until(lambda: not owner.find_all("#confirm"), "the question stayed")
    owner.run("document.querySelector('[data-confirm-yes]').click()")
    assert owner.path == f"/test_things/edit/{only}"
    assert thing(live_shop, only) is not None


def test_the_bulk_bar_counts_what_is_ticked(owner: Browser, live_shop: LiveShop) -> None:
    bring_things(live_shop, "Ticked", 3)
    owner.open("/test_things/list/?q=Ticked")
    assert not owner.find_all("#bulk")
    owner.find("[data-tick-all]").click()
    assert owner.find("[data-bulk-count]").text == "Selected: 3"
    owner.find("[name=rowid]").click()
    assert owner.find("[data-bulk-count]").text == "Selected: 2"
    owner.find("[data-untick]").click()
    assert not owner.find_all("#bulk")
