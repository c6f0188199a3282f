"""Finding rows by a fragment of a text without reading the whole table.

A model that grows large names the columns that people search by:

    class Order(Record):
        search_index = ("number", "receiver_name", "receiver_phone")

The migrate step calls `install`, which keeps an index of three-letter pieces beside the table: on SQLite an FTS5
table with the trigram tokenizer, kept by triggers; on PostgreSQL a GIN index with pg_trgm. A term of three or
more characters is found anywhere in a text. For a shorter one, such as most words of Chinese, the pieces are too
long: it is looked for anywhere while the table is small enough to be read (`SMALL` rows), and beyond that from the
beginning of a text, as a range on an ordinary index. A model without `search_index` is searched with LIKE, which is
right for a small table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    cast,
    column,
    func,
    inspect,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.orm import DeclarativeBase

from app.core.database import db, prefix_end

PIECE = 3
"""Letters in a piece: the trigram indexes of both databases cannot find less."""
SMALL = 200_000
"""Up to here a table is read whole for a term of one or two letters: some ten milliseconds."""
WHOLE = 8
"""From so many letters on, a term that is some row's whole number is not also looked for inside other texts."""
MANY = 10_000
"""A term that more rows have than this is looked for along the list: as far as lists count, too."""


def escape_like(term: str) -> str:
    """A term as it is written inside a LIKE pattern with backslash as its escape."""
    return term.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def indexed_models(base: Any) -> list[Any]:
    """All models that name a `search_index`."""
    return [mapper.class_ for mapper in base.registry.mappers if getattr(mapper.class_, "search_index", None)]


def starts_with(target: ColumnElement[Any], term: str, dialect: str) -> ColumnElement[bool]:
    """The column's text begins with `term`, as a range that an ordinary index serves."""
    if dialect == "sqlite":
        return (target >= term) & (target < prefix_end(term))
    return target.like(escape_like(term) + "%", escape="\\")


def contains(target: ColumnElement[Any], term: str) -> ColumnElement[bool]:
    """The column's text has `term` somewhere; reads every row, so for small tables only."""
    return target.ilike(f"%{escape_like(term)}%", escape="\\")


def fts_name(model: Any) -> str:
    return f"search_{model.__tablename__}"


@dataclass(frozen=True)
class Found:
    """What a term finds: a condition on the model's rows, and how many rows fulfil it, where that is known."""

    condition: ColumnElement[bool]
    count: int | None = None


def find(model: Any, columns: list[ColumnElement[Any]], term: str) -> Found:
    """The rows of `model` in which `term` is found: in its `search_index`, or, without one, in `columns`.

    Where there are pieces, the rows that match are asked for first, and only once, for the page and for its count.
    Up to `MANY` they are a list of keys. A term that more rows have is a common one: going through the list in its
    own order meets enough of them at once, which no index of pieces can do for an order that is not its own."""
    if not getattr(model, "search_index", None):
        return Found(or_(*(contains(target, term) for target in columns), *_in_words(model, term)))
    key, dialect, indexed = _key(model), db.engine.dialect.name, _indexed(model)
    if len(term) < PIECE:
        # The highest id is the last entry of an index; it tells how long the table may be at the most.
        if (db.session.scalar(select(func.max(key))) or 0) <= SMALL:
            return Found(_anywhere(model, term))
        return Found(or_(*(starts_with(target, term, dialect) for target in indexed)))
    # A long number typed in full means that row; the digits that all numbers begin with make it the dearest of terms.
    for target in indexed if len(term) >= WHOLE else ():
        if target.property.columns[0].unique:
            named = db.session.scalar(select(key).where(target == term))
            if named is not None:
                return Found(key == named, 1)
    found = list(db.session.scalars(hits(model, term).limit(MANY + 1)))
    if len(found) > MANY:
        return Found(_anywhere(model, term))
    return Found(_is_one_of(key, found, dialect), len(found))


