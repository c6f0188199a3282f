"""Backups: what was kept comes back byte by byte, and nothing that is not whole is ever believed."""

from __future__ import annotations

import errno
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from app.core.db import db
from app.core.errors import NotFound
from app.modules.operations import backups
from app.modules.operations.backups import archive, making, shelf, sqlite
from tests.modules.operations.shelf_room import (
    backed_up,
    contents,
    fill,
    picture_of,
    product_names,
    put_back,
    seen_on_shelf,
    wreck,
)


def refusal(path: Path) -> str | None:
    """The code of the refusal to restore this file; None if it would be restored."""
    from app.modules.operations.backups.checking import remove_unpacked, unpack

    place = path.with_name("unpacked")
    try:
        unpack(path, place, thorough=True)
    except (backups.Damaged, backups.FromNewerVersion) as error:
        return error.code
    finally:
        remove_unpacked(place)
    return None


@pytest.mark.both_databases
def test_what_is_restored_is_what_was_backed_up(var: Path) -> None:
    key = fill()
    before, picture = contents(), picture_of(key)
    made = backed_up()
    assert made.is_good and made.row_count == sum(made.manifest.rows.values()) > 0
    assert made.manifest.upload_count == 1
    assert backups.verify_backup(made.name).problem == ""
    wreck()
    assert contents() != before, "nothing was wrecked, so nothing would be proved"
    restored = put_back(made.path)
    assert contents() == before
    assert picture_of(key) == picture
    assert restored.kept_as


@pytest.mark.both_databases
def test_the_database_that_was_replaced_is_kept(var: Path, database: Any) -> None:
    fill()
    made = backed_up()
    wreck()
    kept_as = put_back(made.path).kept_as
    assert product_names() == {"Silk", "Tea"}
    if database.kind == "sqlite":
        with sqlite._opened(database.file.with_name(kept_as)) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM products")}
    else:
        with making.server().connect(kept_as) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM products")}
    assert names == {"Wrecked"}


