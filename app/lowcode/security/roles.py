"""Starter roles: what a role is that comes with the program, and what roles are called.

The application brings its table (`framework.set_up(app, db, STARTERS)`); this floor knows only the owner, who may do
everything. Each role is a name, words, and screens with letters: `v` view, `a` add, `e` edit, `d` delete, `*` every
permission the screen has; other permissions (buttons of a screen) are written out:

    Starter("warehouse", _("Warehouse"), _("Sees what was ordered."), {"OrderScreen": "v can_ship", "SkuScreen": "ve"})

A screen that is named here but not installed is passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.core.i18n import lazy as _
from app.lowcode.registry import registry

OWNER = "owner"
LETTERS = {"v": "can_view", "a": "can_add", "e": "can_edit", "d": "can_delete"}


@dataclass(frozen=True)
class Starter:
    """A role as shipped. `screens` is view name → letters and permission names; `everywhere` holds for all others."""

    name: str
    label: Any
    description: Any
    screens: dict[str, str]
    everywhere: str = ""


OWNER_LABEL = _("Owner")
OWNER_DESCRIPTION = _("May do everything, and is the only one who can make another owner.")


def starters() -> list[Starter]:
    """The starter roles of the current application, in their order; the owner is not among them."""
    return registry().starters


def role_labels() -> dict[str, Any]:
    """The names of the owner and of every starter role, with the words that people read."""
    return {OWNER: OWNER_LABEL, **{starter.name: starter.label for starter in starters()}}


def role_label(name: str) -> str:
    """A role's name for people: translated if it came with the program, else as the admin wrote it."""
    return str(role_labels().get(name, name))


def role_description(name: str) -> str:
    """What a role is for that came with the program; empty for others."""
    about = {OWNER: OWNER_DESCRIPTION, **{starter.name: starter.description for starter in starters()}}
    return str(about.get(name, ""))


def granted(starter: Starter, known: dict[str, set[str]]) -> set[tuple[str, str]]:
    """What a starter role is given out of the `known` permissions (view name → permission names)."""
    found: set[tuple[str, str]] = set()
    for view, offered in known.items():
        words = starter.screens.get(view, starter.everywhere)
        if "*" in words.split():
            wanted = offered
        else:
            wanted = {LETTERS[letter] for word in words.split() if not word.startswith("can_") for letter in word}
            wanted |= {word for word in words.split() if word.startswith("can_")}
        found |= {(name, view) for name in wanted & offered}
    return found
