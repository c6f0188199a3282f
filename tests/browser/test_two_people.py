"""Two people edit one record in their browsers: they are told, they choose, and nothing they typed is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.core.db import db
from tests import factories
from tests.browser.inspecting import inspect_here
from tests.browser.shop_floor import bring_things, thing
from tests.support.chromium import Browser, Size
from tests.support.live import LiveShop

REFUSED = r"status of 409"
SPACE, RIGHT = "\ue00d", "\ue014"


@pytest.fixture
def owner(browser: Browser) -> Browser:
    browser.sign_in("ming")
    browser.speak("en")
    browser.expects(REFUSED)
    return browser


def another_saves(shop: LiveShop, path: str, **typed: str) -> None:
    """Somebody at another computer opens the form and saves it."""
    visitor = shop.stranger()
    visitor.sign_in("ming")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', visitor.get(path))
    assert token is not None
    assert visitor.status(path, csrf_token=token[1], **typed) == 200


def open_thing(browser: Browser, thing_id: int) -> str:
    path = f"/test_things/edit/{thing_id}"
    browser.open(path)
    browser.until(lambda: browser.run("return Boolean(window.hugerte?.get('story')?.initialized)"), "no editor")
    return path


def save(browser: Browser) -> None:
    with browser.leaving():
        browser.find("[data-save]").click()


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_what_both_changed_is_chosen_by_keyboard_or_finger(owner: Browser, live_shop: LiveShop, size: Size) -> None:
    (thing_id,) = bring_things(live_shop, f"Met-{size}", 1, price=1000)
    owner.become(size)
    path = open_thing(owner, thing_id)
    owner.fill("label", "Mine")
    owner.fill("price", "15.00")
    another_saves(live_shop, path, price="14.00", count="5")
    save(owner)
    owner.until(lambda: owner.run("return document.activeElement.id") == "meeting", "the message has not the focus")
    assert "changed this record" in owner.find("#meeting").text and "Count" in owner.find("#meeting").text
    assert owner.value("label") == "Mine" and owner.value("count") == "5"
    assert owner.sticks_out() == []
    assert owner.run("return dispatchEvent(new Event('beforeunload', {cancelable: true}))") is False, "it can be lost"
    if size == "desk":
        owner.run("document.querySelector('[name=\"_keep.price\"][value=mine]').focus()")
        owner.driver.switch_to.active_element.send_keys(RIGHT)
    else:
        owner.find("label[for='_keep.price.theirs']").click()
    assert owner.run("return document.querySelector('[name=\"_keep.price\"]:checked').value") == "theirs"
    save(owner)
    kept: Any = thing(live_shop, thing_id)
    assert (kept["label"], kept["price"], kept["count"]) == ("Mine", 1400, 5)


def test_whoever_types_something_else_has_chosen_it(owner: Browser, live_shop: LiveShop) -> None:
    (thing_id,) = bring_things(live_shop, "Third", 1, price=1000)
    path = open_thing(owner, thing_id)
    owner.fill("price", "15.00")
    another_saves(live_shop, path, price="14.00")
    save(owner)
    owner.find("label[for='_keep.price.theirs']").click()
    owner.find("[data-picks=price] summary").click()
    owner.fill("price", "14.50")
    assert owner.run("return document.querySelector('[name=\"_keep.price\"]:checked').value") == "mine"
    save(owner)
    assert thing(live_shop, thing_id)["price"] == 1450  # type: ignore[index]


def test_a_formatted_text_that_was_left_alone_is_not_touched_by_its_editor(owner: Browser, live_shop: LiveShop) -> None:
    """The editor would write it another way."""
    story = "<p>One <b>bold</b> word</p><p>Two</p>"
    (thing_id,) = bring_things(live_shop, "Unmoved", 1, story=story)
    path = open_thing(owner, thing_id)
    assert owner.run("return hugerte.get('story').getContent()") != story
    owner.fill("label", "Mine")
    another_saves(live_shop, path, story="<p>Theirs</p>")
    save(owner)
    assert "Kept beside your changes: Story." in owner.find("#toasts").text
    kept: Any = thing(live_shop, thing_id)
    assert (kept["label"], kept["story"]) == ("Mine", "<p>Theirs</p>")


def test_a_record_that_was_deleted_leaves_what_was_typed(owner: Browser, live_shop: LiveShop) -> None:
    (thing_id,) = bring_things(live_shop, "Gone", 1)
    open_thing(owner, thing_id)
    owner.fill("label", "Typed for an hour")
    visitor = live_shop.stranger()
    visitor.sign_in("ming")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', visitor.get(f"/test_things/edit/{thing_id}"))
    assert token is not None
    assert visitor.status(f"/test_things/delete/{thing_id}", csrf_token=token[1]) == 200
    save(owner)
    assert "deleted this record" in owner.find("#meeting").text
    assert owner.value("label") == "Typed for an hour"


@pytest.mark.parametrize("begin, language", [("desk", "zh"), ("phone", "en")])
def test_the_page_of_choices_is_fit_to_be_seen(
    owner: Browser, live_shop: LiveShop, begin: Size, language: str,
) -> None:
    with live_shop.app.app_context():
        product = factories.make_product(name="原来的名称", brief="原来的简介")
        db.session.commit()
        product_id = product.id
        db.session.remove()
    owner.speak(language)
    owner.become(begin, dark=begin == "phone")
    path = f"/products/edit/{product_id}"
    owner.open(path)
    for name in ("name", "brief"):
        owner.fill(name, f"我写的 {begin}")
    another_saves(live_shop, path, name=f"别人写的 {begin}", brief=f"别人写的 {begin}", keywords=f"词 {begin}")
    save(owner)
    assert inspect_here(owner, language, begin=begin) == []
