"""An address of a list, read together with the view it names and with what its reader has chosen.

A view and an address both consist of parts: the search text, the filters as a whole, the columns, the sorting and the
rows on a page. A part that stands in the address counts, else that of the view: `?view=7&sort=-price` is the view 7
sorted by price. A part that is there and empty is that of the plain list; for filters, `f=own` says that what follows,
even if nothing, is all of them. `view=all` is the plain list, for those who have another view opened first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from werkzeug.datastructures import MultiDict

from app.core.errors import BadRequest
from app.core.i18n import gettext, listed
from app.lowcode.fields import Field
from app.lowcode.filters import PREFIX, read_filters
from app.lowcode.listing import MAX_PAGE_SIZE, MAX_TERM
from app.lowcode.pages import Address
from app.lowcode.saved_views import columns, services
from app.lowcode.saved_views.services import Kept
from app.lowcode.security import signed_in

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

ALL = "all"
"""The word for the plain list."""
OWN = ("f", "own")
SINGLE = ("q", "sort", "size", "columns")
Pair = tuple[str, str]


@dataclass
class Parts:
    """What a list is asked for; empty is what the plain list has."""

    q: str = ""
    filters: list[Pair] = field(default_factory=list)
    sort: str = ""
    size: str = ""
    columns: str = ""

    @classmethod
    def of(cls, pairs: Iterable[Pair]) -> "Parts":
        found = cls()
        for key, value in pairs:
            if key.startswith(PREFIX):
                if value.strip():
                    found.filters.append((key, value))
            elif key in SINGLE:
                setattr(found, key, value.strip())
        found.filters.sort()
        return found

    @classmethod
    def of_content(cls, content: dict[str, Any]) -> "Parts":
        pairs = [(str(key), str(value)) for key, value in content.get("filters") or []]
        return cls(content.get("q") or "", sorted(pairs), content.get("sort") or "", str(content.get("size") or ""),
                   ",".join(content.get("columns") or []))

    def content(self) -> dict[str, Any]:
        """It as a view keeps it."""
        kept: dict[str, Any] = {"q": self.q[:MAX_TERM], "filters": [list(pair) for pair in self.filters],
                                "sort": self.sort, "size": int(self.size) if self.size else None,
                                "columns": self.columns.split(",") if self.columns else []}
        return {key: value for key, value in kept.items() if value}

    def pairs(self) -> list[Pair]:
        return [*((key, getattr(self, key)) for key in SINGLE if getattr(self, key)), *self.filters]

    def __bool__(self) -> bool:
        return bool(self.pairs())

    def differences(self, base: "Parts") -> list[Pair]:
        """What an address has to say for `self` where it names a view with `base`."""
        found = [(key, getattr(self, key)) for key in SINGLE if getattr(self, key) != getattr(base, key)]
        return found + (self.filters or [OWN] if self.filters != base.filters else [])


class ViewAddress(Address):
    """An address of a list that names a view, or the plain list, and says what is different from it."""

    def __init__(self, path: str, args: MultiDict[str, str], without: Iterable[str], word: str, base: Parts) -> None:
        super().__init__(path, args, without)
        self.word, self.base = word, base
        self.all_pairs = [pair for pair in self.pairs if pair[0] not in {"view", "f"}]
        self.pairs = self._said(self.all_pairs)
        self._written = [(key, _written(key, value)) for key, value in self.pairs]

    def _said(self, pairs: list[Pair]) -> list[Pair]:
        others = [pair for pair in pairs if pair[0] not in SINGLE and not pair[0].startswith(PREFIX)]
        return [("view", self.word), *Parts.of(pairs).differences(self.base), *others]

    def with_(self, *, without: tuple[str, ...] = (), **changes: Any) -> str:
        if without:
            pairs = [pair for pair in self.all_pairs if pair[0] not in changes and pair[0] not in without]
            pairs += [(key, str(value)) for key, value in changes.items() if value is not None]
            parts = [_written(key, value) for key, value in self._said(pairs)]
        else:
            # Most links change one word of some fifty; the rest is written already.
            parts = [written for key, written in self._written if key not in changes]
            for key, value in changes.items():
                said = "" if value is None else str(value)
                if said != (getattr(self.base, key) if key in SINGLE else ""):
                    parts.append(_written(key, said))
        return f"{self.path}?{'&'.join(parts)}"

    @property
    def panel_pairs(self) -> list[Pair]:
        # What the panel sends is all the filters there are, even where it sends none.
        return [*(pair for pair in super().panel_pairs if pair != OWN), OWN]


def _written(key: str, value: str) -> str:
    return f"{quote_plus(key)}={quote_plus(value)}"


@dataclass
class Opened:
    """A list as it is to be shown. `args` are those of the view and of the address together."""

    screen: "Screen"
    args: MultiDict[str, str]
    fields: list[Field]
    views: list[Kept] = field(default_factory=list)
    view: Kept | None = None
    base: Parts = field(default_factory=Parts)
    """What the view asks for, as far as this list has it; nothing where there is no view."""
    first: int | None = None
    """The view that is opened for an address without a query."""
    is_by_itself: bool = False
    """Whether the view is shown because it is the reader's first, without being named in the address."""
    notices: list[str] = field(default_factory=list)

    def address(self, path: str, without: Iterable[str] = ()) -> Address:
        if self.view is not None:
            return ViewAddress(path, self.args, without, str(self.view.id), self.base)
        if self.first is not None:
            return ViewAddress(path, self.args, without, ALL, self.base)
        return Address(path, self.args, without)

    @cached_property
    def asked(self) -> Parts:
        """What is shown now, in parts."""
        return Parts.of(self.args.items(multi=True))

    @property
    def is_changed(self) -> bool:
        """Whether something is shown that the view, or the plain list, does not ask for."""
        return self.asked != self.base


