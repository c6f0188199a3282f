"""What a screen is called in the address of its import, and on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.lowcode.registry import registry

if TYPE_CHECKING:
    from app.lowcode.screen import Screen


def name_of(screen: "Screen") -> str:
    """The route of the screen without its slashes: `brands`."""
    return screen.route_base.strip("/").replace("/", "-")


def find_screen(name: str) -> "Screen | None":
    """The screen of this name that takes files, or None."""
    return next((each for each in registry().screens() if each.offers_import and name_of(each) == name), None)
