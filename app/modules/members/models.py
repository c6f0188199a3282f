"""Who shops here: members with level, tags, addresses and notes, and the regions that addresses name."""

from __future__ import annotations

import re
from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy import text as sql_text

from app.core import clock
from app.core.actor import current_actor
from app.core.db import (
    Choice,
    Column,
    Index,
    Mapped,
    Record,
    Table,
    choice,
    day,
    integer,
    long_text,
    moment,
    money,
    phone,
    picture,
    reference,
    relationship,
    text,
    yes_no,
)
from app.core.errors import InvalidInput
from app.core.i18n import lazy as _
from app.core.sourced import Sourced, source_index


class Channel(Choice):
    """By which way a member or an order came to the shop."""

    mini_program = "mini_program", _("Mini program")
    web = "web", _("Web")
    app = "app", _("App")
    store = "store", _("Store")
    imported = "imported", _("Imported")


class Gender(Choice):
    """What a member says of themselves."""

    unknown = "unknown", _("Not said")
    female = "female", _("Female")
    male = "male", _("Male")


class RegionLevel(Choice):
    """What kind of region it is."""

    province = "province", _("Province")
    city = "city", _("City")
    district = "district", _("District")


class Region(Record):
    """A province, city or district, with its six-digit code of 《中华人民共和国行政区划代码》 (GB/T 2260)."""

    __tablename__ = "regions"
    __table_args__ = (Index(None, "name", "id"),)

    code: Mapped[str] = text(12, _("Region code"), pattern=r"[0-9]{2,12}", unique=True)
    name: Mapped[str] = text(60, _("Name"))
    parent_id: Mapped[int | None] = reference("regions", _("Part of"))
    parent: Mapped[Region | None] = relationship(remote_side="Region.id")
    level: Mapped[RegionLevel] = choice(RegionLevel, _("Level"), index=True)


class MemberLevel(Sourced, Record):
    """A step on the ladder of members; the higher the rank, the better the member."""

    __tablename__ = "member_levels"
    __table_args__ = (source_index("member_levels"),)

    name: Mapped[str] = text(40, _("Name"), unique=True)
    rank: Mapped[int] = integer(_("Rank"), min=0, max=100, unique=True, help=_("0 is the lowest level."))
    min_paid_amount: Mapped[int] = money(_("Paid at least"), default=0, help=_("What a member of this level has paid."))
    icon: Mapped[str | None] = picture(_("Icon"))
    description: Mapped[str | None] = long_text(_("Description"), size=1_000, help=_("What members of it may expect."))


class MemberTag(Record):
    """A word by which staff group members."""

    __tablename__ = "member_tags"

    name: Mapped[str] = text(40, _("Name"), unique=True)
    description: Mapped[str | None] = text(200, _("Description"))


member_tag_links = Table(
    "member_tag_links", Record.metadata,
    Column("member_id", ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("member_tags.id", ondelete="CASCADE"), primary_key=True),
    Index(None, "tag_id", "member_id"),
)


