"""What hangs on a record, in words: why it cannot be deleted, and what goes with it when it is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Table, inspect

from app.core import dependents
from app.core.dependents import Dependents
from app.core.errors import InUse
from app.core.i18n import gettext, listed, number_text
from app.core.i18n import lazy as _
from app.lowcode.registry import registry


@contextlib.contextmanager
def named(record: Any) -> Iterator[None]:
    """Where the database refuses inside to delete this record, the refusal names what depends on it. One that a rule of
    the shop has put into words stays as it is."""
    table, key, title = record.__table__, inspect(record).identity[0], str(record)
    try:
        yield
    except InUse as refused:
        found = in_use(table, key, title) if refused.__cause__ is not None else None
        raise found or refused from refused.__cause__


def in_use(table: Table, key: Any, title: str) -> InUse | None:
    """The refusal to delete a record that names what depends on it; None where nothing is found to do so, such as
    after somebody took it away in the meantime."""
    words = _words(dependents.holding(table, key), others=gettext("Other records"))
    if not words:
        return None
    return InUse(_("“%(title)s” is in use and cannot be deleted. What uses it: %(holders)s.", title=title,
                   holders=words))


def going_along(table: Table, key: Any) -> str:
    """One sentence on what is deleted with a record; "" where nothing that people know of is."""
    words = _words(dependents.going_along(table, key))
    return gettext("What goes with it: %(rows)s.", rows=words) if words else ""


def _words(found: Iterable[Dependents], others: str = "") -> str:
    """Kinds of records with their numbers; what has no screen is machinery and told as `others`, if at all."""
    told = []
    for each in found:
        screen = registry().screen_of_table(each.table)
        kind = str(screen.list_title) if screen is not None else others
        if kind:
            number = number_text(each.count) + ("+" if each.is_more else "")
            told.append(gettext("%(kind)s %(count)s", kind=kind, count=number))
    return listed(told)
