"""An action for all rows that match: taken as a second step, named with their number, done, and taken back."""

from __future__ import annotations

import pytest

from tests.browser.inspecting import inspect_here
from tests.browser.shop_floor import bring_things, thing
from tests.support.chromium import Browser, Size
from tests.support.live import LiveShop


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_all_rows_that_match_are_taken_and_named_with_their_number(
        browser: Browser, live_shop: LiveShop, size: Size) -> None:
    browser.become(size)
    word = f"Whole{size}"
    ids = bring_things(live_shop, word, 30)
    browser.sign_in("ming")
    browser.speak("en")
    browser.open(f"/test_things/list/?f.label={word}")
    if size == "desk":
        browser.find("[data-tick-all]").click()
        assert browser.find("[data-bulk-count]").text == "Selected: 25"
        browser.press("All 30 that match")
    else:
        browser.run("document.querySelector('td.tick input').click()")
        browser.find(".bulkbar details.menu summary").click()
        browser.press("All 30 that match")
    assert browser.find("[data-bulk-count]").text == "All 30 that match"
    assert inspect_here(browser, "en", begin=size) == []
    browser.become(size)
    with browser.leaving():
        browser.find("[data-bulk][value=open_up]").click()
    assert browser.find("h2").text == "For 30 records"
    assert inspect_here(browser, "en", begin=size) == []
    browser.become(size)
    with browser.leaving():
        browser.find("[data-save]").click()
    browser.find_text("Open: done for 30.", css=".toast *")
    assert all(thing(live_shop, thing_id)["is_open"] for thing_id in ids)  # type: ignore[index]


def test_unticking_a_row_takes_only_what_is_ticked(browser: Browser, live_shop: LiveShop) -> None:
    browser.become("desk")
    bring_things(live_shop, "Parted", 26)
    browser.sign_in("ming")
    browser.speak("en")
    browser.open("/test_things/list/?f.label=Parted")
    browser.find("[data-tick-all]").click()
    browser.press("All 26 that match")
    browser.press("Only this page")
    assert browser.find("[data-bulk-count]").text == "Selected: 25"
    browser.press("All 26 that match")
    browser.run("document.querySelector('td.tick input').click()")
    assert browser.find("[data-bulk-count]").text == "Selected: 24"
    assert browser.run("return document.querySelector('[data-bulk]').hasAttribute('formaction')") is False
