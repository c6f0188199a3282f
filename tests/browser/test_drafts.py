"""What was typed and not saved is offered back: after a crash, an expired session, a slip."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.core.db import db
from tests.browser.inspecting import inspect_here
from tests.browser.shop_floor import bring_things, thing
from tests.browser.test_forms import a_picture, send
from tests.browser.test_two_people import another_saves, save
from tests.lowcode.shelf import Label, Shelf
from tests.support.chromium import Browser, Size
from tests.support.live import LiveShop

DRAFTS = "return Object.fromEntries(Object.entries(localStorage).filter(([key]) => key.startsWith('houtai.draft.')))"
READY = """
return Boolean(window.hugerte?.get('story')?.initialized) && Boolean(document.getElementById('shelf').tomselect)
  && Boolean(document.getElementById('labels').tomselect);
"""
DAY = 24 * 3600 * 1000


@pytest.fixture
def owner(browser: Browser) -> Browser:
    browser.sign_in("ming")
    browser.speak("en")
    # A page of the test before may have written while it was left, after everything was forgotten.
    browser.run("localStorage.clear()")
    return browser


def drafts(browser: Browser) -> dict[str, Any]:
    """Address of a form to what the browser keeps of it."""
    return {key.split(".", 3)[3]: json.loads(text) for key, text in browser.run(DRAFTS).items()}


def open_thing(browser: Browser, thing_id: int) -> str:
    path = f"/test_things/edit/{thing_id}"
    browser.open(path)
    browser.until(lambda: browser.run(READY), "the form is not ready")
    return path


def type_name(browser: Browser, thing_id: int, text: str) -> None:
    """Type, and wait until the browser has kept it."""
    browser.fill("label", text)
    kept = f"test_things/{thing_id}"
    browser.until(lambda: drafts(browser).get(kept, {}).get("fields", {}).get("label", {}).get("values") == [text],
                  "no draft was kept")


def crash(browser: Browser) -> None:
    """Be somewhere else without having saved or cancelled."""
    browser.run("onbeforeunload = null")
    browser.open("/static/img/mark.svg")


def offer(browser: Browser) -> str | None:
    """What is offered, or None."""
    browser.until(lambda: browser.run("return document.readyState === 'complete'"), "not loaded")
    shown = browser.find_all("[data-draft-offer]")
    return shown[0].text if shown else None


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_all_that_was_typed_comes_back_after_a_crash(
    owner: Browser, live_shop: LiveShop, tmp_path: Path, size: Size,
) -> None:
    owner.become(size)
    with live_shop.app.app_context():
        shelf, label = Shelf(name=f"Drafts-{size}"), Label(name=f"draft-{size}")
        db.session.add_all([shelf, label])
        db.session.commit()
        shelf_id, label_id = shelf.id, label.id
        db.session.remove()
    (thing_id,) = bring_things(live_shop, f"Crash-{size}", 1, is_open=True, seen_at=None)
    open_thing(owner, thing_id)
    send(owner, "views", a_picture(tmp_path, "red"))
    owner.run("document.querySelector('[name=is_open][type=checkbox]').click()")
    for name, value, text in (("shelf", shelf_id, f"Drafts-{size}"), ("labels", label_id, f"draft-{size}")):
        owner.run("const list = document.getElementById(arguments[0]).tomselect;"
                  "list.addOption({id: String(arguments[1]), text: arguments[2]}); list.addItem(String(arguments[1]))",
                  name, value, text)
    owner.run("hugerte.get('story').setContent('<p>Once <strong>upon</strong> a time</p>');"
              "hugerte.get('story').fire('change')")
    owner.run("const field = document.querySelector('[name=kind]'); field.value = 'pot';"
              "field.dispatchEvent(new Event('change', {bubbles: true}))")
    owner.fill("price", "12.50")
    type_name(owner, thing_id, "Hourly")
    owner.until(lambda: "price" in drafts(owner)[f"test_things/{thing_id}"]["fields"], "the price was not kept")
    crash(owner)
    open_thing(owner, thing_id)
    said = offer(owner)
    assert said is not None and re.search(r"You typed something here at \d\d:\d\d that was not saved\.", said)
    assert "changed since" not in said and owner.sticks_out() == []
    owner.find("[data-draft-restore]").click()
    assert owner.value("label") == "Hourly" and owner.find_all("[data-draft-offer]") == []
    owner.until(lambda: f"Drafts-{size}" in owner.find("[data-field=shelf]").text, "the shelf is not shown")
    owner.until(lambda: "Once upon a time" in owner.run("return hugerte.get('story').getContent({format: 'text'})"),
                "the text is not back")
    assert len(owner.find_all("[data-field=views] .picture-tile")) == 1
    save(owner)
    kept: Any = thing(live_shop, thing_id)
    assert (kept["label"], kept["price"], kept["is_open"], kept["kind"].value) == (
        "Hourly", 1250, False, "pot")
    assert kept["shelf_id"] == shelf_id and kept["story"] == "<p>Once <strong>upon</strong> a time</p>"
    assert len(kept["views"]) == 1
    with live_shop.app.app_context():
        from tests.lowcode.shelf import Thing

        assert [each.id for each in db.session.get(Thing, thing_id).labels] == [label_id]  # type: ignore[union-attr]
        db.session.remove()
    assert drafts(owner) == {}
    open_thing(owner, thing_id)
    assert offer(owner) is None


def test_a_draft_can_be_discarded(owner: Browser, live_shop: LiveShop) -> None:
    (thing_id,) = bring_things(live_shop, "Discarded", 1)
    open_thing(owner, thing_id)
    type_name(owner, thing_id, "Withdrawn")
    crash(owner)
    open_thing(owner, thing_id)
    owner.find("[data-draft-discard]").click()
    assert owner.find_all("[data-draft-offer]") == [] and owner.value("label") == "Discarded 1"
    assert drafts(owner) == {}


def test_whoever_types_on_before_answering_loses_neither(owner: Browser, live_shop: LiveShop) -> None:
    (thing_id,) = bring_things(live_shop, "Ongoing", 1)
    open_thing(owner, thing_id)
    type_name(owner, thing_id, "First")
    crash(owner)
    open_thing(owner, thing_id)
    owner.fill("count", "7")
    owner.until(lambda: set(drafts(owner)[f"test_things/{thing_id}"]["fields"]) == {"label", "count"}, "one was lost")


def test_cancelling_and_signing_out_leave_nothing_behind(owner: Browser, live_shop: LiveShop) -> None:
    first, second = bring_things(live_shop, "Left", 2)
    open_thing(owner, first)
    type_name(owner, first, "Cancelled")
    with owner.leaving():
        owner.find("[data-draft-drop]").click()
    assert drafts(owner) == {}
    open_thing(owner, second)
    type_name(owner, second, "Leaving")
    crash(owner)
    owner.open("/")
    assert drafts(owner) != {}
    with owner.leaving():
        owner.run("document.querySelector('[data-sign-out] button').click()")
    assert drafts(owner) == {}


def test_an_expired_session_takes_nothing(owner: Browser, live_shop: LiveShop) -> None:
    owner.expects(r"status of 40\d")
    (thing_id,) = bring_things(live_shop, "Expired", 1)
    path = open_thing(owner, thing_id)
    type_name(owner, thing_id, "Nightly")
    owner.command("Network.clearBrowserCookies")
    save(owner)
    assert thing(live_shop, thing_id)["label"] == "Expired 1"  # type: ignore[index]
    owner.sign_in("ming")
    owner.open(path)
    assert offer(owner) is not None
    owner.find("[data-draft-restore]").click()
    save(owner)
    assert thing(live_shop, thing_id)["label"] == "Nightly"  # type: ignore[index]
    assert drafts(owner) == {}


def test_a_refused_save_keeps_the_draft(owner: Browser, live_shop: LiveShop) -> None:
    owner.expects(r"status of 422")
    (thing_id,) = bring_things(live_shop, "Refused", 1)
    open_thing(owner, thing_id)
    owner.fill("price", "twelve")
    type_name(owner, thing_id, "Refused")
    save(owner)
    assert offer(owner) is None, "what is on the page needs no offer"
    owner.fill("count", "7")
    owner.until(lambda: "count" in drafts(owner)[f"test_things/{thing_id}"]["fields"], "nothing more was kept")
    crash(owner)
    open_thing(owner, thing_id)
    assert offer(owner) is not None
    owner.find("[data-draft-restore]").click()
    typed = ("Refused", "twelve", "7")
    assert tuple(owner.value(name) for name in ("label", "price", "count")) == typed


def test_a_record_that_changed_since_is_told_and_not_overwritten(owner: Browser, live_shop: LiveShop) -> None:
    owner.expects(r"status of 409")
    (thing_id,) = bring_things(live_shop, "Since", 1)
    path = open_thing(owner, thing_id)
    type_name(owner, thing_id, "Mine")
    crash(owner)
    another_saves(live_shop, path, label="Theirs", count="5")
    open_thing(owner, thing_id)
    assert "changed since" in (offer(owner) or "")
    owner.find("[data-draft-restore]").click()
    save(owner)
    assert "changed here and there" in owner.find("#meeting").text
    assert thing(live_shop, thing_id)["label"] == "Theirs"  # type: ignore[index]
    save(owner)
    kept: Any = thing(live_shop, thing_id)
    assert (kept["label"], kept["count"]) == ("Mine", 5) and drafts(owner) == {}


def test_nothing_is_offered_that_is_stored_or_old_or_anothers(owner: Browser, live_shop: LiveShop) -> None:
    stored, old, anothers = bring_things(live_shop, "Unoffered", 3)
    for thing_id in (stored, old, anothers):
        open_thing(owner, thing_id)
        type_name(owner, thing_id, f"Typed {thing_id}")
        crash(owner)
    another_saves(live_shop, f"/test_things/edit/{stored}", label=f"Typed {stored}")
    owner.open("/")
    owner.run("""
        for (const key of Object.keys(localStorage).filter((each) => each.startsWith("houtai.draft."))) {
          const draft = JSON.parse(localStorage[key]);
          if (key.endsWith(arguments[0])) localStorage[key] = JSON.stringify({...draft, at: Date.now() - arguments[2]});
          if (key.endsWith(arguments[1])) {
            localStorage["houtai.draft.999.test_things" + arguments[1]] = localStorage[key];
            delete localStorage[key];
          }
        }""", f"/{old}", f"/{anothers}", 8 * DAY)
    for thing_id in (stored, old, anothers):
        open_thing(owner, thing_id)
        assert offer(owner) is None
    assert list(drafts(owner)) == [f"test_things/{anothers}"]


def test_passwords_are_never_kept(owner: Browser, live_shop: LiveShop) -> None:
    owner.open("/test_things/add")
    owner.run("""
        const form = document.createElement("form");
        form.className = "form";
        form.dataset.draft = "made/up";
        form.dataset.draftDays = "7";
        form.innerHTML = `<div class="field" data-field="user"><input name="user"></div>
          <div class="field field-password" data-field="code"><input name="code"></div>
          <div class="field" data-field="secret"><input type="password" name="secret"></div>`;
        document.getElementById("form").after(form);
        houtai.enhanceIn(form);""")
    for name in ("secret", "code", "user"):
        owner.fill(name, "a quiet harbour")
    owner.until(lambda: drafts(owner).get("made/up"), "nothing was kept")
    assert list(drafts(owner)["made/up"]["fields"]) == ["user"]


@pytest.mark.parametrize("begin, language", [("desk", "zh"), ("phone", "en")])
def test_the_offer_is_fit_to_be_seen(owner: Browser, live_shop: LiveShop, begin: Size, language: str) -> None:
    owner.speak(language)
    owner.become(begin, dark=begin == "phone")
    owner.open("/brands/add")
    owner.fill("name", "未保存的品牌")
    owner.until(lambda: drafts(owner), "no draft was kept")
    crash(owner)
    owner.open("/brands/add")
    assert offer(owner) is not None
    owner.run("document.querySelector('[data-draft-changed]').hidden = false")
    assert inspect_here(owner, language, begin=begin) == []
    owner.find("[data-draft-discard]").click()
