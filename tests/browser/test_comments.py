"""Comments in the browser: written with a colleague chosen after an @, who finds it, reads it and answers."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys

from app.core.db import db
from app.lowcode.comments.models import Comment
from tests import factories
from tests.browser.inspecting import inspect_here
from tests.support.chromium import Browser
from tests.support.live import LiveShop


@pytest.fixture
def brand(live_shop: LiveShop) -> str:
    """The page of a brand on which nobody has commented."""
    with live_shop.app.app_context():
        db.session.query(Comment).delete()
        made = factories.make_brand(name="Talked")
        db.session.flush()
        made.name = f"Talked{made.id}"
        address = f"/brands/show/{made.id}"
        db.session.commit()
        db.session.remove()
    return address


def texts(browser: Browser) -> list[str]:
    return browser.run("return [...document.querySelectorAll('.comment-text')].map(text => text.innerText)")


def unread(browser: Browser) -> str:
    return browser.run("""const badge = document.querySelector('[data-unread]');
        return badge.hidden ? '' : badge.textContent""")


def come(browser: Browser, address: str) -> None:
    """Open the page of a record and go to its comments, which are fetched as they come into sight."""
    browser.open(address)
    browser.run("document.getElementById('comments').scrollIntoView()")
    browser.find("#comment-text")


def change_places(browser: Browser, username: str) -> None:
    browser.forget()
    browser.sign_in(username)
    browser.speak("en")


def talk(browser: Browser, address: str) -> None:
    change_places(browser, "ming")
    come(browser, address)
    text = browser.find("#comment-text")
    text.send_keys("Please look ")
    text.send_keys("@hu")
    browser.find(".people [data-username=hua][aria-selected=true]")
    text.send_keys(Keys.ENTER)
    text.send_keys("at this", Keys.SHIFT, Keys.ENTER, Keys.SHIFT, "https://example.com/a")
    assert text.get_property("value") == "Please look @hua at this\nhttps://example.com/a"
    browser.press("Comment")
    written = "Please look @Hua Li at this\nhttps://example.com/a"
    browser.until(lambda: texts(browser) == [written], "it was not written")
    link = browser.find(".comment-text a")
    assert link.get_attribute("rel") == "noopener noreferrer nofollow"
    assert browser.run("return document.activeElement.id") == "comment-text"
    # Hua finds it, and has read it once it is in sight.
    change_places(browser, "hua")
    browser.open("/")
    assert unread(browser) == "1"
    with browser.leaving():
        browser.find(".mentions-link").click()
    with browser.leaving():
        browser.find(".mention-to").click()
    browser.find(".comment.is-meant")
    browser.until(lambda: unread(browser) == "", "it is still unread")
    assert not browser.find_all(".comment-edit > summary"), "nobody edits what another wrote"
    text = browser.find("#comment-text")
    text.send_keys("I did", Keys.CONTROL, Keys.ENTER, Keys.CONTROL)
    browser.until(lambda: len(texts(browser)) == 2, "the answer was not written")
    # A slip is mended, and in the end deleted.
    browser.find(".comment-edit > summary").click()
    text = browser.find(".comment-edit textarea")
    text.send_keys(" it")
    browser.find(".comment-edit .btn-primary").click()
    browser.until(lambda: texts(browser)[1:] == ["I did it"], "it was not changed")
    assert "edited" in browser.run("return document.querySelector('.comment:last-child .comment-head').innerText")
    browser.find(".comment-edit > summary").click()
    browser.find(".comment-edit textarea").send_keys("!", Keys.ESCAPE)
    assert not browser.find_all(".comment-edit textarea")
    browser.run("arguments[0].click()", browser.find(".comment:last-child [data-confirm]"))
    browser.find("#confirm[open] [data-confirm-yes]").click()
    browser.until(lambda: len(texts(browser)) == 1, "it was not deleted")


def test_colleagues_talk_about_a_record(browser: Browser, brand: str) -> None:
    talk(browser, brand)


def test_colleagues_talk_on_their_phones(phone: Browser, brand: str) -> None:
    talk(phone, brand)


def test_a_refusal_keeps_what_was_typed(browser: Browser, brand: str) -> None:
    change_places(browser, "ming")
    come(browser, brand)
    browser.find("#comment-text").send_keys("Kept")
    browser.run("document.querySelector('.comment-new').action += '/nowhere'")
    browser.press("Comment")
    browser.find(".comment-new .field-error")
    assert browser.value("text") == "Kept"
    browser.problems()


@pytest.mark.parametrize(("language", "size"), [("zh", "desk"), ("en", "phone"), ("zh", "phone")])
def test_comments_and_mentions_look_like_the_rest(
        browser: Browser, live_shop: LiveShop, brand: str, language: str, size: str) -> None:
    change_places(browser, "hua")
    come(browser, brand)
    browser.find("#comment-text").send_keys("@ming 看看这里")
    browser.press("Comment")
    browser.until(lambda: texts(browser), "it was not written")
    change_places(browser, "ming")
    browser.speak(language)
    browser.become(size, dark=size == "phone")  # type: ignore[arg-type]
    problems = []
    browser.open("/mentions/")
    problems += inspect_here(browser, language, begin=size, untranslated=[".mention-item"])  # type: ignore[arg-type]
    come(browser, brand)
    problems += inspect_here(browser, language, begin=size, untranslated=[".comment-list"])  # type: ignore[arg-type]
    assert problems == [], "\n".join(problems)
