"""Finding one's way in the browser: pins and what was lately opened, actions, shortcuts, why not, what waits, paper."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from sqlalchemy import delete

from app.core.db import db
from app.lowcode.security.models import StaffPreference
from tests.browser.inspecting import inspect_here
from tests.browser.shop_floor import bring_things, thing
from tests.lowcode.shelf import Thing
from tests.support.chromium import Browser
from tests.support.live import LiveShop

LIST = "/test_things/list/"


@pytest.fixture(autouse=True)
def _nothing_is_left(live_shop: LiveShop) -> None:
    """Each story finds somebody who has pinned nothing and switched nothing off."""
    with live_shop.app.app_context():
        db.session.execute(delete(StaffPreference))
        db.session.commit()
        db.session.remove()


@pytest.fixture
def owner(browser: Browser) -> Browser:
    browser.sign_in("ming")
    browser.speak("en")
    return browser


def keys(browser: Browser, *pressed: str) -> None:
    browser.driver.switch_to.active_element.send_keys(*pressed)


def looks_right(browser: Browser, size: Any) -> None:
    """In both sizes and themes; the page stays open."""
    assert inspect_here(browser, "en", begin=size) == []
    browser.become(size)


def groups(browser: Browser) -> dict[str, list[str]]:
    """What the palette shows: the labels below each heading."""
    return browser.run("""
        const groups = [...document.querySelectorAll('#palette-list > [role=group]')];
        return Object.fromEntries(groups.map((group) => [
        group.querySelector('.palette-group').textContent,
        [...group.querySelectorAll('.palette-label')].map((label) => label.firstChild.textContent)]))""")


def open_palette(browser: Browser) -> WebElement:
    browser.find("[data-palette-open]").click()
    return browser.find("#palette-input")


def pinned(browser: Browser) -> list[str]:
    links = "[...document.querySelectorAll('#pinned .nav-item')]"
    return browser.run(f"return {links}.map(link => link.textContent.trim())")


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_what_is_pinned_and_was_lately_opened_is_at_hand(browser: Browser, live_shop: LiveShop, size: Any) -> None:
    browser.become(size)
    browser.sign_in("ming")
    browser.speak("en")
    (only,) = bring_things(live_shop, f"Pinned{size}", 1)
    browser.open(LIST)
    browser.find("[data-star] button").click()
    browser.until(lambda: pinned(browser) == ["Things"], "the menu does not follow")
    assert browser.find("[data-star] button").get_attribute("aria-pressed") == "true"
    browser.open(f"/test_things/show/{only}")
    browser.open("/orders/list/")
    field = open_palette(browser)
    browser.until(lambda: "Pinned" in groups(browser), "what is pinned is missing")
    shown = groups(browser)
    assert shown["Pinned"] == ["Things"] and f"Pinned{size} 1" in shown["Lately opened"]
    assert "Orders" not in shown["Lately opened"], "one is there already"
    looks_right(browser, size)
    # The record is pinned from the palette, by the button at its foot or by the star in its row.
    field.send_keys(f"Pinned{size}")
    browser.until(lambda: f"Pinned{size} 1" in groups(browser).get("Things", []), "the record is not found")
    browser.run("document.querySelector('#palette-list .palette-row [role=option]').scrollIntoView()")
    if size == "phone":
        browser.find("#palette-list .palette-pin").click()
    else:
        browser.find("[data-palette-pin]").click()
    browser.until(lambda: browser.find("[data-palette-pin]").text == "Unpin", "it is not pinned")
    keys(browser, Keys.ESCAPE)
    browser.open("/")
    browser.until(lambda: browser.find_all(".recent-item"), "the home page does not say what was lately opened")
    open_palette(browser)
    browser.until(lambda: groups(browser).get("Pinned") == ["Things", f"Pinned{size} 1"], "the order is another")
    assert pinned(browser) == ["Things"], "records are not in the menu"


def test_what_is_gone_is_not_offered_any_more(owner: Browser, live_shop: LiveShop) -> None:
    (only,) = bring_things(live_shop, "Gone", 1)
    # Parts that its page fetches when they come into sight may come too late for it.
    owner.expects(rf"/(comments|history)/\w+/{only}.*status of 404")
    owner.open(f"/test_things/show/{only}")
    with live_shop.app.app_context():
        db.session.execute(delete(Thing).where(Thing.id == only))
        db.session.commit()
        db.session.remove()
    owner.open("/")
    open_palette(owner)
    kept = "return Object.entries(localStorage).filter(([key]) => key.startsWith('houtai.recent')).join()"
    owner.until(lambda: f"ThingScreen/{only}" not in owner.run(kept), "its key stayed")
    assert "Gone 1" not in str(groups(owner))


def test_the_palette_does_what_the_page_can_do_and_asks_first(owner: Browser, live_shop: LiveShop) -> None:
    (only,) = bring_things(live_shop, "Doable", 1)
    owner.open(f"/test_things/show/{only}")
    field = open_palette(owner)
    field.send_keys("delete")
    owner.until(lambda: "Delete" in groups(owner).get("On this page", []), "the page's own button is missing")
    field.send_keys(Keys.ENTER)
    owner.find("#confirm[open]")
    assert thing(live_shop, only) is not None
    with owner.leaving():
        owner.find("[data-confirm-yes]").click()
    assert thing(live_shop, only) is None


def test_the_palette_adds_changes_the_theme_and_helps(owner: Browser) -> None:
    owner.open("/")
    field = open_palette(owner)
    field.send_keys("dark")
    owner.until(lambda: "Dark" in groups(owner).get("Actions", []), "the theme is missing")
    field.send_keys(Keys.ENTER)
    owner.until(lambda: owner.run("return document.documentElement.dataset.theme") == "dark", "it stayed light")
    field = open_palette(owner)
    field.send_keys("hidden ones")
    owner.until(lambda: groups(owner).get("Help") == ["Things"], "help is missing")
    with owner.leaving():
        field.send_keys(Keys.ENTER)
    assert owner.path.startswith(LIST)
    assert "Things, but for the hidden ones." in owner.find(".page-head .menu-note").text
    field = open_palette(owner)
    field.send_keys("add thi")
    owner.until(lambda: "Add: Things" in groups(owner).get("Actions", []), "adding is missing")
    with owner.leaving():
        field.send_keys(Keys.ENTER)
    assert owner.path == "/test_things/add"


def test_keys_walk_a_list_tick_open_edit_and_go(owner: Browser, live_shop: LiveShop) -> None:
    bring_things(live_shop, "Keyed", 3)
    owner.open(f"{LIST}?q=Keyed&sort=label")
    keys(owner, "j")
    keys(owner, "j")
    assert owner.run("return document.activeElement.textContent") == "Keyed 2"
    assert owner.run("return document.activeElement.matches(':focus-visible')")
    keys(owner, "x")
    assert "Keyed 2" in owner.find(".is-ticked").text
    keys(owner, "k")
    with owner.leaving():
        keys(owner, Keys.ENTER)
    assert owner.find("h1").text == "Keyed 1"
    with owner.leaving():
        keys(owner, "e")
    assert "/edit/" in owner.path
    owner.find("[name=label]").send_keys("n?gh")
    assert owner.value("label").endswith("n?gh"), "whoever types is left alone"
    with owner.leaving():
        owner.find("[name=label]").send_keys(Keys.CONTROL, Keys.ENTER)
    assert "Keyed 1n?gh" in owner.find("h1").text
    keys(owner, "g")
    with owner.leaving():
        keys(owner, "o")
    assert owner.path == "/orders/list/"
    keys(owner, "/")
    assert owner.run("return document.activeElement.name") == "q"
    owner.open(LIST)
    with owner.leaving():
        keys(owner, "n")
    assert owner.path == "/test_things/add"


def test_the_sheet_lists_what_the_page_has_and_switches_single_keys_off(owner: Browser, live_shop: LiveShop) -> None:
    bring_things(live_shop, "Listed", 1)
    owner.open(f"{LIST}?q=Listed")
    keys(owner, "?")
    sheet = owner.find("#shortcuts[open]")
    for word in ("Next row", "Add", "Show this list", "Orders", "Search:"):
        assert word in sheet.text, word
    looks_right(owner, "desk")
    owner.press("Switch single keys off")
    owner.until(lambda: "switched off" in owner.find("#shortcuts").text, "it stayed on")
    keys(owner, Keys.ESCAPE)
    owner.open(LIST)
    keys(owner, "n")
    keys(owner, "?")
    assert owner.path == LIST and not owner.find_all("#shortcuts")
    keys(owner, Keys.CONTROL, "k")
    owner.find("#palette[open]")
    keys(owner, Keys.ESCAPE)
    owner.open("/profile/")
    owner.run("document.getElementById('shortcuts-choice').value = 'on'")
    with owner.leaving():
        owner.run("document.getElementById('shortcuts-choice').form.requestSubmit()")
    owner.open(LIST)
    with owner.leaving():
        keys(owner, "n")
    assert owner.path == "/test_things/add"


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_disabled_button_tells_why_and_the_page_says_what_one_may(
    browser: Browser, live_shop: LiveShop, size: Any
) -> None:
    browser.become(size)
    browser.sign_in("ming")
    browser.speak("en")
    (only,) = bring_things(live_shop, f"Open{size}", 1, is_open=True)
    browser.open(f"/test_things/show/{only}")
    if size == "phone":
        browser.find("#record-actions summary").click()
        assert "It is open already." in browser.find(".menu-item[aria-disabled=true]").text
    else:
        assert not browser.find_all(".why")
        browser.find("[aria-describedby=why-open_up]").click()
        assert browser.find(".why").text == "It is open already."
        keys(browser, Keys.ESCAPE)
        assert not browser.find_all(".why")
    assert browser.path == f"/test_things/show/{only}"
    browser.find(".page-head details.help > summary").click()
    assert browser.sticks_out() == []
    browser.press("What may I do here?")
    dialog = browser.find("#rights[open]")
    assert "It is open already." in dialog.text and "Yes" in dialog.text
    looks_right(browser, size)
    keys(browser, Keys.ESCAPE)
    browser.until(lambda: not browser.find_all("#rights"), "it stayed open")


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_home_page_says_what_waits(browser: Browser, size: Any) -> None:
    browser.become(size)
    browser.sign_in("ming")
    browser.speak("en")
    browser.open("/")
    browser.until(lambda: browser.find_all("[data-waiting]:not([aria-busy]) .work-line"), "nothing came")
    assert "Backup of the last day is missing" in browser.find(".work").text
    looks_right(browser, size)
    with browser.leaving():
        browser.find(".work-line.tone-bad").click()
    assert browser.path == "/backups/"


@pytest.mark.parametrize("path", [LIST, "/reports/sales/", "/"])
def test_on_paper_stands_what_the_page_is_about(owner: Browser, live_shop: LiveShop, path: str) -> None:
    bring_things(live_shop, "Printed", 2)
    owner.open(path)
    owner.command("Emulation.setEmulatedMedia", media="print")
    owner.run("dispatchEvent(new Event('beforeprint'))")
    try:
        for gone in (".sidebar", ".topbar", ".star", ".page-actions", ".pager", ".menu"):
            assert not owner.find_all(gone), f"{gone} is printed"
        assert owner.find("h1") and "Printed:" in owner.find(".printed").text
        if path == LIST:
            head = "getComputedStyle(document.querySelector('.records thead')).display"
            assert owner.run(f"return {head}") == "table-header-group", "the head is not repeated on each sheet"
    finally:
        owner.command("Emulation.setEmulatedMedia", media="")
    pdf = base64.b64decode(owner.command("Page.printToPDF")["data"])
    assert pdf.startswith(b"%PDF")
    assert not owner.find_all(".printed")
