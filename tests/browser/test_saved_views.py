"""Columns and views in the browser: chosen, moved by mouse and keys, saved, changed, opened first, deleted, undone."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from sqlalchemy import delete

from app.core.db import db
from app.lowcode.saved_views.models import SavedView
from app.lowcode.security.models import StaffPreference
from tests.browser.inspecting import inspect_here
from tests.browser.shop_floor import bring_things
from tests.support.chromium import Browser
from tests.support.live import LiveShop

LIST = "/test_things/list/"


@pytest.fixture(autouse=True)
def _nothing_is_left(live_shop: LiveShop) -> None:
    """Each story finds a shop in which nobody has arranged anything."""
    with live_shop.app.app_context():
        db.session.query(SavedView).delete()
        db.session.execute(delete(StaffPreference))
        db.session.commit()
        db.session.remove()


def heads(browser: Browser) -> list[str]:
    return browser.run(
        "return [...document.querySelectorAll('.list-wrap thead th[scope=col]')].map(head => head.textContent.trim())")


def order(browser: Browser) -> list[str]:
    """The columns in the chooser, from top to bottom."""
    return browser.run("return [...document.querySelectorAll('[data-columns] label')].map(it => it.textContent.trim())")


def boxes(browser: Browser, *wanted: str) -> None:
    """Tick just these."""
    browser.run("""document.querySelectorAll('[data-columns] input').forEach((box) => {
        if (box.checked !== arguments[0].includes(box.value)) box.click(); })""", list(wanted))


def tabs(browser: Browser) -> list[str]:
    return browser.run("return [...document.querySelectorAll('[data-views] > a')].map(tab => tab.textContent.trim())")


def choose_columns(browser: Browser) -> None:
    browser.find("[data-dialog-open=columns]").click()
    browser.find("#columns[open]")
    assert order(browser)[:3] == ["Picture", "Name", "Code"]
    boxes(browser, "label", "code", "price", "found_on")
    # By the button, then by the keys: the focus stays with the column.
    browser.find("[data-columns] li:nth-child(3) [data-move=up]").click()
    assert order(browser)[:3] == ["Picture", "Code", "Name"]
    assert browser.run("return document.activeElement.dataset.move") == "up"
    browser.run("document.querySelector('[data-columns] input[value=price]').focus()")
    ActionChains(browser.driver).key_down(Keys.ALT).send_keys(Keys.ARROW_UP).key_up(Keys.ALT).perform()
    assert order(browser).index("Price") == 3
    assert browser.run("return document.activeElement.value") == "price"
    assert "4" in browser.run("return document.querySelector('[data-columns-status]').textContent")
    with browser.leaving():
        browser.press("Show these columns")


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_columns_are_chosen_and_put_in_order(browser: Browser, live_shop: LiveShop, size: str) -> None:
    browser.become(size)  # type: ignore[arg-type]
    bring_things(live_shop, f"Chosen{size}", 2)
    browser.sign_in("ming")
    browser.speak("en")
    browser.open(f"{LIST}?f.label=Chosen{size}")
    choose_columns(browser)
    assert heads(browser) == ["Code", "Name", "Price", "Found"]
    shown = browser.run("""return [...document.querySelector('.records tbody tr').querySelectorAll('td[data-label]')]
        .map(cell => cell.dataset.label)""")
    assert shown == ["Code", "Name", "Price", "Found"], "cards follow"
    browser.open(LIST)
    assert heads(browser) == ["Code", "Name", "Price", "Found"], "it is kept"
    browser.find("[data-dialog-open=columns]").click()
    with browser.leaving():
        browser.press("Reset to standard")
    assert heads(browser)[0] == "Picture" and len(heads(browser)) == 12


def test_a_column_is_moved_by_its_handle(browser: Browser, live_shop: LiveShop) -> None:
    bring_things(live_shop, "Dragged", 1)
    browser.sign_in("ming")
    browser.speak("en")
    browser.open(LIST)
    browser.find("[data-dialog-open=columns]").click()
    grip = browser.find("[data-columns] li:nth-child(3) .column-grip")
    above = browser.find("[data-columns] li:nth-child(1)")
    ActionChains(browser.driver).click_and_hold(grip).move_by_offset(0, -10).move_to_element_with_offset(
        above, 0, -12).release().perform()
    assert order(browser)[:3] == ["Code", "Picture", "Name"]
    assert not browser.find_all(".is-moving")


def keep_a_view(browser: Browser, shop: LiveShop, word: str) -> None:
    bring_things(shop, word, 3)
    browser.sign_in("ming")
    browser.speak("en")
    browser.open(f"{LIST}?f.label={word}")
    browser.press("Save as view…")
    browser.find("#view-save[open]")
    assert browser.run("return document.activeElement.name") == "name"
    browser.fill("name", f"{word} ones")
    with browser.leaving():
        browser.find("#view-save .btn-primary").click()
    assert tabs(browser) == ["All", f"{word} ones"]
    assert not browser.find_all(".views-changed")
    address = browser.path
    # Sorted in another way, it says so.
    browser.open(f"{address}&sort=-label")
    assert browser.find(".views-changed").text == "Changed"
    with browser.leaving():
        browser.find(".views-acts form .btn").click()
    assert not browser.find_all(".views-changed") and browser.path == address
    # Opened first, and the address line says what it is.
    browser.find(".views > .menu > summary").click()
    with browser.leaving():
        browser.press("Open first")
    browser.open(LIST)
    browser.until(lambda: browser.path == address, "the address does not say the view")
    assert len(browser.find_all("tr[data-url]")) == 3
    with browser.leaving():
        browser.press("All")
    assert browser.path == f"{LIST}?view=all"
    # The filter panel, emptied, shows what the view has filtered away.
    browser.open(address)
    browser.find("[data-dialog-open=filters]").click()
    browser.fill("f.label", "")
    with browser.leaving():
        browser.press("Show results")
    assert "f=own" in browser.path and len(browser.find_all("tr[data-url]")) >= 3
    assert browser.find(".views-changed")
    with browser.leaving():
        browser.press("Reset")
    assert browser.path == address
    browser.find(".views > .menu > summary").click()
    browser.press("Rename or share…")
    browser.find("#view-change[open]")
    browser.run("document.querySelector('#view-new-name').value = 'Renamed'")
    with browser.leaving():
        browser.find("#view-change .btn-primary").click()
    assert tabs(browser)[1].startswith("Renamed")
    browser.find(".views > .menu > summary").click()
    with browser.leaving():
        browser.find_text("Delete", ".views .menu-item").click()
    assert not browser.find_all("[data-views]")
    with browser.leaving():
        browser.press("Undo")
    assert tabs(browser) == ["All", "Renamed"] and browser.path == address


def test_a_view_is_kept_and_lived_with(browser: Browser, live_shop: LiveShop) -> None:
    keep_a_view(browser, live_shop, "Viewed")


def test_a_view_is_kept_on_a_phone(phone: Browser, live_shop: LiveShop) -> None:
    keep_a_view(phone, live_shop, "Pocketed")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("dialog", ["columns", "view-save", "view-change", ""])
def test_what_is_asked_looks_like_the_rest(
        browser: Browser, live_shop: LiveShop, language: str, dialog: str) -> None:
    with live_shop.app.app_context():
        from app.lowcode.saved_views.models import Audience
        from tests.support.cast import user

        names = ["今日待发", "大额订单", "一个名称相当长而且还没有结束的视图看看怎么样", "网站订单", "已退款"]
        db.session.add_all([
            SavedView(user_id=user("ming").id, screen="OrderScreen", name=name, content={"sort": "-total_amount"},
                      audience=Audience.everyone if place % 2 else Audience.private)
            for place, name in enumerate(names)])
        db.session.flush()
        first = db.session.query(SavedView).first()
        assert first is not None
        view = first.id
        db.session.commit()
        db.session.remove()
    browser.sign_in("ming")
    browser.speak(language)
    browser.open(f"/orders/list/?view={view}&sort=placed_at")
    if dialog:
        browser.run("document.getElementById(arguments[0]).showModal()", dialog)
    problems = inspect_here(browser, language, begin="desk", untranslated=["[data-views]", "#view-new-name"])
    assert problems == [], "\n".join(problems)
