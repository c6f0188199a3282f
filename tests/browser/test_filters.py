"""The filter panel in the browser: what cannot be read comes back to be mended, and nothing else is lost."""

from __future__ import annotations

import pytest

from tests.browser.shop_floor import bring_things
from tests.support.chromium import Browser
from tests.support.live import LiveShop


def mend_a_filter(browser: Browser, shop: LiveShop, word: str) -> None:
    bring_things(shop, word, 3, price=2990)
    # The console itself notes every page that is answered with 400; nothing else may stand there.
    browser.expects(r"status of 400")
    browser.sign_in("ming")
    browser.speak("en")
    browser.open(f"/test_things/list/?f.label={word}")
    browser.find("[data-dialog-open=filters]").click()
    browser.fill("f.price.from", "abc")
    browser.fill("f.count.to", "7")
    with browser.leaving():
        browser.press("Show results")
    browser.find("#filters[open]")
    price = browser.find("[name='f.price.from']")
    browser.until(lambda: browser.run("return document.activeElement.name") == "f.price.from", "the focus is elsewhere")
    assert browser.value("f.price.from") == "abc" and browser.value("f.count.to") == "7"
    assert browser.value("f.label") == word
    assert price.get_attribute("aria-invalid") == "true"
    assert "29.90" in browser.find(f"[id='{price.get_attribute('aria-describedby')}']").text
    assert not browser.run("return document.getElementById('f.price.to').hasAttribute('aria-invalid')")
    browser.fill("f.price.from", "29.90")
    browser.fill("f.count.to", "")
    with browser.leaving():
        browser.press("Show results")
    assert not browser.find_all("#filters[open]")
    assert len(browser.find_all("tr[data-url]")) == 3
    assert len(browser.find_all(".chip")) == 2


def test_a_mistyped_filter_is_mended_where_it_was_typed(browser: Browser, live_shop: LiveShop) -> None:
    mend_a_filter(browser, live_shop, "Mended")


def test_a_mistyped_filter_is_mended_on_a_phone(phone: Browser, live_shop: LiveShop) -> None:
    mend_a_filter(phone, live_shop, "Phoned")


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_day_that_is_none_stays_to_be_mended(browser: Browser, size: str) -> None:
    browser.expects(r"status of 400")
    browser.become(size)  # type: ignore[arg-type]
    browser.sign_in("ming")
    browser.speak("zh")
    browser.open("/test_things/list/?f.seen_at.from=2026-02-30")
    browser.find("#filters[open]")
    assert browser.value("f.seen_at.from") == "2026-02-30"
    told = browser.find("#filters .field-error").text
    assert "2026-08-01" in told and not any(letter.isascii() and letter.isalpha() for letter in told)


def test_a_day_that_is_none_is_sent_as_it_was_typed(browser: Browser) -> None:
    """A picker must not make another day of it behind the person's back."""
    browser.expects(r"status of 400")
    browser.sign_in("ming")
    browser.speak("en")
    browser.open("/test_things/list/")
    browser.find("[data-dialog-open=filters]").click()
    browser.find("[name='f.seen_at.from'].flatpickr-input")
    browser.fill("f.seen_at.from", "2026-02-30")
    browser.find("[name='f.price.from']").click()
    browser.until(lambda: not browser.find_all(".flatpickr-calendar.open"), "the calendar stays open")
    assert browser.value("f.seen_at.from") == "2026-02-30"
    with browser.leaving():
        browser.press("Show results")
    assert browser.value("f.seen_at.from") == "2026-02-30"
    browser.fill("f.seen_at.from", "2026-02-28")
    browser.find("[name='f.price.from']").click()
    with browser.leaving():
        browser.press("Show results")
    assert "f.seen_at.from=2026-02-28" in browser.path
