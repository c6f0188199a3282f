"""Bringing the regions that addresses name, from the table of a litemall shop (`flask import litemall`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update

from app.core.db import db
from app.core.i18n import lazy as _
from app.core.importing import ImportReport
from app.core.table_files import TableFolder, TableRow
from app.modules.members.models import Region, RegionLevel

LEVELS = {1: RegionLevel.province, 2: RegionLevel.city, 3: RegionLevel.district}
COLUMNS = ("id", "pid", "name", "type", "code")


class RegionRow(NamedTuple):
    """A row of the other table: `key` and `parent` are ids there, `level` is one of LEVELS."""

    file: str
    number: int
    key: str
    parent: str
    name: str
    level: int
    code: str


def import_regions(tables: TableFolder) -> None:
    """Bring provinces, cities and districts; the edge settles the report, and commits or rolls back."""
    rows: list[RegionRow] = []

    def take(row: TableRow) -> None:
        rows.append(RegionRow(
            row.file, row.number, row.required("id"), row.text("pid"), row.required("name"), row.whole("type", 1, 3),
            str(row.whole("code"))))

    tables.read("region", "regions", COLUMNS, take, _("Regions"))
    _bring(rows, tables.report)


def _bring(rows: Sequence[RegionRow], report: ImportReport) -> None:
    """Make or rename regions, which are known by their code; refuses on the report what hangs in the air.

    A city without districts, such as Dongguan, stands in such tables as its own district under the same code. Three
    zeros mark the district, as the national statistics code writes one that is a whole city.
    """
    known = {code: (key, name) for key, code, name in db.session.execute(select(Region.id, Region.code, Region.name))}
    ours: dict[str, tuple[int, str]] = {}
    for level, meaning in LEVELS.items():
        fresh: list[dict[str, Any]] = []
        places: dict[str, str] = {}
        for row in (row for row in rows if row.level == level):
            above = ours.get(row.parent)
            if level > 1 and above is None:
                report.refuse(
                    row.file, row.number, _("“%(name)s” is part of a region that is not there.", name=row.name))
                continue
            code = row.code + "000" if above is not None and above[1] == row.code else row.code
            if not 2 <= len(code) <= 12 or len(row.name) > 60:
                report.refuse(
                    row.file, row.number, _("“%(name)s” has no right code or too long a name.", name=row.name))
            elif code in known:
                key, name = known[code]
                ours[row.key] = key, code
                report.count("regions", "unchanged" if name == row.name else "changed")
                if name != row.name:
                    db.session.execute(update(Region).where(Region.id == key).values(name=row.name))
            elif code in places:
                report.refuse(row.file, row.number, _("The code %(code)s stands in this file twice.", code=code))
            else:
                fresh.append({"code": code, "name": row.name, "level": meaning,
                              "parent_id": above[0] if above else None})
                places[code] = row.key
                report.count("regions", "added")
        if fresh:
            made = db.session.scalars(insert(Region).returning(Region.id, sort_by_parameter_order=True), fresh).all()
            ours.update({key: (made_id, code) for (code, key), made_id in zip(places.items(), made, strict=True)})
