"""The default address of a member."""

import pytest
from sqlalchemy.exc import IntegrityError

from app.modules.members.models import Address
from tests.factories import make_address, make_member

pytestmark = pytest.mark.both_databases


def test_the_newest_choice_is_the_default_address(db_session):
    first = make_address(is_default=True)
    second = make_address(member=first.member, is_default=True)
    assert (first.is_default, second.is_default) == (False, True)
    first.is_default = True
    db_session.flush()
    assert (first.is_default, second.is_default) == (True, False)


def test_the_default_address_of_one_member_leaves_those_of_others_alone(db_session):
    mine = make_address(is_default=True)
    make_address(is_default=True)
    db_session.refresh(mine)
    assert mine.is_default


def test_whoever_writes_past_the_session_cannot_make_a_second_default(db_session):
    address = make_address(is_default=True)
    with pytest.raises(IntegrityError):
        db_session.execute(Address.__table__.insert(), [{
            "member_id": address.member_id, "name": "Mei", "phone": "138000", "detail": "x", "is_default": True}])


def test_saving_the_default_address_again_keeps_it_the_default(db_session):
    address = make_address(is_default=True)
    address.detail = "文三路 2 号"
    address.is_default = True
    db_session.flush()
    assert address.is_default


def test_a_member_may_have_no_default_address(db_session):
    address = make_address(is_default=True)
    address.is_default = False
    db_session.flush()
    assert not address.is_default


def test_a_new_member_may_come_with_a_default_address(db_session):
    member = make_member()
    member.addresses.append(Address(name="Mei", phone="13800000000", detail="x", is_default=True))
    db_session.flush()
    assert member.addresses[0].is_default
