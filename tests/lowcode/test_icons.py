"""Icons: the sprite has every drawing that the code asks for, and what is drawn can be read aloud."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.lowcode.icons import icon, is_icon

APP = Path(__file__).resolve().parents[2] / "app"
ASKED = re.compile(r"""(?:\bicon\(|\bicon\s*=\s*|"icon":\s*)["']([a-z][a-z0-9-]*)["']|["'](fa-[a-z0-9-]+)["']""")


def asked_for() -> dict[str, str]:
    """Icon name → a file that asks for it."""
    files = [file for kind in ("*.py", "*.html") for file in APP.rglob(kind)]
    return {one or two: file.name for file in files for one, two in ASKED.findall(file.read_text())}


def test_every_icon_that_is_asked_for_has_a_drawing() -> None:
    asked = asked_for()
    assert len(asked) > 50  # the search itself works
    assert {name: file for name, file in asked.items() if not is_icon(name)} == {}


def test_an_icon_beside_a_word_is_not_read_aloud() -> None:
    drawn = icon("fa-truck")
    assert 'aria-hidden="true"' in drawn and "icons.svg?v=" in drawn and '#truck"' in drawn
    assert icon("truck") == drawn


def test_an_icon_alone_says_what_it_is_and_escapes_it() -> None:
    drawn = icon("trash", 'Delete "this" <b>')
    assert 'role="img"' in drawn and "<b>" not in drawn and "Delete &#34;this&#34; &lt;b&gt;" in drawn


@pytest.mark.parametrize("name", [None, "", "fa-no-such-drawing"])
def test_an_unknown_icon_is_a_circle(name: str | None) -> None:
    assert '#circle"' in icon(name)


def test_arrows_turn_round_where_writing_runs_the_other_way() -> None:
    assert "icon-turns" in icon("chevron-right") and "icon-turns" not in icon("chevron-down")
