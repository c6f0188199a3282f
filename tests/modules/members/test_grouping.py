"""Tags, levels, and who is blocked."""

import pytest

from app.core import events
from app.core.errors import InvalidInput
from app.modules.members import services
from app.modules.members.events import MemberBlocked, MemberLevelChanged, MemberUnblocked
from tests.factories import make_member, make_member_level, make_member_tag


@pytest.fixture
def heard():
    """The facts about members, in the order in which they were told."""
    found = []
    listeners = []
    for fact in (MemberBlocked, MemberUnblocked, MemberLevelChanged):
        @events.on(fact)
        def hear(told):
            found.append(told)

        events.subscribe(hear)
        listeners.append(hear)
    yield found
    for listener in listeners:
        events.unsubscribe(listener)


def test_members_keep_the_tags_they_have_when_given_more(db_session):
    old, new = make_member_tag(name="old"), make_member_tag(name="new")
    member, other = make_member(tags=[old]), make_member(tags=[old, new])
    assert services.tag_members([member, other], [new]) == 1
    db_session.flush()
    assert {tag.name for tag in member.tags} == {"old", "new"}


def test_tagging_without_a_tag_is_refused(db_session):
    with pytest.raises(InvalidInput) as refused:
        services.tag_members([make_member()], [])
    assert "tags" in refused.value.fields


def test_tags_can_be_taken_away_again(db_session):
    kept, unwanted = make_member_tag(), make_member_tag()
    member, other = make_member(tags=[kept, unwanted]), make_member(tags=[kept])
    assert services.untag_members([member, other], [unwanted]) == 1
    assert member.tags == [kept]


@pytest.mark.both_databases
def test_deleting_a_tag_takes_it_from_members_and_leaves_them(db_session):
    tag = make_member_tag()
    member = make_member(tags=[tag])
    db_session.delete(tag)
    db_session.flush()
    db_session.expire_all()
    assert member.tags == []


@pytest.mark.both_databases
def test_deleting_a_level_leaves_its_members_without_one(db_session):
    level = make_member_level()
    member = make_member(level=level)
    db_session.delete(level)
    db_session.flush()
    db_session.expire_all()
    assert member.level is None


def test_a_new_level_is_announced_only_where_it_is_new(db_session, heard):
    low, high = make_member_level(rank=0), make_member_level(rank=1)
    rising, staying = make_member(level=low), make_member(level=high)
    services.set_level([rising, staying], high)
    assert rising.level is high
    assert heard == [MemberLevelChanged(rising.id, low.id, high.id)]


def test_a_member_can_be_taken_off_the_ladder(db_session, heard):
    level = make_member_level()
    member = make_member(level=level)
    services.set_level([member], None)
    assert member.level is None and heard == [MemberLevelChanged(member.id, level.id, None)]


def test_blocking_a_member_is_announced(db_session, heard):
    member = make_member()
    services.block_members([member])
    assert member.is_blocked and heard == [MemberBlocked(member.id)]
    assert services.why_not_block(member) and services.why_not_unblock(member) is None


def test_unblocking_a_member_is_announced(db_session, heard):
    member = make_member(is_blocked=True)
    services.unblock_members([member])
    assert not member.is_blocked and heard == [MemberUnblocked(member.id)]


def test_blocking_twice_is_announced_once(db_session, heard):
    member = make_member()
    services.block_members([member])
    services.block_members([member])
    assert len(heard) == 1
