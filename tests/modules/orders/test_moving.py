"""The steps an order may take, and what is written down about them."""

import threading

import pytest

from app.core import clock, events
from app.core.actor import Actor, acting_as
from app.core.db import db
from app.core.errors import InvalidInput
from app.modules.orders import services
from app.modules.orders.events import OrderCancelled, OrderCompleted, OrderPaid, OrderRefunded, OrderShipped
from app.modules.orders.models import MOVES, Channel, Order, OrderStatus, PaymentMethod
from app.modules.orders.services import CannotMove
from tests.factories import make_order

STATUSES = list(OrderStatus)


@pytest.fixture
def heard():
    """The facts about orders, in the order in which they were told."""
    found, listeners = [], []
    for fact in (OrderPaid, OrderShipped, OrderCompleted, OrderCancelled, OrderRefunded):
        @events.on(fact)
        def hear(told):
            found.append(told)

        events.subscribe(hear)
        listeners.append(hear)
    yield found
    for listener in listeners:
        events.unsubscribe(listener)


@pytest.mark.parametrize("now", STATUSES)
@pytest.mark.parametrize("then", STATUSES)
def test_an_order_takes_only_the_steps_of_the_table(db_session, now, then):
    order = make_order(status=now, channel=Channel.store)
    if then in MOVES[now]:
        services.move_to(order, then)
        assert order.status is then and order.events[-1].from_status is now
    else:
        assert order.why_not(then)
        with pytest.raises(CannotMove):
            services.move_to(order, then)
        assert order.status is now and len(order.events) == 1


@pytest.mark.parametrize("channel, is_refused", [
    (Channel.store, False), (Channel.mini_program, True), (Channel.web, True)])
def test_only_what_was_paid_in_the_store_is_completed_without_being_shipped(db_session, channel, is_refused):
    order = make_order(status=OrderStatus.paid, channel=channel)
    assert bool(services.why_not_complete(order)) is is_refused
    if is_refused:
        with pytest.raises(CannotMove):
            services.complete_orders([order])
    else:
        services.complete_orders([order])
        assert order.status is OrderStatus.completed


def test_the_history_says_from_where_to_where_when_by_whom_and_why(db_session):
    clock.set("2026-08-01 12:00")
    order = make_order()
    clock.set("2026-08-01 13:00")
    with acting_as(Actor.staff(7, "Hua")):
        services.cancel_orders([order], "Ordered twice")
    event = order.events[-1]
    assert (event.from_status, event.to_status) == (OrderStatus.placed, OrderStatus.cancelled)
    assert (event.happened_at, event.actor_kind, event.actor_name, event.actor_id) == (clock.now(), "staff", "Hua", 7)
    assert event.reason == "Ordered twice"


def test_each_step_keeps_its_time(db_session):
    order = make_order()
    for hour, step in ((13, lambda: services.record_payment(order, order.total_amount, PaymentMethod.cash)),
                       (14, lambda: services.ship_order(order, "SF Express", "SF1")),
                       (15, lambda: services.complete_orders([order]))):
        clock.set(f"2026-08-01 {hour}:00")
        step()
    assert [order.paid_at.hour, order.shipped_at.hour, order.completed_at.hour] == [13, 14, 15]


def test_each_step_is_announced(db_session, heard):
    order = make_order(total=500)
    services.record_payment(order, 500, PaymentMethod.cash)
    services.ship_order(order, "SF Express", "SF1")
    services.complete_orders([order])
    services.record_refund(order, 500, "Broken")
    assert heard == [OrderPaid(order.id, 500), OrderShipped(order.id), OrderCompleted(order.id),
                     OrderRefunded(order.id, 500)]


def test_calling_off_is_announced_with_its_reason(db_session, heard):
    order = make_order()
    services.cancel_orders([order], "Ordered twice")
    assert heard == [OrderCancelled(order.id, "Ordered twice")]


@pytest.mark.parametrize("status", [status for status in STATUSES if status is not OrderStatus.placed])
def test_only_an_order_that_awaits_payment_can_be_called_off(db_session, status):
    order = make_order(status=status)
    assert services.why_not_cancel(order)
    with pytest.raises(CannotMove):
        services.cancel_orders([order], "Too late")


def test_an_order_that_is_partly_paid_cannot_be_called_off(db_session):
    order = make_order(total=500)
    services.record_payment(order, 200, PaymentMethod.cash)
    assert services.why_not_cancel(order)
    with pytest.raises(CannotMove):
        services.cancel_orders([order], "Changed their mind")


def test_shipping_writes_down_carrier_and_tracking_number(db_session):
    order = make_order(status=OrderStatus.paid)
    services.ship_order(order, "SF Express", "SF1")
    assert (order.carrier, order.tracking_number, order.status) == ("SF Express", "SF1", OrderStatus.shipped)


def test_an_order_that_cannot_be_shipped_gets_no_tracking_number(db_session):
    order = make_order()
    with pytest.raises(CannotMove):
        services.ship_order(order, "SF Express", "SF1")
    assert order.tracking_number is None


def test_the_receiver_can_be_changed_until_the_order_is_shipped(db_session):
    order = make_order(status=OrderStatus.paid)
    order.receiver_city = "宁波市"
    db_session.flush()
    services.ship_order(order, "SF Express", "SF1")
    order.receiver_city = "温州市"
    with pytest.raises(InvalidInput) as refused:
        db_session.flush()
    assert set(refused.value.fields) == {"receiver_city"}


def test_a_note_can_be_written_on_a_shipped_order(db_session):
    order = make_order(status=OrderStatus.shipped)
    order.staff_note = "Called; will be at home on Friday."
    db_session.flush()
    assert order.staff_note


@pytest.mark.both_databases
def test_of_two_who_move_an_order_in_two_directions_at_once_one_succeeds(app, db_session):
    order_id = make_order(total=500).id
    db_session.commit()
    db_session.remove()
    ready, outcomes = threading.Barrier(2), []

    def go(step):
        with app.app_context():
            order = db.session.get(Order, order_id)
            db.session.rollback()
            ready.wait()
            try:
                step(order)
                db.session.commit()
                outcomes.append("done")
            except CannotMove:
                db.session.rollback()
                outcomes.append("refused")
            finally:
                db.session.remove()

    steps = (lambda order: services.cancel_orders([order], "Changed their mind"),
             lambda order: services.record_payment(order, 500, PaymentMethod.cash))
    people = [threading.Thread(target=go, args=(step,)) for step in steps]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(outcomes) == ["done", "refused"]
    order = db_session.get(Order, order_id)
    assert len(order.events) == 2 and order.status in {OrderStatus.cancelled, OrderStatus.paid}
