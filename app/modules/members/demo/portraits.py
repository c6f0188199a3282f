"""Avatars of the demo shop's members: heads and shoulders from simple forms."""

from __future__ import annotations

from functools import lru_cache

from app.core.demo import Colour, backdrop, finished, spot

GROUNDS: tuple[tuple[Colour, Colour], ...] = (
    ((255, 214, 190), (255, 170, 150)), ((190, 226, 216), (120, 190, 170)), ((200, 212, 246), (140, 164, 226)),
    ((252, 214, 224), (236, 160, 182)), ((244, 232, 196), (222, 196, 130)), ((220, 212, 240), (170, 152, 214)),
)
SKINS: tuple[Colour, ...] = ((255, 224, 200), (246, 206, 176), (232, 184, 150))
HAIRS: tuple[Colour, ...] = ((46, 38, 36), (84, 58, 44), (120, 84, 56), (60, 60, 72))
CLOTHES: tuple[Colour, ...] = ((214, 93, 72), (43, 112, 98), (62, 84, 160), (146, 110, 46), (92, 70, 150))
COUNT = 12
"""So many different portraits there are; many members share one, and some have none."""


@lru_cache(maxsize=COUNT)
def draw_portrait(number: int) -> bytes:
    """The portrait with this number (from 0) as a PNG; even numbers have long hair."""
    top, bottom = GROUNDS[number % len(GROUNDS)]
    skin, hair = SKINS[number % len(SKINS)], HAIRS[number * 3 % len(HAIRS)]
    image, pen = backdrop(top, bottom)
    if number % 2 == 0:
        pen.rounded_rectangle(spot(27, 26, 73, 78), spot(22)[0], fill=hair)
    pen.pieslice(spot(14, 66, 86, 140), 180, 360, fill=CLOTHES[number % len(CLOTHES)])
    pen.rectangle(spot(43, 58, 57, 72), fill=skin)
    pen.pieslice(spot(41, 62, 59, 82), 0, 180, fill=skin)
    pen.ellipse(spot(32, 26, 68, 66), fill=skin)
    pen.pieslice(spot(30, 20, 70, 64), 180, 360, fill=hair)
    if number % 2 == 0:
        pen.pieslice(spot(26, 24, 62, 58), 170, 290, fill=hair)
    if number % 5 == 1:
        for left in (36, 52):
            pen.ellipse(spot(left, 44, left + 12, 55), outline=(58, 62, 74), width=round(spot(1)[0]))
        pen.line(spot(48, 49, 52, 49), fill=(58, 62, 74), width=round(spot(1)[0]))
    for left in (41, 56):
        pen.ellipse(spot(left, 47, left + 3, 51), fill=(58, 62, 74))
    pen.arc(spot(43, 48, 57, 60), 30, 150, fill=(178, 80, 76), width=round(spot(1.2)[0]))
    return finished(image, 240)
