"""The demo shop's members: invented people with levels, tags, addresses and notes, and the regions they live in."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, insert, select

from app.core import clock
from app.core.bulk import BulkTable, moment_value
from app.core.db import db
from app.core.demo import SOURCE, Demo, DemoPlan
from app.core.files import store_bytes
from app.core.i18n import lazy as _
from app.modules.members.demo.people import PeopleMaker
from app.modules.members.demo.places import Place, read_places
from app.modules.members.demo.portraits import COUNT, draw_portrait
from app.modules.members.models import (
    Address,
    Channel,
    Gender,
    Member,
    MemberLevel,
    MemberNote,
    MemberTag,
    Region,
    RegionLevel,
    member_tag_links,
)

__all__ = ["DEMO"]

LEVELS = (
    ("普通会员", 0, 0, "注册即是会员。"),
    ("银卡会员", 1, 50_000, "生日当月享95折。"),
    ("金卡会员", 2, 200_000, "全年95折，专属客服。"),
    ("钻石会员", 3, 600_000, "全年9折，免运费，新品先购。"),
)
"""Name, rank, what was paid at least (fen), what such members may expect."""
TAGS = (
    ("宝妈", 0.11), ("学生", 0.09), ("送礼采购", 0.05), ("爱喝茶", 0.06), ("养猫", 0.07), ("门店常客", 0.05),
    ("企业客户", 0.02),
)
NOTES = (
    "要求工作日送货，周末不在家。", "对坚果过敏，推荐礼盒时注意。", "企业采购，常开增值税发票。",
    "上次快递破损，已补发，下次加固包装。", "喜欢素色，新款到货可以告知。", "老客户介绍来的，服务要及时。",
    "收货电话常打不通，可先发短信。",
)
AUTHORS = ("客服 小林", "客服 阿珍", "店长 老周")
SHARE_AT_OPENING = 0.15
"""So many members had signed up in the month before the shop opened."""

MEMBER_COLUMNS = (
    "id", "nickname", "name", "avatar", "gender", "birthday", "phone", "channel", "country", "province", "city",
    "district", "region_code", "registered_at", "last_seen_at", "level_id", "is_blocked", "order_count",
    "paid_amount", "source", "source_id", "created_at", "updated_at",
)
ADDRESS_COLUMNS = (
    "id", "member_id", "name", "phone", "province", "city", "district", "region_code", "detail", "postcode",
    "is_default", "source", "source_id", "created_at", "updated_at")


def load(plan: DemoPlan) -> None:
    """Make the demo members; the edge commits. Levels follow from orders and are given by the orders' demo."""
    MemberWriter(plan).write()


def remove() -> None:
    """Take the demo members out with all that is theirs; refused by the database where others' orders name them."""
    for model in (Member, MemberLevel):
        db.session.execute(delete(model).where(model.source == SOURCE).execution_options(synchronize_session=False))
    used = select(member_tag_links.c.tag_id)
    db.session.execute(
        delete(MemberTag).where(MemberTag.name.in_([name for name, _share in TAGS]), MemberTag.id.not_in(used))
        .execution_options(synchronize_session=False))


