"""The scheduled jobs: what each does, when it runs next, how it went last; run now, pause, other times."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, redirect, request, url_for
from wtforms import Form, IntegerField, RadioField, StringField
from wtforms.validators import Optional

from app.core import jobs
from app.core.db import db
from app.core.errors import BusinessError, InvalidInput, NotFound
from app.core.i18n import gettext
from app.core.i18n import lazy as _
from app.core.jobs import JobInfo
from app.lowcode import Page, forms
from app.lowcode.access import may
from app.lowcode.page import expose, permission

UNITS = {"minutes": 60, "hours": 3600, "days": 86400}


class ScheduleForm(Form):
    """When a job runs: as the program has it, every so often, or at given times."""

    kind = RadioField(
        _("When it runs"),
        choices=[("default", _("As the program has it")), ("every", _("Every so often")), ("cron", _("At set times"))],
    )
    every = IntegerField(_("Every"), validators=[Optional()])
    unit = RadioField(
        _("Unit of time"),
        choices=[("minutes", _("minutes")), ("hours", _("hours")), ("days", _("days"))],
        default="minutes",
    )
    cron = StringField(
        _("Times"),
        validators=[Optional()],
        description=_(
            "Minute, hour, day, month and weekday: “0 3 * * *” is every day at 3:00, “*/15 9-18 * * 1-5” every quarter "
            "of an hour from 9 to 18:45 on weekdays."
        ),
    )


class JobsPage(Page):
    """The work that the system does by itself: when each job runs next and how it went last. A paused job does not run
    until it is resumed; “Run now” starts one outside of its times."""

    title = _("Scheduled jobs")
    icon = "fa-clock"
    route_base = "/jobs"
    permissions = {"can_view": _("View"), "can_run": _("Run now"), "can_edit": _("Pause and change times")}

    @expose("/")
    @permission("view")
    def index(self) -> str:
        name = self.class_permission_name
        return self.render(
            "houtai/operations/jobs.html",
            jobs=jobs.list_jobs(),
            may_run=may("can_run", name),
            may_edit=may("can_edit", name),
            runs_url=self._runs_url,
            page_help=type(self).__doc__,
        )

    @staticmethod
    def _runs_url(name: str) -> str | None:
        """The log of one job's runs, for those who may read it."""
        return url_for("JobRunScreen.list", **{"f.job": name}) if may("can_view", "JobRunScreen") else None

    @expose("/<job>/run", methods=["POST"])
    @permission("run")
    def run_now(self, job: str) -> Any:
        return self._do(
            lambda: jobs.run_now(job), gettext("It starts in a moment. How it went will be in the run log.")
        )

    @expose("/<job>/pause", methods=["POST"])
    @permission("edit")
    def pause(self, job: str) -> Any:
        return self._do(lambda: jobs.pause(job), gettext("Paused. It does not run until it is resumed."))

    @expose("/<job>/resume", methods=["POST"])
    @permission("edit")
    def resume(self, job: str) -> Any:
        return self._do(lambda: jobs.resume(job), gettext("Resumed."))

    def _do(self, work: Any, done: str) -> Any:
        try:
            with forms.committing():
                work()
        except NotFound:
            raise
        except BusinessError as error:
            flash(str(error), "danger")
        else:
            flash(done, "success")
        return redirect(url_for(".index"))

    @expose("/<job>/schedule", methods=["GET", "POST"])
    @permission("edit")
    def schedule(self, job: str) -> Any:
        info = next((found for found in jobs.list_jobs() if found.name == job), None)
        if info is None:
            raise NotFound()
        if request.method == "GET":
            return self._form(info, ScheduleForm(data=_as_typed(job)))
        form = ScheduleForm(request.form)
        try:
            with forms.committing():
                jobs.reschedule(job, **_wanted(form))
        except InvalidInput as error:
            for field, message in error.fields.items():
                target = {"every_seconds": "every"}.get(field, field)
                form[target if target in form else "cron"].errors = [message]
            return self._form(info, form, str(error) if not error.fields else ""), error.status
        flash(gettext("Saved."), "success")
        return redirect(url_for(".index"))

    def _form(self, info: JobInfo, form: ScheduleForm, message: str = "") -> str:
        return self.render("houtai/operations/schedule.html", job=info, form=form, message=message)


def _as_typed(name: str) -> dict[str, Any]:
    """What the form shows of a job's times: those staff have set, or that it runs as the program has it."""
    row = db.session.scalar(db.select(jobs.ScheduledJob).where(jobs.ScheduledJob.name == name))
    if row is not None and row.cron:
        return {"kind": "cron", "cron": row.cron, "unit": "minutes"}
    if row is not None and row.every_seconds:
        unit = next((unit for unit in ("days", "hours", "minutes") if row.every_seconds % UNITS[unit] == 0), "minutes")
        return {"kind": "every", "every": max(row.every_seconds // UNITS[unit], 1), "unit": unit}
    return {"kind": "default", "unit": "minutes"}


def _wanted(form: ScheduleForm) -> dict[str, Any]:
    """The times that were typed, as `jobs.reschedule` takes them; InvalidInput names what cannot be read."""
    if form.kind.data == "default":
        return {}
    if form.kind.data == "cron":
        if not (form.cron.data or "").strip():
            raise InvalidInput({"cron": _("This field is required.")})
        return {"cron": form.cron.data}
    if form.kind.data != "every" or form.unit.data not in UNITS:
        raise InvalidInput({"kind": _("This is not one of the choices.")})
    if form.every.process_errors or form.every.data is None:
        raise InvalidInput({"every": _("This is not a whole number.")})
    if not 1 <= form.every.data <= 100_000:
        raise InvalidInput(
            {"every": _("This is smaller than allowed.") if form.every.data < 1 else _("This is larger than allowed.")}
        )
    return {"every": timedelta(seconds=form.every.data * UNITS[form.unit.data])}