def _in_words(model: Any, term: str) -> Iterator[ColumnElement[bool]]:
    """The rows whose stored values people read as other words, in the language of the reader: a model says so by
    `words_of = {"name": labels}`, where `labels()` gives the words of each stored value."""
    for name, labels in getattr(model, "words_of", {}).items():
        found = [stored for stored, words in labels().items() if term.casefold() in str(words).casefold()]
        yield getattr(model, name).in_(found)


def hits(model: Any, term: str) -> Select[Any]:
    """The keys of the rows in which the index of pieces finds a term of three letters or more."""
    if db.engine.dialect.name != "sqlite":
        return select(_key(model)).where(_anywhere(model, term))
    fts = table(fts_name(model), column("rowid"), column(fts_name(model)))
    phrase = '"' + term.replace('"', '""') + '"'
    return select(fts.c.rowid).where(fts.c[fts_name(model)].op("MATCH")(phrase))


def _key(model: Any) -> Any:
    return inspect(model).primary_key[0]


def _indexed(model: Any) -> list[Any]:
    return [getattr(model, name) for name in model.search_index]


def _anywhere(model: Any, term: str) -> ColumnElement[bool]:
    return or_(*(contains(target, term) for target in _indexed(model)))


def _is_one_of(key: Any, keys: list[int], dialect: str) -> ColumnElement[bool]:
    """One parameter however many keys: thousands of them cost more to write into a statement than to look up."""
    if dialect == "sqlite":
        return key.in_(select(func.json_each(json.dumps(keys)).table_valued("value").c.value))
    return key == func.any(cast(keys, ARRAY(BigInteger)))


def install(connection: Connection, base: type[DeclarativeBase] | Any) -> None:
    """Bring the search indexes of the database in line with the models; safe to repeat. A model whose table is not
    there is passed over."""
    tables = set(inspect(connection).get_table_names())
    for model in indexed_models(base):
        if model.__tablename__ not in tables:
            continue
        if connection.dialect.name == "sqlite":
            _install_sqlite(connection, model)
        else:
            _install_postgresql(connection, model)


def _install_sqlite(connection: Connection, model: Any) -> None:
    source, fts, names = model.__tablename__, fts_name(model), list(model.search_index)
    listed = ", ".join(names)
    declared = (
        f"CREATE VIRTUAL TABLE {fts} USING fts5({listed}, content='{source}', content_rowid='id', tokenize='trigram')"
    )
    existing = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": fts}).scalar()
    if existing != declared:
        if existing:
            connection.exec_driver_sql(f"DROP TABLE {fts}")
        connection.exec_driver_sql(declared)
        connection.exec_driver_sql(f"INSERT INTO {fts}({fts}) VALUES ('rebuild')")
    new = ", ".join(f"new.{name}" for name in names)
    old = ", ".join(f"old.{name}" for name in names)
    add = f"INSERT INTO {fts}(rowid, {listed}) VALUES (new.id, {new});"
    drop = f"INSERT INTO {fts}({fts}, rowid, {listed}) VALUES ('delete', old.id, {old});"
    triggers = {
        "insert": ("INSERT", add),
        "delete": ("DELETE", drop),
        "update": (f"UPDATE OF {listed}", drop + " " + add),
    }
    for name, (moment, body) in triggers.items():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {fts}_{name}")
        connection.exec_driver_sql(f"CREATE TRIGGER {fts}_{name} AFTER {moment} ON {source} BEGIN {body} END")
    for name in names:
        connection.exec_driver_sql(f"CREATE INDEX IF NOT EXISTS search_{source}_{name} ON {source} ({name})")


def _install_postgresql(connection: Connection, model: Any) -> None:
    source, names = model.__tablename__, list(model.search_index)
    connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for name in names:
        connection.exec_driver_sql(
            f"CREATE INDEX IF NOT EXISTS search_{source}_{name}_pieces ON {source} USING gin ({name} gin_trgm_ops)"
        )
        connection.exec_driver_sql(
            f"CREATE INDEX IF NOT EXISTS search_{source}_{name} ON {source} ({name} text_pattern_ops)"
        )
