"""Tables for tests of the ground floor alone: one column of every kind, and a pair that point to each other."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.core import columns
from app.core.db import Mapped, Record, UniqueConstraint, relationship
from app.core.errors import InvalidInput


class Mood(columns.Choice):
    """A choice with and without a tone."""

    calm = "calm", "Calm", "good"
    cross = "cross", "Cross"


class Cabinet(Record):
    """Holds specimens."""

    __tablename__ = "test_cabinets"
    name: Mapped[str] = columns.text(20, "Name", unique=True)


class Specimen(Record):
    """One column of every kind."""

    __tablename__ = "test_specimens"
    __table_args__ = (UniqueConstraint("phone", "email"),)
    name: Mapped[str] = columns.text(10, "Name")
    code: Mapped[str | None] = columns.text(8, "Code", pattern=r"[A-Z]{2}\d+", unique=True)
    phone: Mapped[str | None] = columns.phone("Phone")
    email: Mapped[str | None] = columns.email("E-mail")
    url: Mapped[str | None] = columns.url("Address")
    note: Mapped[str | None] = columns.long_text("Note", size=50)
    story: Mapped[str | None] = columns.rich_text("Story")
    count: Mapped[int] = columns.integer("Count", min=0, max=9, default=0)
    size: Mapped[int | None] = columns.big_integer("Size")
    weight: Mapped[Decimal | None] = columns.decimal("Weight", places=2, digits=6, min=0)
    price: Mapped[int] = columns.money("Price", default=0)
    is_rare: Mapped[bool] = columns.yes_no("Rare")
    found_on: Mapped[date | None] = columns.day("Found")
    seen_at: Mapped[datetime | None] = columns.moment("Seen")
    mood: Mapped[Mood] = columns.choice(Mood, "Mood", default=Mood.calm)
    face: Mapped[str | None] = columns.picture("Face")
    views: Mapped[list[Any]] = columns.pictures("Views", at_most=2)
    facts: Mapped[Any] = columns.json_data("Facts", nullable=True)
    secret: Mapped[str | None] = columns.text(20, "Secret")
    cabinet_id: Mapped[int | None] = columns.reference("test_cabinets", "Cabinet")
    cabinet: Mapped[Cabinet | None] = relationship()

    def check(self) -> None:
        if self.name == "unicorn":
            raise InvalidInput({"name": "There are none."})


Specimen.__table__.c.secret.info["secret"] = True


class Unwatched(Record):
    """Machinery that the audit trail leaves out."""

    __tablename__ = "test_unwatched"
    __audited__ = False
    name: Mapped[str] = columns.text(20, "Name")


def specimen(**values: Any) -> Specimen:
    """A specimen that is right, but for what `values` says."""
    return Specimen(**{"name": "frog", **values})
