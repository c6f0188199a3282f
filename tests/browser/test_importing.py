"""A file is brought into the shop's brands and taken back again, looked at after every step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.core import jobs
from app.core.db import db
from app.modules.catalog.models import Brand
from tests.browser.inspecting import inspect_here
from tests.support.chromium import Browser
from tests.support.live import LiveShop

LINES = ["名称,From price,排序,备注", "{name}甲,19.90,3,不要", "{name}乙,便宜,4,"]


def work_off(shop: LiveShop) -> None:
    """What a worker beside the server would do."""
    with shop.app.app_context():
        jobs.run_due()
        db.session.remove()


def names(shop: LiveShop, like: str) -> list[str]:
    with shop.app.app_context():
        return list(db.session.scalars(select(Brand.name).where(Brand.name.startswith(like)).order_by(Brand.name)))


@pytest.mark.parametrize(("language", "size"), [("zh", "desk"), ("en", "phone")])
def test_a_file_is_brought_mended_and_taken_back(
        language: str, size: Any, browser: Browser, live_shop: LiveShop, tmp_path: Path) -> None:
    name, problems = f"牌{language}", []
    file = tmp_path / "brands.csv"
    file.write_text("\n".join(LINES).format(name=name), encoding="gb18030")

    def look(step: str) -> None:
        found = inspect_here(browser, language, begin=size)
        problems.extend(f"{step}: {problem}" for problem in found)
        browser.become(size)

    def press(css: str) -> None:
        with browser.leaving():
            browser.run("document.querySelector(arguments[0]).click()", css)

    def agree(step: str) -> None:
        browser.run("document.querySelector(arguments[0]).click()", f"form[action$='/{step}'] button")
        browser.find("#confirm[open]")
        press("#confirm [data-confirm-yes]")

    browser.become(size)
    browser.sign_in("ming")
    browser.speak(language)
    browser.open("/import/brands")
    look("start")
    browser.find("#file").send_keys(str(file))
    press("[data-import-file] button")
    look("columns")
    press("#form [data-save]")
    look("being checked")
    work_off(live_shop)
    browser.until(lambda: browser.find_all(".import-row"), "the page does not notice that the check is over")
    look("checked")
    assert names(live_shop, name) == []
    browser.run("document.querySelector('.import-row input[name^=cell]').value = '29.90'")
    press(".import-row button")
    agree("confirm")
    work_off(live_shop)
    browser.until(lambda: browser.find_all("form[action$='/undo']"), "the page does not notice that it is done")
    look("done")
    assert names(live_shop, name) == [f"{name}乙", f"{name}甲"]
    agree("undo")
    work_off(live_shop)
    browser.until(lambda: not browser.find_all("[data-work]"), "the page does not notice that it is undone")
    look("undone")
    assert names(live_shop, name) == []
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(("language", "size"), [("zh", "desk"), ("en", "phone")])
def test_ticked_rows_are_changed_together_and_have_their_own_back(
        language: str, size: Any, browser: Browser, live_shop: LiveShop) -> None:
    with live_shop.app.app_context():
        made = [Brand(name=f"一起{language}{number}", sort_order=1) for number in range(2)]
        db.session.add_all(made)
        db.session.commit()
        wanted = [brand.id for brand in made]

    def orders() -> list[int]:
        with live_shop.app.app_context():
            return list(db.session.scalars(select(Brand.sort_order).where(Brand.id.in_(wanted))))

    browser.become(size)
    browser.sign_in("ming")
    browser.speak(language)
    browser.open(f"/brands/list/?q=一起{language}")
    for box in browser.find_all("[name=rowid]"):
        box.click()
    with browser.leaving():
        browser.run("document.querySelector('[data-bulk-edit]').click()")
    assert inspect_here(browser, language, begin=size) == []
    browser.become(size)
    browser.fill("sort_order", "9")
    with browser.leaving():
        browser.find("[data-save]").click()
    assert orders() == [9, 9], "whoever gives a value has ticked the field"
    with browser.leaving():
        browser.find(".toasts form button, .toasts [data-undo]").click()
    assert orders() == [1, 1]
