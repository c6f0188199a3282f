"""The browser libraries in the repository are those that vendor.json names, with their licences."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
import vendor  # type: ignore[import-not-found]  # noqa: E402


def test_vendored_files_are_as_they_were_fetched() -> None:
    assert vendor.differences() == []


def test_a_changed_vendored_file_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "vendor"
    shutil.copytree(vendor.VENDOR, copy)
    monkeypatch.setattr(vendor, "VENDOR", copy)
    monkeypatch.setattr(vendor, "MANIFEST", copy / "vendor.json")
    (copy / "sortablejs" / "sortable.min.js").write_text("alert(1)")
    (copy / "icons" / "LICENSE").unlink()
    (copy / "more.js").write_text("alert(2)")
    assert vendor.differences() == [
        "changed: sortablejs/sortable.min.js", "missing: icons/LICENSE", "not listed: more.js"]


def test_every_library_comes_with_its_licence_and_a_free_one() -> None:
    packages = json.loads(vendor.MANIFEST.read_text())["packages"]
    assert {package["licence"] for package in packages} <= {"MIT", "Apache-2.0"}
    for package in vendor.PACKAGES:
        assert (vendor.VENDOR / package.folder / "LICENSE").stat().st_size > 500, package.name


OWN = sorted(
    file for kind in ("*.js", "*.css") for file in (ROOT / "app" / "static").rglob(kind) if "vendor" not in file.parts)


@pytest.mark.parametrize("file", OWN, ids=lambda file: file.name)
def test_no_file_of_ours_names_another_host(file: Path) -> None:
    """What the vendored libraries ask for is watched in the browser tests."""
    text = file.read_text().replace("http://www.w3.org/2000/svg", "")
    assert "http://" not in text and "https://" not in text
