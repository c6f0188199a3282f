"""A folder of its own for each test of backups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.core.storage import LocalFolder


@pytest.fixture
def var(app: Flask, database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """VAR, empty; databases that a restore has set aside are taken away afterwards."""
    monkeypatch.setitem(app.config, "VAR", tmp_path)
    monkeypatch.setitem(app.extensions, "houtai_uploads", LocalFolder(tmp_path / "uploads"))
    monkeypatch.setattr("app.modules.operations.backups.making.SPARE_BYTES", 0)
    yield tmp_path
    if database.kind == "sqlite":
        for left in [*database.file.parent.glob("*-before-*"), *database.file.parent.glob(".*restoring*")]:
            left.unlink()
