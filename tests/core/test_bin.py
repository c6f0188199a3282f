"""The recycle bin: what is deleted comes back as it was, or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, inspect, select, text

from app.core import clock
from app.core.bin import BinEntry, forget_before, restore, throw_away
from app.core.db import Record, db
from app.core.errors import BusinessError, NotFound
from app.modules.audit.models import AuditAction, AuditLine
from app.modules.catalog.models import Product, ProductTag, Sku
from app.modules.members.models import Member, MemberNote
from tests.factories import make_product

pytestmark = pytest.mark.both_databases


def contents(model: Any) -> list[dict[str, Any]]:
    rows = db.session.execute(select(model.__table__).order_by(model.__table__.c.id)).mappings()
    return [{name: value for name, value in row.items() if name != "updated_at"} for row in rows]


def deleted(record: Any) -> BinEntry:
    entry = throw_away(record)
    db.session.delete(record)
    db.session.commit()
    return entry


@pytest.fixture
def product(app: Any) -> Product:
    """A product with variants, tags and everything that hangs on it."""
    made = make_product()
    made.tags = [ProductTag(name="spring"), ProductTag(name="gift")]
    db.session.commit()
    return made


def test_a_record_comes_back_with_its_id_and_all_that_went_with_it(product: Product) -> None:
    before, skus = contents(Product), contents(Sku)
    links = db.session.execute(text("SELECT * FROM product_tag_links ORDER BY tag_id")).all()
    assert skus and len(links) == 2
    entry = deleted(product)
    assert contents(Product) == [] and contents(Sku) == []
    again = restore(entry)
    db.session.commit()
    assert contents(Product) == before and contents(Sku) == skus
    assert db.session.execute(text("SELECT * FROM product_tag_links ORDER BY tag_id")).all() == links
    assert {tag.name for tag in again.tags} == {"spring", "gift"}
    assert db.session.scalar(select(func.count()).select_from(BinEntry)) == 0


def test_the_trail_says_who_threw_it_away_and_that_it_came_back(product: Product) -> None:
    entry = deleted(product)
    restore(entry)
    db.session.commit()
    actions = db.session.scalars(select(AuditLine.action).where(
        AuditLine.table_name == "products", AuditLine.record_id == product.id).order_by(AuditLine.id)).all()
    assert actions[-2:] == [AuditAction.deleted, AuditAction.restored]


def test_what_was_taken_in_the_meantime_stops_it_and_nothing_is_restored(product: Product) -> None:
    number = product.number
    entry = deleted(product)
    other = make_product(number=number)
    db.session.commit()
    with pytest.raises(BusinessError) as refused:
        restore(entry)
    db.session.rollback()
    assert "cannot be restored" in str(refused.value)
    assert [row["id"] for row in contents(Product)] == [other.id]
    assert db.session.scalar(select(func.count()).select_from(BinEntry)) == 1, "it can still be restored later"


def test_what_is_restored_once_is_not_restored_again(product: Product) -> None:
    entry = deleted(product)
    entry_again = BinEntry(id=entry.id, title=entry.title)
    restore(entry)
    db.session.commit()
    with pytest.raises(NotFound):
        restore(entry_again)


def test_notes_of_a_member_come_back_with_their_moments(app: Any) -> None:
    member = Member(nickname="小雨", registered_at=clock.now() - timedelta(days=400))
    db.session.add(member)
    db.session.flush()
    db.session.add(MemberNote(member_id=member.id, content="likes tea"))
    db.session.commit()
    before, notes = contents(Member), contents(MemberNote)
    restore(deleted(member))
    db.session.commit()
    assert contents(Member) == before and contents(MemberNote) == notes


def test_an_id_is_never_given_to_another_row(product: Product) -> None:
    old = product.id
    deleted(product)
    new = make_product()
    db.session.commit()
    assert new.id > old


def test_every_table_remembers_the_ids_it_gave(app: Any) -> None:
    if db.engine.dialect.name != "sqlite":
        return  # sequences never go back
    for table in Record.metadata.sorted_tables:
        column = table.c.get("id")
        if column is None or column.autoincrement is False:
            continue
        sql = db.session.scalar(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": table.name})
        assert sql is None or "AUTOINCREMENT" in sql, table.name


def test_what_is_old_is_forgotten_for_good(product: Product) -> None:
    entry = deleted(product)
    assert forget_before(entry.deleted_at, 10) == 0
    assert forget_before(clock.now() + timedelta(seconds=1), 10) == 1
    db.session.commit()
    assert inspect(entry).persistent is False or db.session.get(BinEntry, entry.id) is None
