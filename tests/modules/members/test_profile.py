"""What is known of a member, and how much of it is shown."""

from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.actor import Actor, acting_as
from app.core.errors import InvalidInput
from app.modules.members.models import Address, Channel, Member, MemberNote, masked
from tests.factories import make_address, make_member, make_note, make_order


@pytest.mark.parametrize("number, shown", [
    ("13812345678", "138****5678"), ("138 1234-5678", "138****5678"), ("+8613812345678", "+86*******5678"),
    ("12345", "***45"), ("12", "12"), ("", ""), (None, ""),
])
def test_a_masked_phone_number_can_be_recognised_but_not_called(number, shown):
    assert masked(number) == shown


@pytest.mark.parametrize("today, age", [("2026-07-31", 25), ("2026-08-01", 26), ("2026-08-02", 26)])
def test_members_grow_a_year_older_on_their_birthday(db_session, today, age):
    clock.set(f"{today} 04:00")
    assert make_member(birthday=date(2000, 8, 1)).age == age


def test_without_a_birthday_there_is_no_age(db_session):
    assert make_member().age is None


@pytest.mark.parametrize("days, is_refused", [(-1, False), (0, False), (1, True)])
def test_a_birthday_is_not_in_the_future(db_session, days, is_refused):
    clock.set("2026-08-01 04:00")
    birthday = clock.today() + timedelta(days=days)
    if is_refused:
        with pytest.raises(InvalidInput) as refused:
            make_member(birthday=birthday)
        assert "birthday" in refused.value.fields
    else:
        assert make_member(birthday=birthday).birthday == birthday


@pytest.mark.parametrize("field, value", [
    ("nickname", "x" * 61), ("phone", "call me"), ("phone", "1" * 21), ("region_code", "33-01"), ("channel", "tv"),
    ("birthday", "yesterday"), ("gender", "none of your business"), ("nickname", None), ("nickname", "a\x00b"),
])
def test_a_profile_takes_only_what_fits(db_session, field, value):
    with pytest.raises(InvalidInput) as refused:
        make_member(**{field: value})
    assert field in refused.value.fields


@pytest.mark.both_databases
def test_two_members_cannot_have_the_same_phone_number(db_session):
    make_member(phone="13800000000")
    with pytest.raises(IntegrityError):
        make_member(phone="13800000000")


def test_members_without_a_phone_number_do_not_clash(db_session):
    assert make_member(phone=None).id != make_member(phone=None).id


def test_a_new_member_comes_by_the_mini_program_and_is_registered_now(db_session):
    clock.set("2026-08-01 12:00")
    member = make_member()
    assert (member.channel, member.registered_at) == (Channel.mini_program, clock.now())


def test_the_region_is_read_from_the_large_to_the_small(db_session):
    assert make_member(province="浙江省", city="杭州市", district="西湖区").region == "浙江省 杭州市 西湖区"


def test_a_note_says_who_wrote_it(db_session):
    member = make_member()
    with acting_as(Actor.staff(7, "Hua")):
        note = make_note(member=member)
    assert note.author == "Hua"


@pytest.mark.both_databases
def test_deleting_a_member_takes_addresses_and_notes_along(db_session):
    address = make_address()
    make_note(member=address.member)
    db_session.delete(address.member)
    db_session.flush()
    assert db_session.query(Address).count() == 0 and db_session.query(MemberNote).count() == 0


@pytest.mark.both_databases
def test_a_member_who_has_ordered_cannot_be_deleted(db_session):
    member = make_member()
    make_order(member=member)
    db_session.delete(member)
    with pytest.raises(IntegrityError):
        db_session.flush()
    db_session.rollback()
    assert db_session.query(Member).count() == 0, "nothing of it was committed"
