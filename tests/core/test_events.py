"""Facts are told at once, in order, in the transaction in which they happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from app.core import events
from app.core.db import db
from app.core.errors import BusinessError
from tests.support.specimens import Cabinet


@dataclass(frozen=True)
class DoorOpened:
    """Someone opened the door."""

    by: str


@dataclass(frozen=True)
class GateOpened(DoorOpened):
    """A door of another kind."""


@pytest.fixture
def listen() -> Iterator[Callable[[Any], None]]:
    plugged: list[Any] = []

    def plug(listener: Any) -> None:
        events.subscribe(listener)
        plugged.append(listener)

    yield plug
    for listener in plugged:
        events.unsubscribe(listener)


def test_listeners_hear_in_the_order_in_which_they_were_plugged_in(listen: Any) -> None:
    heard: list[str] = []

    @events.on(DoorOpened)
    def first(event: DoorOpened) -> None:
        heard.append(f"first {event.by}")

    @events.on(DoorOpened)
    def second(event: DoorOpened) -> None:
        heard.append(f"second {event.by}")

    listen(first)
    listen(second)
    events.publish(DoorOpened("Mei"))
    assert heard == ["first Mei", "second Mei"]


def test_marking_alone_plugs_nothing_in() -> None:
    @events.on(DoorOpened)
    def never(event: DoorOpened) -> None:
        raise AssertionError(event)

    events.publish(DoorOpened("Mei"))


def test_plugging_in_twice_hears_once(listen: Any) -> None:
    heard: list[DoorOpened] = []

    @events.on(DoorOpened)
    def once(event: DoorOpened) -> None:
        heard.append(event)

    listen(once)
    listen(once)
    events.publish(DoorOpened("Mei"))
    assert len(heard) == 1


def test_a_fact_is_heard_only_by_its_own_name(listen: Any) -> None:
    heard: list[DoorOpened] = []

    @events.on(DoorOpened)
    def hear(event: DoorOpened) -> None:
        heard.append(event)

    listen(hear)
    events.publish(GateOpened("Mei"))
    assert heard == []


def test_a_listener_that_refuses_undoes_what_happened(listen: Any, db_session: Any) -> None:
    @events.on(DoorOpened)
    def refuse(event: DoorOpened) -> None:
        raise BusinessError("The door stays shut.")

    listen(refuse)
    db_session.add(Cabinet(name="oak"))
    db_session.flush()
    with pytest.raises(BusinessError):
        events.publish(DoorOpened("Mei"))
    db_session.rollback()
    assert db.session.query(Cabinet).count() == 0
