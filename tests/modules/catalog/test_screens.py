"""What staff see of the catalogue and can do with it, by HTTP."""

import pytest

from app.core.db import db
from app.modules.catalog.models import Category, Product, Sku
from tests.factories import make_category, make_product, make_review, make_sku


def text_of(answer):
    return answer.get_data(as_text=True)


def test_a_product_is_added_given_a_variant_and_listed(as_user):
    hua = as_user("hua")
    added = hua.post("/products/add", data={"name": "Silk quilt", "number": "Q1", "list_price": "1,299.00"})
    product = db.session.scalars(db.select(Product)).one()
    assert added.status_code == 302 and added.location.endswith(f"/products/show/{product.id}")
    assert (product.list_price, product.is_listed) == (129900, False)
    hua.post(f"/products/action/list_products/{product.id}")
    assert not product.is_listed
    hua.post("/skus/add", data={"product": product.id, "code": "Q1-W", "specifications": "white / 1.5m",
                                "price": "999", "stock": "3"})
    assert db.session.scalars(db.select(Sku)).one().specifications == ["white", "1.5m"]
    assert (product.price, product.stock) == (99900, 3)
    hua.post(f"/products/action/list_products/{product.id}")
    assert product.is_listed


@pytest.mark.parametrize("field, value", [
    ("number", "TAKEN"), ("name", ""), ("name", "x" * 201), ("list_price", "cheap"), ("list_price", "-1"),
    ("category", "999999"), ("list_at", "soon"), ("sort_order", "100000"),
])
def test_a_product_that_cannot_be_saved_keeps_what_was_typed(as_user, field, value):
    make_product(number="TAKEN")
    typed = {"name": "Silk quilt", "number": "Q1", "brief": "Typed with care"} | {field: value}
    answer = as_user("hua").post("/products/add", data=typed)
    assert answer.status_code in {409, 422}
    assert "Typed with care" in text_of(answer) and 'aria-invalid="true"' in text_of(answer)
    assert db.session.query(Product).count() == 1


def test_scripts_in_a_description_do_not_survive(as_user):
    as_user("hua").post("/products/add", data={
        "name": "Quilt", "number": "Q1", "description": "<p onclick='x()'>soft</p><script>alert(1)</script>"})
    assert db.session.scalars(db.select(Product)).one().description == "<p>soft</p>"


def test_price_and_stock_of_a_product_cannot_be_typed_in(as_user):
    product = make_product(prices=(500,))
    hua = as_user("hua")
    page = text_of(hua.get(f"/products/edit/{product.id}"))
    assert 'name="list_price"' in page
    assert not any(f'name="{kept}"' in page for kept in ("price", "stock", "is_listed"))


def test_the_form_shows_specifications_as_they_are_read_and_keeps_them(as_user):
    sku = make_sku(specifications=["red", "XL"])
    hua = as_user("hua")
    assert 'value="red / XL"' in text_of(hua.get(f"/skus/edit/{sku.id}"))
    hua.post(f"/skus/edit/{sku.id}", data={"product": sku.product_id, "code": sku.code, "price": "1",
                                           "specifications": "red / XL"})
    assert sku.specifications == ["red", "XL"] and sku.price == 100


def test_categories_are_listed_as_a_tree(as_user):
    bottom = make_category(name="pots", parent=make_category(name="kitchen"))
    page = text_of(as_user("hua").get("/categories/list/"))
    assert page.index("kitchen") < page.index("\u2003pots")
    assert bottom.level == 2


def test_a_category_cannot_be_hung_under_itself_on_the_form(as_user):
    top = make_category(name="kitchen")
    low = make_category(name="pots", parent=top)
    answer = as_user("hua").post(f"/categories/edit/{top.id}", data={"name": "kitchen", "parent": low.id})
    assert answer.status_code == 422 and "cannot stand under itself" in text_of(answer)
    assert db.session.get(Category, top.id).parent is None


def test_reviews_are_answered_and_hidden_but_not_written_by_staff(as_user):
    review = make_review(content="Thin.", stars=2)
    hua = as_user("hua")
    assert hua.get("/product_reviews/add").status_code in {403, 404, 405}
    hua.post(f"/product_reviews/edit/{review.id}", data={"reply": "We will send another.", "content": "Great!"})
    assert (review.reply, review.content) == ("We will send another.", "Thin.") and review.replied_at
    hua.post(f"/product_reviews/action/hide_reviews/{review.id}")
    assert not review.is_shown
    assert "★★☆☆☆" in text_of(hua.get("/product_reviews/list/"))


@pytest.mark.both_databases
def test_asking_for_a_category_finds_products_further_down_too(as_user):
    kitchen = make_category(name="kitchen")
    pots = make_category(name="pots", parent=kitchen)
    make_product(name="Iron pot", category=pots)
    make_product(name="Silk quilt", category=make_category(name="beds"))
    hua = as_user("hua")
    page = text_of(hua.get(f"/products/list/?f.category={kitchen.id}"))
    assert "Iron pot" in page and "Silk quilt" not in page
    tree = text_of(hua.get(f"/categories/list/?f.parent={kitchen.id}"))
    assert "\u2003pots" in tree and "beds" not in tree
    assert "Silk quilt" in text_of(hua.get("/products/list/?f.category=none&f.category=" + str(kitchen.id + 2)))
