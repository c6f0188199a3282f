"""icon("fa-truck"): a drawing from the sprite `static/vendor/icons.svg`, as inline SVG in the colour of its text.

The names are Font Awesome's, with or without `fa-`; `tools/icon_names.py` says which drawing each one is. A name
that the sprite does not have is drawn as a plain circle, so a page never has a hole; `is_icon` tells tests.

    {{ icon("fa-truck") }}                    beside a word that says it all
    {{ icon("trash", _("Delete")) }}          alone: the label is read out
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from flask import has_request_context, request
from markupsafe import Markup

SPRITE = Path(__file__).resolve().parent.parent / "static" / "vendor" / "icons.svg"
UNKNOWN = "circle"
# Drawings that point along the line, so they turn round where writing runs from right to left.
TURNS = re.compile(r"^(arrow|chevron|angles)-(left|right)$|^right-(from|to)-bracket$|^undo$|^paper-plane$")


@lru_cache(maxsize=1)
def _sprite() -> tuple[frozenset[str], str]:
    """The names in the sprite, and a short digest that changes its address when it changes."""
    data = SPRITE.read_bytes()
    return frozenset(re.findall(r'<symbol id="([^"]+)"', data.decode())), hashlib.sha256(data).hexdigest()[:10]


def _plain(name: str) -> str:
    return name.removeprefix("fa-")


def is_icon(name: str) -> bool:
    """Whether the sprite has a drawing of this name."""
    return _plain(name) in _sprite()[0]


def icon(name: str | None, label: str | None = None) -> Markup:
    """The drawing `name`; hidden from screen readers unless it has a `label`."""
    root = request.script_root if has_request_context() else ""
    return _drawn(root, name or UNKNOWN, str(label) if label else "")


@lru_cache(maxsize=2048)
def _drawn(root: str, name: str, label: str) -> Markup:
    names, version = _sprite()
    plain = _plain(name)
    if plain not in names:
        plain = UNKNOWN
    turns = " icon-turns" if TURNS.search(plain) else ""
    said = Markup('role="img" aria-label="%s"') % label if label else Markup('aria-hidden="true"')
    address = f"{root}/static/vendor/icons.svg?v={version}#{plain}"
    return Markup('<svg class="icon%s" %s focusable="false"><use href="%s"></use></svg>') % (turns, said, address)
