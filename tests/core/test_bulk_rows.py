"""Rows made of values by name, written beside a shop that goes on, and found and changed thousands at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from app.core.bulk import BulkTable
from app.core.bulk_rows import RowMaker, one_of, update_rows
from app.core.db import db
from app.modules.members.models import Gender, Member

pytestmark = pytest.mark.both_databases
AT = datetime(2026, 8, 1, 12, 0, 0, 5)


def write(*nicknames: str) -> list[int]:
    connection = db.session.connection()
    made = RowMaker(connection, Member.__table__, ("id", "nickname", "gender", "source_data"), registered_at=AT)
    ids = []
    with BulkTable(connection, Member.__table__, made.columns, shared=True, batch=2) as members:
        for nickname in nicknames:
            ids.append(members.take_id())
            members.add(made.row({"id": ids[-1], "nickname": nickname, "gender": Gender.female,
                                  "source_data": {"a": ["茶"]}}))
    return ids


def test_each_value_is_bound_as_its_column_is_and_defaults_are_filled_in(app: Any) -> None:
    write("小雨")
    saved = Member(nickname="saved", gender=Gender.female, source_data={"a": ["茶"]}, registered_at=AT)
    db.session.add(saved)
    db.session.commit()
    member = db.session.scalars(select(Member).where(Member.nickname == "小雨")).one()
    same = set(Member.__mapper__.columns.keys()) - {"id", "nickname", "created_at", "updated_at"}
    assert {name: getattr(member, name) for name in same} == {name: getattr(saved, name) for name in same}
    assert member.created_at is not None


def test_others_may_add_rows_meanwhile(app: Any) -> None:
    ours = write("a", "b", "c")
    db.session.add(Member(nickname="between"))
    db.session.flush()
    ours += write("d")
    theirs = db.session.scalar(select(Member.id).where(Member.nickname == "between"))
    db.session.commit()
    assert ours == sorted(set(ours)) and theirs not in ours


def test_an_id_is_never_given_twice(app: Any) -> None:
    """It stands in the audit trail and in the bin, and must not mean another row there."""
    last = write("a", "gone")[-1]
    db.session.delete(db.session.get(Member, last))
    db.session.commit()
    assert write("new")[0] > last


def test_very_many_values_are_looked_for_at_once(app: Any) -> None:
    ids = write(*(f"member {number}" for number in range(7)), "茶", "it's")
    dialect = db.engine.dialect.name
    found = db.session.scalars(select(Member.nickname).where(one_of(Member.nickname, ["茶", "it's", "x"], dialect)))
    assert set(found) == {"茶", "it's"}
    assert set(db.session.scalars(select(Member.id).where(one_of(Member.id, ids[:3], dialect)))) == set(ids[:3])


def test_rows_are_given_values_of_their_own(app: Any) -> None:
    ids = write("a", "b", "untouched")
    names = ("nickname", "birthday", "is_blocked", "source_data", "gender")
    update_rows(db.session.connection(), Member.__table__, names, [
        (ids[0], "一", AT.date(), True, {"b": 1}, Gender.male), (ids[1], "二", None, False, None, Gender.unknown)])
    update_rows(db.session.connection(), Member.__table__, ("nickname",), [])
    db.session.commit()
    found = {member.id: member for member in db.session.scalars(select(Member))}
    assert [(each.nickname, each.birthday, each.is_blocked, each.source_data, each.gender) for each in (
        found[ids[0]], found[ids[1]])] == [
            ("一", AT.date(), True, {"b": 1}, Gender.male), ("二", None, False, None, Gender.unknown)]
    assert found[ids[2]].nickname == "untouched"
