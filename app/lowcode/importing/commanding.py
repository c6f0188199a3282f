"""An import without its pages: `flask import screen brands FILE`."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import select

from app.core.database import db
from app.core.errors import NotFound
from app.core.i18n import gettext, listed, number_text
from app.core.i18n import lazy as _
from app.lowcode.importing import runs
from app.lowcode.importing.models import ImportRow, Outcome
from app.lowcode.importing.naming import find_screen, name_of, takes_files
from app.lowcode.importing.writing import WRITES
from app.lowcode.registry import registry

REFUSALS = 50
"""Refused rows that are told one by one."""


def bring(name: str, file: Path, *, key_path: str | None = None, skip_bad_rows: bool = False, only_check: bool = False,
          refused: Path | None = None) -> tuple[bool, list[str]]:
    """Bring a file into the screen of this name, with its columns matched by their headings. Whether it was done, and
    what there is to tell, line by line. Commits. BusinessError says why the file as a whole cannot be taken."""
    screen = find_screen(name)
    if screen is None or not takes_files(screen):
        names = sorted(name_of(each) for each in registry().screens() if takes_files(each))
        raise NotFound(_("No screen of this name takes files. There are: %(names)s."), names=listed(names))
    run = runs.begin(screen, file.read_bytes(), file.name)
    number = run.id
    runs.match(screen, run, run.matches, key_path=key_path or run.key_path, posts=False)
    db.session.commit()
    runs.check_rows(run_id=number)
    db.session.commit()
    run = runs.get_import(number)
    counts, told = runs.counts(run), _refusals(screen, number)
    if refused is not None:
        with runs.refused_file(screen, run) as source, refused.open("wb") as target:
            shutil.copyfileobj(source, target)
    summary = gettext("%(new)s new, %(changed)s changed, %(same)s unchanged, %(refused)s refused",
                      new=number_text(counts[Outcome.new]), changed=number_text(counts[Outcome.changed]),
                      same=number_text(counts[Outcome.same]), refused=number_text(counts[Outcome.refused]))
    done = skip_bad_rows or not counts[Outcome.refused]
    if done and not only_check and any(counts[outcome] for outcome in WRITES):
        runs.confirm(run, posts=False)
        db.session.commit()
        runs.write_rows(run_id=number)
    elif only_check or not done:
        runs.discard(run)
    db.session.commit()
    return done, [*told, summary]


def _refusals(screen: object, number: int) -> list[str]:
    rows = db.session.execute(
        select(ImportRow.number, ImportRow.reasons).where(
            ImportRow.import_id == number, ImportRow.outcome == Outcome.refused)
        .order_by(ImportRow.number).limit(REFUSALS + 1)).all()
    told = [gettext("Row %(number)s: %(reasons)s", number=row, reasons="; ".join(
        f"{path}: {reason}" if path else reason for path, reason in (reasons or {}).items()))
        for row, reasons in rows[:REFUSALS]]
    return told + (["…"] if len(rows) > REFUSALS else [])
