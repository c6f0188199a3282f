"""Cards: a figure that is read at a glance, with its change and its course."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.core.i18n import gettext, number_text
from app.lowcode.tables import cell_text, change, change_text, tone

WIDTH, HEIGHT = 120, 36
"""The sparkline's own units; the page stretches it to the card."""


@dataclass(frozen=True)
class Card:
    """One figure. `before` is what it is compared with, `against` says what that is (“the previous period”), `rising`
    whether more is "good" or "bad", or neither (""). `course` are its values over the period, drawn as a small line."""

    label: Any
    kind: str
    value: Any
    before: Any = None
    against: Any = None
    rising: str = "good"
    course: Sequence[float | int | None] = ()
    note: Any = None
    help: Any = None

    @property
    def text(self) -> str:
        return cell_text(self.kind, self.value)

    @property
    def before_text(self) -> str:
        return cell_text(self.kind, self.before)

    @property
    def difference(self) -> float | None:
        """By what ratio it changed; a percentage changes by points."""
        if self.kind == "percent":
            return None if self.value is None or self.before is None else self.value - self.before
        return change(self.value, self.before)

    @property
    def difference_text(self) -> str:
        """The change with its sign: `+12.4%`, `−0.4 pp`."""
        difference = self.difference
        if difference is None:
            return ""
        if self.kind == "percent":
            sign = "" if round(abs(difference), 3) == 0 else "+" if difference > 0 else "−"
            return gettext("%(points)s pp", points=sign + number_text(abs(difference) * 100, 1))
        return change_text(difference)

    @property
    def direction(self) -> str:
        """`up`, `down` or `flat`."""
        difference = self.difference
        if difference is None or round(abs(difference), 3) == 0:
            return "flat"
        return "up" if difference > 0 else "down"

    @property
    def tone(self) -> str:
        """`good`, `bad` or `plain`."""
        return tone(self.difference, self.rising)

    @property
    def line(self) -> str:
        """The course as the `d` of an SVG path; "" for less than two points."""
        points = spark_points(self.course)
        return "M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in points) if points else ""

    @property
    def area(self) -> str:
        """What lies under the line."""
        return f"{self.line} L{WIDTH},{HEIGHT} L0,{HEIGHT} Z" if self.line else ""


def spark_points(values: Sequence[float | int | None]) -> list[tuple[float, float]]:
    """Values as points in the box; a missing one counts as nothing, a course that never changes lies in the middle."""
    known = [value or 0 for value in values]
    if len(known) < 2:
        return []
    low, high = min(known), max(known)
    span = high - low
    step = WIDTH / (len(known) - 1)
    return [(at * step, HEIGHT / 2 if not span else 2 + (HEIGHT - 4) * (high - value) / span)
            for at, value in enumerate(known)]
