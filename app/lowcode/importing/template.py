"""A spreadsheet to fill in: a column for each field, with what is allowed in it, and drop-down lists of the answers."""

from __future__ import annotations

import tempfile
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import select

from app.core.database import db
from app.core.i18n import gettext
from app.lowcode.cells import NO, YES
from app.lowcode.fields import Field, title_column
from app.lowcode.importing.cells import importable

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

MOST_CHOICES = 200
ROWS = 10_000
"""Rows for which the drop-down lists stand ready."""
_SAYS: dict[str, Any] = {"day": "2026-08-01", "moment": "2026-08-01 12:00", "money": "29.90"}


def write_template(screen: "Screen") -> IO[bytes]:
    """The file, open at its start; the caller closes it."""
    import xlsxwriter

    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 - handed to the caller
    book = xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(gettext("Rows"))
    lists = book.add_worksheet(gettext("Lists"))
    bold, must = book.add_format({"bold": True}), book.add_format({"bold": True, "font_color": "#B42318"})
    texts = book.add_format({"num_format": "@"})
    for place, field in enumerate(importable(screen.form_fields)):
        heading = f"{field.label} *" if field.required else str(field.label)
        sheet.write_string(0, place, heading, must if field.required else bold)
        sheet.set_column(place, place, 22, None if field.kind in {"integer", "decimal", "money"} else texts)
        note = _note(field)
        if note:
            sheet.write_comment(0, place, note)
        answers = _answers(field)
        if answers:
            lists.write_column(0, place, answers)
            lists.set_column(place, place, 22)
            letter = xlsxwriter.utility.xl_col_to_name(place)
            sheet.data_validation(1, place, ROWS, place, {
                "validate": "list", "error_type": "warning",
                "source": f"='{lists.get_name()}'!${letter}$1:${letter}${len(answers)}"})
    sheet.freeze_panes(1, 0)
    book.close()
    file.seek(0)
    return file


def _note(field: Field) -> str:
    said = [str(field.help)] if field.help else []
    if field.required:
        said.append(gettext("Must be given."))
    if field.kind in _SAYS:
        said.append(gettext("For example %(value)s", value=_SAYS[field.kind]))
    if field.kind == "references":
        said.append(gettext("Several are separated by “ / ”."))
    size = field.info.get("size")
    if size and field.kind in {"text", "long_text"}:
        said.append(gettext("At most %(size)s characters.", size=size))
    return "\n".join(said)


def _answers(field: Field) -> list[str]:
    """What can stand in the column, where that is a list of a reasonable length."""
    if field.kind == "yes_no":
        return [str(YES), str(NO)]
    if field.kind == "choice":
        return [str(answer.label) for answer in field.info["choices"]]
    if field.kind == "reference" and field.target is not None:
        title = title_column(field.target)
        if title is not None:
            found = list(db.session.scalars(select(title).order_by(title).limit(MOST_CHOICES + 1)))
            if len(found) <= MOST_CHOICES and len(set(found)) == len(found):
                return [str(name) for name in found]
    return []