class MemberWriter:
    """Writes regions, levels and tags, then people."""

    def __init__(self, plan: DemoPlan) -> None:
        self._plan, self._chance = plan, plan.chance("members")
        self._people = PeopleMaker(plan.chance("people"))
        regions, places = read_places()
        self._regions = regions
        # Drawn once by weight; members then draw among them, which is quicker than weighing each time.
        self._places: list[Place] = self._chance.choices(
            [place for place, _weight in places], [weight for _place, weight in places], k=8192)

    def write(self) -> None:
        """Everything; flushed."""
        plan, chance = self._plan, self._chance
        self._write_regions()
        level, tags = self._write_levels(), self._write_tags()
        avatars = [store_bytes(draw_portrait(number), f"avatar-{number}.png") for number in range(COUNT)]
        links: list[dict[str, int]] = []
        with BulkTable(plan.connection, Member.__table__, MEMBER_COLUMNS) as members, \
                BulkTable(plan.connection, Address.__table__, ADDRESS_COLUMNS, after=(members,)) as addresses, \
                BulkTable(plan.connection, MemberNote.__table__, (
                    "id", "member_id", "content", "author", "created_at", "updated_at"), after=(members,)) as notes, \
                plan.progress.step(_("Members"), plan.members) as advance:
            for index, registered_at in enumerate(self._moments()):
                member_id = members.take_id()
                self._write_member(members, addresses, member_id, index, registered_at, level, avatars)
                links.extend({"member_id": member_id, "tag_id": tag} for tag, share in tags if chance.random() < share)
                if chance.random() < 0.015:
                    moment = moment_value(registered_at + (plan.now - registered_at) * chance.random())
                    notes.add((
                        notes.take_id(), member_id, chance.choice(NOTES), chance.choice(AUTHORS), moment, moment))
                advance(1)
        if links:
            db.session.execute(insert(member_tag_links), links)
        plan.report.count("members", "added", members.count)
        plan.report.count("addresses", "added", addresses.count)

    def _moments(self) -> list[datetime]:
        """When members signed up, in order: some before the shop opened, then more and more."""
        plan, chance = self._plan, self._chance
        opened_at = clock.start_of_day(plan.opened_on, plan.zone)
        month, age, found = timedelta(days=30), plan.now - opened_at, []
        for index in range(plan.members):
            if index < plan.members * SHARE_AT_OPENING:
                found.append(opened_at - month * chance.random())
            else:
                found.append(opened_at + age * chance.random() ** 0.75)
        return sorted(found)

    def _write_member(self, members: BulkTable, addresses: BulkTable, member_id: int, index: int,
                      registered_at: datetime, level: int | None, avatars: list[str]) -> None:
        plan, chance, people = self._plan, self._chance, self._people
        draw = chance.random() * 100
        gender = Gender.female if draw < 57 else Gender.male if draw < 90 else Gender.unknown
        is_female = gender is Gender.female or (gender is Gender.unknown and index % 2 == 0)
        surname, given = people.name(is_female)
        place, phone = chance.choice(self._places), people.phone()
        draw = chance.random() * 100
        channel = (Channel.mini_program if draw < 80 else Channel.app if draw < 88 else Channel.web if draw < 94
                   else Channel.store)
        birthday = None
        if chance.random() < 0.6:
            birthday = date(plan.today.year - 18 - int(50 * chance.random() ** 1.6), chance.randrange(1, 13),
                            chance.randrange(1, 29)).isoformat()
        # Even portraits have long hair.
        portrait = avatars[chance.randrange(0, COUNT, 2) + (not is_female)] if chance.random() < 0.7 else None
        seen_at = registered_at + (plan.now - registered_at) * chance.random() ** 0.4
        moment = moment_value(registered_at)
        members.add((
            member_id, people.nickname(surname, given, is_female), surname + given, portrait, gender.value, birthday,
            phone, channel.value, "中国", place.province, place.city, place.district, place.code, moment,
            moment_value(seen_at), level, int(chance.random() < 0.003), 0, 0, SOURCE, str(index), moment, moment))
        addresses.add((
            addresses.take_id(), member_id, surname + given, phone, place.province, place.city, place.district,
            place.code, people.street(), place.postcode, 1, SOURCE, f"{index}-1", moment, moment))
        if chance.random() < 0.15:
            other = chance.choice(self._places)
            addresses.add((
                addresses.take_id(), member_id, "".join(people.name(chance.random() < 0.5)), people.phone(),
                other.province, other.city, other.district, other.code, people.street(), other.postcode, 0, SOURCE,
                f"{index}-2", moment, moment))

    def _write_regions(self) -> None:
        """The regions that are not here yet, the large before the small."""
        ids: dict[str, int] = dict(db.session.execute(select(Region.code, Region.id)).all())
        provinces = {region.code for region in self._regions if region.parent is None}
        for region in self._regions:
            if region.code not in ids:
                level = (RegionLevel.province if region.parent is None else
                         RegionLevel.city if region.parent in provinces else RegionLevel.district)
                ids[region.code] = int(db.session.scalar(insert(Region).values(
                    code=region.code, name=region.name, parent_id=ids.get(region.parent or ""),
                    level=level).returning(Region.id)) or 0)

    def _write_levels(self) -> int | None:
        """Our ladder, unless the shop has one; returns the level on which members begin, if it is ours."""
        if db.session.scalar(select(func.count()).select_from(MemberLevel)):
            return None
        first = None
        for name, rank, paid, description in LEVELS:
            key = db.session.scalar(insert(MemberLevel).values(
                name=name, rank=rank, min_paid_amount=paid, description=description, source=SOURCE,
                source_id=str(rank)).returning(MemberLevel.id))
            first = first or key
        return first

    def _write_tags(self) -> list[tuple[int, float]]:
        """Tags, as ids with the share of members who have them."""
        known = dict(db.session.execute(select(MemberTag.name, MemberTag.id)).all())
        return [
            (known.get(name) or int(db.session.scalar(
                insert(MemberTag).values(name=name).returning(MemberTag.id)) or 0), share)
            for name, share in TAGS]


DEMO = Demo(load, remove, (Member, Address, MemberNote, MemberLevel))
