"""Deleting says what it would break or take along, by name and number."""

from __future__ import annotations

from typing import Any

import pytest
from flask_babel import force_locale

from app.core import dependents
from app.core.db import db
from app.core.dependents import Dependents
from app.lowcode import dependents as words
from app.modules.catalog.models import Brand, Product
from tests import factories

pytestmark = pytest.mark.both_databases


@pytest.fixture
def brand(app: Any) -> Brand:
    made = factories.make_brand(name="Silk Road")
    for _number in range(3):
        factories.make_product(brand=made)
    db.session.commit()
    return made


def test_what_is_in_use_says_by_what_on_the_form(as_user: Any, brand: Brand) -> None:
    answer = as_user("ming").post(f"/brands/delete/{brand.id}", follow_redirects=True).text
    assert "“Silk Road” is in use and cannot be deleted. What uses it: Products 3." in answer


def test_what_is_in_use_says_by_what_to_programs(as_user: Any, brand: Brand) -> None:
    answer = as_user("ming").delete(f"/api/v1/brands/{brand.id}")
    assert answer.status_code == 409
    assert "Products 3" in answer.get_json()["message"] and answer.get_json()["code"] == "in_use"


def test_the_question_before_deleting_says_what_goes_along(as_user: Any) -> None:
    product = factories.make_product(prices=(100, 200, 300))
    for _number in range(2):
        factories.make_review(product=product)
    db.session.commit()
    for tail in ("show", "edit"):
        page = as_user("ming").get(f"/products/{tail}/{product.id}").text
        assert "for a while.\nWhat goes with it:" in page and "SKUs 3" in page and "Reviews 2" in page
    alone = factories.make_brand()
    db.session.commit()
    assert "What goes with it" not in as_user("ming").get(f"/brands/show/{alone.id}").text


def test_what_holds_a_row_that_goes_along_holds_the_whole(app: Any) -> None:
    order = factories.make_order()
    db.session.commit()
    found = {each.table: each.count for each in dependents.going_along(order.__table__, order.id)}
    assert found["order_lines"] == 1


def test_counting_ends_somewhere(app: Any, brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependents, "MOST", 2)
    assert dependents.holding(Brand.__table__, brand.id) == [Dependents("products", 2, True)]
    with app.test_request_context(), force_locale("zh"):
        refused = words.in_use(Brand.__table__, brand.id, "Silk Road")
        assert str(refused) == "“Silk Road”正在使用中，不能删除。使用它的有：商品 2+ 条。"


def test_one_question_finds_all(app: Any, count_queries: Any) -> None:
    product = factories.make_product()
    db.session.commit()
    key = product.id
    with count_queries() as queries:
        dependents.going_along(Product.__table__, key)
    assert len(queries) == 1
