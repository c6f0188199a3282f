"""The page of backups in a real browser: the bar moves by itself and the page is drawn anew at the end."""

from __future__ import annotations

from app.core import jobs
from app.core.db import db
from app.modules.operations import backups
from tests.support.chromium import Browser
from tests.support.live import LiveShop


def test_back_up_now_shows_its_end_without_a_reload(browser: Browser, live_shop: LiveShop) -> None:
    browser.sign_in("ming")
    browser.speak("en")
    browser.open("/backups/")
    browser.press("Back up now")
    browser.until(lambda: browser.find_all("[data-work]"), "nothing says that a backup was asked for")
    with live_shop.app.app_context():
        jobs.run_due()
        made = backups.list_backups()[0]
    browser.until(lambda: made.name in browser.text, "the page does not show the new backup")
    assert made.is_good
    assert not browser.find_all("[data-work]")


def test_the_page_fits_a_phone(phone: Browser, live_shop: LiveShop) -> None:
    with live_shop.app.app_context():
        backups.create_backup()
        db.session.commit()
    phone.sign_in("ming")
    phone.open("/backups/")
    assert phone.sticks_out() == []
    phone.shoot("backups_phone")
