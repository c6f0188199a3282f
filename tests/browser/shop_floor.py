"""What the stories in the browser need: things in the shop that is open, each story with its own."""

from __future__ import annotations

import itertools
from typing import Any

from app.core.db import db
from tests.lowcode.shelf import Thing
from tests.support.live import LiveShop

_counter = itertools.count(1)


def bring_things(shop: LiveShop, word: str, count: int, **given: Any) -> list[int]:
    """Put things called “<word> 1”, “<word> 2” … into the shop; gives their ids, the first first."""
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
