"""A process that serves loads what serving needs, and no more: what else there is comes when it is first wanted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

ROOT = Path(__file__).resolve().parents[1]
COMES_LATER = {
    # Bringing a database to another shape, and the templates in which its steps are written.
    "alembic", "mako", "pygments", "app.core.migrations", "app.preparing",
    # The driver of a database that is not this one.
    "psycopg",
    # Charts, spreadsheets, and what looks into pictures.
    "pyecharts", "xlsxwriter", "puremagic", "PIL",
    # The clock of the one process that leads.
    "apscheduler.schedulers",
    # Commands, and what only they do.
    "app.cli", "app.demoing", "app.core.demo", "app.core.table_files", "app.modules.catalog.demo",
    "app.modules.members.demo", "app.modules.orders.demo", "app.modules.catalog.importing",
    "app.modules.members.importing", "app.modules.orders.importing", "babel.messages",
    # What the framework would load for types and keys that are not in use here.
    "sqlalchemy_utils", "sqlalchemy.dialects.mssql", "sqlalchemy.dialects.mysql", "cryptography",
    "jsonschema", "yaml",
    # The server's own parent process.
    "granian",
}
SERVES_A_PAGE = """
import json, sys
from app import create_app
app = create_app(json.loads(sys.argv[1]))
answer = app.test_client().get("/login/")
assert answer.status_code == 200, answer.text
for name in sys.argv[3:]:
    __import__(name)
open(sys.argv[2], "w").write(json.dumps(sorted(sys.modules)))
"""


def loaded(app: Flask, tmp_path: Path, *more: str) -> set[str]:
    """What of all that comes later was loaded by a process that answered one page and imported `more`."""
    out = tmp_path / "loaded.json"
    overrides: dict[str, Any] = {
        "SQLALCHEMY_DATABASE_URI": app.config["SQLALCHEMY_DATABASE_URI"], "JOBS_IN_PROCESS": False}
    subprocess.run([sys.executable, "-c", SERVES_A_PAGE, json.dumps(overrides), str(out), *more], cwd=ROOT,
                   env={**os.environ, "HOUTAI_VAR": str(tmp_path / "var")}, check=True)
    return COMES_LATER & set(json.loads(out.read_text()))


def test_the_first_page_needs_nothing_that_comes_later(app: Flask, tmp_path: Path) -> None:
    assert loaded(app, tmp_path) == set()


@pytest.mark.parametrize(("wanted", "brings"), [
    ("app.preparing", {"app.preparing", "app.core.migrations", "alembic"}),
    ("app.modules.catalog.demo", {"app.modules.catalog.demo", "app.core.demo", "PIL"}),
    ("cryptography.fernet", {"cryptography"}),
    ("jsonschema", {"jsonschema"}),
    ("sqlalchemy_utils.types.uuid", {"sqlalchemy_utils", "sqlalchemy.dialects.mssql"}),
])
def test_what_is_wanted_would_be_noticed(app: Flask, tmp_path: Path, wanted: str, brings: set[str]) -> None:
    assert brings <= loaded(app, tmp_path, wanted)


def test_a_module_that_comes_late_is_the_real_one_wherever_it_was_named(app: Flask, tmp_path: Path) -> None:
    said = subprocess.run([sys.executable, "-c", """
import sys
from app.core.starting import sparing
with sparing():
    import yaml as early
assert "yaml" not in sys.modules
assert early.safe_load("a: 1") == {"a": 1}
import yaml
assert yaml.safe_load is early.safe_load and type(yaml) is type(sys)
"""], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
