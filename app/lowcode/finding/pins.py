"""What a user has pinned: at hand in the palette, and its screens at the head of the menu."""

from __future__ import annotations

from app.core.errors import BusinessError, NotFound
from app.core.i18n import lazy as _
from app.lowcode.finding import places
from app.lowcode.security.identity import signed_in
from app.lowcode.security.preferences import choose_pins

MOST = 20
"""So many can be pinned: more than one finds at a glance are no longer at hand."""


class TooManyPins(BusinessError):
    """One more than can be pinned."""

    code = "too_many_pins"

    def __init__(self) -> None:
        super().__init__(_("At most %(count)s pages and records can be pinned. Unpin one first."), count=MOST)


def keys() -> tuple[str, ...]:
    """The keys of all that the current user has pinned; costs no query."""
    who = signed_in()
    return who.pins if who is not None else ()


def is_pinned(key: str) -> bool:
    return key in keys()


def pin(key: str) -> list[str]:
    """Pin a page or a record, after the others; NotFound for what is not there or may not be seen. Gives all keys."""
    if not places.find([key]):
        raise NotFound()
    kept = [other for other in keys() if other != key]
    if len(kept) >= MOST:
        # What is gone, or may no longer be seen, is not shown and so cannot be unpinned: it makes room by itself.
        kept = [place.key for place in places.find(kept)]
    if len(kept) >= MOST:
        raise TooManyPins()
    choose_pins([*kept, key])
    return [*kept, key]


def unpin(key: str) -> list[str]:
    """Take a pin away; that it was none is all right. Gives all keys."""
    kept = [other for other in keys() if other != key]
    choose_pins(kept)
    return kept
