"""Two versions of a text in one: what was taken out is marked and what was put in."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from markupsafe import Markup, escape

LONGEST = 160
"""Characters of a text that are shown of one side of a change."""
AROUND = 24
"""Characters of what stayed the same that are shown around a difference."""
MOST_TOKENS = 1500


def difference(before: str, after: str) -> Markup | None:
    """What was taken out of a text and what was put in, with a little of what stands around it; None where both have
    so little in common that they are better read one after the other."""
    old, new = _tokens(before), _tokens(after)
    if max(len(old), len(new)) > MOST_TOKENS:
        return None
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < 0.5:
        return None
    parts, steps = [], matcher.get_opcodes()
    for at, (step, a, b, c, d) in enumerate(steps):
        gone, come = "".join(old[a:b]), "".join(new[c:d])
        if step == "equal":
            parts.append(escape(_around(gone, at == 0, at == len(steps) - 1)))
            continue
        parts += [Markup("<del>%s</del>") % short(gone)] if gone else []
        parts += [Markup("<ins>%s</ins>") % short(come)] if come else []
    return Markup("").join(parts)


def short(text: str) -> str:
    """A text of at most LONGEST characters."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def _tokens(text: str) -> list[str]:
    # Words of letters stay whole; Chinese has no spaces, so each of its characters stands alone.
    return re.findall(r"[A-Za-z0-9À-ɏ]+|\s+|.", text, re.DOTALL)


def _around(text: str, is_first: bool, is_last: bool) -> str:
    head, tail = "" if is_first else text[:AROUND], "" if is_last else text[-AROUND:]
    return text if len(text) <= len(head) + len(tail) + 1 else f"{head}…{tail}"
