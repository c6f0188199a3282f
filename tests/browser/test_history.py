"""Somebody looks what became of a record, finds how it was, and restores it: at a desk and on a phone."""

from __future__ import annotations

import pytest

from app.core.db import db
from tests.browser.inspecting import inspect_here
from tests.browser.shop_floor import bring_things, thing
from tests.lowcode.shelf import Thing
from tests.support.chromium import Browser, Size
from tests.support.live import LiveShop

LINES = "return document.querySelectorAll('#history .timeline > li').length"


@pytest.fixture
def owner(browser: Browser) -> Browser:
    browser.sign_in("ming")
    browser.speak("en")
    return browser


def change(shop: LiveShop, thing_id: int, **values: object) -> None:
    with shop.app.app_context():
        found = db.session.get(Thing, thing_id)
        for name, value in values.items():
            setattr(found, name, value)
        db.session.commit()
        db.session.remove()


def scroll_to_history(browser: Browser) -> None:
    browser.run("document.getElementById('history').scrollIntoView()")
    browser.until(lambda: browser.run(LINES) > 0, "the history did not come")


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_an_earlier_value_is_found_and_restored_and_that_undone(
    owner: Browser, live_shop: LiveShop, size: Size,
) -> None:
    (thing_id,) = bring_things(live_shop, f"Past{size}", 1, price=1000)
    label = f"Past{size} 1"
    change(live_shop, thing_id, label="Renamed", price=1500)
    change(live_shop, thing_id, count=5)
    owner.become(size)
    owner.open(f"/test_things/show/{thing_id}")
    scroll_to_history(owner)
    assert owner.run(LINES) == 3 and owner.sticks_out() == []
    with owner.leaving():
        owner.find("#history li:nth-child(2) .history-who a").click()
    assert owner.sticks_out() == []
    assert "3 fields differ" in owner.find("#compare-title").text
    owner.find("[data-field=price] label").click()
    assert owner.run("return document.querySelector('[data-tick-fields]').indeterminate") is True
    with owner.leaving():
        owner.find("[data-save]").click()
    kept = thing(live_shop, thing_id)
    assert kept is not None and (kept["label"], kept["price"], kept["count"]) == (label, 1500, None)
    with owner.leaving():
        owner.find("#toasts form button").click()
    kept = thing(live_shop, thing_id)
    assert kept is not None and (kept["label"], kept["price"], kept["count"]) == ("Renamed", 1500, 5)


def test_more_of_a_long_history_comes_below(owner: Browser, live_shop: LiveShop) -> None:
    (thing_id,) = bring_things(live_shop, "Busy", 1)
    for count in range(1, 26):
        change(live_shop, thing_id, count=count)
    owner.open(f"/test_things/show/{thing_id}")
    scroll_to_history(owner)
    assert owner.run(LINES) == 20
    owner.find("#history [data-history-way] a").click()
    owner.until(lambda: owner.run(LINES) == 26, "the rest did not come")
    assert owner.run("return document.querySelector('#history [data-history-way]')") is None


@pytest.mark.parametrize("begin, language", [("desk", "zh"), ("phone", "en")])
def test_then_and_now_are_fit_to_be_seen(owner: Browser, live_shop: LiveShop, begin: Size, language: str) -> None:
    (thing_id,) = bring_things(live_shop, f"茶{begin}", 1, label="茶杯", story="<p>" + "很好的茶。" * 120 + "</p>")
    change(live_shop, thing_id, label="茶壶", story="<p>换了一个说法。</p>")
    owner.speak(language)
    owner.become(begin, dark=begin == "phone")
    owner.open(f"/history/test_things/{thing_id}")
    assert inspect_here(owner, language, begin=begin) == []
    with owner.leaving():
        owner.find(".history-who a").click()
    assert inspect_here(owner, language, begin=begin) == []
