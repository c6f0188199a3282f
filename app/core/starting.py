"""What makes a start light: the garbage collector rests meanwhile, and routes are finished when they are first used."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from werkzeug.routing import Rule


@contextlib.contextmanager
def without_collecting() -> Iterator[None]:
    """Let the garbage collector rest. A start makes a third of a million objects that stay and hardly any that go, and
    looking through them again and again took a quarter of it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # This makes everything old at once; as young objects the collector would go through them all right now.
        gc.freeze()
        gc.unfreeze()
        if was_on:
            gc.enable()


class _Names(ModuleType):
    """Stands in for a module of which only classes are named: each name is an empty class."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("_"):
            raise AttributeError(name)
        return type(name, (), {})


class _Late(ModuleType):
    """Stands in for a module that is used in functions only: it is imported when the first of them is called."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


NAMED_ONLY = ("sqlalchemy_utils.types.uuid", "sqlalchemy.dialects.mssql", "sqlalchemy.dialects.mysql")
"""Of these the framework names types of columns, which no database of ours has."""
OPTIONAL = ("cryptography", "PIL")
"""These it does without: PyJWT needs the first for pairs of keys, and our tokens are signed with one secret (HS256);
the second is for the framework's own uploads, and ours go another way (`app.core.files`)."""

LATE = ("jsonschema", "yaml")
"""These it uses to check a query in Rison against a schema and to read YAML in docstrings, of which we do neither."""


@contextlib.contextmanager
def sparing() -> Iterator[None]:
    """While the framework is imported, spare it libraries that it would load whole for what is not in use here.
    Whoever imports them afterwards gets them as they are. Together an eighth of a start, and 15 MiB."""
    seeming: dict[str, Any] = dict.fromkeys(OPTIONAL)
    seeming |= {name: _Names(name) for name in NAMED_ONLY} | {name: _Late(name) for name in LATE}
    put = {name: module for name, module in seeming.items() if name not in sys.modules}
    sys.modules.update(put)
    try:
        yield
    finally:
        for name, module in put.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


def keep_for_good() -> None:
    """Tell the collector that all there is will stay, so that it never looks through it again. For a process that
    serves one application until it ends; where several are made, as in tests, none of them could go."""
    gc.freeze()


class LateRule(Rule):
    """A route that learns how to write its address when it is first asked to.

    Werkzeug compiles two functions for that as each route is added, which for a thousand routes is a quarter of a
    second and several megabytes; a process writes the addresses of a few.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        def learn(_rule: Rule, /, **values: Any) -> tuple[str, str]:
            compiled = super(LateRule, self)._compile_builder(append_unknown)
            build: Callable[..., tuple[str, str]] = compiled.__get__(self, None)
            if append_unknown:
                self._build_unknown = build
            else:
                self._build = build
            return build(**values)

        return learn
