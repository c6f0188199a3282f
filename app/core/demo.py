"""What the demo shop is to be: how large, from which seed, up to which moment, and how its pictures look.

A module has a room `demo` with a `Demo`, which its manifest names; `flask demo load` calls them in the order of the
modules. All chance comes from `plan.chance(topic)`, so that the same seed gives the same shop, and a
change in one module does not shift the dice of another. Records carry the source *demo*, by which they are found
and can be removed again.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw
from sqlalchemy import Connection

from app.core import clock
from app.core.bulk import moment_value
from app.core.importing import ImportReport, Progress, Silent

SOURCE = "demo"
MONTHS = 24
"""So long the demo shop has been open."""
PICTURE_SIDE = 600
_DRAWN_SIDE = 900
"""Pictures are drawn larger and made smaller, which smooths their edges."""

Colour = tuple[int, int, int]


@dataclass
class DemoPlan:
    """Size, seed, time and place of a demo shop. `report` counts what each module made."""

    connection: Connection
    orders: int
    members: int
    products: int
    seed: int
    progress: Progress = field(default_factory=Silent)
    now: datetime = field(default_factory=clock.now)
    zone: ZoneInfo = field(default_factory=clock.shop_zone)
    report: ImportReport = field(default_factory=lambda: ImportReport(SOURCE))

    def chance(self, topic: str) -> random.Random:
        """Dice of their own for a topic."""
        return random.Random(f"{self.seed}/{topic}")

    @property
    def today(self) -> date:
        return clock.to_zone(self.now, self.zone).date()

    @property
    def opened_on(self) -> date:
        """The first day of business: the first of the month, MONTHS ago."""
        months = self.today.year * 12 + self.today.month - 1 - MONTHS
        return date(months // 12, months % 12 + 1, 1)

    @property
    def written_at(self) -> str:
        """The moment of writing, as `app.core.bulk` wants it."""
        return moment_value(self.now)


@dataclass(frozen=True)
class Demo:
    """What a module brings to the demo shop: how it is made, how it is removed, and the models of which it makes
    records. `settle` works out what follows from the records once all modules have made theirs, when every index is in
    its place and the database knows how large its tables are. Named in the module's manifest."""

    load: Callable[[DemoPlan], None]
    remove: Callable[[], None]
    models: Sequence[type]
    settle: Callable[[DemoPlan], None] = lambda _plan: None


def backdrop(top: Colour, bottom: Colour) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """A square whose colour runs from top to bottom, and a pen for it; places are given in hundredths by `spot`."""
    ramp = Image.linear_gradient("L").resize((_DRAWN_SIDE, _DRAWN_SIDE))
    image = Image.composite(Image.new("RGB", ramp.size, bottom), Image.new("RGB", ramp.size, top), ramp)
    return image, ImageDraw.Draw(image)


def spot(*hundredths: float) -> list[float]:
    """Places in hundredths of the side as pixels of the drawing."""
    return [value * _DRAWN_SIDE / 100 for value in hundredths]


def mixed(colour: Colour, other: Colour, share: float) -> Colour:
    """`colour` with `share` (0 to 1) of the other in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def finished(image: Image.Image, side: int = PICTURE_SIDE) -> bytes:
    """The drawing as a PNG of `side` x `side` pixels."""
    out = io.BytesIO()
    image.resize((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0).save(out, "PNG", compress_level=1)
    return out.getvalue()
