"""Putting products on and off sale, by hand and by plan."""

import pytest

from app.core import clock, events
from app.core.errors import InvalidInput
from app.modules.catalog import jobs, services
from app.modules.catalog.events import ProductDelisted, ProductListed
from app.modules.catalog.services import NothingToSell
from tests.factories import make_product, make_sku


@pytest.fixture
def heard():
    """The facts about products, in the order in which they were told."""
    found = []

    @events.on(ProductListed)
    def hear_listed(fact):
        found.append(fact)

    @events.on(ProductDelisted)
    def hear_delisted(fact):
        found.append(fact)

    events.subscribe(hear_listed)
    events.subscribe(hear_delisted)
    yield found
    events.unsubscribe(hear_listed)
    events.unsubscribe(hear_delisted)


@pytest.fixture(autouse=True)
def noon():
    clock.set("2026-08-01 12:00")


def test_a_product_with_a_variant_can_be_listed(db_session, heard):
    product = make_product(is_listed=False)
    services.list_products([product])
    assert product.is_listed and heard == [ProductListed(product.id)]


def test_a_product_without_variants_cannot_be_listed(db_session, heard):
    product = make_product(prices=())
    with pytest.raises(NothingToSell):
        services.list_products([product])
    assert not product.is_listed and heard == []
    assert services.why_not_list(product)


def test_listing_what_is_listed_changes_nothing_and_is_not_announced(db_session, heard):
    product = make_product(is_listed=True)
    services.list_products([product])
    assert product.is_listed and heard == []


def test_a_listed_product_can_be_delisted(db_session, heard):
    product = make_product(is_listed=True)
    services.delist_products([product])
    assert not product.is_listed and heard == [ProductDelisted(product.id)]
    assert services.why_not_delist(product)


def test_listing_by_hand_settles_the_plan_to_list(db_session):
    product = make_product(is_listed=False, list_at=clock.from_zone(clock.now(), clock.shop_zone()))
    services.list_products([product])
    assert product.list_at is None


@pytest.mark.parametrize("hour, listed", [("11:59", False), ("12:00", True), ("12:01", True)])
def test_a_plan_to_list_is_followed_when_its_time_has_come(db_session, hour, listed):
    product = make_product(is_listed=False, list_at=clock.now())
    clock.set(f"2026-08-01 {hour}")
    db_session.commit()
    jobs.follow_sale_plans()
    assert product.is_listed is listed
    assert (product.list_at is None) is listed


def test_a_plan_to_delist_is_followed_when_its_time_has_come(db_session, heard):
    product = make_product(is_listed=True, delist_at=clock.now())
    db_session.commit()
    jobs.follow_sale_plans()
    assert not product.is_listed and product.delist_at is None and heard == [ProductDelisted(product.id)]


def test_a_plan_that_slept_through_both_times_lists_and_delists(db_session, heard):
    product = make_product(is_listed=False)
    clock.set("2026-08-01 10:00")
    product.list_at = clock.now()
    clock.set("2026-08-01 11:00")
    product.delist_at = clock.now()
    clock.set("2026-08-01 12:00")
    db_session.commit()
    jobs.follow_sale_plans()
    assert heard == [ProductListed(product.id), ProductDelisted(product.id)]
    assert not product.is_listed and product.list_at is None and product.delist_at is None


def test_following_the_plans_twice_changes_nothing_more(db_session, heard):
    make_product(is_listed=False, list_at=clock.now())
    db_session.commit()
    jobs.follow_sale_plans()
    jobs.follow_sale_plans()
    assert len(heard) == 1


def test_a_product_delisted_by_hand_is_not_listed_again_by_its_old_plan(db_session):
    product = make_product(is_listed=False, list_at=clock.now())
    db_session.commit()
    jobs.follow_sale_plans()
    services.delist_products([product])
    db_session.commit()
    jobs.follow_sale_plans()
    assert not product.is_listed


def test_a_product_without_variants_waits_with_its_plan_until_it_has_one(db_session):
    product = make_product(prices=(), list_at=clock.now())
    db_session.commit()
    jobs.follow_sale_plans()
    assert not product.is_listed and product.list_at is not None
    make_sku(product=product)
    db_session.commit()
    jobs.follow_sale_plans()
    assert product.is_listed


@pytest.mark.parametrize("minutes, is_refused", [(-1, True), (0, True), (1, False)])
def test_a_product_is_delisted_after_it_is_listed(db_session, minutes, is_refused):
    product = make_product()
    product.list_at = clock.now()
    product.delist_at = clock.now().replace(hour=11, minute=59) if minutes < 0 else clock.now().replace(minute=minutes)
    if is_refused:
        with pytest.raises(InvalidInput) as refused:
            db_session.flush()
        assert "delist_at" in refused.value.fields
    else:
        db_session.flush()


def test_products_can_be_shown_among_the_new_and_the_popular(db_session):
    product = make_product()
    services.mark_new([product], True)
    services.mark_hot([product], True)
    assert product.is_new and product.is_hot
    services.mark_new([product], False)
    services.mark_hot([product], False)
    assert not product.is_new and not product.is_hot
