"""A comment as it is shown: plain text whose addresses are links and whose mentions are names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from app.lowcode.comments.mentioning import AT, name_at

# An address ends where Chinese goes on; a full stop or a bracket at its end belongs to the sentence.
ADDRESS = re.compile(r"https?://[^\s<>\"'`，。；：！？、（）《》“”「」【】]+")
LAST = ".,;:!?)]}"
LINK = Markup('<a href="%s" target="_blank" rel="noopener noreferrer nofollow">%s</a>')
SHORT = 160


@dataclass(frozen=True)
class Mentioned:
    """Someone mentioned, as a reader sees it."""

    name: str
    is_reader: bool


def drawn(text: str, mentioned: Mapping[str, Mentioned]) -> Markup:
    """The whole text; `mentioned` are those it mentions by what stands after the @, in small letters."""
    result, place = Markup(""), 0
    for found in ADDRESS.finditer(text):
        address = _trimmed(found[0])
        result += _with_names(text[place:found.start()], mentioned) + LINK % (address, address)
        place = found.start() + len(address)
    return result + _with_names(text[place:], mentioned)


def short(text: str) -> str:
    """Its beginning, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[:SHORT - 1].rstrip()}…"


def _trimmed(address: str) -> str:
    while address[-1] in LAST and not (address[-1] == ")" and address.count("(") >= address.count(")")):
        address = address[:-1]
    return address


def _with_names(text: str, mentioned: Mapping[str, Mentioned]) -> Markup:
    result, place = Markup(""), 0
    for found in AT.finditer(text):
        word = name_at(text[found.end():], mentioned)
        if not word or found.start() < place:
            continue
        who = mentioned[word.lower()]
        kind = "mention mention-me" if who.is_reader else "mention"
        result += escape(text[place:found.start()]) + Markup('<span class="%s" title="@%s">@%s</span>') % (
            kind, word, who.name)
        place = found.end() + len(word)
    return result + escape(text[place:])
