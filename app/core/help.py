"""Help texts come from docstrings: what a developer writes above a screen, job or report is what staff can read.

The first paragraph of a docstring is its help text. Babel finds these texts with `extract` (see `babel.cfg`), so they
stand in the catalogues like any other text and are shown in the reader's language.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Any, BinaryIO

from app.core.i18n import gettext

ROOMS = ("Screen", "Report", "Page", "Settings")
"""Classes whose name or base ends so have help text."""
Found = tuple[int, str, str | tuple[str, ...], list[str]]


def first_paragraph(docstring: str | None) -> str:
    """The first paragraph as one line; empty where there is none."""
    return " ".join(inspect.cleandoc(docstring or "").split("\n\n")[0].split())


def help_of(thing: Any) -> str:
    """The help text of a class or function in the reader's language; empty where it has none of its own."""
    text = first_paragraph(vars(thing).get("__doc__") if isinstance(thing, type) else thing.__doc__)
    return gettext(text) if text else ""


def extract(file: BinaryIO, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Found]:
    """Babel's extractor for Python, and the help texts besides."""
    from babel.messages.extract import extract_python  # for the makers of catalogues, not for those who read them

    source = file.read()
    file.seek(0)
    yield from extract_python(file, keywords, comment_tags, options)  # type: ignore[misc]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and _has_help(node):
            text = first_paragraph(ast.get_docstring(node))
            if text:
                yield node.lineno, "", text, []


def _has_help(node: ast.ClassDef | ast.FunctionDef) -> bool:
    if isinstance(node, ast.ClassDef):
        names = [node.name, *(getattr(base, "id", getattr(base, "attr", "")) for base in node.bases)]
        return any(name.endswith(ROOMS) for name in names)
    return any(isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "job" for mark in node.decorator_list)
