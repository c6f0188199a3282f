"""Which backups are kept: the newest of each of the last days, weeks and months that have one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import timedelta

from app.core import clock
from app.modules.operations.settings import BackupSettings

from .shelf import Backup, list_backups, remove, working

OVERDUE_AFTER = timedelta(hours=26)
"""A nightly backup is missing when the newest verified one is older than a day and the time a long one takes."""


def tidy_backups() -> list[str]:
    """Remove the backups that the shop's settings no longer keep; gives their names. Busy while another backup runs."""
    with working():
        gone = superseded(list_backups(), BackupSettings.daily, BackupSettings.weekly, BackupSettings.monthly)
        for backup in gone:
            remove(backup)
    return [backup.name for backup in gone]


def superseded(backups: Sequence[Backup], daily: int, weekly: int, monthly: int) -> list[Backup]:
    """Of these backups, newest first, those that nothing keeps.

    Kept is the newest good one of each of the last `daily` days on the shop's calendar that have one, likewise of
    `weekly` weeks from Monday and `monthly` months, and the newest good one in any case. One that was found damaged,
    or was never read through, keeps nobody's place and is left for people to look at.
    """
    good = [backup for backup in backups if backup.is_good]
    kept = {backup.name for backup in good[:1]}
    for count, period in ((daily, _day), (weekly, _week), (monthly, _month)):
        kept |= _newest_of_each(good, count, period)
    return [backup for backup in good if backup.name not in kept]


def _newest_of_each(backups: Sequence[Backup], count: int, period: Callable[[Backup], Hashable]) -> set[str]:
    newest: dict[Hashable, str] = {}
    for backup in backups:
        newest.setdefault(period(backup), backup.name)
    return set(list(newest.values())[:count])


def _day(backup: Backup) -> Hashable:
    return clock.to_zone(backup.made_at, clock.shop_zone()).date()


def _week(backup: Backup) -> Hashable:
    return clock.to_zone(backup.made_at, clock.shop_zone()).isocalendar()[:2]


def _month(backup: Backup) -> Hashable:
    day = clock.to_zone(backup.made_at, clock.shop_zone())
    return day.year, day.month


def newest_verified() -> Backup | None:
    """The newest backup that was read through and found good."""
    return next((backup for backup in list_backups() if backup.is_good), None)


def is_overdue() -> bool:
    """Whether there is no verified backup of the last day."""
    newest = newest_verified()
    return newest is None or clock.now() - newest.made_at > OVERDUE_AFTER
