"""What the stories in the browser need: things in the shop that is open, each story with its own."""

from __future__ import annotations

import itertools
from typing import Any

from flask_babel import force_locale

from app.core.db import db
from tests.lowcode.shelf import Thing
from tests.support.databases import EXAMPLE_MODULES
from tests.support.live import LiveShop

_counter = itertools.count(1)


def bring_things(shop: LiveShop, word: str, count: int, **given: Any) -> list[int]:
    """Put things called “<word> 1”, “<word> 2” … into the shop; gives their ids, the first first."""
    assert " " not in word, "two words would be taken for English on a Chinese page of the audit trail"
    with shop.app.app_context():
        things = [Thing(**{"code": f"{word[:8]}-{next(_counter)}", "label": f"{word} {number}"} | given)
                  for number in range(1, count + 1)]
        db.session.add_all(things)
        db.session.commit()
        ids = [thing.id for thing in things]
        db.session.remove()
    return ids


def thing(shop: LiveShop, thing_id: int) -> dict[str, Any] | None:
    """What the shop keeps about a thing now; None if it is gone."""
    with shop.app.app_context():
        found = db.session.get(Thing, thing_id)
        keys = Thing.__mapper__.columns.keys()
        kept = None if found is None else {key: getattr(found, key) for key in keys}
        db.session.remove()
    return kept


def untranslated_headings(shop: LiveShop, language: str) -> list[str]:
    """Where the description of the API tells of the modules that only tests have and nobody has translated, as CSS."""
    with shop.app.test_request_context(), force_locale(language):
        titles = [str(title) for module in EXAMPLE_MODULES for title in (
            *(screen.list_title for screen in module.screens), *(report.title for report in module.reports))]
    return [f".opblock-tag-section:has(> [data-tag='{title}'])" for title in titles]
