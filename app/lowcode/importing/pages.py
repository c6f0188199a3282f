"""The wizard: pages that lead from a file to the records of a screen, at `/import/<screen>`.

One view serves all screens: with twelve routes for each of sixty, a start would take longer. Whoever has the permission
`can_import` of the screen gets in, and a row is written only with the right to add or to edit as well.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose
from sqlalchemy import select

from app.core.database import db
from app.core.errors import BusinessError, InvalidInput, NotFound
from app.core.i18n import gettext, ngettext
from app.core.jobs import LaterState, retry
from app.lowcode import access, forms
from app.lowcode.filters import titles_of
from app.lowcode.importing import runs
from app.lowcode.importing.cells import importable
from app.lowcode.importing.for_all import undo_for_all
from app.lowcode.importing.judge import ROW, key_fields
from app.lowcode.importing.matching import KEY
from app.lowcode.importing.models import Import, ImportRow, ImportState, Outcome
from app.lowcode.importing.naming import can_change_many, find_screen, name_of, takes_files
from app.lowcode.importing.reading import MOST_ROWS
from app.lowcode.importing.template import write_template
from app.lowcode.importing.writing import WRITES
from app.lowcode.security import identity
from app.lowcode.sheets import download, file_title

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

ROWS_ON_A_PAGE = 25
RECENT = 8
SAMPLES = 3
"""Values of a column that are shown where its field is chosen."""
F = Callable[..., Any]


def for_screen(page: F) -> F:
    """Hand a page the screen that its address names, if the user may import there."""

    @functools.wraps(page)
    def guarded(self: Any, screen: str, **values: Any) -> Any:
        found = find_screen(screen)
        if identity.signed_in() is None:
            return access.refuse_stranger()
        if found is None or not (takes_files(found) or can_change_many(found) or found.actions):
            raise NotFound()
        if not access.may("can_import", found.class_permission_name) and not _is_their_change(found, values.get("pk")):
            return access.refuse("can_import", found.class_permission_name)
        return page(self, found, **values)

    return guarded


def _is_their_change(screen: "Screen", pk: int | None) -> bool:
    """Whether this is no file, but a change of many rows, for which the right to edit is enough, or that to the
    action."""
    found = db.session.execute(select(Import.is_bulk, Import.action).where(Import.id == pk)).first()
    return (found is not None and found.is_bulk
            and access.may(f"can_{found.action or 'edit'}", screen.class_permission_name))


class ImportView(BaseView):
    """Brings files into screens."""

    route_base = "/import"
    default_view = "start"

    @expose("/<screen>")
    @for_screen
    def start(self, screen: "Screen") -> str:
        recent = db.session.scalars(select(Import).where(Import.screen == type(screen).__name__,
                                                                Import.is_bulk.is_(False))
                                    .order_by(Import.id.desc()).limit(RECENT)).all()
        return render_template(
            "houtai/import_start.html", screen=screen, screen_name=name_of(screen), recent=recent, most=MOST_ROWS,
                           fields=importable(screen.form_fields), keys=key_fields(screen))

    @expose("/<screen>", methods=["POST"])
    @for_screen
    def file(self, screen: "Screen") -> Any:
        """Take a file in."""
        file = request.files.get("file")
        if file is None or not file.filename:
            flash(gettext("Choose a file first."), "warning")
            return redirect(_to(screen, "start"))
        # Big files take seconds to read, in which nothing may hold what other writers wait for.
        db.session.commit()
        return self._import_step(screen,
            lambda: runs.begin(screen, file.read(), file.filename or ""), _to(screen, "start"))

    @expose("/<screen>/template")
    @for_screen
    def template(self, screen: "Screen") -> Response:
        return download(write_template(screen), f"{file_title(screen.list_title) or 'template'}.xlsx")

    @expose("/<screen>/<int:pk>")
    @for_screen
    def run(self, screen: "Screen", pk: int) -> str:
        return self._import_page(screen, self._import_of(screen, pk))

    @expose("/<screen>/<int:pk>/match", methods=["POST"])
    @for_screen
    def match(self, screen: "Screen", pk: int) -> Any:
        run = self._import_of(screen, pk)
        matches = [request.form.get(f"column-{place}") or None for place in range(len(run.heading))]
        key = request.form.get("key") or None
        try:
            with forms.committing():
                runs.match(screen, run, matches, key_path=key, keeps_when_empty=request.form.get("empty") != "clear")
        except InvalidInput as error:
            db.session.rollback()
            run = self._import_of(screen, pk)
            page = self._import_page(screen, run, matches=matches, key=key, errors=error.fields)
            return page, error.status
        except BusinessError as error:
            flash(str(error), "danger")
        return redirect(_to(screen, "run", pk=pk))

    @expose("/<screen>/<int:pk>/again", methods=["POST"])
    @for_screen
    def again(self, screen: "Screen", pk: int) -> Any:
        run = self._import_of(screen, pk)
        return self._import_step(screen, lambda: runs.match_again(run), _to(screen, "run", pk=pk))

    @expose("/<screen>/<int:pk>/retry", methods=["POST"])
    @for_screen
    def retry(self, screen: "Screen", pk: int) -> Any:
        run = self._import_of(screen, pk)
        return self._import_step(screen, lambda: retry(run.work_id or 0), _to(screen, "run", pk=pk))

    @expose("/<screen>/<int:pk>/row/<int:number>", methods=["POST"])
    @for_screen
    def mend(self, screen: "Screen", pk: int, number: int) -> Any:
        """Other texts for the cells of one row."""
        run = self._import_of(screen, pk)
        row = db.session.scalar(select(ImportRow).where(ImportRow.import_id == pk, ImportRow.number == number))
        if row is None:
            raise NotFound()
        cells = {place: request.form[f"cell-{place}"].strip() for place in range(len(run.heading))
                 if f"cell-{place}" in request.form}
        return self._import_step(screen, lambda: runs.mend(screen, run, row, cells),
                                 _to(screen, "run", pk=pk, show=request.args.get("show"), _anchor="rows"))

    @expose("/<screen>/<int:pk>/confirm", methods=["POST"])
    @for_screen
    def confirm(self, screen: "Screen", pk: int) -> Any:
        run = self._import_of(screen, pk)
        return self._import_step(screen, lambda: runs.confirm(run), _to(screen, "run", pk=pk))

    @expose("/<screen>/<int:pk>/undo", methods=["POST"])
    @for_screen
    def undo(self, screen: "Screen", pk: int) -> Any:
        run = self._import_of(screen, pk)
        is_small, by = run.row_count <= runs.WHILE_WAITING, undo_for_all if run.action else runs.undo_rows
        answer = self._import_step(
            screen, lambda: runs.undo(run, by=by, posts=not is_small), _to(screen, "run", pk=pk))
        if is_small and runs.get_import(pk).state is ImportState.undoing:
            by(run_id=pk)
            db.session.commit()
        return answer

    @expose("/<screen>/<int:pk>/discard", methods=["POST"])
    @for_screen
    def discard(self, screen: "Screen", pk: int) -> Any:
        """Forget a file from which nothing was imported."""
        run = self._import_of(screen, pk)
        return self._import_step(screen, lambda: runs.discard(run), _to(screen, "start"))

    @expose("/<screen>/<int:pk>/work")
    @for_screen
    def work(self, screen: "Screen", pk: int) -> Response:
        """How far the step at work is, for the script of the page."""
        work = runs.work_of(self._import_of(screen, pk))
        running = work is not None and work.state in {LaterState.todo, LaterState.doing}
        return jsonify(running=running, percent=work.progress_percent if work else None,
                       message=(work.progress_message if work else None) or gettext("Waiting for its turn"))

    @expose("/<screen>/<int:pk>/refused")
    @for_screen
    def refused(self, screen: "Screen", pk: int) -> Response:
        """The rows that were refused, as a file with their reasons: to be mended and brought again."""
        run = self._import_of(screen, pk)
        return download(runs.refused_file(screen, run), f"{file_title(run.file_name.rsplit('.', 1)[0])}_refused.csv")

    # -- inside ----------------------------------------------------------------------------------------------

    def _import_of(self, screen: "Screen", pk: int) -> Import:
        run = db.session.scalar(select(Import).where(Import.id == pk, Import.screen == type(screen).__name__))
        if run is None:
            raise NotFound()
        return run

    def _import_step(self, screen: "Screen", step: Any, back: str) -> Any:
        """Do one step and commit; a refusal is told where it was asked for."""
        try:
            with forms.committing():
                done = step()
                target = _to(screen, "run", pk=done.id) if isinstance(done, Import) else back
        except BusinessError as error:
            flash(str(error), "danger")
            return redirect(back)
        return redirect(target)

    def _import_page(self, screen: "Screen", run: Import, *, matches: list[str | None] | None = None,
                     key: str | None = None, errors: dict[str, Any] | None = None) -> str:
        matches = run.matches if matches is None else matches
        labels = {each.path: str(each.label) for each in importable(screen.form_fields)} | {KEY: gettext("ID")}
        work = runs.work_of(run)
        number = runs.counts(run)
        shown = self._shown_outcome(run, number)
        is_early = run.state in {ImportState.matching, ImportState.checking}
        rows = [] if is_early else self._import_rows(screen, run, shown)
        samples = list(db.session.scalars(select(ImportRow.cells).where(ImportRow.import_id == run.id)
                                          .order_by(ImportRow.number).limit(SAMPLES)))
        return render_template(

            "houtai/import_run.html", screen=screen, screen_name=name_of(screen), run=run, state=run.state.value,
            work=work,
            failed=work is not None and work.state in {LaterState.failed, LaterState.cancelled},
            columns=[{"place": place, "title": title or gettext("Column %(number)s", number=place + 1),
                      "path": matches[place], "samples": [cells[place] for cells in samples if cells[place]],
                      "error": (errors or {}).get(f"column-{place}")} for place, title in enumerate(run.heading)],
            labels=labels, required=[each.path for each in importable(screen.form_fields) if each.required],
            keys=[KEY, *(each.path for each in key_fields(screen))], key=key or run.key_path, errors=errors or {},
            counts=[{"outcome": outcome, "count": number[outcome], "current": outcome is shown,
                     "url": _to(screen, "run", pk=run.id, show=outcome.value, _anchor="rows")}
                    for outcome in Outcome if outcome is not Outcome.waiting
                    and not (run.is_bulk and outcome is Outcome.new)],
            number={outcome.value: count for outcome, count in number.items()}, rows=rows, whole_row=ROW,
            next_url=_to(screen, "run", pk=run.id, show=shown.value, after=rows[-1]["number"], _anchor="rows")
            if len(rows) == ROWS_ON_A_PAGE else None,
            can_undo=any(number[outcome] for outcome in WRITES) and runs.can_undo(run) and runs.may_undo(run),
            days_to_undo=runs.DAYS_TO_UNDO,
            question=_question(run, number[Outcome.new] + number[Outcome.changed]))

    def _shown_outcome(self, run: Import, number: Any) -> Outcome:
        """Which rows are listed: those that are asked for, else what needs a look first."""
        asked = request.args.get("show")
        if asked in {outcome.value for outcome in Outcome}:
            return Outcome(asked)
        order = (Outcome.refused, Outcome.changed, Outcome.new, Outcome.same)
        return next((outcome for outcome in order if number[outcome]), Outcome.new)

    def _import_rows(self, screen: "Screen", run: Import, shown: Outcome) -> list[dict[str, Any]]:
        """Rows with one outcome, for people: cells by field, with what they replace and why they are refused."""
        after = request.args.get("after", "0")
        start = int(after) if after.isascii() and after.isdigit() and len(after) < 8 else 0
        found = db.session.scalars(
            select(ImportRow).where(ImportRow.import_id == run.id, ImportRow.outcome == shown, ImportRow.number > start)
            .order_by(ImportRow.number).limit(ROWS_ON_A_PAGE))
        # Who changes many rows has not chosen them by their IDs.
        places = [(place, path) for place, path in enumerate(run.matches) if path and not (run.is_bulk and path == KEY)]
        found = list(found)
        titles = titles_of(screen.model, [row.record_id for row in found if row.record_id]) if run.is_bulk else {}
        rows = []
        for row in found:
            reasons = dict(row.reasons or {})
            cells = [{"place": place, "path": path, "text": row.cells[place],
                      "change": (row.shown or {}).get(path), "reason": reasons.pop(path, None)}
                     for place, path in places]
            about = reasons.pop(ROW, None)
            rest = [f"{_label(screen, path)}: {reason}" for path, reason in reasons.items()]
            url = f"{screen.route_base}/show/{row.record_id}" if row.record_id and screen.may("view") else None
            rows.append({
                "number": row.number, "title": titles.get(row.record_id or 0), "cells": cells,
                "reasons": ([about] if about else []) + rest, "url": url})
        return rows


def _question(run: Import, writes: int) -> str:
    if run.is_bulk:
        return ngettext("Change %(num)s row?", "Change %(num)s rows?", writes)
    return ngettext("Import %(num)s row?", "Import %(num)s rows?", writes)


def _label(screen: "Screen", path: str) -> str:
    """What people call a field of the form, where the form has it."""
    return next((str(each.label) for each in screen.form_fields if each.path == path), path)


def _to(screen: "Screen", page: str, **values: Any) -> str:
    return url_for(f"ImportView.{page}", screen=name_of(screen), **values)
