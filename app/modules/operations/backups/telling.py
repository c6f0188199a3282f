"""Telling facts about backups, also when there is no trail yet that could take them.

Before a migration, and after an older backup was restored, the tables are not those that this version writes to. What
is to be told then is noted in a file beside the backups and told as soon as the database has been migrated, by the same
actor.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.core.actor import Actor, acting_as, current_actor
from app.core.database import db, reading
from app.core.events import Audited, publish

from .shelf import flush, folder


def tell(fact: Audited) -> None:
    """Announce a fact in the transaction at hand, or note it down until the database is migrated. The edge commits."""
    from app.core import migrations

    with reading():  # the caller's transaction may hold the write lock
        is_current = migrations.is_current(db.engine)
    if is_current:
        publish(fact)
    else:
        _note([*_noted(), {"fact": type(fact).__name__, "fields": fact.fields(), "actor": asdict(current_actor())}])


def tell_what_was_noted() -> None:
    """Announce what could not be told before the database was migrated. The edge commits."""
    noted = _noted()
    for each in noted:
        fact = Audited.again(each["fact"], each["fields"])
        if fact is not None:
            with acting_as(Actor(**each["actor"])):
                publish(fact)
    if noted:
        _place().unlink()


def _place() -> Path:
    return folder() / ".untold.json"


def _noted() -> list[dict[str, Any]]:
    try:
        return list(json.loads(_place().read_text()))
    except FileNotFoundError:
        return []


def _note(facts: list[dict[str, Any]]) -> None:
    aside = _place().with_suffix(".new")
    aside.write_text(json.dumps(facts))
    flush(aside)
    os.replace(aside, _place())