def open_list(screen: "Screen", args: MultiDict[str, str]) -> Opened:
    """Read an address of this list. A view that the reader does not see is passed over, with a word about it."""
    who = signed_in()
    if who is None:
        return Opened(screen, args, screen.list_fields)
    own = who.lists.get(services.key_of(screen)) or {}
    views = services.views_of(who, screen)
    opened = Opened(screen, args, screen.list_fields, views)
    by_id = {str(view.id): view for view in views}
    if str(own.get("view")) in by_id:
        opened.first = own["view"]
    word = args.get("view", "")
    if not args and opened.first is not None:
        word, opened.is_by_itself = str(opened.first), True
    opened.view = by_id.get(word)
    if opened.view is not None:
        opened.base = _readable(screen, opened.view, opened.notices)
        opened.args = _together(opened.base, args)
    elif word not in {"", ALL}:
        opened.notices.append(gettext("This view is not there any more, or it is not shared with you."))
    paths = opened.args.get("columns", "")
    kept = own.get("columns") if opened.view is None and "columns" not in args else None
    if paths or kept:
        fields, unknown = columns.chosen(screen, paths.split(",") if paths else kept or [])
        opened.fields = fields or screen.list_fields
        if unknown and paths:
            opened.notices.append(
                gettext("This list has no such column (any more): %(names)s", names=listed(unknown[:5])))
            _set_columns(opened)
    return opened


def _set_columns(opened: Opened) -> None:
    left = [each.path for each in opened.fields]
    opened.args = MultiDict(opened.args)
    opened.args["columns"] = "" if left == columns.standard(opened.screen) else ",".join(left)


def _together(base: Parts, args: MultiDict[str, str]) -> MultiDict[str, str]:
    """The parts of the view, each replaced where the address has its own."""
    given = list(args.items(multi=True))
    own_filters = any(key == OWN[0] or key.startswith(PREFIX) for key, _value in given)
    pairs = [(key, value) for key, value in base.pairs()
             if not (own_filters if key.startswith(PREFIX) else key in args)]
    return MultiDict([*pairs, *given])


def _readable(screen: "Screen", view: Kept, notices: list[str]) -> Parts:
    """What a view asks for, without what this list does not offer any more; `notices` gets a word about that."""
    parts = Parts.of_content(view.content)
    lost: list[str] = []
    known = []
    for key, value in parts.filters:
        try:
            mistakes = read_filters(screen, MultiDict([(key, value)]))[1]
        except BadRequest:
            lost.append(key.removeprefix(PREFIX))
            continue
        if mistakes:
            lost.append(mistakes[0].field.words)
        else:
            known.append((key, value))
    parts.filters = known
    if parts.sort and parts.sort.removeprefix("-") not in screen.order_fields:
        lost.append(parts.sort.removeprefix("-"))
        parts.sort = ""
    if parts.size and not 1 <= int(parts.size) <= MAX_PAGE_SIZE:
        parts.size = ""
    if parts.columns:
        fields, unknown = columns.chosen(screen, parts.columns.split(","))
        lost += unknown
        parts.columns = ",".join(each.path for each in fields)
    if lost:
        notices.append(gettext("“%(view)s” is shown without what this list does not have any more: %(names)s",
                               view=view.name, names=listed(list(dict.fromkeys(lost))[:5])))
    return parts
