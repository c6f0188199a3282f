"""Pieces of HTML that are the same for many requests: drawn once in a process, and kept.

A key says all that the piece depends on, besides the language and the root under which the application is mounted,
which always count. In debug mode nothing is kept, so that a changed template shows.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from flask import current_app, request
from markupsafe import Markup

from app.core.i18n import current_locale

MOST = 4096
"""Pieces kept in a process, the oldest going first: sixty screens have some six hundred fields in each language."""


def keep(key: tuple[Any, ...], draw: Callable[[], str]) -> Markup:
    """The piece with this key, drawn now if it is not there yet."""
    kept: OrderedDict[Any, Markup] = current_app.extensions.setdefault("houtai_kept", OrderedDict())
    key += (current_locale(), request.script_root)
    found = kept.get(key)
    if found is None or current_app.debug:
        found = kept[key] = Markup(draw())
        while len(kept) > MOST:
            kept.popitem(last=False)
    return found
