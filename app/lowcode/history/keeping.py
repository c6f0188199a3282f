"""What this floor asks of whoever keeps the history of records, which is a business of its own.

A module brings it as `Module(..., keeper=…)`: an object with the two methods of `Keeper`. Without one, record pages
have no history, and nothing else is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from markupsafe import Markup

from app.core.i18n import lazy as _
from app.lowcode.registry import registry

MASKED = _("Only a part of it is kept in the history, for it is about a person.")
SHORTENED = _("Only its beginning is kept in the history.")
SECRET = _("Secrets are not kept in the history.")
UNTOLD = _("It was changed in the meantime in a way that the history does not tell.")


@dataclass(frozen=True)
class Change:
    """One changed column, ready to be read. A value that was not there is `—`."""

    label: str
    before: str | Markup
    after: str | Markup
    gone: Sequence[str]
    come: Sequence[str]
    """For lists, such as the permissions of a role: what was taken away and what was added, instead of the above."""
    text: str = ""
    """The new value in a few words, without links and pictures."""
    difference: Markup | None = None
    """For longer texts, both in one: what was taken out is marked and what was put in."""


@dataclass(frozen=True)
class Line:
    """One thing that happened to a record: what, in words, by whom, and what it changed."""

    id: int
    at: datetime
    words: str
    icon: str
    tone: str
    actor: str
    actor_kind: str
    """One of `app.core.actor.KINDS`, and the same in words."""
    kind_words: str
    changes: Sequence[Change]
    is_new: bool
    """Whether the record came to be, so that there was nothing before."""
    has_others: bool
    """Whether it also changed what was not asked for."""
    can_go_back: bool
    """Whether there was a record before that it changed."""


@dataclass(frozen=True)
class Earlier:
    """What a record was right before something was changed: by attribute, values as `app.core.changes.plain` gives them
    and for relations to many the titles of the records. `lost` says of attributes why their value is not known for
    certain; a part of it may be known."""

    at: datetime
    actor: str
    values: dict[str, Any] = field(default_factory=dict)
    lost: dict[str, Any] = field(default_factory=dict)


class Keeper(Protocol):
    """Who keeps the history of records."""

    def lines(self, model: type, record_id: int, names: Collection[str], *, older_than: int | None = None,
              at_most: int) -> list[Line]:
        """What happened to a record, the newest first; told are changes of the attributes in `names`."""

    def before(self, model: type, record_id: int, line_id: int, present: Mapping[str, Any]) -> Earlier | None:
        """What a record was before a line, of which `present` says what it is now; None if there is no such line."""


def keeper_of(model: type) -> Keeper | None:
    """Who keeps the history of this model's records, if anybody does."""
    return registry().keeper if getattr(model, "__audited__", True) else None