@pytest.mark.both_databases
def test_a_single_flipped_bit_anywhere_is_refused(var: Path) -> None:
    fill()
    made = backed_up()
    whole = made.path.read_bytes()
    assert refusal(made.path) is None, "the positive control"
    with zipfile.ZipFile(made.path) as opened:
        starts = [entry.header_offset for entry in opened.infolist()]
        names = opened.namelist()
    assert archive.MANIFEST in names and "uploads.tar" in names
    size = len(whole)
    spots = {0, 1, size - 1, size - 32, size - archive.SEAL_BYTES - 1, *range(0, size, size // 40)}
    for start in starts:
        spots |= {start, start + 8, start + 14, start + 22, start + 31, start + 90}
    torn = var / "torn.zip"
    for spot in sorted(spots):
        torn.write_bytes(whole[:spot] + bytes([whole[spot] ^ 1 << spot % 8]) + whole[spot + 1:])
        assert refusal(torn) == "damaged", f"byte {spot} of {len(whole)}"


@pytest.mark.parametrize("keep", [0, 1, 63, 64, 200, 0.5, 0.99, -1])
def test_a_file_that_was_cut_off_is_refused(var: Path, keep: float) -> None:
    fill()
    made = backed_up()
    whole = made.path.read_bytes()
    size = int(len(whole) * keep) if isinstance(keep, float) else keep if keep >= 0 else len(whole) + keep
    made.path.write_bytes(whole[:size])
    found = backups.verify_backup(made.name)
    assert found.problem and not found.is_good
    with pytest.raises(backups.Damaged):
        put_back(made.path)
    assert product_names() == {"Silk", "Tea"}


def test_a_sealed_archive_with_other_rows_than_it_says_is_refused(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums alone would believe a database that was empty when it was copied."""
    fill()
    count = sqlite.count_rows
    monkeypatch.setattr(sqlite, "count_rows", lambda connection: {**count(connection), "products": 3})
    with monkeypatch.context() as lying, pytest.raises(backups.Damaged):
        calls = iter([3, 2])
        lying.setattr(sqlite, "count_rows", lambda connection: {**count(connection), "products": next(calls)})
        backed_up()
    assert backups.list_backups() == []


@pytest.mark.both_databases
def test_a_backup_of_a_newer_version_is_refused(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill()
    made = backed_up()
    monkeypatch.setattr("app.core.migrations.is_known", lambda _revision: False)
    with pytest.raises(backups.FromNewerVersion):
        put_back(made.path)
    monkeypatch.setattr(archive, "FORMAT", 0)
    assert backups.get_backup(made.name).problem


def test_a_backup_of_the_other_database_is_refused(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill()
    made = backed_up()
    monkeypatch.setattr(db.engine.dialect, "name", "postgresql")
    with pytest.raises(backups.OtherDatabase):
        put_back(made.path)


def test_nothing_is_restored_while_the_shop_runs(var: Path, database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "PATIENCE_SECONDS", 0.1)
    fill()
    made = backed_up()
    wreck()
    with sqlite._opened(database.file) as shop:
        shop.execute("SELECT count(*) FROM products").fetchone()
        with pytest.raises(sqlite.StillOpen):
            put_back(made.path)
    assert product_names() == {"Wrecked"}
    put_back(made.path)  # the positive control: now the shop is closed
    assert product_names() == {"Silk", "Tea"}


@pytest.mark.parametrize("damage", ["torn header", "torn page", "gone"])
def test_a_broken_database_is_no_obstacle_to_restoring(var: Path, database: Any, damage: str) -> None:
    fill()
    before = contents()
    made = backed_up()
    db.session.remove()
    db.engine.dispose()
    whole = database.file.read_bytes()
    if damage == "gone":
        database.file.unlink()
    else:
        at = 0 if damage == "torn header" else 4096
        database.file.write_bytes(whole[:at] + os.urandom(4096) + whole[at + 4096:])
    put_back(made.path)
    assert contents() == before


@pytest.mark.both_databases
def test_a_full_disk_leaves_earlier_backups_as_they_were(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill()
    backed_up()
    before = seen_on_shelf()
    whole = sum(len(content) for content in before.values())
    write = archive.Summing.write
    for room in (0, 100, whole // 4, whole // 2):
        left = [room]

        def on_a_full_disk(self: Any, data: Any, left: list[int] = left) -> int:
            left[0] -= len(data)
            if left[0] < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write(self, data)

        with monkeypatch.context() as full, pytest.raises(backups.DiskFull):
            full.setattr(archive.Summing, "write", on_a_full_disk)
            backed_up()
        assert seen_on_shelf() == before
        assert [path.name for path in backups.folder().glob(".work-*")] == []
    assert backed_up().is_good, "the positive control: with room again it works"


def test_a_backup_that_would_fill_the_disk_is_not_begun(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill()
    monkeypatch.setattr(making, "SPARE_BYTES", 10**18)
    with pytest.raises(backups.DiskFull):
        backed_up()
    assert backups.list_backups() == []


def test_only_one_works_at_a_time(var: Path) -> None:
    fill()
    made = backed_up()
    with shelf.working():
        for work in (backups.create_backup, backups.tidy_backups, lambda: backups.verify_backup(made.name),
                     lambda: put_back(made.path)):
            with pytest.raises(backups.Busy):
                work()
    assert backed_up().is_good


@pytest.mark.parametrize("name", ["../secret_key", "..", "/etc/passwd", "houtai-20260101-000000.zip.check", "",
                                  "houtai-20260101-000000.zip/../../secret_key", ".lock"])
def test_no_name_leads_out_of_the_folder(var: Path, name: str) -> None:
    (var / "secret_key").write_text("x")
    with pytest.raises(NotFound):
        backups.get_backup(name)


def test_only_the_owner_may_read_a_backup(var: Path) -> None:
    fill()
    made = backed_up()
    assert made.path.stat().st_mode & 0o077 == 0 and backups.folder().stat().st_mode & 0o077 == 0
