"""What is written down: each module, setting, job, command and deployment setting has its place in `docs/`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from app.core.settings import Setting
from app.roles import STARTERS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def written() -> str:
    """All pages together."""
    return "\n".join(page.read_text() for page in sorted(DOCS.glob("**/*.md")))


def test_every_module_is_described(app: Flask, written: str) -> None:
    from app import MODULES

    assert [name for name in MODULES if f"`{name}`" not in written] == []


def test_every_environment_variable_is_described(written: str) -> None:
    read = set(re.findall(r"""(?:environ\.get|environ\[|_flag|_words)\(?\s*["']([A-Z][A-Z0-9_]+)["']""",
                          "\n".join(file.read_text() for file in [ROOT / "config.py", *ROOT.glob("app/**/*.py")])))
    read -= {"PATH"}  # the system's own
    assert read
    assert sorted(name for name in read if f"`{name}`" not in written) == []


def test_every_command_of_make_is_described(written: str) -> None:
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [target for target in targets if f"make {target}" not in written] == []


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.glob("**/*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
            if not target.startswith(("http://", "https://", "mailto:")) and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} → {target}")
    assert broken == []


def test_every_page_is_listed_on_the_first_page() -> None:
    index = (DOCS / "index.md").read_text()
    assert [page.name for page in DOCS.glob("*.md") if page.name != "index.md" and f"({page.name})" not in index] == []


def test_the_example_in_the_docs_is_the_one_that_is_tested() -> None:
    text = (DOCS / "adding-a-module.md").read_text()
    for name in ("models.py", "views.py", "__init__.py"):
        assert (ROOT / "tests" / "example" / "suppliers" / name).read_text().strip() in text, name


def test_every_job_is_described(app: Flask, written: str) -> None:
    names = [job.job_options.name for module in app.extensions["houtai_modules"] for job in module.jobs]
    assert names
    assert [name for name in names if f"`{name}`" not in written] == []


def test_every_setting_is_described(app: Flask, written: str) -> None:
    names = [f"{group.__name__}.{name}" for module in app.extensions["houtai_modules"] for group in module.settings
             for name, value in vars(group).items() if isinstance(value, Setting)]
    assert names
    assert [name for name in names if f"`{name}`" not in written] == []


def test_every_starter_role_is_described(written: str) -> None:
    assert [starter.name for starter in STARTERS if f"`{starter.name}`" not in written] == []
