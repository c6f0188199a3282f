"""Values are changed where one looks at them: in the list, by keyboard and by finger."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.inspecting import inspect_here
from tests.browser.shop_floor import bring_things, thing
from tests.browser.test_two_people import another_saves
from tests.support.chromium import Browser, Size
from tests.support.live import LiveShop

ENTER, ESCAPE, TAB, F2, DOWN = "\ue007", "\ue00c", "\ue004", "\ue032", "\ue015"
ALL, CONTROL = "a", "\ue009"
FOCUS = "return document.activeElement.closest('[data-cell]')?.dataset.cell + ':' + document.activeElement.localName"
SHOWN = "label,price,count,found_on,kind,is_open"


@pytest.fixture
def owner(browser: Browser) -> Browser:
    browser.sign_in("ming")
    browser.speak("en")
    return browser


def open_list(browser: Browser, word: str) -> None:
    browser.open(f"/test_things/list/?q={word}&columns={SHOWN}&sort=label")


def cell(browser: Browser, column: str, row: int = 1) -> str:
    return f".records tbody tr:nth-child({row}) [data-cell={column}]"


def open_cell(browser: Browser, column: str, row: int = 1, key: str = "") -> None:
    pencil = browser.find(f"{cell(browser, column, row)} [data-cell-open]")
    browser.run("arguments[0].focus()", pencil)
    if key:
        pencil.send_keys(key)
    else:
        pencil.click()
    browser.until(lambda: is_open(browser, column), f"no editor of {column}")


def is_open(browser: Browser, column: str) -> bool:
    return bool(browser.run("return document.activeElement.id === 'cell-editor'"
                            " && document.activeElement.name === arguments[0]", column))


def write(browser: Browser, text: str) -> None:
    control = browser.driver.switch_to.active_element
    control.send_keys(CONTROL + ALL)
    control.send_keys(text)


def until_kept(browser: Browser, shop: LiveShop, thing_id: int, column: str, value: Any) -> None:
    browser.until(lambda: (thing(shop, thing_id) or {})[column] == value, f"{column} is not {value!r}")


def test_by_keyboard_from_cell_to_cell(owner: Browser, live_shop: LiveShop) -> None:
    first, second = bring_things(live_shop, "Keyed", 2, price=1000)
    open_list(owner, "Keyed")
    open_cell(owner, "price", key=ENTER)
    write(owner, "12.50" + TAB)
    owner.until(lambda: is_open(owner, "count"), "Tab does not go on to the next cell")
    until_kept(owner, live_shop, first, "price", 1250)
    write(owner, "7" + ENTER)
    until_kept(owner, live_shop, first, "count", 7)
    owner.until(lambda: owner.run(FOCUS) == "count:button", "the focus is lost")
    assert "12.50" in owner.find(cell(owner, "price")).text and owner.find(cell(owner, "count")).text == "7"
    owner.driver.switch_to.active_element.send_keys(DOWN)
    owner.driver.switch_to.active_element.send_keys(F2)
    owner.until(lambda: is_open(owner, "count"), "F2 does not open the cell below")
    write(owner, "99" + ESCAPE)
    assert owner.run(FOCUS) == "count:button" and owner.find_all("[data-cell-form]") == []
    assert thing(live_shop, second)["count"] is None  # type: ignore[index]


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_change_is_taken_back_from_its_message(owner: Browser, live_shop: LiveShop, size: Size) -> None:
    (thing_id,) = bring_things(live_shop, f"Back{size}", 1, price=1000)
    owner.become(size)
    open_list(owner, f"Back{size}")
    open_cell(owner, "price")
    assert owner.sticks_out() == []
    write(owner, "15")
    owner.find("[data-cell-form] .btn-primary").click()
    until_kept(owner, live_shop, thing_id, "price", 1500)
    owner.find("[data-toast-act]").click()
    until_kept(owner, live_shop, thing_id, "price", 1000)
    owner.until(lambda: "10.00" in owner.find(cell(owner, "price")).text, "the cell does not show it")
    assert owner.path.startswith("/test_things/list/"), "a click in a cell opened the record"


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_refusal_stands_at_the_cell_and_what_was_typed_stays(
    owner: Browser, live_shop: LiveShop, size: Size,
) -> None:
    owner.expects(r"status of 422")
    (thing_id,) = bring_things(live_shop, f"No{size}", 1)
    owner.become(size)
    open_list(owner, f"No{size}")
    if size == "phone":
        owner.find("[data-fold]").click()
    open_cell(owner, "count")
    write(owner, "4000" + ENTER)
    owner.until(lambda: "at most" in owner.find("#cell-said").text, "no reason")
    assert owner.run("return document.activeElement.value") == "4000"
    assert owner.run("return dispatchEvent(new Event('beforeunload', {cancelable: true}))") is False, "it can be lost"
    assert owner.sticks_out() == [] and thing(live_shop, thing_id)["count"] is None  # type: ignore[index]
    write(owner, "400" + ENTER)
    until_kept(owner, live_shop, thing_id, "count", 400)


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_switch_saves_at_once(owner: Browser, live_shop: LiveShop, size: Size) -> None:
    (thing_id,) = bring_things(live_shop, f"Switch{size}", 1, is_open=False)
    owner.become(size)
    open_list(owner, f"Switch{size}")
    if size == "phone":
        owner.find("[data-fold]").click()
    owner.find(f"{cell(owner, 'is_open')} label").click()
    until_kept(owner, live_shop, thing_id, "is_open", True)
    owner.until(lambda: owner.run(FOCUS) == "is_open:input", "the focus is lost")
    owner.find("[data-toast-act]").click()
    until_kept(owner, live_shop, thing_id, "is_open", False)
    owner.until(lambda: owner.run("return document.querySelector(arguments[0]).checked",
                                  f"{cell(owner, 'is_open')} input") is False, "it still shows the other")


def test_what_a_colleague_made_of_it_is_told_before_it_is_replaced(owner: Browser, live_shop: LiveShop) -> None:
    owner.expects(r"status of 409")
    (thing_id,) = bring_things(live_shop, "Both", 1, price=1000)
    open_list(owner, "Both")
    open_cell(owner, "price")
    another_saves(live_shop, f"/test_things/edit/{thing_id}", price="14.00")
    write(owner, "16" + ENTER)
    owner.until(lambda: "14.00" in owner.find("#cell-said").text, "theirs is not told")
    assert thing(live_shop, thing_id)["price"] == 1400  # type: ignore[index]
    owner.driver.switch_to.active_element.send_keys(ENTER)
    until_kept(owner, live_shop, thing_id, "price", 1600)


def test_an_old_list_says_that_the_value_has_changed(owner: Browser, live_shop: LiveShop) -> None:
    (thing_id,) = bring_things(live_shop, "Old", 1, price=1000)
    open_list(owner, "Old")
    another_saves(live_shop, f"/test_things/edit/{thing_id}", price="14.00")
    open_cell(owner, "price")
    assert owner.run("return document.activeElement.value") == "14.00"
    assert "changed since the list was opened" in owner.find("#cell-said").text
    owner.driver.switch_to.active_element.send_keys(ENTER)
    owner.until(lambda: owner.find_all("[data-cell-form]") == [], "it stays open")


def test_a_choice_a_day_and_a_name(owner: Browser, live_shop: LiveShop) -> None:
    (thing_id,) = bring_things(live_shop, "Kinds", 1)
    open_list(owner, "Kinds")
    open_cell(owner, "kind")
    owner.run("document.activeElement.value = 'pot'")
    owner.driver.switch_to.active_element.send_keys(ENTER)
    owner.until(lambda: "Paused" in owner.find(cell(owner, "kind")).text, "the choice is not shown")
    open_cell(owner, "found_on")
    owner.until(lambda: owner.run("return Boolean(document.activeElement._flatpickr)"), "no picker")
    write(owner, "2026-08-01" + ENTER)
    owner.until(lambda: str((thing(live_shop, thing_id) or {})["found_on"]) == "2026-08-01", "the day is not kept")
    open_cell(owner, "label")
    write(owner, "Renamed" + ENTER)
    until_kept(owner, live_shop, thing_id, "label", "Renamed")
    owner.until(lambda: owner.find(f"{cell(owner, 'label')} a").text == "Renamed", "the link has another name")


@pytest.mark.parametrize("begin, language", [("desk", "zh"), ("phone", "en")])
def test_a_list_with_an_open_cell_is_fit_to_be_seen(
    owner: Browser, live_shop: LiveShop, begin: Size, language: str,
) -> None:
    bring_things(live_shop, f"Seen{begin}", 2, price=1000)
    owner.become(begin)
    owner.speak(language)
    open_list(owner, f"Seen{begin}")
    open_cell(owner, "price")
    assert inspect_here(owner, language, begin=begin, translated=False) == []
