"""The side panel: a record beside its list; changed in it, seen in the list at once; nothing typed is lost."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.inspecting import inspect_here
from tests.browser.shop_floor import bring_things, thing
from tests.support.chromium import Browser, Size
from tests.support.live import LiveShop


def titles(browser: Browser) -> list[str]:
    return browser.run(
        "return [...document.querySelectorAll('[data-records] td.title')].map(it => it.textContent.trim())")


def look_into(browser: Browser, place: int) -> None:
    browser.run("document.querySelectorAll('[data-records] td.title a')[arguments[0]].focus()", place)
    browser.driver.switch_to.active_element.send_keys(Keys.SPACE)
    browser.find("#side[open] iframe")


def inside(browser: Browser, script: str) -> object:
    """Run a script in the page that the panel holds, once it is there."""
    return browser.until(lambda: browser.run(
        "const frame = document.querySelector('.side-frame'); const page = frame?.contentDocument;"
        "return page?.readyState === 'complete' && page.querySelector('h1') ? (() => {" + script + "})() : null"),
        "the panel stays empty")


def heading(browser: Browser) -> str:
    return browser.find("[data-side-title]").text


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_records_are_looked_through_beside_the_list(browser: Browser, live_shop: LiveShop, size: Size) -> None:
    browser.become(size)
    word = f"Aside{size}"
    bring_things(live_shop, word, 3)
    browser.sign_in("ming")
    browser.speak("en")
    browser.open(f"/test_things/list/?f.label={word}&sort=label")
    first, second, third = titles(browser)
    look_into(browser, 0)
    assert inside(browser, "return page.querySelector('h1').textContent.trim()") == first
    assert browser.run("return document.querySelector('[data-side-previous]').disabled")
    browser.find("[data-side-next]").click()
    browser.until(lambda: heading(browser) == second, "the next record is not shown")
    inside(browser, "return true")
    assert inspect_here(browser, "en", begin=size) == []
    browser.become(size)
    browser.find("[data-side-next]").send_keys(Keys.ALT, Keys.ARROW_DOWN)
    browser.until(lambda: heading(browser) == third, "Alt and the arrow do not lead on")
    inside(browser, "return true")
    browser.driver.back()
    browser.until(lambda: not browser.run("return document.getElementById('side').open"), "Back does not close it")
    assert titles(browser) == [first, second, third], "the list is still there"


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_what_is_changed_in_it_shows_in_the_list(browser: Browser, live_shop: LiveShop, size: Size) -> None:
    browser.become(size)
    word = f"Beside{size}"
    ids = bring_things(live_shop, word, 2)
    browser.sign_in("ming")
    browser.speak("en")
    browser.open(f"/test_things/list/?f.label={word}&sort=label")
    look_into(browser, 0)
    inside(browser, "page.querySelector('.page-actions a[href*=\"/edit/\"]').click(); return true")
    frame = browser.find("#side iframe")
    browser.until(lambda: inside(browser, "return page.querySelector('form [name=label]') !== null"), "no form")
    browser.driver.switch_to.frame(frame)
    field = browser.driver.find_element(By.NAME, "label")
    field.send_keys("x")
    browser.driver.switch_to.default_content()
    browser.find("[data-side-close]").click()
    browser.find("#confirm[open]")
    browser.find("#confirm [data-confirm-no]").click()
    assert browser.run("return document.getElementById('side').open"), "what was typed stays"
    browser.driver.switch_to.frame(frame)
    field.send_keys(Keys.CONTROL, "s")
    browser.driver.switch_to.default_content()
    browser.until(lambda: titles(browser)[0] == f"{word} 1x", "the list does not show what was saved")
    assert thing(live_shop, ids[0])["label"] == f"{word} 1x"  # type: ignore[index]
    browser.find("[data-side-close]").click()
    assert browser.run("return document.activeElement.textContent.trim()") == f"{word} 1x", "the focus comes back"
