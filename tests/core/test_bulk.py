"""Writing very many rows: ids, batches, and that everything is as before when it is done."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.core import clock, search
from app.core.bulk import BulkTable, json_value, loading, moment_value
from app.core.db import db, explain
from app.core.errors import InvalidInput
from app.modules.members.models import Gender, Member, MemberNote

pytestmark = pytest.mark.both_databases
COLUMNS = ("id", "nickname", "gender", "channel", "registered_at", "is_blocked", "order_count", "paid_amount",
           "source_data", "created_at", "updated_at")
AT = datetime(2026, 8, 1, 12, 0, 0, 5)
NOTE_COLUMNS = ("id", "member_id", "content", "author", "created_at", "updated_at")


def row(key: int, nickname: str = "小雨") -> tuple[Any, ...]:
    at = moment_value(AT)
    return key, nickname, "female", "store", at, 1, 3, 2**40, json_value({"a": ["茶"]}), at, at


def write(count: int, batch: int = 3) -> None:
    with BulkTable(db.session.connection(), Member.__table__, COLUMNS, batch=batch) as members:
        for number in range(count):
            members.add(row(members.take_id(), f"member {number}"))


def test_rows_are_read_back_as_they_were_meant(app: Any) -> None:
    with BulkTable(db.session.connection(), Member.__table__, COLUMNS) as members:
        members.add(row(members.take_id()))

    member = db.session.scalars(select(Member)).one()
    assert (member.nickname, member.gender, member.is_blocked, member.paid_amount, member.birthday) == (
        "小雨", Gender.female, True, 2**40, None)
    assert (member.registered_at, member.source_data) == (AT, {"a": ["茶"]})
    assert db.session.scalar(select(Member.id).where(Member.registered_at == AT)) == member.id


def test_batches_and_their_rest_are_all_written(app: Any) -> None:
    write(8, batch=3)

    assert db.session.scalars(select(Member.nickname).order_by(Member.id)).all() == [f"member {n}" for n in range(8)]


def test_ids_go_on_from_those_that_are_there_and_others_go_on_from_ours(app: Any) -> None:
    db.session.add(Member(nickname="before"))
    db.session.commit()
    write(3)
    db.session.commit()
    db.session.add(Member(nickname="after"))
    db.session.commit()

    keys = db.session.scalars(select(Member.id).order_by(Member.id)).all()
    assert keys == list(range(keys[0], keys[0] + 5))


def test_what_others_point_to_is_written_first(app: Any) -> None:
    connection, at = db.session.connection(), moment_value(AT)
    with BulkTable(connection, Member.__table__, COLUMNS, batch=100) as members, \
            BulkTable(connection, MemberNote.__table__, NOTE_COLUMNS, after=(members,), batch=2) as notes:
        for _n in range(5):
            key = members.take_id()
            members.add(row(key))
            notes.add((notes.take_id(), key, "note", "Ming", at, at))

    assert len(db.session.scalars(select(MemberNote)).all()) == 5


def test_rules_of_the_database_hold_for_bulk_rows(app: Any) -> None:
    with pytest.raises(IntegrityError) as caught:
        with BulkTable(db.session.connection(), Member.__table__, COLUMNS) as members:
            members.add((*row(members.take_id())[:7], -1, None, *row(1)[9:]))
    assert isinstance(explain(caught.value), InvalidInput)


def test_a_value_that_is_taken_is_named(app: Any) -> None:
    db.session.add(Member(nickname="here", source="other", source_id="1"))
    db.session.commit()

    with pytest.raises(IntegrityError) as caught:
        with BulkTable(db.session.connection(), Member.__table__, (*COLUMNS, "source", "source_id")) as members:
            members.add((*row(members.take_id()), "other", "1"))
    assert explain(caught.value).fields.keys() == {"source_id"}


def indexes(connection: Any) -> set[tuple[str, str]]:
    """All indexes, triggers and foreign keys of the members' tables, with their definitions."""
    if connection.dialect.name == "sqlite":
        return set(connection.execute(text(
            "SELECT name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND tbl_name LIKE 'member%'")))
    return set(connection.execute(text(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'member%' UNION ALL "
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid::regclass::text LIKE 'member%'")))


def test_after_loading_everything_is_as_before_and_the_rows_can_be_found(app: Any, database: Any) -> None:
    connection = db.session.connection()
    before, cache = indexes(connection), _cache_size(connection)

    with loading(connection, [Member, MemberNote]):
        assert indexes(connection) != before
        write(5)

    assert indexes(connection) == before
    assert _cache_size(connection) == cache
    assert found_by("ember 3") == ["member 3"]
    db.session.commit()
    db.session.add(Member(nickname="a later member 33"))
    db.session.commit()
    assert found_by("ember 3") == ["a later member 33", "member 3"]


def found_by(term: str) -> list[str]:
    return sorted(db.session.scalars(select(Member.nickname).where(search.find(Member, [], term).condition)))


def _cache_size(connection: Any) -> int:
    if connection.dialect.name != "sqlite":
        return 0
    return connection.exec_driver_sql("PRAGMA cache_size").scalar_one()


def test_a_loading_that_fails_leaves_everything_as_before(app: Any) -> None:
    before = indexes(db.session.connection())

    with pytest.raises(ZeroDivisionError), loading(db.session.connection(), [Member]):
        write(5)
        raise ZeroDivisionError
    db.session.rollback()

    assert indexes(db.session.connection()) == before
    assert db.session.scalars(select(Member)).all() == []


def test_nobody_else_takes_our_ids_meanwhile(app: Any, database: Any) -> None:
    """Another writer waits until the bulk rows are committed, and then gets the next id."""
    with BulkTable(db.session.connection(), Member.__table__, COLUMNS) as members:
        members.add(row(members.take_id()))
        got: list[int] = []

        def join() -> None:
            with app.app_context():
                member = Member(nickname="other", registered_at=clock.now())
                db.session.add(member)
                db.session.commit()
                got.append(member.id)
                db.session.remove()

        other = threading.Thread(target=join)
        other.start()
        members.add(row(members.take_id()))
    db.session.commit()
    other.join(timeout=30)

    ours = db.session.scalars(select(Member.id).where(Member.nickname == "小雨")).all()
    assert got == [max(ours) + 1]
