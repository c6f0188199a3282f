"""Which screens take files or changes of many rows, and what they are called in an address and on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.lowcode.registry import registry

if TYPE_CHECKING:
    from app.lowcode.screen import Screen


def name_of(screen: "Screen") -> str:
    """The route of the screen without its slashes: `brands`."""
    return screen.route_base.strip("/").replace("/", "-")


def find_screen(name: str) -> "Screen | None":
    """The screen of this name, or None."""
    return next((each for each in registry().screens() if name_of(each) == name), None)


def takes_files(screen: "Screen") -> bool:
    """Whether files can be brought into this screen at all."""
    return screen.has_form and "can_import" in screen.base_permissions


def can_change_many(screen: "Screen") -> bool:
    """Whether many of its rows can be given the same values at all."""
    return screen.has_form and screen.with_import and "can_edit" in screen.base_permissions
