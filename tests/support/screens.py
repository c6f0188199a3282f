"""The screens under test, by name, known before any application is built."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from app import MODULES
from tests.example import suppliers
from tests.lowcode import shelf


def manifests() -> list[Any]:
    """The manifest of every module of the system, and of the examples."""
    return [import_module(f"app.modules.{name}").module for name in MODULES] + [
        suppliers.module,
        shelf.module,
    ]


def screen_names() -> list[str]:
    """The names of all screens."""
    return [screen.__name__ for manifest in manifests() for screen in manifest.screens]
