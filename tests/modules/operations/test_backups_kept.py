"""Which backups are kept, and when one is missing."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from app.core import clock
from app.modules.operations import backups
from app.modules.operations.backups import shelf
from tests.modules.operations.shelf_room import backed_up, fill

NOON = datetime(2026, 11, 24, 4)


def one_of(age: timedelta, *, good: bool = True) -> backups.Backup:
    made_at = NOON - age
    manifest = backups.Manifest(made_at, "", "", None, "sqlite", "", "", {}, 0, 0)
    return backups.Backup(Path(f"houtai-{made_at:%Y%m%d-%H%M%S}.zip"), 1, made_at, manifest, made_at if good else None,
                          "")


def test_of_two_years_of_nights_seven_days_five_weeks_and_twelve_months_stay() -> None:
    nights = [one_of(timedelta(days=day)) for day in range(730)]
    gone = {backup.name for backup in backups.superseded(nights, 7, 5, 12)}
    kept = [backup.made_at.date() for backup in nights if backup.name not in gone]
    assert [str(day) for day in kept[:7]] == [f"2026-11-{day}" for day in range(24, 17, -1)]
    assert "2026-11-15" in map(str, kept) and "2026-11-08" in map(str, kept), "the Sundays of five weeks"
    assert "2026-10-31" in map(str, kept) and "2025-12-31" in map(str, kept), "the last days of twelve months"
    assert "2025-11-30" not in map(str, kept)
    assert len(kept) <= 7 + 5 + 12


def test_a_damaged_or_unread_one_keeps_nobodys_place_and_stays() -> None:
    found = [one_of(timedelta(0), good=False), one_of(timedelta(hours=1)), one_of(timedelta(hours=2))]
    assert [backup.name for backup in backups.superseded(found, 1, 0, 0)] == [found[2].name]


def test_the_newest_good_one_always_stays() -> None:
    assert backups.superseded([one_of(timedelta(days=900))], 0, 0, 0) == []


def test_tidying_removes_files(var: Path) -> None:
    fill()
    clock.set("2026-11-24 02:00")
    first = backed_up()
    clock.set("2026-11-24 03:00")
    second = backed_up()
    assert backups.tidy_backups() == [first.name]
    assert [path.name for path in sorted(backups.folder().glob("houtai-*"))] == [
        second.name, f"{second.name}.check"]


def test_two_within_a_second_have_names_of_their_own(var: Path) -> None:
    fill()
    clock.set("2026-11-24 02:00")
    assert backed_up().name != backed_up().name


def test_a_backup_is_overdue_after_26_hours(var: Path) -> None:
    assert backups.is_overdue()
    fill()
    clock.set("2026-11-24 02:00")
    made = backed_up()
    assert not backups.is_overdue()
    clock.set("2026-11-25 03:59")
    assert not backups.is_overdue()
    clock.set("2026-11-25 04:01")
    assert backups.is_overdue()
    clock.set("2026-11-24 02:00")
    shelf.note_check(made.path, backups.Damaged())
    assert backups.is_overdue(), "a damaged one does not count"
