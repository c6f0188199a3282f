"""What a column allows holds for whoever saves: the ORM says which field is wrong, the database keeps the rest out."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import exc, insert

from app.core.db import db
from app.core.errors import InvalidInput
from app.core.money import MAX_FEN
from tests.support.specimens import Cabinet, Mood, Specimen, specimen

RIGHT = [
    ("name", "青蛙青蛙青蛙青蛙青蛙"), ("code", "AB1"), ("code", None), ("phone", "+86 138-0013-8000"),
    ("phone", "13800138000"), ("email", "mei@shop.example"), ("url", "https://shop.example/a?b=c"),
    ("note", "x" * 50), ("count", 0), ("count", 9),
    ("size", 2**53), ("weight", Decimal("1.25")), ("weight", 3), ("price", MAX_FEN), ("is_rare", True),
    ("found_on", date(2026, 8, 1)), ("seen_at", datetime(2026, 8, 1, 12)), ("mood", Mood.cross), ("face", "ab/cd.png"),
    ("views", ["a.png", "b.png"]), ("views", []), ("facts", {"a": [1, None, "x"]}), ("facts", None),
]
WRONG = [
    ("name", ""), ("name", None), ("name", "x" * 11), ("name", "a\x00b"), ("name", 5), ("name", "a\ud800"),
    ("code", "ab1"), ("code", "AB1\n"), ("code", "AB123456789"), ("phone", "call me"), ("phone", "1" * 30),
    ("email", "mei"), ("email", "mei@shop"), ("email", "mei shop@a.b"), ("url", "javascript:alert(1)"), ("url", "ftp://a"),
    ("note", "x" * 51), ("count", -1), ("count", 10), ("count", 1.5), ("count", True), ("count", "3"), ("size", 2**60),
    ("size", -1), ("weight", -1), ("weight", Decimal("99999")), ("weight", "1"), ("weight", True),
    ("weight", float("nan")), ("weight", Decimal("NaN")), ("weight", float("inf")),
    ("price", -1), ("price", MAX_FEN + 1), ("price", 1.0), ("is_rare", 1), ("is_rare", "yes"),
    ("found_on", datetime(2026, 8, 1)), ("found_on", "2026-08-01"), ("seen_at", date(2026, 8, 1)),
    ("seen_at", datetime(2026, 8, 1, tzinfo=timezone.utc)), ("mood", "calm"), ("mood", "no such mood"),
    ("face", "x" * 201), ("views", ["a", "b", "c"]), ("views", "a.png"), ("views", [1]), ("cabinet_id", "1"),
]


@pytest.mark.both_databases
@pytest.mark.parametrize(("column", "value"), RIGHT)
def test_what_a_column_allows_is_stored_and_comes_back(db_session: Any, column: str, value: Any) -> None:
    record = specimen(**{column: value})
    db_session.add(record)
    db_session.commit()
    assert getattr(record, column) == value


@pytest.mark.parametrize(("column", "value"), WRONG)
def test_what_a_column_does_not_allow_is_refused_by_name(db_session: Any, column: str, value: Any) -> None:
    db_session.add(specimen(**{column: value}))
    with pytest.raises(InvalidInput) as refused:
        db_session.flush()
    assert list(refused.value.fields) == [column]
    assert refused.value.fields[column].endswith(".")


def test_all_wrong_fields_are_named_at_once(db_session: Any) -> None:
    db_session.add(specimen(name="", count=10, email="x"))
    with pytest.raises(InvalidInput) as refused:
        db_session.flush()
    assert set(refused.value.fields) == {"name", "count", "email"}


def test_an_empty_optional_text_is_stored_as_missing(db_session: Any) -> None:
    record = specimen(phone="", email="")
    db_session.add(record)
    db_session.commit()
    assert (record.phone, record.email) == (None, None)


def test_formatted_text_is_sanitised_whoever_saves_it(db_session: Any) -> None:
    record = specimen(story='<p onclick="x()">Hi<script>alert(1)</script> <b>there</b></p>')
    db_session.add(record)
    db_session.commit()
    assert record.story == "<p>Hi <b>there</b></p>"


def test_a_rule_of_the_record_itself_holds_too(db_session: Any) -> None:
    db_session.add(specimen(name="unicorn"))
    with pytest.raises(InvalidInput) as refused:
        db_session.flush()
    assert refused.value.fields == {"name": "There are none."}


def test_a_required_reference_may_come_from_the_related_record(db_session: Any) -> None:
    record = specimen(cabinet=Cabinet(name="oak"))
    db_session.add(record)
    db_session.commit()
    assert record.cabinet_id == record.cabinet.id


@pytest.mark.both_databases
@pytest.mark.parametrize("values", [{"count": -1}, {"count": 10}, {"price": -1}, {"weight": -1}, {"size": -1}])
def test_ranges_bind_whoever_writes_past_the_orm(db_session: Any, values: dict[str, Any]) -> None:
    statement = insert(Specimen.__table__).values(
        {"name": "x", "count": 0, "price": 0, "is_rare": False, "mood": Mood.calm, "views": [], **values})
    with pytest.raises(exc.IntegrityError):
        db.session.execute(statement)


def test_a_choice_has_words_and_a_tone() -> None:
    assert (str(Mood.calm), Mood.calm.tone, Mood.cross.tone) == ("Calm", "good", "plain")
    assert Mood("calm") is Mood.calm
