"""A day in the shop, from the browser's side: an operator at a desk and on a phone, and an owner who changes a role."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.modules.catalog.models import Product
from tests.factories import make_product
from tests.support.cast import user
from tests.support.chromium import Browser
from tests.support.live import LiveShop

_words = (f"Lantern{number}" for number in itertools.count(1))


@pytest.fixture
def goods(live_shop: LiveShop) -> str:
    """Three listed products that only this story knows, called “<word> 1” to “<word> 3”; gives the word."""
    word = next(_words)
    with live_shop.app.app_context():
        for number in (1, 2, 3):
            make_product(name=f"{word} {number}", number=f"{word}-{number}", stock=number, prices=(1000 * number,))
        db.session.commit()
        db.session.remove()
    return word


def products(shop: LiveShop, word: str) -> dict[str, Any]:
    """Name → product, as the database has them now."""
    with shop.app.app_context():
        found = db.session.scalars(select(Product).where(Product.name.like(f"{word}%"))).all()
        kept = {product.name: product for product in found}
        db.session.expunge_all()
        db.session.remove()
    return kept


def search(browser: Browser, word: str) -> None:
    """Type into the quick search and press Enter."""
    browser.fill("q", word)
    with browser.leaving():
        browser.find("[name=q]").submit()


def rows(browser: Browser) -> list[str]:
    """The names of the products in the list."""
    return [row.text for row in browser.find_all("tr[data-url]")]


def test_an_operator_finds_products_and_narrows_them_down(browser: Browser, goods: str) -> None:
    browser.sign_in("hua")
    browser.speak("en")
    browser.open("/products/list/")
    search(browser, goods)
    assert len(rows(browser)) == 3
    browser.press("Filter")
    browser.fill("f.price.from", "15")
    with browser.leaving():
        browser.press("Show results")
    assert len(rows(browser)) == 2
    assert "15" in browser.find(".chip").text
    with browser.leaving():
        browser.find(".chip-remove").click()
    assert len(rows(browser)) == 3


def test_an_operator_corrects_a_product_after_a_mistake(browser: Browser, goods: str, live_shop: LiveShop) -> None:
    browser.expects("status of 409")
    browser.sign_in("hua")
    browser.speak("en")
    target = products(live_shop, goods)[f"{goods} 1"]
    browser.open(f"/products/edit/{target.id}")
    browser.fill("name", f"{goods} 1 in red")
    browser.fill("number", f"{goods}-2")  # another product's
    with browser.leaving():
        browser.press("Save")
    assert "already in use" in browser.find("[data-field=number] .field-error").text
    assert browser.value("name") == f"{goods} 1 in red", "what was typed is kept"
    assert browser.value("number") == f"{goods}-2"
    assert f"{goods} 1" in products(live_shop, goods), "and nothing was saved"
    browser.fill("number", f"{goods}-9")
    with browser.leaving():
        browser.press("Save")
    saved = products(live_shop, goods)[f"{goods} 1 in red"]
    assert saved.number == f"{goods}-9"
    assert f"{goods} 1 in red" in browser.text


def test_the_mistake_is_told_in_chinese_to_a_chinese_reader(browser: Browser, goods: str, live_shop: LiveShop) -> None:
    browser.expects("status of 409")
    browser.sign_in("hua")
    browser.speak("zh")
    browser.open(f"/products/edit/{products(live_shop, goods)[f'{goods} 1'].id}")
    browser.fill("number", f"{goods}-2")
    with browser.leaving():
        browser.press("保存")
    told = browser.find("[data-field=number] .field-error").text
    assert told
    assert not any(letter.isascii() and letter.isalpha() for letter in told)


def take_off_sale(browser: Browser, count: int) -> None:
    """Delist what is ticked, after the question."""
    browser.find("#bulk [value=delist_products]").click()
    question = browser.find("#confirm[open]").text
    assert "Take this off sale?" in question
    assert f"Selected: {count}" in question
    with browser.leaving():
        browser.find("[data-confirm-yes]").click()


def test_an_operator_delists_many_at_once(browser: Browser, goods: str, live_shop: LiveShop) -> None:
    browser.sign_in("hua")
    browser.speak("en")
    browser.open(f"/products/list/?q={goods}")
    for box in browser.find_all("tr[data-url] [name=rowid]")[:2]:
        box.click()
    take_off_sale(browser, 2)
    assert sorted(product.is_listed for product in products(live_shop, goods).values()) == [False, False, True]
    assert browser.find(".toast").text


def test_the_same_on_a_phone(phone: Browser, goods: str, live_shop: LiveShop) -> None:
    phone.sign_in("hua")
    phone.speak("en")
    phone.open("/products/list/")
    search(phone, goods)
    cards = phone.find_all("tr[data-url]")
    assert len(cards) == 3
    assert all(card.rect["width"] > 300 and card.rect["x"] >= 0 for card in cards), "one under the other"
    assert phone.sticks_out() == []
    for box in phone.find_all("tr[data-url] [name=rowid]")[:2]:
        phone.run("arguments[0].scrollIntoView({block: 'center'})", box)
        box.click()
    take_off_sale(phone, 2)
    assert sorted(product.is_listed for product in products(live_shop, goods).values()) == [False, False, True]
    phone.open(f"/products/edit/{products(live_shop, goods)[f'{goods} 3'].id}")
    phone.fill("name", f"{goods} 3 by phone")
    assert phone.sticks_out() == []
    with phone.leaving():
        phone.find("[data-save]").click()
    assert f"{goods} 3 by phone" in products(live_shop, goods)


def test_what_a_role_may_do_changes_with_the_next_click(browser: Browser, live_shop: LiveShop) -> None:
    """The owner takes the brands from the operators and gives them back; Hua, signed in elsewhere, feels both."""
    with live_shop.app.app_context():
        role_id = user("hua").roles[0].id
        db.session.remove()
    hua = live_shop.stranger()
    hua.sign_in("hua")
    browser.sign_in("ming")
    browser.speak("en")
    for taken in (False, True):
        assert hua.status("/brands/list/") == (403 if taken else 200)
        assert ("/brands/list/" in hua.get("/products/list/")) is not taken, "the menu says the same"
        browser.open(f"/roles/edit/{role_id}")
        box = browser.find("[value='can_view:BrandScreen']")
        assert box.is_selected() is not taken
        before = [other for other in browser.find_all("[value$=':BrandScreen']") if other.is_selected()]
        browser.run("arguments[0].scrollIntoView({block: 'center'})", box)
        box.click()
        assert (len(before) > 1) is not taken, "who cannot see a screen can do nothing there"
        browser.find("[data-save]").click()
        with browser.leaving():
            browser.find("#matrix-changes[open] [data-yes]").click()
    assert hua.status("/brands/list/") == 200
