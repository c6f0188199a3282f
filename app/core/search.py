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

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, column, func, inspect, or_, select, table, text
from sqlalchemy.orm import DeclarativeBase

from app.core.database import db, prefix_end

PIECE = 3
"""Letters in a piece: the trigram indexes of both databases cannot find less."""
SMALL = 200_000
"""Up to here a table is read whole for a term of one or two letters: some ten milliseconds."""


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


def narrow(
    statement: Select[Any], model: Any, columns: list[ColumnElement[Any]], term: str, dialect: str
) -> Select[Any]:
    """`statement`, a select from `model`, with only the rows in which one of the columns has `term`."""
    names = getattr(model, "search_index", None)
    key = inspect(model).primary_key[0]
    if not names:
        return statement.where(or_(*(contains(target, term) for target in columns)))
    indexed = [getattr(model, name) for name in names]
    if len(term) < PIECE:
        # The highest id is the last entry of an index; it tells how long the table may be at the most.
        if (db.session.scalar(select(func.max(key))) or 0) <= SMALL:
            return statement.where(or_(*(contains(target, term) for target in indexed)))
        return statement.where(or_(*(starts_with(target, term, dialect) for target in indexed)))
    if dialect == "sqlite":
        fts = table(fts_name(model), column("rowid"), column(fts_name(model)))
        phrase = '"' + term.replace('"', '""') + '"'
        return statement.join(fts, fts.c.rowid == key).where(fts.c[fts_name(model)].op("MATCH")(phrase))
    hits = select(key.label("id")).where(or_(*(contains(target, term) for target in indexed)))
    # MATERIALIZED keeps the planner from walking the order of the list and testing each row.
    found = hits.cte("hits").prefix_with("MATERIALIZED", dialect="postgresql")
    return statement.where(key.in_(select(found.c.id)))


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
