"""What a message offers to take back: a deletion, a value changed in a list, and an action that names its reverse.

Undoing is no power of its own. It is the restoring of the recycle bin, another button of the same screen or the old
value sent again, with its permission, its rules and its line in the audit trail; who may not do that is not offered
to undo.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flask import flash

from app.core.bin import BinEntry
from app.core.i18n import gettext
from app.lowcode.actions import Action
from app.lowcode.registry import registry

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

MOST_ROWS = 200
"""A message travels in the cookie; more ids would not fit."""


def say_deleted(title: str, kept: int | None) -> None:
    """Tell that a record was deleted, with a way back where the bin keeps it under the id `kept`."""
    bin_screen = registry().screen_of(BinEntry)
    back = None
    if kept is not None and bin_screen is not None and bin_screen.may("restore"):
        back = offer(f"{bin_screen.route_base}/action/restore/{kept}", {})
    _say(gettext("Deleted: %(title)s", title=title), back)


def say_done(screen: "Screen", mark: Action, ids: Sequence[int]) -> None:
    """Tell that an action was done, with a way back where another action reverses it."""
    back = None
    if mark.undo and screen.may(mark.undo) and 0 < len(ids) <= MOST_ROWS:
        fields = [["action", mark.undo], *(["rowid", str(row_id)] for row_id in ids)]
        back = {"url": f"{screen.route_base}/action", "fields": fields}
    _say(gettext("%(action)s: done for %(count)s.", action=mark.label, count=len(ids)), back)


def offer(url: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """What takes a change back: these fields, sent to this address."""
    return {"url": url, "fields": [list(pair) for pair in fields.items()]}


def _say(text: str, back: dict[str, Any] | None) -> None:
    flash({"text": text, "undo": back} if back else text, "success")  # type: ignore[arg-type]
