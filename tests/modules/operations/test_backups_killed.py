"""kill -9 at every step: a half backup is nothing, and after a half restore one of the two databases serves, whole."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from app.core import files
from app.core.db import db
from app.modules.operations import backups
from app.modules.operations.backups import archive, checking, making, postgres, restoring, shelf, sqlite
from tests.modules.operations.shelf_room import (
    backed_up,
    contents,
    die,
    dying,
    fill,
    in_a_child,
    picture_of,
    product_names,
    put_back,
    seen_on_shelf,
    wreck,
)

MAKING = {
    "before anything is copied": lambda: dying(making, "_fill"),
    "with the database copied": lambda: dying(making, "_add_uploads"),
    "before the seal": lambda: dying(archive, "_sum_before_seal"),
    "before it is read back": lambda: dying(making, "read_back"),
    "before it gets its name": lambda: dying(making, "put_on_shelf"),
    "on its way to the disk": lambda: dying(shelf, "flush"),
}
RESTORING = {
    "sqlite": {
        "before unpacking": lambda: dying(restoring, "unpack"),
        "after unpacking": lambda: dying(restoring, "unpack", after=True),
        "amid the pictures": lambda: dying(files.storage(), "save", after=True),
        "before the switch": lambda: dying(sqlite, "switch"),
        "before the old one has its second name": lambda: dying(sqlite.os, "link"),
        "before the rename": lambda: dying(sqlite.os, "link", after=True),
        "after the rename": lambda: dying(sqlite.os, "replace", after=True),
        "after the switch": lambda: dying(sqlite, "switch", after=True),
    },
    "postgresql": {
        "before unpacking": lambda: dying(restoring, "unpack"),
        "with an empty database beside": lambda: dying(postgres, "make_beside", after=True),
        "with a full database beside": lambda: dying(postgres, "restore", after=True),
        "before the switch": lambda: dying(postgres, "switch"),
        "after the switch": lambda: dying(postgres, "switch", after=True),
    },
}


@pytest.mark.both_databases
def test_a_killed_backup_leaves_nothing_and_harms_nothing(var: Path) -> None:
    fill()
    first = backed_up()
    before, rows = seen_on_shelf(), contents()
    for when, arm in MAKING.items():
        def work(arm: Any = arm) -> None:
            arm()
            backed_up()

        assert in_a_child(work) == -signal.SIGKILL, when
        assert seen_on_shelf() == before, when
        assert contents() == rows, when
    assert backups.verify_backup(first.name).is_good
    assert backed_up().is_good, "the next one finds its way free"
    assert list(backups.folder().glob(".work-*")) == []


def test_a_backup_that_nobody_kills_is_there(var: Path) -> None:
    """The positive control: the same in a child that lives."""
    fill()
    assert in_a_child(backups.create_backup) == 0
    assert [backup.is_good for backup in backups.list_backups()] == [True]


@pytest.mark.both_databases
def test_a_killed_restore_leaves_the_old_or_the_new_database(var: Path, database: Any) -> None:
    key = fill()
    good = contents()
    made = backed_up()
    wreck()
    bad = contents()
    seen = []
    for when, arm in RESTORING[database.kind].items():
        def work(arm: Any = arm) -> None:
            arm()
            put_back(made.path)

        assert in_a_child(work) == -signal.SIGKILL, when
        found = contents()
        assert found in (good, bad), when
        seen.append(found == good)
        if found == good:
            assert picture_of(key), f"{when}: the pictures come before the switch"
        db.session.remove()
        db.engine.dispose()
    assert seen == sorted(seen) and seen[0] is False and seen[-1] is True, "both sides of the switch were tried"
    for left in Path(database.file.parent if database.kind == "sqlite" else var).glob("*-before-*"):
        if database.kind == "sqlite" and not left.samefile(database.file):
            left.unlink()
    put_back(made.path)
    assert contents() == good and product_names() == {"Silk", "Tea"}


def test_the_tests_can_tell_a_killed_process_from_a_failed_one(var: Path) -> None:
    assert in_a_child(die) == -signal.SIGKILL
    assert in_a_child(lambda: backups.get_backup("none")) == 1
    assert checking.UPLOADS == "uploads.tar"
