"""The screens under test, by name, known before any application is built."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from app import MODULES
from tests.example import suppliers
from tests.lowcode import shelf


def manifests() -> list[Any]:
    """The manifest of every module of the system, and of the examples."""
    own = [import_module(f"app.modules.{name}").module for name in MODULES]
    return own + [module for module in (suppliers.module, shelf.module) if module not in own]


def screen_names() -> list[str]:
    """The names of all screens."""
    return [screen.__name__ for manifest in manifests() for screen in manifest.screens]
