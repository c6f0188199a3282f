"""What buyers of the demo shop say about what they got."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from app.modules.orders.demo import words
from app.modules.orders.demo.moments import DAY

SHARE_REVIEWED = 0.09
SHARE_ANSWERED = 0.2
SHARE_HIDDEN = 0.02


@dataclass(slots=True)
class Review:
    """A review before it is written; moments are seconds since 1970."""

    stars: int
    content: str
    written_at: int
    is_shown: bool
    reply: str | None
    replied_at: int | None


class ReviewMaker:
    """Puts reviews together, as far as they can have been written by `now`."""

    def __init__(self, chance: Random, now: int) -> None:
        self._chance, self._now = chance, now

    def review(self, completed_at: int) -> Review | None:
        """What the buyer says of a line, or None: most say nothing."""
        chance = self._chance
        if chance.random() >= SHARE_REVIEWED:
            return None
        written_at = completed_at + 1800 + int(10 * DAY * chance.random() ** 2)
        if written_at > self._now:
            return None
        stars = words.STARS[int(100 * chance.random())]
        reply, replied_at = None, None
        if chance.random() < (SHARE_ANSWERED if stars > 2 else 0.8):
            replied_at = written_at + 600 + int(2 * DAY * chance.random())
            if replied_at <= self._now:
                reply = words.REPLIES[2] if stars <= 2 else chance.choice(words.REPLIES[:2] + words.REPLIES[3:])
            else:
                replied_at = None
        return Review(stars, self._content(stars), written_at, chance.random() >= SHARE_HIDDEN, reply, replied_at)

    def _content(self, stars: int) -> str:
        chance = self._chance
        if stars <= 2:
            return chance.choice(words.POOR)
        if stars == 3:
            return chance.choice(words.FAIR)
        middles = "，".join(chance.sample(words.GOOD_MIDDLES, 1 if chance.random() < 0.6 else 2))
        return chance.choice(words.GOOD_BEGINNINGS) + middles + chance.choice(words.GOOD_ENDINGS)
