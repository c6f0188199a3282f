"""What happened with one member, from all modules that know something."""

from datetime import timedelta

from app.core import clock
from app.modules.members import timeline
from app.modules.orders.models import OrderStatus, RefundStatus
from tests.factories import make_member, make_note, make_order, make_refund, make_review


def test_the_timeline_tells_of_registering_notes_orders_refunds_and_reviews_newest_first(db_session):
    clock.set("2026-08-01 12:00")
    member = make_member(registered_at=clock.now())
    clock.advance(timedelta(days=1))
    order = make_order(member=member)
    clock.advance(timedelta(days=1))
    make_refund(order=order, status=RefundStatus.refunded, refunded_at=clock.now())
    clock.advance(timedelta(days=1))
    make_review(member=member, written_at=clock.now())
    clock.advance(timedelta(days=1))
    make_note(member=member)
    icons = [entry.icon for entry in timeline.entries_of(member)]
    assert icons == ["fa-note-sticky", "fa-star", "fa-rotate-left", "fa-bag-shopping", "fa-user-plus"]


def test_the_timeline_of_one_member_tells_nothing_of_others(db_session):
    member, other = make_member(), make_member()
    make_order(member=other)
    make_note(member=other)
    make_review(member=other)
    assert [entry.icon for entry in timeline.entries_of(member)] == ["fa-user-plus"]


def test_a_refund_that_was_only_asked_for_is_not_told_yet(db_session):
    member = make_member()
    make_refund(order=make_order(member=member, status=OrderStatus.paid), status=RefundStatus.requested)
    assert "fa-rotate-left" not in [entry.icon for entry in timeline.entries_of(member)]


def test_the_timeline_stops_at_its_limit_with_the_newest(db_session):
    clock.set("2026-08-01 12:00")
    member = make_member(registered_at=clock.now())
    for _number in range(5):
        clock.advance(timedelta(hours=1))
        make_order(member=member, placed_at=clock.now())
    entries = timeline.entries_of(member, limit=3)
    assert len(entries) == 3 and entries[0].at == clock.now()


def test_a_source_added_twice_tells_everything_once(db_session):
    from app.modules.orders.timeline import orders_of

    member = make_member()
    make_order(member=member)
    timeline.add_source(orders_of)
    assert [entry.icon for entry in timeline.entries_of(member)].count("fa-bag-shopping") == 1
