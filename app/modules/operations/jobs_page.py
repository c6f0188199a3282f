"""The scheduled jobs: what each does, when it runs next, how it went last; run now, pause, other times."""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, redirect, request, url_for

from app.core import jobs
from app.core.errors import BusinessError, InvalidInput, NotFound
from app.core.i18n import gettext
from app.core.i18n import lazy as _
from app.core.jobs import JobInfo, schedule
from app.lowcode import Page, forms
from app.lowcode.access import may
from app.lowcode.page import expose, permission
from app.modules.operations import schedule_form
from app.modules.operations.schedule_form import ScheduleForm


class JobsPage(Page):
    """The work that the system does by itself: when each job runs next and how it went last. A paused job does not run
    until it is resumed; “Run now” starts one outside of its times."""

    title = _("Scheduled jobs")
    icon = "fa-clock"
    go_key = "j"
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

    def explains(self) -> list[tuple[Any, Any, str]]:
        """Each job with what it does."""
        return [
            (schedule.label_of(name), schedule.help_of(name), f"job-{name}") for name in schedule.registered()
        ]

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
            return self._form(info, ScheduleForm(data=schedule_form.as_typed(job)))
        form = ScheduleForm(request.form)
        try:
            with forms.committing():
                jobs.reschedule(job, **schedule_form.wanted(form))
        except InvalidInput as error:
            for field, message in error.fields.items():
                target = {"every_seconds": "every"}.get(field, field)
                form[target if target in form else "cron"].errors = [message]
            return self._form(info, form, str(error) if not error.fields else ""), error.status
        flash(gettext("Saved."), "success")
        return redirect(url_for(".index"))

    @expose("/<job>/next")
    @permission("edit")
    def next_times(self, job: str) -> Any:
        """The next times of what is being chosen, for the form that is being filled in."""
        jobs.get_job(job)
        try:
            return jsonify(schedule_form.next_times(job, ScheduleForm(request.args)))
        except InvalidInput as error:
            return jsonify(words="", times=[], message=" ".join(map(str, error.fields.values())) or str(error))

    def _form(self, info: JobInfo, form: ScheduleForm, message: str = "") -> str:
        try:
            coming = schedule_form.next_times(info.name, form)
        except InvalidInput:
            coming = {"words": "", "times": []}
        return self.render(
            "houtai/operations/schedule.html",
            job=info,
            form=form,
            message=message,
            coming=coming,
            program=schedule_form.program_schedule(info.name).words(),
        )
