"""Formatted text: only pictures of this shop stay in it, and its words are read as words."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.core.html import has_foreign_pictures, plain, sanitise
from app.modules.catalog.models import Product
from tests import factories

OWN = "/files/f6b90689a37c788aa4edb57832b417cf_600x600.jpg"


@pytest.mark.parametrize("address", [
    "http://evil/x.png", "https://evil/x.png", "//evil/x.png", "data:image/png;base64,AAAA", "blob:https://evil/1",
    "javascript:alert(1)", "/files/../secret", "/files//evil/x.png", "/logout", "x.png", "", " //evil/x.png",
    "http://evil/files/x.png", "\\\\evil\\x.png", "file:///etc/passwd", "/files/x.png?next=//evil",
])
def test_pictures_of_others_are_taken_out(address: str) -> None:
    text = f'<p>before <img src="{address}" alt="a > b" title="src=&quot;x&quot;"> after</p>'
    assert sanitise(text) == "<p>before  after</p>"
    assert sanitise(sanitise(text)) == sanitise(text)


def test_pictures_of_the_shop_stay() -> None:
    text = f'<p><img src="{OWN}" alt="A cup" style="width:50%"></p>'
    assert sanitise(text) == text and not has_foreign_pictures(text)


def test_a_picture_copied_from_a_page_of_ours_is_ours(app: Flask) -> None:
    with app.test_request_context(base_url="http://localhost/"):
        assert sanitise(f'<img src="http://localhost{OWN}">') == f'<img src="{OWN}">'
        assert sanitise(f'<img src="http://localhost.evil{OWN}">') == ""


@pytest.mark.parametrize("text, foreign", [
    ("<p>none</p>", False), (None, False), ('<img src="http://evil/x.png">', True), ('<img src="//evil/x">', True),
    ('<img src="data:image/png;base64,AA">', True), (f'<img src="{OWN}"><img src="https://evil/x">', True),
])
def test_it_is_known_whether_pictures_are_taken_out(text: str | None, foreign: bool) -> None:
    assert has_foreign_pictures(text) is foreign


def test_words_are_read_without_tags_and_signs() -> None:
    assert plain("<h1>Tea</h1><p>black &amp; green<br>hot</p><ul><li>1</li><li>2</li></ul>") == (
        "Tea black & green hot 1 2")
    assert plain("a &lt;b&gt; c") == "a <b> c" and plain(None) == ""


def test_whoever_saves_a_picture_of_another_site_is_told(as_user: object) -> None:
    product = factories.make_product(name="Cup")
    db.session.commit()
    owner = as_user("ming")  # type: ignore[operator]
    page = owner.get(f"/products/edit/{product.id}")
    assert page.status_code == 200
    answer = owner.post(f"/products/edit/{product.id}", data={
        "name": "Cup", "number": product.number, "category": product.category_id, "price": "1",
        "description": '<p>x<img src="http://evil/x.png"></p>'}, follow_redirects=True)
    assert "Pictures of other sites were left out" in answer.text
    db.session.expire_all()
    assert db.session.scalar(select(Product.description).where(Product.id == product.id)) == "<p>x</p>"