class Member(Sourced, Record):
    """A person who shops here. `order_count`, `paid_amount` and `last_ordered_at` are kept by the orders module.

    `order_count` counts orders that were paid; `paid_amount` is what was paid for them less what was given back.
    """

    __tablename__ = "members"
    __table_args__ = (
        source_index("members"),
        Index(None, "registered_at", "id"),
        Index(None, "last_seen_at", "id"),
        Index(None, "last_ordered_at", "id"),
        Index(None, "order_count", "id"),
        Index(None, "paid_amount", "id"),
        Index(None, "nickname", "id"),
        Index(None, "level_id", "registered_at", "id"),
        Index(None, "channel", "registered_at", "id"),
        Index(None, "province", "registered_at", "id"),
        Index(None, "is_blocked", "registered_at", "id"),
    )
    title_column = "nickname"
    search_index = ("nickname", "name", "phone")

    nickname: Mapped[str] = text(60, _("Nickname"))
    name: Mapped[str | None] = text(60, _("Full name"))
    avatar: Mapped[str | None] = picture(_("Avatar"))
    gender: Mapped[Gender] = choice(Gender, _("Gender"), default=Gender.unknown)
    birthday: Mapped[date | None] = day(_("Birthday"))
    phone: Mapped[str | None] = phone(_("Phone"), unique=True, info={"personal": True})
    channel: Mapped[Channel] = choice(Channel, _("Channel"), default=Channel.mini_program,
                                      help=_("The way by which the member came."))
    country: Mapped[str | None] = text(60, _("Country"))
    province: Mapped[str | None] = text(60, _("Province"))
    city: Mapped[str | None] = text(60, _("City"))
    district: Mapped[str | None] = text(60, _("District"))
    region_code: Mapped[str | None] = text(12, _("Region code"), pattern=r"[0-9]{2,12}",
                                           help=_("The code of the smallest region that is known."))
    registered_at: Mapped[datetime] = moment(_("Registered"), default=clock.now)
    last_seen_at: Mapped[datetime | None] = moment(_("Last seen"))
    level_id: Mapped[int | None] = reference("member_levels", _("Level"), on_delete="SET NULL", index=False)
    level: Mapped[MemberLevel | None] = relationship()
    tags: Mapped[list[MemberTag]] = relationship(
        secondary=member_tag_links, order_by=MemberTag.name, passive_deletes=True, info={"label": _("Tags")})
    is_blocked: Mapped[bool] = yes_no(_("Blocked"), help=_("A blocked member cannot order."))
    order_count: Mapped[int] = integer(_("Paid orders"), min=0, default=0)
    paid_amount: Mapped[int] = money(_("Amount paid"), default=0, help=_("Paid, less what was refunded."))
    last_ordered_at: Mapped[datetime | None] = moment(_("Last order"))
    addresses: Mapped[list[Address]] = relationship(
        back_populates="member", cascade="all, delete-orphan", passive_deletes=True, order_by="Address.id")
    notes: Mapped[list[MemberNote]] = relationship(
        back_populates="member", cascade="all, delete-orphan", passive_deletes=True,
        order_by="MemberNote.created_at.desc()")

    @property
    def age(self) -> int | None:
        """Whole years since the birthday, on the shop's calendar."""
        if self.birthday is None:
            return None
        today = clock.today()
        return today.year - self.birthday.year - ((today.month, today.day) < (self.birthday.month, self.birthday.day))

    @property
    def region(self) -> str:
        """Country, province, city and district in one line."""
        return " ".join(part for part in (self.country, self.province, self.city, self.district) if part)

    def check(self) -> None:
        if self.birthday is not None and self.birthday > clock.today():
            raise InvalidInput({"birthday": _("A birthday is not in the future.")})


def masked(number: str | None) -> str:
    """A telephone number with its middle hidden, enough to recognise it and too little to call it: `138****5678`. A
    short one keeps its last two digits only."""
    digits = re.sub(r"[ \-]", "", number or "")
    if len(digits) < 8:
        return "*" * max(len(digits) - 2, 0) + digits[-2:] if digits else ""
    return f"{digits[:3]}{'*' * (len(digits) - 7)}{digits[-4:]}"


class Address(Sourced, Record):
    """Where parcels for a member go. One address of each member is the default."""

    __tablename__ = "addresses"
    __table_args__ = (
        source_index("addresses"),
        Index("uq_addresses_default", "member_id", unique=True, sqlite_where=sql_text("is_default"),
              postgresql_where=sql_text("is_default")),
    )
    search_index = ("name", "phone")

    member_id: Mapped[int] = reference("members", _("Member"), on_delete="CASCADE")
    member: Mapped[Member] = relationship(back_populates="addresses")
    name: Mapped[str] = text(60, _("Receiver"))
    phone: Mapped[str] = phone(_("Phone"), info={"personal": True})
    country: Mapped[str | None] = text(60, _("Country"))
    province: Mapped[str | None] = text(60, _("Province"))
    city: Mapped[str | None] = text(60, _("City"))
    district: Mapped[str | None] = text(60, _("District"))
    region_code: Mapped[str | None] = text(12, _("Region code"), pattern=r"[0-9]{2,12}")
    detail: Mapped[str] = text(200, _("Street and house"))
    postcode: Mapped[str | None] = text(12, _("Postcode"))
    is_default: Mapped[bool] = yes_no(_("Default"), help=_("Chosen first when the member orders."))


class MemberNote(Record):
    """What staff should know of a member; members never see it."""

    __tablename__ = "member_notes"
    __table_args__ = (Index(None, "member_id", "created_at"), Index(None, "created_at", "id"))
    title_column = "content"

    member_id: Mapped[int] = reference("members", _("Member"), on_delete="CASCADE", index=False)
    member: Mapped[Member] = relationship(back_populates="notes")
    content: Mapped[str] = long_text(_("Note"), size=2_000)
    author: Mapped[str] = text(80, _("Written by"), default=lambda: current_actor().name)
