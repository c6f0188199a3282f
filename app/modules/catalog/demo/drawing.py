"""Pictures of the demo shop's goods, drawn from simple forms: a silhouette on a coloured ground, without any text, so
that they look the same on a machine without Chinese fonts."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from app.core.demo import Colour, backdrop, finished, mixed, spot

WHITE: Colour = (255, 255, 255)
INK: Colour = (58, 62, 74)
PALETTES: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((255, 236, 210), (247, 178, 137), (214, 93, 72)),
    ((219, 238, 230), (139, 196, 176), (43, 112, 98)),
    ((224, 231, 250), (154, 178, 232), (62, 84, 160)),
    ((253, 230, 236), (240, 168, 184), (178, 62, 96)),
    ((247, 240, 220), (222, 199, 140), (146, 110, 46)),
    ((233, 228, 245), (180, 165, 220), (92, 70, 150)),
)
"""The colours of a picture: the ground's upper and lower end, and the goods."""


class Brush:
    """A pen that counts in hundredths of the side, with the tones of one palette."""

    def __init__(self, pen: Any, goods: Colour) -> None:
        self._pen, self.main = pen, goods
        self.light, self.dark, self.pale = mixed(goods, WHITE, 0.35), mixed(goods, INK, 0.35), mixed(goods, WHITE, 0.8)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour, radius: float = 3) -> None:
        self._pen.rounded_rectangle(spot(left, top, right, bottom), spot(radius)[0], fill=colour)

    def disc(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        self._pen.ellipse(spot(left, top, right, bottom), fill=colour)

    def shape(self, *points: float, colour: Colour) -> None:
        self._pen.polygon(spot(*points), fill=colour)

    def line(self, *points: float, colour: Colour, width: float = 2) -> None:
        self._pen.line(spot(*points), fill=colour, width=round(spot(width)[0]), joint="curve")

    def arc(self, left: float, top: float, right: float, bottom: float, start: float, end: float, colour: Colour,
            width: float = 3) -> None:
        self._pen.arc(spot(left, top, right, bottom), start, end, fill=colour, width=round(spot(width)[0]))

    def slice(self, left: float, top: float, right: float, bottom: float, start: float, end: float,
              colour: Colour) -> None:
        self._pen.pieslice(spot(left, top, right, bottom), start, end, fill=colour)


def _bed(b: Brush) -> None:
    b.box(16, 34, 84, 74, b.dark)
    b.box(20, 46, 80, 72, WHITE)
    b.box(24, 40, 48, 54, b.pale, 5)
    b.box(52, 40, 76, 54, b.pale, 5)
    b.box(18, 56, 82, 76, b.main, 5)
    b.box(18, 56, 82, 62, b.light, 3)
    b.box(18, 74, 23, 82, b.dark, 1)
    b.box(77, 74, 82, 82, b.dark, 1)


def _pillow(b: Brush) -> None:
    b.box(16, 38, 84, 72, b.main, 14)
    b.box(21, 42, 79, 68, b.light, 11)
    for x in range(30, 75, 10):
        b.line(x, 50, x + 4, 60, colour=b.pale, width=1.5)


def _towel(b: Brush) -> None:
    for index, colour in enumerate((b.dark, b.main, b.light)):
        b.box(20 + index * 3, 62 - index * 13, 80 - index * 3, 75 - index * 13, colour, 5)
        b.line(24 + index * 3, 68 - index * 13, 76 - index * 3, 68 - index * 13, colour=b.pale, width=1)


def _box(b: Brush) -> None:
    b.shape(20, 42, 50, 32, 80, 42, 50, 53, colour=b.light)
    b.shape(20, 42, 50, 53, 50, 82, 20, 70, colour=b.main)
    b.shape(80, 42, 50, 53, 50, 82, 80, 70, colour=b.dark)
    b.shape(29, 54, 41, 58, 41, 62, 29, 58, colour=b.pale)


def _lamp(b: Brush) -> None:
    b.shape(36, 24, 64, 24, 76, 50, 24, 50, colour=b.main)
    b.shape(36, 24, 46, 24, 40, 50, 24, 50, colour=b.light)
    b.box(48, 50, 52, 76, b.dark, 1)
    b.box(34, 75, 66, 80, b.dark, 3)
    b.disc(44, 48, 56, 58, (255, 246, 205))


def _pan(b: Brush) -> None:
    b.line(64, 48, 90, 32, colour=b.dark, width=6)
    b.disc(14, 38, 70, 82, b.dark)
    b.disc(18, 41, 66, 76, b.main)
    b.arc(24, 46, 60, 71, 200, 280, b.light, 2)


def _pot(b: Brush) -> None:
    b.box(10, 50, 90, 57, b.dark, 3)
    b.box(20, 46, 80, 80, b.main, 9)
    b.box(20, 46, 34, 80, b.light, 9)
    b.box(17, 40, 83, 47, b.dark, 3)
    b.disc(44, 29, 56, 40, b.dark)


def _bowl(b: Brush) -> None:
    b.disc(14, 34, 86, 56, b.pale)
    b.slice(14, 8, 86, 82, 0, 180, b.main)
    b.disc(14, 36, 86, 54, b.light)
    b.box(38, 78, 62, 84, b.dark, 2)
    b.line(62, 18, 46, 42, colour=b.dark, width=2)
    b.line(72, 20, 54, 44, colour=b.dark, width=2)


def _cup(b: Brush) -> None:
    b.arc(58, 40, 86, 68, 270, 90, b.dark, 5)
    b.box(24, 34, 70, 80, b.main, 8)
    b.box(24, 34, 36, 80, b.light, 8)
    b.arc(34, 12, 46, 32, 90, 270, b.pale, 2)
    b.arc(48, 12, 60, 32, 270, 90, b.pale, 2)


def _kettle(b: Brush) -> None:
    b.arc(30, 18, 70, 58, 180, 0, b.dark, 4)
    b.box(28, 38, 72, 76, b.main, 12)
    b.shape(70, 46, 88, 38, 86, 48, 72, 58, colour=b.light)
    b.box(24, 75, 76, 82, b.dark, 3)
    b.disc(46, 52, 54, 60, b.pale)


def _tea(b: Brush) -> None:
    b.box(30, 34, 70, 82, b.main, 5)
    b.box(28, 26, 72, 38, b.dark, 4)
    b.box(38, 48, 62, 70, b.pale, 3)
    b.disc(42, 52, 54, 66, b.main)
    b.line(43, 66, 57, 52, colour=b.dark, width=1.5)


def _jar(b: Brush) -> None:
    b.box(26, 34, 74, 82, b.pale, 9)
    b.box(26, 50, 74, 82, b.light, 9)
    for x, y in ((32, 54), (46, 52), (58, 56), (36, 66), (52, 67), (61, 68)):
        b.disc(x, y, x + 10, y + 9, b.main)
    b.box(30, 24, 70, 35, b.dark, 3)


def _cookie(b: Brush) -> None:
    for left, top, colour in ((16, 40, b.light), (42, 30, b.main)):
        b.disc(left, top, left + 42, top + 42, colour)
        for x, y in ((10, 10), (24, 8), (17, 21), (29, 25), (9, 28)):
            b.disc(left + x, top + y, left + x + 5, top + y + 5, b.dark)


def _sack(b: Brush) -> None:
    b.shape(28, 28, 72, 28, 78, 82, 22, 82, colour=b.main)
    b.shape(28, 28, 40, 28, 36, 82, 22, 82, colour=b.light)
    b.box(26, 22, 74, 31, b.dark, 2)
    b.disc(38, 46, 62, 70, b.pale)
    b.line(50, 66, 50, 50, colour=b.main, width=2)
    b.line(50, 60, 56, 54, colour=b.main, width=2)
    b.line(50, 60, 44, 54, colour=b.main, width=2)


def _coffee(b: Brush) -> None:
    b.box(30, 30, 70, 82, b.main, 4)
    b.shape(30, 30, 70, 30, 66, 20, 34, 20, colour=b.dark)
    b.disc(38, 44, 62, 72, b.pale)
    b.disc(43, 49, 57, 67, b.dark)
    b.line(48, 50, 52, 66, colour=b.pale, width=1.5)


def _shirt(b: Brush) -> None:
    b.shape(34, 24, 66, 24, 90, 40, 80, 54, 70, 48, 70, 82, 30, 82, 30, 48, 20, 54, 10, 40, colour=b.main)
    b.shape(34, 24, 44, 24, 44, 82, 30, 82, 30, 48, 20, 54, 10, 40, colour=b.light)
    b.slice(40, 15, 60, 35, 0, 180, b.pale)
    for y in (44, 54, 64, 74):
        b.disc(49, y, 52, y + 3, b.dark)


def _dress(b: Brush) -> None:
    b.line(42, 18, 42, 30, colour=b.dark, width=2)
    b.line(58, 18, 58, 30, colour=b.dark, width=2)
    b.shape(38, 28, 62, 28, 60, 46, 78, 82, 22, 82, 40, 46, colour=b.main)
    b.shape(38, 28, 47, 28, 45, 46, 36, 82, 22, 82, 40, 46, colour=b.light)
    b.box(39, 44, 61, 48, b.dark, 1)


def _sock(b: Brush) -> None:
    for shift, colour in ((0, b.light), (24, b.main)):
        b.box(22 + shift, 22, 40 + shift, 64, colour, 3)
        b.box(22 + shift, 54, 60 + shift, 78, colour, 10)
        b.box(21 + shift, 20, 41 + shift, 29, b.dark, 2)


def _bag(b: Brush) -> None:
    b.arc(32, 14, 68, 54, 180, 0, b.dark, 4)
    b.box(20, 36, 80, 82, b.main, 8)
    b.box(20, 36, 80, 54, b.light, 8)
    b.box(44, 49, 56, 60, b.dark, 2)


def _toy(b: Brush) -> None:
    b.box(18, 56, 44, 82, b.main)
    b.box(48, 56, 74, 82, b.light)
    b.shape(33, 52, 46, 28, 59, 52, colour=b.dark)
    b.disc(64, 30, 84, 50, b.pale)


def _bottle(b: Brush) -> None:
    b.box(44, 16, 56, 32, b.dark, 2)
    b.box(56, 16, 68, 21, b.dark, 2)
    b.box(32, 32, 68, 84, b.main, 9)
    b.box(32, 32, 42, 84, b.light, 9)
    b.box(38, 50, 64, 70, b.pale, 2)


def _cream(b: Brush) -> None:
    b.box(22, 50, 78, 80, b.main, 8)
    b.box(22, 50, 36, 80, b.light, 8)
    b.box(20, 36, 80, 52, b.dark, 4)
    b.disc(40, 58, 60, 74, b.pale)


def _candle(b: Brush) -> None:
    b.box(32, 44, 68, 82, b.main, 5)
    b.box(32, 44, 42, 82, b.light, 5)
    b.line(50, 36, 50, 45, colour=b.dark, width=1.5)
    b.shape(50, 16, 57, 31, 50, 38, 43, 31, colour=(255, 205, 92))
    b.box(38, 56, 62, 70, b.pale, 2)


def _mat(b: Brush) -> None:
    b.shape(28, 44, 84, 30, 84, 66, 28, 82, colour=b.light)
    b.box(14, 42, 34, 84, b.main, 10)
    b.disc(14, 42, 34, 58, b.dark)
    b.disc(19, 46, 29, 54, b.light)


def _tent(b: Brush) -> None:
    b.shape(50, 24, 90, 80, 10, 80, colour=b.main)
    b.shape(50, 24, 50, 80, 10, 80, colour=b.light)
    b.shape(50, 44, 63, 80, 37, 80, colour=b.dark)
    b.disc(70, 14, 82, 26, b.pale)


def _head(b: Brush, ears: Callable[[], None]) -> None:
    ears()
    b.disc(24, 32, 76, 80, b.main)
    for x in (38, 56):
        b.disc(x, 50, x + 6, 57, INK)
    b.disc(42, 58, 58, 71, b.pale)
    b.disc(47, 60, 53, 64, INK)


def _cat(b: Brush) -> None:
    def ears() -> None:
        b.shape(26, 50, 28, 20, 48, 36, colour=b.dark)
        b.shape(74, 50, 72, 20, 52, 36, colour=b.dark)

    _head(b, ears)
    for y in (62, 67):
        b.line(14, y, 36, 64, colour=b.dark, width=1)
        b.line(86, y, 64, 64, colour=b.dark, width=1)


def _dog(b: Brush) -> None:
    def ears() -> None:
        b.disc(14, 30, 36, 70, b.dark)
        b.disc(64, 30, 86, 70, b.dark)

    _head(b, ears)


SHAPES: dict[str, Callable[[Brush], None]] = {
    name.removeprefix("_"): draw for name, draw in {
        function.__name__: function for function in (
            _bed, _pillow, _towel, _box, _lamp, _pan, _pot, _bowl, _cup, _kettle, _tea, _jar, _cookie, _sack, _coffee,
            _shirt, _dress, _sock, _bag, _toy, _bottle, _cream, _candle, _mat, _tent, _cat, _dog)
    }.items()
}


@lru_cache(maxsize=256)
def draw_goods(shape: str, palette: int) -> bytes:
    """A picture of goods as a PNG."""
    top, bottom, goods = PALETTES[palette % len(PALETTES)]
    image, pen = backdrop(top, bottom)
    pen.ellipse(spot(14, 78, 86, 90), fill=mixed(bottom, goods, 0.25))
    SHAPES[shape](Brush(pen, goods))
    return finished(image)


@lru_cache(maxsize=64)
def draw_mark(number: int) -> bytes:
    """The mark of a brand: a ring and a flower in the brand's own turn and colours."""
    top, bottom, goods = PALETTES[number % len(PALETTES)]
    image, pen = backdrop(mixed(top, WHITE, 0.5), top)
    pen.ellipse(spot(18, 18, 82, 82), fill=goods)
    pen.ellipse(spot(24, 24, 76, 76), fill=mixed(goods, WHITE, 0.85))
    petals = 5 + number % 4
    for petal in range(petals):
        start = number * 37 + petal * 360 / petals
        pen.pieslice(spot(31, 31, 69, 69), start, start + 250 / petals, fill=mixed(goods, bottom, petal / petals))
    pen.ellipse(spot(44, 44, 56, 56), fill=WHITE)
    return finished(image, 400)
