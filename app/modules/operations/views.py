"""Screens over what the system does by itself: the runs of its jobs, and work posted for later."""

from __future__ import annotations

from typing import Any

from app.core import jobs
from app.core.actor_words import stored_actor_text
from app.core.i18n import lazy as _
from app.core.jobs import JobRun, LaterJob, LaterState, RunState
from app.lowcode import Screen, action


def _is_over(run: JobRun) -> Any:
    return None if run.state in (RunState.doing, RunState.asked) else _("This run is over already.")


def _cannot_be_tried_again(work: LaterJob) -> Any:
    if work.state in (LaterState.failed, LaterState.cancelled):
        return None
    return _("Only a failed or cancelled job can be retried.")


def _cannot_be_cancelled(work: LaterJob) -> Any:
    return None if work.state in (LaterState.todo, LaterState.doing) else _("This job is over already.")


class JobRunScreen(Screen):
    """Every run of a scheduled job: when, for how long, what came of it, and what went wrong."""

    model = JobRun
    list_title = _("Run log")
    icon = "fa-list"
    base_permissions = ["can_view"]
    with_comments = False
    base_order = ("id", "desc")
    label_columns = {"label": _("Job")}
    formatters_columns = {"asked_by": stored_actor_text}
    list_columns = ["label", "state", "trigger", "scheduled_for", "started_at", "duration_ms", "result"]
    order_columns = ["id"]
    search_columns = ["state", "trigger", "job", "scheduled_for"]
    show_fieldsets = [
        (_("Run"), {"fields": ["label", "state", "trigger", "asked_by", "scheduled_for"]}),
        (_("What came of it"), {"fields": ["result", "result_count", "progress_message", "last_error"]}),
        (_("Process"), {"fields": ["worker", "started_at", "finished_at", "duration_ms"]}),
    ]
    empty_title = _("Nothing has run yet")
    empty_text = _("Every run of a scheduled job will be listed here.")

    @action(
        _("Stop"),
        icon="fa-stop",
        tone="bad",
        confirm=_("Stop this run? What it has done so far stays done."),
        many=False,
        why_not=_is_over,
    )
    def stop(self, runs: list[JobRun]) -> None:
        for run in runs:
            jobs.stop_run(run.id)


class LaterJobScreen(Screen):
    """Work that was posted to be done after something happened, such as an import or a message. What failed after all
    its attempts stays here until somebody retries it."""

    model = LaterJob
    list_title = _("Background work")
    icon = "fa-hourglass"
    base_permissions = ["can_view"]
    with_comments = False
    base_order = ("id", "desc")
    label_columns = {"label": _("Task"), "actor": _("Posted by")}
    list_columns = ["label", "state", "run_at", "attempts", "actor", "duration_ms", "progress_message"]
    order_columns = ["id"]
    search_columns = ["state", "task", "run_at"]
    show_fieldsets = [
        (_("Work"), {"fields": ["label", "state", "run_at", "attempts", "max_attempts", "actor", "arguments"]}),
        (_("What came of it"), {"fields": ["result", "progress_message", "last_error"]}),
        (_("Process"), {"fields": ["worker", "started_at", "finished_at", "duration_ms"]}),
    ]
    empty_title = _("Nothing has been posted yet")
    empty_text = _("Imports, messages and other long work will be listed here.")

    @action(_("Retry"), icon="fa-rotate-right", confirm=_("Try this again?"), why_not=_cannot_be_tried_again)
    def retry(self, works: list[LaterJob]) -> None:
        for work in works:
            jobs.retry(work.id)

    @action(
        _("Cancel the work"),
        icon="fa-ban",
        tone="bad",
        confirm=_("Cancel this work? What it has done so far stays done."),
        why_not=_cannot_be_cancelled,
    )
    def cancel(self, works: list[LaterJob]) -> None:
        for work in works:
            jobs.cancel(work.id)
