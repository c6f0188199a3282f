"""Records: what the base of every table does for whoever saves one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.core import changes, clock, events
from app.core.db import db, each, guarded_update
from tests.support.specimens import Cabinet, Mood, Specimen, Unwatched, specimen


@pytest.fixture
def told() -> Any:
    """Everything the audit trail would hear."""
    heard: list[Any] = []

    @events.on(changes.RecordChanged)
    def one(event: Any) -> None:
        heard.append(event)

    @events.on(changes.BulkChanged)
    def many(event: Any) -> None:
        heard.append(event)

    events.subscribe(one)
    events.subscribe(many)
    yield heard
    events.unsubscribe(one)
    events.unsubscribe(many)


@pytest.mark.both_databases
def test_a_record_knows_when_it_was_made_and_changed(db_session: Any) -> None:
    clock.set("2026-08-01 12:00")
    record = specimen()
    db_session.add(record)
    db_session.commit()
    clock.advance(timedelta(hours=1))
    record.name = "toad"
    db_session.commit()
    assert (record.created_at, record.updated_at) == (datetime(2026, 8, 1, 12), datetime(2026, 8, 1, 13))


def test_a_record_is_called_by_its_title_or_its_number(db_session: Any) -> None:
    named, nameless = Cabinet(name="oak"), Cabinet(id=7)
    assert (str(named), str(nameless), repr(nameless)) == ("oak", "#7", "<Cabinet 7>")


def test_changes_are_told_with_before_and_after(db_session: Any, told: list[Any]) -> None:
    record = specimen(price=100)
    db_session.add(record)
    db_session.commit()
    record.price, record.mood = 250, Mood.cross
    db_session.commit()
    db_session.delete(record)
    db_session.commit()
    added, edited, deleted = told
    assert (added.action, added.table, added.title, added.changes["price"]) == (
        "added", "test_specimens", "frog", [None, 100])
    assert (edited.action, edited.changes) == ("edited", {"price": [100, 250], "mood": ["calm", "cross"]})
    assert (deleted.action, deleted.changes) == ("deleted", {})


def test_the_old_value_is_told_even_after_a_commit_has_expired_it(db_session: Any, told: list[Any]) -> None:
    record = specimen(name="frog")
    db_session.add(record)
    db_session.commit()
    db_session.expire(record)
    record.name = "toad"
    db_session.commit()
    assert told[-1].changes == {"name": ["frog", "toad"]}


def test_the_value_of_a_secret_column_is_never_told(db_session: Any, told: list[Any]) -> None:
    record = specimen(secret="open sesame")
    db_session.add(record)
    db_session.commit()
    record.secret = "shut sesame"
    db_session.commit()
    assert "sesame" not in repr(told)
    assert told[-1].changes == {"secret": [changes.SECRET, changes.SECRET]}


def test_machinery_keeps_out_of_the_trail(db_session: Any, told: list[Any]) -> None:
    db_session.add(Unwatched(name="cog"))
    db_session.commit()
    guarded_update(Unwatched, Unwatched.name == "cog", name="wheel")
    assert told == []


def test_saving_what_has_not_changed_tells_nothing(db_session: Any, told: list[Any]) -> None:
    record = specimen()
    db_session.add(record)
    db_session.commit()
    record.name = "frog"
    db_session.commit()
    assert [event.action for event in told] == ["added"]


@pytest.mark.both_databases
def test_a_guarded_update_changes_only_rows_for_which_the_guards_hold(db_session: Any, told: list[Any]) -> None:
    record = specimen(count=3)
    db_session.add(record)
    db_session.commit()
    told.clear()
    assert guarded_update(Specimen, Specimen.id == record.id, Specimen.count >= 2, count=Specimen.count - 2) == 1
    assert record.count == 1, "a loaded row is refreshed"
    assert guarded_update(Specimen, Specimen.id == record.id, Specimen.count >= 2, count=Specimen.count - 2) == 0
    assert record.count == 1
    assert [type(event) for event in told] == [changes.BulkChanged]


def test_each_commits_after_each_and_passes_over_what_is_gone(db_session: Any) -> None:
    records = [specimen(name=name) for name in ("a", "b", "c")]
    db_session.add_all(records)
    db_session.commit()
    seen = []
    with pytest.raises(ZeroDivisionError):
        for record in each(records):
            seen.append(record.name)
            record.count = 5
            if record.name == "a":
                db_session.delete(records[1])
            if record.name == "c":
                raise ZeroDivisionError
    db_session.rollback()
    assert seen == ["a", "c"]
    assert {row.name: row.count for row in db.session.query(Specimen)} == {"a": 5, "c": 0}
