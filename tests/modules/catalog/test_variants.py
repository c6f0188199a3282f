"""SKUs, and what a product's price and stock follow from."""

import pytest

from app.core.db import db
from app.core.errors import InvalidInput
from app.modules.catalog import services
from app.modules.catalog.models import Product, ProductReview, Sku
from tests.factories import make_attribute, make_product, make_review, make_sku, make_specification


def test_a_product_costs_what_its_cheapest_variant_costs(db_session):
    product = make_product(prices=(500, 300, 900))
    assert product.price == 300


@pytest.mark.both_databases
def test_the_price_follows_when_a_variant_changes_its_price(db_session):
    product = make_product(prices=(500, 300))
    product.skus[1].price = 700
    db_session.flush()
    assert product.price == 500


def test_the_price_follows_when_a_variant_is_taken_away(db_session):
    product = make_product(prices=(500, 300))
    db_session.delete(product.skus[1])
    db_session.flush()
    assert (product.price, product.stock) == (500, 10)


def test_the_stock_of_a_product_is_that_of_all_its_variants(db_session):
    product = make_product(prices=(500, 300), stock=4)
    product.skus[0].stock = 1
    db_session.flush()
    assert product.stock == 5


@pytest.mark.both_databases
def test_a_variant_that_moves_to_another_product_counts_there(db_session):
    old, new = make_product(prices=(500, 300)), make_product(prices=())
    sku = db_session.scalars(db.select(Sku).where(Sku.product == old, Sku.price == 300)).one()
    sku.product = new
    db_session.flush()
    assert (old.price, new.price) == (500, 300)


def test_a_product_without_variants_costs_nothing_and_has_no_stock(db_session):
    product = make_product(prices=())
    assert (product.price, product.stock) == (0, 0)


@pytest.mark.both_databases
def test_an_import_that_wrote_past_the_session_has_its_prices_worked_out(db_session):
    product, untouched = make_product(prices=()), make_product(prices=(100,))
    db_session.execute(Sku.__table__.insert(), [
        {"product_id": product.id, "code": "raw", "specifications": [], "price": 250, "stock": 3, "sort_order": 1}])
    services.price_products()
    assert (product.price, product.stock) == (250, 3)
    assert untouched.price == 100


@pytest.mark.both_databases
def test_two_variants_of_a_product_cannot_have_the_same_specifications(db_session):
    product = make_product(prices=())
    make_sku(product=product, specifications=["red", "XL"])
    with pytest.raises(InvalidInput) as refused:
        make_sku(product=product, specifications=["red", "XL"])
    assert "specifications" in refused.value.fields


def test_variants_of_different_products_may_have_the_same_specifications(db_session):
    make_sku(specifications=["red"])
    assert make_sku(specifications=["red"]).variant == "red"


def test_a_variant_may_be_saved_again_with_the_specifications_it_has(db_session):
    sku = make_sku(specifications=["red", "XL"])
    sku.price = 1
    sku.specifications = ["red", "XL"]
    db_session.flush()
    assert sku.variant == "red / XL"


@pytest.mark.parametrize("specifications", ["red", [""], [1], ["x" * 81], ["x"] * 11])
def test_specifications_are_a_short_list_of_short_texts(db_session, specifications):
    with pytest.raises(InvalidInput) as refused:
        make_sku(specifications=specifications)
    assert "specifications" in refused.value.fields


@pytest.mark.parametrize("given", [{"price": -1}, {"stock": -1}, {"price": 10**15 + 1}])
def test_a_variant_has_no_price_or_stock_below_nothing(db_session, given):
    with pytest.raises(InvalidInput) as refused:
        make_sku(**given)
    assert set(refused.value.fields) == set(given)


@pytest.mark.both_databases
def test_deleting_a_product_takes_its_variants_and_reviews_along(db_session):
    product = make_product()
    make_specification(product=product)
    make_attribute(product=product)
    make_review(product=product)
    kept = make_review()
    db_session.delete(product)
    db_session.flush()
    db_session.expire_all()
    assert db_session.scalars(db.select(Product)).all() == [kept.product]
    assert db_session.scalars(db.select(ProductReview)).all() == [kept]
    assert len(db_session.scalars(db.select(Sku)).all()) == 1
