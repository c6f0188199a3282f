"""The frame in the browser: palette, theme, language, drawer, menus, cards on a phone."""

from __future__ import annotations

import pytest

from tests.browser.shop_floor import bring_things
from tests.support.chromium import Browser
from tests.support.live import LiveShop

CONTROL, DOWN, ENTER, ESCAPE = "\ue009", "\ue015", "\ue007", "\ue00c"
SENT = """
return performance.getEntriesByType("resource").some((each) => each.name.endsWith("/preferences") && each.responseEnd);
"""
LOOK = "return [document.documentElement.dataset.theme, getComputedStyle(document.documentElement).colorScheme]"


@pytest.fixture
def owner(browser: Browser) -> Browser:
    browser.sign_in("ming")
    browser.speak("en")
    return browser


def test_the_palette_finds_pages_and_records_by_keyboard(owner: Browser, live_shop: LiveShop) -> None:
    (only,) = bring_things(live_shop, "Palettable", 1)
    owner.open("/")
    owner.find("body").send_keys(CONTROL, "k")
    field = owner.find("#palette-input")
    field.send_keys("things")
    owner.until(lambda: any("Things" in item.text for item in owner.find_all(".palette-item")), "the page is not found")
    field.clear()
    field.send_keys("Palettable")
    owner.until(lambda: [item for item in owner.find_all(".palette-item") if "Palettable 1" in item.text], "not found")
    with owner.leaving():
        field.send_keys(ENTER)
    assert owner.path == f"/test_things/show/{only}"
    owner.open("/")
    assert "Palettable 1" in owner.find(".recent").text


def test_the_palette_closes_by_escape_and_leaves_things_as_they_are(owner: Browser) -> None:
    owner.open("/profile/")
    owner.find("[data-palette-open]").click()
    owner.find("#palette-input").send_keys(DOWN, ESCAPE)
    owner.until(lambda: not owner.find_all("#palette"), "the palette stayed")
    assert owner.path == "/profile/"


def test_the_theme_is_changed_at_once_and_kept_for_the_person(owner: Browser) -> None:
    owner.open("/")
    owner.find("summary[aria-label=Appearance]").click()
    owner.find("[name=theme][value=dark]").click()
    assert owner.run(LOOK) == ["dark", "dark"]
    owner.until(lambda: owner.run(SENT), "it was not sent")
    owner.forget()
    owner.sign_in("ming")
    assert owner.run(LOOK) == ["dark", "dark"]


def test_the_system_theme_follows_the_device(owner: Browser) -> None:
    owner.run("houtaiTheme.show('system')")
    owner.become("desk", dark=True)
    assert owner.run(LOOK) == ["system", "dark"]
    owner.become("desk", dark=False)
    assert owner.run(LOOK) == ["system", "light"]


def test_the_drawer_of_a_phone_keeps_the_focus_and_closes(phone: Browser) -> None:
    phone.sign_in("ming")
    toggle = phone.find("[data-sidebar-toggle]")
    assert not phone.find_all("#sidebar")
    toggle.click()
    phone.find("#sidebar")
    assert phone.run("return document.querySelector('.shell-main').inert")
    assert phone.run("return document.getElementById('sidebar').contains(document.activeElement)")
    phone.driver.switch_to.active_element.send_keys(ESCAPE)
    phone.until(lambda: not phone.find_all("#sidebar"), "the drawer stayed")
    assert phone.run("return document.activeElement.matches('[data-sidebar-toggle]')")


def test_rows_are_cards_on_a_phone_and_unfold(phone: Browser, live_shop: LiveShop) -> None:
    bring_things(live_shop, "Carded", 2, price=129900)
    phone.sign_in("ming")
    phone.speak("en")
    phone.open("/test_things/list/?q=Carded")
    assert not phone.find_all(".records thead")
    card = phone.find(".records tbody tr")
    assert "Carded 2" in card.text and "1,299.00" in card.text and "C-" not in card.text
    folded = len(phone.find_all("td.more", card))
    phone.find("[data-fold]", card).click()
    assert folded == 0 and len(phone.find_all("td.more", card)) > 2
    assert phone.sticks_out() == []


def test_a_click_on_a_row_opens_its_record(owner: Browser, live_shop: LiveShop) -> None:
    (only,) = bring_things(live_shop, "Clicked", 1)
    owner.open("/test_things/list/?q=Clicked")
    with owner.leaving():
        owner.find(".records td.moment, .records td.num").click()
    assert owner.path == f"/test_things/show/{only}"


def test_filters_left_empty_are_not_in_the_address(owner: Browser, live_shop: LiveShop) -> None:
    bring_things(live_shop, "Filtered", 1, price=5500)
    owner.open("/test_things/list/")
    owner.find("[data-dialog-open=filters]").click()
    owner.fill("f.price.from", "55")
    owner.fill("f.price.to", "55")
    with owner.leaving():
        owner.find("#filters .btn-primary").click()
    assert owner.path == "/test_things/list/?f.price.from=55&f.price.to=55"
    assert "Filtered 1" in owner.text and owner.find(".chip")
    with owner.leaving():
        owner.find(".chip-remove").click()
    assert owner.path == "/test_things/list/"


def test_the_menu_marks_the_page_one_is_on(owner: Browser) -> None:
    owner.open("/test_things/add")
    assert [link.text for link in owner.find_all(".nav-item[aria-current=page]")] == ["Things"]
