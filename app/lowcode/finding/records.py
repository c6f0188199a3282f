"""Looking for records by a typed word, in all screens that have a search index and that the user may view.

At a million rows too: `lookup.find` asks the index of pieces (`app.core.search`) for a screen, takes the newest `HITS`
and stops. Which rows a screen is about holds here as in its list.
"""

from __future__ import annotations

from typing import Any

from app.lowcode import lookup
from app.lowcode.finding.places import key_of
from app.lowcode.registry import registry

HITS = 5
LONGEST = 60


def find(term: str) -> list[dict[str, Any]]:
    """`[{key, group, label, hint, url}]`, the newest of each screen first."""
    term = term.strip()[:LONGEST]
    # One letter says nothing, one Chinese character is a word.
    if len(term) < 2 and term < "⺀":
        return []
    return [
        {
            "key": key_of(screen, hit["id"]),
            "group": str(screen.list_title),
            "label": hit["text"],
            "hint": hit["hint"],
            "url": f"{screen.route_base}/show/{hit['id']}",
        }
        for screen in registry().screens()
        if screen.is_in_search and screen.may("view")
        for hit in lookup.find(screen.model, term, HITS, conditions=screen.row_conditions())
    ]
