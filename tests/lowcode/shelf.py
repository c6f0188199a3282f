"""A module for tests of the low-code layer: one column of every kind, relations both ways, hidden rows, actions."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_appbuilder.models.sqla.filters import FilterEqual
from sqlalchemy import Column, ForeignKey, Table

from app.core.db import (
    Choice,
    Mapped,
    Record,
    choice,
    day,
    db,
    decimal,
    integer,
    json_data,
    moment,
    money,
    picture,
    pictures,
    reference,
    relationship,
    rich_text,
    text,
    yes_no,
)
from app.core.errors import BusinessError, InvalidInput
from app.core.i18n import lazy as _
from app.lowcode import Module, Screen, action, panel


class Kind(Choice):
    """What a thing is."""

    cup = "cup", _("Active"), "good"
    pot = "pot", _("Paused")


class Shelf(Record):
    """Where things stand."""

    __tablename__ = "test_shelves"
    name: Mapped[str] = text(40, _("Name"), unique=True)
    things: Mapped[list["Thing"]] = relationship(back_populates="shelf")


class Label(Record):
    """A word that many things carry."""

    __tablename__ = "test_labels"
    name: Mapped[str] = text(40, _("Name"), unique=True)


thing_labels = Table(
    "test_thing_labels",
    Record.metadata,
    Column("thing_id", ForeignKey("test_things.id", ondelete="CASCADE"), primary_key=True),
    Column("label_id", ForeignKey("test_labels.id", ondelete="CASCADE"), primary_key=True),
)


class Thing(Record):
    """One of every kind of column."""

    __tablename__ = "test_things"
    title_column = "label"
    search_index = ("code", "label")
    code: Mapped[str] = text(20, _("Code"), unique=True)
    label: Mapped[str] = text(80, _("Name"))
    shelf_id: Mapped[int | None] = reference("test_shelves", _("Place"))
    shelf: Mapped[Shelf | None] = relationship(back_populates="things")
    price: Mapped[int] = money(_("Price"), default=0)
    count: Mapped[int | None] = integer(_("Count"), min=0, max=1000)
    weight: Mapped[Decimal | None] = decimal(_("Weight"), places=3)
    found_on: Mapped[date | None] = day(_("Found"))
    seen_at: Mapped[datetime | None] = moment(_("Seen"))
    kind: Mapped[Kind] = choice(Kind, _("Kind"), default=Kind.cup)
    is_open: Mapped[bool] = yes_no(_("Open"))
    is_hidden: Mapped[bool] = yes_no(_("Hidden"))
    story: Mapped[str | None] = rich_text(_("Story"))
    face: Mapped[str | None] = picture(_("Picture"))
    views: Mapped[list[Any]] = pictures(_("Pictures"))
    facts: Mapped[Any] = json_data(_("Facts"), nullable=True)
    secret: Mapped[str | None] = text(40, _("Secret"))
    labels: Mapped[list[Label]] = relationship(secondary=thing_labels, info={"label": _("Labels")})

    @property
    def is_dear(self) -> bool:
        """Whether it costs more than most."""
        return self.price > 10_000

    def check(self) -> None:
        if self.label == "refused":
            raise BusinessError(_("This one is refused by a rule."), field="label")
        if self.price and self.count and self.price * self.count > 10**9:
            raise InvalidInput({"count": _("Too many at this price.")})


class ShelfScreen(Screen):
    """Places for things."""

    model = Shelf
    list_title = _("Places")
    list_columns = ["name"]
    form_columns = ["name"]


class LabelScreen(Screen):
    """Words for things."""

    model = Label
    list_title = _("Labels")
    list_columns = ["name"]
    form_columns = ["name"]


class ThingScreen(Screen):
    """Things, but for the hidden ones."""

    model = Thing
    list_title = _("Things")
    base_filters = [["is_hidden", FilterEqual, False]]
    base_order = ("seen_at", "desc")
    label_columns = {"is_dear": _("Dear")}
    list_columns = [
        "face",
        "label",
        "code",
        "shelf",
        "price",
        "count",
        "weight",
        "kind",
        "is_open",
        "seen_at",
        "labels",
        "is_dear",
    ]
    order_columns = ["label", "code", "price", "count", "weight", "found_on", "seen_at", "kind", "shelf.name"]
    inline_columns = ["label", "price", "count", "weight", "found_on", "kind", "is_open"]
    search_columns = [
        "code",
        "label",
        "shelf",
        "shelf.name",
        "price",
        "count",
        "weight",
        "kind",
        "is_open",
        "seen_at",
        "found_on",
        "labels",
    ]
    form_columns = [
        "label",
        "code",
        "shelf",
        "price",
        "count",
        "weight",
        "found_on",
        "seen_at",
        "kind",
        "is_open",
        "story",
        "face",
        "views",
        "facts",
        "labels",
    ]

    @action(
        _("Open"), confirm=_("Open them?"), why_not=lambda thing: _("It is open already.") if thing.is_open else None
    )
    def open_up(self, things: list[Thing]) -> None:
        for thing in things:
            thing.is_open = True

    @action(_("Fail"))
    def fail(self, things: list[Thing]) -> None:
        things[0].label = "half done"
        db.session.flush()
        raise BusinessError(_("This cannot be done."))

    @panel(_("Facts"))
    def in_short(self, thing: Thing) -> str | None:
        return f"<p>{thing.price}</p>" if thing.price else None


class ThingOnShelf(ThingScreen):
    """The same things under another address, seen from their shelf."""

    route_base = "/test_shelf_things"
    with_api = False
    in_menu = False


ShelfScreen.related_views = [ThingScreen]
module = Module("shelf", _("Things"), screens=[ThingScreen, ShelfScreen, LabelScreen, ThingOnShelf])


def make_thing(number: int = 1, **given: Any) -> Thing:
    """A thing in the session, flushed."""
    thing = Thing(**{"code": f"C-{number:04d}", "label": f"Thing {number}"} | given)
    db.session.add(thing)
    db.session.flush()
    return thing
