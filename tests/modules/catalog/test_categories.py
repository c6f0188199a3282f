"""The tree of categories."""

import pytest
from sqlalchemy.exc import IntegrityError

from app.core.db import db
from app.core.errors import InvalidInput
from app.modules.catalog import services
from app.modules.catalog.models import MAX_LEVEL, Category, Product
from tests.factories import make_category, make_product


def names_in_order() -> list[str]:
    return list(db.session.scalars(db.select(Category.name).order_by(Category.path)))


@pytest.mark.both_databases
def test_sorting_by_path_gives_the_tree_as_people_read_it(db_session):
    kitchen = make_category(name="kitchen", sort_order=2)
    home = make_category(name="home", sort_order=1)
    make_category(name="pots", parent=kitchen, sort_order=5)
    make_category(name="beds", parent=home, sort_order=20)
    make_category(name="lamps", parent=home, sort_order=3)
    assert names_in_order() == ["home", "lamps", "beds", "kitchen", "pots"]


def test_smaller_sort_orders_come_first_once_changed(db_session):
    first, second = make_category(name="a", sort_order=1), make_category(name="b", sort_order=2)
    make_category(name="a1", parent=first)
    second.sort_order = 0
    db_session.flush()
    assert names_in_order() == ["b", "a", "a1"]


@pytest.mark.both_databases
def test_a_category_moves_with_all_that_stands_under_it(db_session):
    top, other = make_category(name="top"), make_category(name="other")
    middle = make_category(name="middle", parent=top)
    leaf = make_category(name="leaf", parent=middle)
    middle.parent = other
    db_session.flush()
    assert (middle.level, leaf.level) == (2, 3)
    assert leaf.path.startswith(middle.path) and middle.path.startswith(other.path)
    middle.parent = None
    db_session.flush()
    assert (middle.level, leaf.level) == (1, 2)


def test_a_category_moves_also_when_only_the_id_of_its_parent_is_given(db_session):
    top, leaf = make_category(), make_category()
    leaf.parent_id = top.id
    db_session.flush()
    assert leaf.level == 2 and leaf.path.startswith(top.path)


@pytest.mark.both_databases
def test_a_category_cannot_stand_under_itself(db_session):
    top = make_category()
    leaf = make_category(parent=make_category(parent=top))
    top.parent = leaf
    with pytest.raises(InvalidInput) as refused:
        db_session.flush()
    assert "parent_id" in refused.value.fields


def test_a_category_cannot_be_its_own_parent(db_session):
    only = make_category()
    only.parent_id = only.id
    with pytest.raises(InvalidInput):
        db_session.flush()


def test_the_tree_has_only_so_many_levels(db_session):
    last = None
    for _level in range(MAX_LEVEL):
        last = make_category(parent=last)
    assert last.level == MAX_LEVEL
    with pytest.raises(InvalidInput) as refused:
        make_category(parent=last)
    assert "parent_id" in refused.value.fields


def test_a_branch_cannot_be_hung_so_low_that_its_leaves_are_too_deep(db_session):
    low = None
    for _level in range(MAX_LEVEL - 1):
        low = make_category(parent=low)
    branch = make_category(name="branch")
    make_category(parent=branch)
    branch.parent = low
    with pytest.raises(InvalidInput) as refused:
        db_session.flush()
    assert "parent_id" in refused.value.fields


@pytest.mark.both_databases
def test_a_category_with_others_in_it_cannot_be_deleted(db_session):
    top = make_category()
    make_category(parent=top)
    db_session.delete(top)
    with pytest.raises(IntegrityError):
        db_session.flush()


def test_an_empty_category_can_be_deleted(db_session):
    top = make_category()
    db_session.delete(top)
    db_session.flush()
    assert names_in_order() == []


@pytest.mark.both_databases
def test_products_of_a_category_include_those_further_down(db_session):
    top = make_category()
    low = make_category(parent=make_category(parent=top))
    inside, outside = make_product(category=low), make_product(category=make_category())
    found = db_session.scalars(db.select(Product).where(Product.category_id.in_(Category.within([top.id])))).all()
    assert inside in found and outside not in found


@pytest.mark.both_databases
def test_an_import_that_wrote_past_the_session_has_its_places_worked_out(db_session):
    top = make_category()
    db_session.execute(Category.__table__.insert(), [
        {"name": "raw", "parent_id": top.id, "sort_order": 7, "level": 1, "path": "", "is_shown": True}])
    services.place_categories()
    raw = db_session.scalars(db.select(Category).where(Category.name == "raw")).one()
    assert raw.level == 2 and raw.path.startswith(top.path)
