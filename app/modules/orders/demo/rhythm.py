"""When people buy: the rhythm of the year, the week and the day in a Chinese shop."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import accumulate
from random import Random

SPRING_FESTIVALS = {day.year: day for day in (
    date(2022, 2, 1), date(2023, 1, 22), date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17), date(2027, 2, 6),
    date(2028, 1, 26), date(2029, 2, 13), date(2030, 2, 3), date(2031, 1, 23), date(2032, 2, 11), date(2033, 1, 31),
    date(2034, 2, 19), date(2035, 2, 8), date(2036, 1, 28), date(2037, 2, 15), date(2038, 2, 4), date(2039, 1, 24),
    date(2040, 2, 12))}
"""The first day of the lunar year. Beyond this table the shop has no Spring Festival."""
WEEKDAYS = (0.95, 0.93, 0.94, 0.97, 1.05, 1.12, 1.08)
"""From Monday to Sunday."""
MONTHS = (0.95, 0.88, 1.0, 0.98, 1.04, 1.1, 0.95, 0.95, 1.02, 1.03, 1.2, 1.1)
SALES = {
    (3, 8): 1.6, (5, 20): 1.35, (6, 1): 1.7, (6, 2): 1.5, (6, 3): 1.4, (6, 16): 2.0, (6, 17): 2.4, (6, 18): 3.4,
    (6, 19): 1.2, (6, 20): 1.1, (9, 9): 1.25, (10, 31): 1.9, (11, 1): 2.1, (11, 2): 1.6, (11, 3): 1.5, (11, 10): 2.6,
    (11, 11): 4.2, (12, 11): 1.4, (12, 12): 2.1,
}
"""The days of the large sales, by month and day, with how much more is bought."""
HUNGOVER = {(6, day): 0.82 for day in range(21, 27)} | {(11, day): 0.78 for day in range(12, 21)}
"""After a large sale everybody has what they wanted."""
ONLINE_HOURS = (
    1.6, 0.8, 0.4, 0.25, 0.2, 0.3, 0.8, 1.8, 2.8, 3.9, 4.8, 4.9, 5.2, 4.6, 4.2, 4.4, 4.5, 4.3, 4.2, 5.2, 6.8, 7.6, 6.2,
    3.6)
STORE_HOURS = (0,) * 10 + (2.0, 3.5, 4.0, 3.5, 3.8, 4.2, 4.4, 4.2, 5.0, 5.6, 4.4, 2.0, 0, 0)
NOISE = 0.11
"""How much one day differs from its like by chance, as a share."""


def _around_spring_festival(day: date) -> float:
    """Shopping for the feast, then the parcels stop, then everybody is at home."""
    feast = SPRING_FESTIVALS.get(day.year)
    if feast is None:
        return 1.0
    days = (day - feast).days
    if -26 <= days <= -9:
        return 1.45
    if -8 <= days <= -3:
        return 0.85
    if -2 <= days <= 5:
        return 0.32
    return 0.7 if 6 <= days <= 11 else 1.0


def is_sale(day: date) -> bool:
    """Whether there is a sale with coupons for everyone."""
    return SALES.get((day.month, day.day), 1) >= 1.5


def weight(day: date) -> float:
    """How much is bought on such a day, beside an ordinary one."""
    key = (day.month, day.day)
    holidays = 0.85 if day.month == 10 and day.day <= 7 else 1.0
    return (WEEKDAYS[day.weekday()] * MONTHS[day.month - 1] * SALES.get(key, 1.0) * HUNGOVER.get(key, 1.0)
            * _around_spring_festival(day) * holidays)


def orders_by_day(first: date, today: date, elapsed: float, total: int, chance: Random) -> list[tuple[date, int]]:
    """`total` orders spread over the days from `first` to `today`, of which the share `elapsed` is over.

    Sales grow to about two and a half times over the whole time.
    """
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    weights = []
    for position, day in enumerate(days):
        growth = 0.6 + 0.9 * position / len(days)
        weights.append(weight(day) * growth * max(0.3, chance.gauss(1, NOISE)))
    weights[-1] *= elapsed
    whole, found, before = sum(weights) or 1.0, [], 0
    for day, until in zip(days, accumulate(weights), strict=True):
        here = round(total * until / whole)
        found.append((day, here - before))
        before = here
    # All weight may be gone when the only day has just begun.
    found[-1] = days[-1], found[-1][1] + total - before
    return found


def elapsed_share(second: int) -> float:
    """How much of a day's online orders has come in by this second of the day."""
    hour, rest = divmod(min(second, 86_399), 3600)
    return (sum(ONLINE_HOURS[:hour]) + ONLINE_HOURS[hour] * rest / 3600) / sum(ONLINE_HOURS)


def seconds_of_day(count: int, hours: tuple[float, ...], limit: int, chance: Random) -> list[int]:
    """`count` seconds of a day, spread by the weights of its hours, all below `limit`."""
    open_hours = [weight if hour * 3600 < limit else 0 for hour, weight in enumerate(hours)]
    if not any(open_hours):
        open_hours[0] = 1
    drawn = chance.choices(range(24), open_hours, k=count)
    random = chance.random
    return [min(hour * 3600 + int(random() * 3600), limit - 1) for hour in drawn]
