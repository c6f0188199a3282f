"""Forms in the browser: work is not lost, mistakes are led to, pickers send what a plain form would send."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from selenium.webdriver.common.by import By

from tests.browser.shop_floor import bring_things, thing
from tests.support.chromium import Browser
from tests.support.live import LiveShop

CONTROL = "\ue009"
LEAVING = """
const event = new Event("beforeunload", {cancelable: true});
dispatchEvent(event);
return event.defaultPrevented;
"""
KEYS = "return [...document.querySelectorAll('[data-field=views] .picture-tile')].map(tile => tile.dataset.key)"
SIZES = "return [...document.querySelectorAll('.picture-tile img')].map(image => image.naturalWidth)"
PRESS_TWICE = """
window.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  window.sent = (window.sent || 0) + 1;
  event.preventDefault();
});
const form = document.getElementById("form");
for (let press = 0; press < 2; press += 1) form.requestSubmit(form.querySelector("[data-save]"));
return window.sent;
"""


@pytest.fixture
def owner(browser: Browser) -> Browser:
    browser.sign_in("ming")
    browser.speak("en")
    return browser


@pytest.fixture
def only(owner: Browser, live_shop: LiveShop) -> int:
    """A thing, open in its form."""
    (thing_id,) = bring_things(live_shop, "Formed", 1)
    owner.open(f"/test_things/edit/{thing_id}")
    owner.until(lambda: owner.run("return Boolean(window.hugerte?.get('story')?.initialized)"), "no editor")
    owner.until(lambda: owner.run("return Boolean(document.getElementById('shelf').tomselect)"), "no typeahead")
    return thing_id


def a_picture(folder: Path, colour: str) -> str:
    file = folder / f"{colour}.png"
    Image.new("RGB", (320, 240), colour).save(file)
    return str(file)


def send(browser: Browser, name: str, *files: str) -> None:
    before = len(browser.find_all(f"[data-field={name}] .picture-tile"))
    browser.driver.find_element(By.CSS_SELECTOR, f"[data-field={name}] input[type=file]").send_keys("\n".join(files))
    browser.until(lambda: len(browser.find_all(f"[data-field={name}] .picture-tile[data-key]")) == before + len(files),
                  "the pictures did not arrive")


def test_a_form_that_was_only_read_can_be_left(owner: Browser, only: int) -> None:
    assert not owner.run(LEAVING)
    assert not owner.find_all("[data-unsaved]")


def test_unsaved_work_asks_before_the_page_is_left(owner: Browser, only: int) -> None:
    owner.fill("label", "Something else")
    owner.find("[data-unsaved]")
    assert owner.run(LEAVING)
    owner.fill("label", "Formed 1")
    owner.until(lambda: not owner.find_all("[data-unsaved]"), "what was typed back still counts as a change")
    assert not owner.run(LEAVING)


def test_control_s_saves(owner: Browser, only: int, live_shop: LiveShop) -> None:
    owner.fill("label", "Saved by key")
    with owner.leaving():
        owner.find("[name=label]").send_keys(CONTROL, "s")
    assert "Saved: Saved by key" in owner.find(".toast").text
    assert thing(live_shop, only)["label"] == "Saved by key"  # type: ignore[index]


def test_a_mistake_is_said_beside_its_field_and_led_to(owner: Browser, only: int) -> None:
    owner.expects(r"status of 422")
    owner.fill("label", "kept although refused")
    owner.fill("price", "twelve")
    with owner.leaving():
        owner.find("[data-save]").click()
    owner.until(lambda: owner.run("return document.activeElement.name") == "price", "the focus is elsewhere")
    price = owner.find("[name=price]")
    assert price.get_attribute("aria-invalid") == "true"
    described_by = (price.get_attribute("aria-describedby") or "").split()
    said = " ".join(owner.find(f"#{name}").text for name in described_by)
    assert "29.90" in said
    assert owner.value("label") == "kept although refused" and owner.value("price") == "twelve"
    assert owner.find_all("#errors [data-goto=price]")


def test_a_missing_choice_is_red_and_has_the_focus(owner: Browser) -> None:
    """Not the plain list behind the typeahead, which nobody sees."""
    owner.expects(r"status of 422")
    owner.open("/skus/add")
    with owner.leaving():
        owner.find("[data-save]").click()
    owner.until(lambda: owner.run("return document.activeElement.id") == "product-ts-control", "the focus is elsewhere")
    colours = owner.run("return ['.ts-control', '[name=code]'].map("
                        "css => getComputedStyle(document.querySelector(css)).borderTopColor)")
    assert colours[0] == colours[1] and owner.find("[name=code]").get_attribute("aria-invalid") == "true"


def test_a_typeahead_offers_everything_again_when_a_term_is_taken_back_or_used(owner: Browser) -> None:
    def offered() -> int:
        return owner.run("return document.querySelectorAll('.ts-dropdown [data-selectable]').length")

    owner.open("/users/add")
    box = owner.find("#roles-ts-control")
    box.click()
    owner.until(lambda: offered() > 5, "nothing is offered")
    everything = offered()
    height = owner.run("return document.querySelector('#roles + .ts-wrapper').offsetHeight")
    box.send_keys("zz")
    owner.until(lambda: offered() == 0, "found by nonsense")
    box.send_keys("\ue003\ue003")
    owner.until(lambda: offered() == everything, "the earlier answer is gone")
    box.send_keys("warehouse")
    owner.until(lambda: offered() == 1, "not found")
    box.send_keys("\ue007")
    owner.until(lambda: offered() == everything - 1, "the others are not offered")
    # The button below must not move away from under a finger when the list loses the focus.
    assert owner.run("return document.querySelector('#roles + .ts-wrapper').offsetHeight") <= height + 4


def test_a_second_press_of_save_sends_nothing_more(owner: Browser, only: int) -> None:
    assert owner.run(PRESS_TWICE) == 1


def test_amounts_are_put_in_order(owner: Browser, only: int) -> None:
    owner.fill("price", "¥1,299.5")
    owner.find("[name=label]").click()
    assert owner.value("price") == "1299.50"


def test_json_that_is_none_is_noticed_while_typing(owner: Browser, only: int) -> None:
    owner.fill("facts", '{"a": 1')
    owner.find("[data-field=facts] .field-error")
    owner.find("[name=facts]").send_keys("}")
    owner.until(lambda: not owner.find_all("[data-field=facts] .field-error"), "good JSON is called wrong")


def test_pictures_are_sent_shown_and_put_in_order_without_a_mouse(
    owner: Browser, only: int, live_shop: LiveShop, tmp_path: Path,
) -> None:
    send(owner, "views", a_picture(tmp_path, "red"), a_picture(tmp_path, "green"))
    send(owner, "face", a_picture(tmp_path, "blue"))
    before = owner.run(KEYS)
    owner.until(lambda: all(owner.run(SIZES)), "a picture is not shown")
    owner.run("document.querySelector('[data-field=views] .picture-tile:nth-child(2) .picture-button').focus()")
    owner.driver.switch_to.active_element.send_keys("\n")
    with owner.leaving():
        owner.find("[data-save]").click()
    kept = thing(live_shop, only)
    assert kept is not None
    assert kept["views"] == list(reversed(before))
    assert kept["face"]


def test_what_is_no_picture_is_refused_and_the_old_one_stays(owner: Browser, only: int, tmp_path: Path) -> None:
    owner.expects(r"/files/upload.*status of 422")
    send(owner, "face", a_picture(tmp_path, "white"))
    key = owner.run("return document.querySelector('[name=face]').value")
    fake = tmp_path / "fake.png"
    fake.write_text("this is no picture")
    owner.driver.find_element(By.CSS_SELECTOR, "[data-field=face] input[type=file]").send_keys(str(fake))
    assert "fake.png" in owner.find(".toast.tone-bad").text
    assert owner.run("return document.querySelector('[name=face]').value") == key


def test_formatted_text_is_saved_clean(owner: Browser, only: int, live_shop: LiveShop) -> None:
    owner.run("hugerte.get('story').setContent('<p>Good <b>morning</b><a href=\"javascript:alert(1)\">x</a></p>')")
    owner.run("hugerte.get('story').fire('change')")
    with owner.leaving():
        owner.find("[data-save]").click()
    story = thing(live_shop, only)["story"]  # type: ignore[index]
    assert "<strong>morning</strong>" in story and "javascript" not in story


def test_a_reference_is_found_by_typing(owner: Browser, only: int, live_shop: LiveShop) -> None:
    from app.core.db import db
    from tests.lowcode.shelf import Shelf

    with live_shop.app.app_context():
        db.session.add_all([Shelf(name=f"Typed shelf {only} {side}") for side in ("left", "right")])
        db.session.commit()
        db.session.remove()
    field = owner.find("[data-field=shelf] .ts-control input")
    field.send_keys(f"Typed shelf {only} r")
    found = [f"Typed shelf {only} right"]
    owner.until(lambda: [option.text for option in owner.find_all(".ts-dropdown .option")] == found, "not found")
    field.send_keys("\n")
    with owner.leaving():
        owner.find("[data-save]").click()
    assert thing(live_shop, only)["shelf_id"] is not None  # type: ignore[index]


def test_a_moment_can_be_typed_beside_a_calendar_in_the_readers_language(
    owner: Browser, only: int, live_shop: LiveShop,
) -> None:
    owner.speak("zh")
    field = owner.find("#seen_at.flatpickr-input")
    field.clear()
    field.send_keys("2026-08-01 09:30")
    assert "周" in owner.find(".flatpickr-calendar.open").text
    field.send_keys("\ue004")
    with owner.leaving():
        owner.find("[data-save]").click()
    assert str(thing(live_shop, only)["seen_at"]) == "2026-08-01 01:30:00"  # type: ignore[index]
