"""The shape of the house: who may import whom, how long a file may be, what may not stand in it."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app"
LONGEST = 450
FACE = {"services", "events", "models"}
"""What one module may use of another; the other rooms are private."""
OFFERED = {"timeline"}
"""A room that a module has opened on purpose, for those above it to add to."""
MAY_LEAN_ON = {
    "core": {"app.core"},
    "lowcode": {"app.lowcode", "app.core"},
    "modules": {"app.modules", "app.lowcode", "app.core"},
}
"""All that a floor may know of the house; not the roles, commands and starts that make this application of it."""
CALLED_BY_NO_ONE = {"analytics", "audit", "operations"}
"""Modules that listen to everyone and that no other module calls."""
MAY_READ_THE_CLOCK = {"app/core/clock.py"}


def python_files() -> list[Path]:
    return sorted(path for path in APP.rglob("*.py"))


def imports(file: Path) -> Iterator[tuple[str, int]]:
    """Each module a file imports by its full name, wherever in the file, with the line."""
    package = file.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                here = package[:-node.level] if file.name != "__init__.py" else package[:len(package) - node.level]
                base = ".".join([*here, *([base] if base else [])])
            for alias in node.names:
                yield f"{base}.{alias.name}", node.lineno


def tracked() -> list[Path]:
    """Every file that belongs to the project."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    outside = {".venv", ".git", "var", "__pycache__"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not outside & set(path.relative_to(ROOT).parts)]


@pytest.mark.parametrize("floor", list(MAY_LEAN_ON))
def test_a_floor_does_not_lean_on_the_floor_above(floor: str) -> None:
    wrong = [f"{file.relative_to(ROOT)}:{line} imports {name}"
             for file in python_files() if file.is_relative_to(APP / floor)
             for name, line in imports(file)
             if (name == "app" or name.startswith("app."))
             and not any(name == below or name.startswith(below + ".") for below in MAY_LEAN_ON[floor])]
    assert wrong == []


def test_a_module_enters_another_only_by_its_face() -> None:
    wrong = []
    for file in python_files():
        parts = file.relative_to(APP).parts
        if parts[0] != "modules" or len(parts) < 3:
            continue
        for name, line in imports(file):
            words = name.split(".")
            if words[:2] != ["app", "modules"] or len(words) < 4 or words[2] == parts[1]:
                continue
            # A screen names the screens it is related to; so screens know each other.
            if words[3] not in FACE | OFFERED | ({"views"} if parts[2] == "views.py" else set()):
                wrong.append(f"{file.relative_to(ROOT)}:{line} enters {name}")
    assert wrong == []


def test_nobody_calls_those_who_only_listen() -> None:
    wrong = []
    for file in python_files():
        parts = file.relative_to(APP).parts
        for name, line in imports(file):
            words = name.split(".")
            if parts[0] == "modules" and words[:2] == ["app", "modules"] and len(words) > 2:
                if words[2] in CALLED_BY_NO_ONE and words[2] != parts[1]:
                    wrong.append(f"{file.relative_to(ROOT)}:{line} calls {name}")
    assert wrong == []


def test_the_product_needs_nothing_of_its_tests() -> None:
    wrong = [f"{file.relative_to(ROOT)}:{line} imports {name}" for file in python_files()
             for name, line in imports(file) if name.split(".")[0] in {"tests", "bench", "simulator"}]
    assert wrong == []


def test_only_the_clock_reads_the_clock() -> None:
    reading = re.compile(r"\b(?:datetime|date)\.(?:now|utcnow|today)\(")
    wrong = [f"{file.relative_to(ROOT)}:{number}" for file in python_files()
             if str(file.relative_to(ROOT)) not in MAY_READ_THE_CLOCK
             for number, line in enumerate(file.read_text().splitlines(), 1) if reading.search(line)]
    assert wrong == []


def test_no_file_is_longer_than_one_sitting() -> None:
    kept_elsewhere = ("vendor", "versions", "translations", "var", ".venv")
    long = {str(file.relative_to(ROOT)): lines for file in tracked()
            if file.suffix in {".py", ".js", ".css", ".html"} and not set(kept_elsewhere) & set(file.parts)
            and (lines := len(file.read_text().splitlines())) > LONGEST}
    assert long == {}


def test_the_project_speaks_of_itself_alone() -> None:
    """No folder of somebody's machine, no note to be finished later."""
    machines = re.compile(r"(?<![\w.])/(?:" + "|".join(["work", "root", "home"]) + r")/\w|/tmp" + r"/[a-z]")
    later = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
    wrong = []
    for file in tracked():
        if file.suffix not in {".py", ".js", ".css", ".html", ".md", ".toml", ".cfg", ".txt", ".mako", ""}:
            continue
        if "vendor" in file.parts or "translations" in file.parts:
            continue
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
            if machines.search(line) or later.search(line):
                wrong.append(f"{file.relative_to(ROOT)}:{number} {line.strip()[:80]}")
    assert wrong == []


def test_no_page_asks_another_host() -> None:
    outside = re.compile(r"""(?:src|href|url|import)\s*[=(]\s*["']?(?:https?:)?//""")
    wrong = [f"{file.relative_to(ROOT)}:{number} {line.strip()[:100]}"
             for pattern in ("templates/**/*.html", "static/**/*.css", "static/**/*.js")
             for file in APP.glob(pattern) if "vendor" not in file.parts
             for number, line in enumerate(file.read_text().splitlines(), 1) if outside.search(line)]
    assert wrong == []


def test_templates_hold_no_script_and_no_style() -> None:
    """The Content-Security-Policy would refuse them."""
    inline = re.compile(
        r"<script(?![^>]*\bsrc\b)(?![^>]*type=\"application/json\")|<style|\son\w+=\"|javascript:", re.IGNORECASE)
    wrong = [f"{file.relative_to(ROOT)}:{number} {line.strip()[:100]}" for file in APP.rglob("*.html")
             for number, line in enumerate(file.read_text().splitlines(), 1) if inline.search(line)]
    assert wrong == []
