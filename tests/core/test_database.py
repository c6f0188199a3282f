"""The connection: durable, strict about references, and polite between readers and writers."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import exc, insert, select, text

from app.core.database import explain, reading, writing
from app.core.db import db
from app.core.errors import InUse, InvalidInput, Taken
from tests.support.specimens import Cabinet, Specimen, specimen


@pytest.fixture
def refused(db_session: Any) -> Any:
    """Run something the database refuses and give our explanation."""

    def run(statement: Any) -> Any:
        with pytest.raises(exc.IntegrityError) as error:
            db_session.execute(statement)
        db_session.rollback()
        return explain(error.value)

    return run


def values(**given: Any) -> dict[str, Any]:
    return {"name": "x", "count": 0, "price": 0, "is_rare": False, "mood": "calm", "views": [], **given}


@pytest.mark.both_databases
def test_a_taken_value_is_refused_with_the_name_of_its_field(db_session: Any, refused: Any) -> None:
    db_session.add(specimen(code="AB1"))
    db_session.commit()
    error = refused(insert(Specimen.__table__).values(values(code="AB1")))
    assert isinstance(error, Taken) and list(error.fields) == ["code"]


@pytest.mark.both_databases
def test_a_taken_pair_is_refused_with_the_name_of_its_last_field(db_session: Any, refused: Any) -> None:
    db_session.add(specimen(phone="12345", email="a@b.c"))
    db_session.commit()
    error = refused(insert(Specimen.__table__).values(values(phone="12345", email="a@b.c")))
    assert isinstance(error, Taken) and list(error.fields) == ["email"]


@pytest.mark.both_databases
def test_a_reference_to_nothing_is_refused(refused: Any) -> None:
    assert isinstance(refused(insert(Specimen.__table__).values(values(cabinet_id=404))), InUse)


@pytest.mark.both_databases
def test_what_others_point_to_is_not_deleted(db_session: Any, refused: Any) -> None:
    db_session.add(specimen(cabinet=Cabinet(name="oak")))
    db_session.commit()
    assert isinstance(refused(Cabinet.__table__.delete()), InUse)


@pytest.mark.both_databases
def test_a_missing_value_is_refused_with_the_name_of_its_field(refused: Any) -> None:
    error = refused(insert(Specimen.__table__).values(values(name=None)))
    assert isinstance(error, InvalidInput) and list(error.fields) == ["name"]


@pytest.mark.both_databases
def test_no_explanation_repeats_sql(db_session: Any, refused: Any) -> None:
    db_session.add(specimen(code="AB1"))
    db_session.commit()
    for statement in (insert(Specimen.__table__).values(values(code="AB1")),
                      insert(Specimen.__table__).values(values(count=99))):
        error = refused(statement)
        said = f"{error} {error.fields}".lower()
        assert not any(word in said for word in ("insert", "constraint", "test_specimens", "unique"))


def test_sqlite_keeps_what_it_promised(db_session: Any) -> None:
    # The fixture alone turns the flush to disk off; see the next test for the setting that shops run with.
    asked = {name: db_session.execute(text(f"PRAGMA {name}")).scalar()
             for name in ("journal_mode", "foreign_keys", "busy_timeout")}
    assert asked == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30000}


def test_every_commit_reaches_the_disk_in_a_shop(tmp_path: Any) -> None:
    import pysqlite3
    from sqlalchemy import create_engine

    from app.core.database import set_up_engine

    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}", module=pysqlite3)
    set_up_engine(engine)
    with engine.connect() as connection:
        full = 2
        assert connection.execute(text("PRAGMA synchronous")).scalar() == full
    engine.dispose()


@pytest.mark.both_databases
def test_a_reader_does_not_wait_for_a_writer(app: Any, db_session: Any) -> None:
    db_session.add(Cabinet(name="oak"))
    db_session.flush()  # a write transaction is open from here on
    seen: list[Any] = []

    def read() -> None:
        with app.app_context(), reading():
            seen.append(db.session.scalars(select(Cabinet.name)).all())

    thread = threading.Thread(target=read)
    thread.start()
    thread.join(10)
    assert seen == [[]], "the reader sees what was committed, at once"
    db_session.rollback()


def test_two_writers_take_turns_instead_of_failing(app: Any, database: Any) -> None:
    db.session.add(Cabinet(name="count", id=1))
    db.session.commit()
    problems: list[Exception] = []

    def add() -> None:
        with app.app_context():
            for _turn in range(20):
                try:
                    row = db.session.get(Cabinet, 1)
                    row.name = f"{row.name[:15]}."
                    db.session.commit()
                except Exception as error:
                    problems.append(error)
                    db.session.rollback()

    threads = [threading.Thread(target=add) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []


@pytest.mark.both_databases
def test_a_small_write_of_its_own_is_committed_at_its_end(app: Any) -> None:
    with writing() as connection:
        connection.execute(insert(Cabinet.__table__).values(name="oak"))
    assert db.session.scalars(select(Cabinet.name)).all() == ["oak"]


@pytest.mark.both_databases
def test_a_small_write_that_fails_leaves_nothing(app: Any) -> None:
    with pytest.raises(ZeroDivisionError), writing() as connection:
        connection.execute(insert(Cabinet.__table__).values(name="oak"))
        raise ZeroDivisionError
    assert db.session.scalars(select(Cabinet.name)).all() == []


@pytest.fixture
def driver(app: Any, database: Any) -> Any:
    """`driver()`: psycopg's own connection under the session's, which tells whether a transaction is open."""
    return lambda: db.session.connection().connection.driver_connection


def is_open(connection: Any) -> bool:
    return connection.info.transaction_status.name != "IDLE"


@pytest.mark.both_databases
def test_what_a_reading_request_writes_after_all_is_undone_with_the_rest(app: Any) -> None:
    with app.test_request_context("/", method="GET"):
        assert db.session.scalars(select(Cabinet.name)).all() == []
        db.session.add(Cabinet(name="oak"))
        db.session.flush()
        db.session.rollback()
        assert db.session.scalars(select(Cabinet.name)).all() == []
        db.session.add(Cabinet(name="elm"))
        db.session.commit()
    assert db.session.scalars(select(Cabinet.name)).all() == ["elm"]


@pytest.mark.postgresql
def test_on_postgresql_what_only_reads_has_no_transaction_until_it_matters(driver: Any) -> None:
    with reading():
        db.session.scalars(select(Cabinet.name)).all()
        assert not is_open(driver())
        db.session.scalars(select(Cabinet.name).with_for_update()).all()
        assert is_open(driver()), "a lock is kept to the end"
        db.session.rollback()
        db.session.scalars(select(Cabinet.name).execution_options(yield_per=1)).first()
        assert is_open(driver()), "rows that come in portions need the transaction they are read in"
        db.session.rollback()
        db.session.execute(text("SELECT 1"))
        assert is_open(driver()), "nobody knows what a text does"
    db.session.rollback()
    db.session.scalars(select(Cabinet.name)).all()
    assert is_open(driver()), "the same connection, taken to write"
    db.session.rollback()


@pytest.mark.postgresql
def test_on_postgresql_a_query_that_is_asked_again_is_planned_no_more(driver: Any) -> None:
    def kept() -> int:
        return db.session.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar() or 0

    with reading():
        for _request in range(8):
            db.session.scalars(select(Cabinet.name)).all()
            db.session.remove()
    assert kept() > 0
    for _request in range(8):  # the control: what ends with a rollback keeps no plan
        db.session.scalars(select(Cabinet.name)).all()
        db.session.remove()
    assert kept() == 0


@pytest.mark.both_databases
@pytest.mark.parametrize("one_snapshot", [True, False])
def test_one_snapshot_sees_nothing_of_what_comes_meanwhile(app: Any, database: Any, one_snapshot: bool) -> None:
    db.session.commit()
    seen = []
    with reading(one_snapshot=one_snapshot):
        seen.append(db.session.scalars(select(Cabinet.name)).all())
        with writing() as connection:
            connection.execute(insert(Cabinet.__table__).values(name="oak"))
        seen.append(db.session.scalars(select(Cabinet.name)).all())
        db.session.rollback()
    # On PostgreSQL the plain way is the control; on SQLite a transaction sees one moment in any case.
    assert seen == ([[], []] if one_snapshot or database.kind == "sqlite" else [[], ["oak"]])
    with reading():
        assert db.session.scalars(select(Cabinet.name)).all() == ["oak"]
        if database.kind == "postgresql":
            assert not is_open(db.session.connection().connection.driver_connection), "the next reader is a plain one"
    db.session.rollback()
