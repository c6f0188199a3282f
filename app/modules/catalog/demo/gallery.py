"""The demo shop's pictures: each is drawn and stored once, so that twenty thousand products share a few files."""

from __future__ import annotations

from app.core.demo import DemoPlan
from app.core.files import store_bytes
from app.modules.catalog.demo.drawing import PALETTES, draw_goods, draw_mark

LARGE = 200
"""With so many products each kind of goods is drawn in several colours; a small shop is to be there in a moment."""


class Gallery:
    """Keys of drawings, by what they show."""

    def __init__(self, plan: DemoPlan) -> None:
        self._colours = 1 if plan.products < LARGE else 3
        self._keys: dict[tuple[str, int], str] = {}
        self._first: dict[str, int] = {}

    def picture(self, shape: str, turn: int = 0) -> str:
        """A picture of goods; `turn` chooses among the colours in which they are drawn."""
        first = self._first.setdefault(shape, len(self._first))
        place = shape, (first + turn % self._colours) % len(PALETTES)
        if place not in self._keys:
            self._keys[place] = store_bytes(draw_goods(*place), f"{shape}-{place[1]}.png")
        return self._keys[place]

    def pictures(self, shape: str, index: int) -> tuple[str, list[str]]:
        """The picture and the gallery of the product with this index."""
        shown = [self.picture(shape, index + step) for step in range(self._colours)]
        return shown[0], shown

    @staticmethod
    def mark(number: int) -> str:
        """The mark of a brand."""
        return store_bytes(draw_mark(number), f"brand-{number}.png")
