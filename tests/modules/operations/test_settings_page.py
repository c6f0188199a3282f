"""The page of settings: all that is wrong with a group at once, and nothing changed that was not sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.core import settings
from app.core.i18n import lazy as _
from app.core.settings import Settings, setting


@pytest.fixture
def group() -> Iterator[type[Settings]]:
    class TryingSettings(Settings):
        """For this test alone."""

        label = _("Settings")
        days: int = setting(3, _("Days"), min=1, max=30)
        fee: int = setting(0, _("Price"), kind="money", max=10_000)
        word: str = setting("abc", _("Name"), size=5)
        is_on: bool = setting(True, _("Open"))

    settings.register(TryingSettings)
    yield TryingSettings
    settings._groups.pop("trying")


@pytest.fixture
def owner(app: Flask, as_user: Any) -> Any:
    return as_user("ming")


def test_one_save_tells_all_that_is_wrong_with_a_group(owner: Any, group: type[Settings]) -> None:
    page = owner.post("/settings/trying", data={"days": "31", "fee": "a lot", "word": "too long", "is_on": "perhaps"})
    assert page.status_code == 422
    assert set(re.findall(r'id="trying\.(\w+)-error"', page.text)) == {"days", "fee", "word", "is_on"}
    assert "This must be at most 30." in page.text
    assert 'value="31"' in page.text and 'value="a lot"' in page.text and 'value="too long"' in page.text
    assert group.days == 3  # type: ignore[attr-defined]


def test_a_setting_that_was_not_sent_stays(owner: Any, group: type[Settings]) -> None:
    assert owner.post("/settings/trying", data={"days": "5"}).status_code == 302
    assert (group.days, group.is_on) == (5, True)  # type: ignore[attr-defined]
    assert owner.post("/settings/trying", data={"is_on": ""}).status_code == 302
    assert (group.days, group.is_on) == (5, False)  # type: ignore[attr-defined]


def test_a_ticked_box_stays_ticked_when_something_else_is_refused(owner: Any, group: type[Settings]) -> None:
    page = owner.post("/settings/trying", data={"days": "31", "is_on": ["", "1"]}).text
    assert re.search(r'<input type="checkbox" name="is_on"[^>]* checked', page)
    page = owner.post("/settings/trying", data={"days": "31", "is_on": ""}).text
    assert not re.search(r'<input type="checkbox" name="is_on"[^>]* checked', page)
