"""Long work is begun, left to itself, followed from another page, stopped, tried again and dismissed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask_appbuilder.security.sqla.models import User
from selenium.webdriver.common.keys import Keys
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.core import jobs
from app.core.actor import Actor, acting_as
from app.core.db import db
from app.lowcode.list_files.making import ask_for
from app.lowcode.registry import registry
from tests.browser.inspecting import inspect_here
from tests.support.chromium import Browser
from tests.support.live import LiveShop

ASKED = """return performance.getEntriesByType("resource").filter(each => each.name.includes("/tray/")).length"""
WORDS = {"zh": {"waits": "排队中", "cancelled": "已取消", "done": "已完成"},
         "en": {"waits": "Waiting for its turn", "cancelled": "Cancelled", "done": "Done"}}


def work_off(shop: LiveShop) -> None:
    """What a worker beside the server would do."""
    with shop.app.app_context():
        jobs.run_due()
        db.session.remove()


def clear(shop: LiveShop) -> int:
    """Let everything in Ming's tray be over and put away; Ming's number."""
    work_off(shop)
    with shop.app.app_context():
        ming = db.session.scalars(select(User.id).where(User.username == "ming")).one()
        jobs.dismiss_what_is_over(ming)
        db.session.commit()
        db.session.remove()
    return ming


@pytest.fixture
def ming(live_shop: LiveShop) -> Any:
    """Ming's number, with an empty tray before and after."""
    yield clear(live_shop)
    clear(live_shop)


def begin(browser: Browser, tmp_path: Path) -> None:
    """Bring a file whose check is posted, and go elsewhere."""
    file = tmp_path / "brands.csv"
    file.write_text("名称,排序\n托盘甲,3\n", encoding="utf-8")
    browser.open("/import/brands")
    browser.find("#file").send_keys(str(file))
    with browser.leaving():
        browser.run("document.querySelector('[data-import-file] button').click()")
    with browser.leaving():
        browser.run("document.querySelector('#form [data-save]').click()")
    browser.open("/brands/list/")


def press(browser: Browser, key: str) -> None:
    browser.find(f"[data-key^='{key}']").click()


@pytest.mark.parametrize(("language", "size"), [("zh", "desk"), ("en", "phone")])
def test_work_is_followed_stopped_tried_again_and_dismissed(
        language: str, size: Any, browser: Browser, live_shop: LiveShop, ming: int, tmp_path: Path) -> None:
    words = WORDS[language]
    browser.become(size)
    browser.sign_in("ming")
    browser.speak(language)
    assert not browser.find_all("[data-tray-open]"), "nothing to follow, no icon"
    begin(browser, tmp_path)
    assert browser.find("[data-tray-count]").text == "1"

    browser.find("[data-tray-open]").send_keys(Keys.ENTER)
    browser.until(lambda: words["waits"] in browser.find("#tray").text, "the tray does not tell what waits")
    assert "brands.csv" in browser.find("#tray").text
    assert inspect_here(browser, language, begin=size) == []
    browser.become(size)

    press(browser, "cancel")
    with_question = browser.find("#confirm[open] [data-confirm-yes]")
    with_question.click()
    browser.until(lambda: words["cancelled"] in browser.find("#tray").text, "it does not show that it was cancelled")
    assert not browser.find_all("[data-tray-count]"), "nothing runs"
    assert inspect_here(browser, language, begin=size) == []
    browser.become(size)

    press(browser, "retry")
    browser.until(lambda: words["waits"] in browser.find("#tray").text, "it does not wait again")
    work_off(live_shop)
    browser.until(lambda: browser.find_all("[data-key^='dismiss']"), "the open tray does not notice that it is done")
    assert words["done"] in browser.find("#tray").text
    assert not browser.find_all(".toast"), "whoever looks at the tray needs no message"
    assert browser.run("return document.activeElement.closest('#tray') !== null"), "the focus was lost"
    assert inspect_here(browser, language, begin=size) == []
    browser.become(size)

    press(browser, "dismiss")
    browser.until(lambda: browser.find_all("#tray .empty"), "it was not dismissed")
    browser.find("#tray").send_keys(Keys.ESCAPE)
    browser.until(lambda: not browser.find_all("#tray"), "the tray does not close")
    assert browser.run("return document.activeElement.matches('[data-tray-open]')")
    browser.open("/brands/list/")
    assert not browser.find_all("[data-tray-open]")


def test_what_ended_elsewhere_is_told_once_with_the_way_to_it(
        browser: Browser, live_shop: LiveShop, ming: int, tmp_path: Path) -> None:
    browser.sign_in("ming")
    browser.speak("zh")
    begin(browser, tmp_path)
    work_off(live_shop)
    toast = browser.find(".toast")
    assert "brands.csv" in toast.text and WORDS["zh"]["done"] in toast.text
    browser.open("/brands/list/")
    browser.until(lambda: browser.find_all("[data-tray-open]"), "the icon is gone")
    asked = browser.run(ASKED)
    assert not browser.find_all(".toast") and asked == 0, "what is over and told asks nothing any more"
    browser.find("[data-tray-open]").click()
    with browser.leaving():
        press(browser, "open")
    assert browser.path.startswith("/import/brands/")


def test_a_window_that_nobody_looks_at_asks_nothing(
        browser: Browser, live_shop: LiveShop, ming: int, tmp_path: Path) -> None:
    browser.sign_in("ming")
    begin(browser, tmp_path)
    browser.until(lambda: browser.run(ASKED) > 1, "it does not ask while something runs")
    hide = """Object.defineProperty(document, "hidden", { value: arguments[0], configurable: true });
              document.dispatchEvent(new Event("visibilitychange"));"""
    browser.run(hide, True)
    browser.run("return new Promise(done => setTimeout(done, 300))")
    asked = browser.run(ASKED)
    browser.run("return new Promise(done => setTimeout(done, 2500))")
    assert browser.run(ASKED) == asked
    browser.run(hide, False)
    browser.until(lambda: browser.run(ASKED) > asked, "it does not ask when it is looked at again")


@pytest.mark.parametrize(("language", "size"), [("zh", "phone"), ("en", "desk")])
def test_a_file_that_was_made_is_fetched_from_the_tray(
        language: str, size: Any, browser: Browser, live_shop: LiveShop, ming: int) -> None:
    with live_shop.app.test_request_context(), acting_as(Actor.staff(ming, "Ming")):
        screen = registry().screen_named("BrandScreen")
        assert screen is not None
        ask_for(screen, MultiDict(), "csv", screen.list_fields)
        db.session.commit()
        db.session.remove()
    browser.become(size)
    browser.sign_in("ming")
    browser.speak(language)
    browser.open("/tray/")
    assert browser.find("[data-work-message]").text == WORDS[language]["waits"]
    work_off(live_shop)
    link = browser.find("#page a[download]")
    assert inspect_here(browser, language, begin=size) == []
    browser.become(size)
    answer = browser.run("return fetch(arguments[0]).then(async answer => [answer.status, await answer.text()])",
                         link.get_attribute("href"))
    assert answer[0] == 200 and answer[1].count("\r\n") > 1
