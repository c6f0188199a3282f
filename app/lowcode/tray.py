"""The tray: what a user began and a worker does for them, to be followed, stopped, tried again and dismissed.

Every page knows from the query that finds out who asks what stands in the tray (`SignedIn.work`); with nothing in it,
the page has no icon and no script of it. While something runs, the script asks `state`, ever more seldom and only
while its window is looked at. How a task gets here is said in `app.core.jobs.tasks.Watched`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose

from app.core import jobs
from app.core.database import db
from app.core.errors import BusinessError
from app.core.i18n import gettext, moment_text
from app.core.i18n import lazy as _
from app.core.jobs import LaterJob, LaterState
from app.core.jobs.tasks import watched
from app.lowcode import access, forms
from app.lowcode.security import signed_in
from app.lowcode.security.sessions import SignedIn

UNDER_WAY = (LaterState.todo, LaterState.doing)
OPEN = _("Open")
TONES = {LaterState.done: "good", LaterState.failed: "bad"}
NEWS: dict[LaterState, Any] = {
    LaterState.done: _("Done: %(work)s"), LaterState.failed: _("Failed: %(work)s"),
    LaterState.cancelled: _("Stopped: %(work)s"),
}


@dataclass(frozen=True)
class Item:
    """One piece of work as the tray shows it, in the reader's language."""

    id: int
    label: str
    subject: str
    state: str
    tone: str
    runs: bool
    percent: int | None
    text: str
    note: str
    at: datetime
    url: str | None
    opens: str
    is_file: bool
    can_cancel: bool
    can_retry: bool

    @property
    def title(self) -> str:
        return f"{self.label} · {self.subject}" if self.subject else self.label

    @classmethod
    def of(cls, work: LaterJob) -> "Item":
        shown = watched(work.task)
        about, runs = shown.about(work), work.state in UNDER_WAY
        return cls(
            work.id, str(about.label or work.label), about.subject, str(work.state.label), work.state.tone, runs,
            work.progress_percent if work.state is LaterState.doing else None, _text(work), str(about.note),
            work.finished_at or work.created_at, about.url, str(about.opens or OPEN), about.is_file,
            can_cancel=runs and not work.cancel_requested and (shown.can_cancel or work.state is LaterState.todo),
            can_retry=shown.can_retry and work.state in (LaterState.failed, LaterState.cancelled))


def _text(work: LaterJob) -> str:
    """What there is to say of it now: how far it is, what came of it, or why it failed."""
    if work.state is LaterState.doing:
        return gettext("It is being stopped.") if work.cancel_requested else work.progress_message or ""
    if work.state is LaterState.todo:
        if work.attempts:
            return gettext("It did not work. It is tried again at %(moment)s.", moment=moment_text(work.run_at))
        return gettext("Waiting for its turn")
    if work.state is LaterState.failed:
        return work.last_error or ""
    return work.result if isinstance(work.result, str) else ""


def mark_of(works: Sequence[LaterJob]) -> str:
    """Changes when the list has to be drawn anew; not with progress alone."""
    return " ".join(f"{work.id}{work.state.value}{work.attempts}{'!' * work.cancel_requested}" for work in works)


def for_staff(page: Callable[..., Any]) -> Callable[..., Any]:
    """Hand a page the user who is signed in: everybody has a tray, and nobody sees another's."""

    @functools.wraps(page)
    def guarded(self: Any, **values: Any) -> Any:
        who = signed_in()
        return page(self, who, **values) if who is not None else access.refuse_stranger()

    return guarded


class TrayView(BaseView):
    """One's own background work."""

    route_base = "/tray"
    default_view = "index"

    @expose("/")
    @for_staff
    def index(self, who: SignedIn) -> str:
        works = jobs.list_own(who.user_id)
        return render_template("houtai/tray.html", items=[Item.of(work) for work in works], mark=mark_of(works))

    @expose("/state")
    @for_staff
    def state(self, who: SignedIn) -> Any:
        """How far everything is, for the script; drawn anew where `drawn` is given and is not how it stands."""
        works = jobs.list_own(who.user_id)
        mark, drawn = mark_of(works), request.args.get("drawn")
        going = [work for work in works if work.state is LaterState.doing]
        answer: dict[str, Any] = {
            "running": sum(work.state in UNDER_WAY for work in works),
            "news": any(work.state not in UNDER_WAY and not work.is_told for work in works), "mark": mark,
            "progress": [{"id": work.id, "percent": work.progress_percent, "message": _text(work)} for work in going]}
        if drawn is not None and drawn != mark:
            answer["html"] = render_template("houtai/parts/tray_list.html", items=[Item.of(work) for work in works])
        return jsonify(answer)

    @expose("/told", methods=["POST"])
    @for_staff
    def told(self, who: SignedIn) -> Any:
        """What is over and was told nowhere yet, to be told now: to one window, once."""
        numbers = set(jobs.tell_what_is_over(who.user_id))
        news = [{"text": _news(work, item), "tone": TONES.get(work.state, "warn"), "url": item.url, "opens": item.opens}
                for work in jobs.list_own(who.user_id) if work.id in numbers for item in [Item.of(work)]]
        db.session.commit()
        return jsonify(news=news)

    @expose("/<int:pk>/cancel", methods=["POST"])
    @for_staff
    def cancel(self, who: SignedIn, pk: int) -> Any:
        return self._step(lambda: jobs.cancel_own(who.user_id, pk))

    @expose("/<int:pk>/retry", methods=["POST"])
    @for_staff
    def retry(self, who: SignedIn, pk: int) -> Any:
        return self._step(lambda: jobs.retry_own(who.user_id, pk))

    @expose("/<int:pk>/dismiss", methods=["POST"])
    @for_staff
    def dismiss(self, who: SignedIn, pk: int) -> Any:
        return self._step(lambda: jobs.dismiss(who.user_id, pk))

    @expose("/clear", methods=["POST"])
    @for_staff
    def clear(self, who: SignedIn) -> Any:
        return self._step(lambda: jobs.dismiss_what_is_over(who.user_id))

    @staticmethod
    def _step(step: Callable[[], None]) -> Any:
        """Do it and go back to the page; a script is answered in JSON, refusals included."""
        try:
            with forms.committing():
                step()
        except BusinessError as error:
            if access.wants_json() or error.status == 404:
                raise
            flash(str(error), "danger")
        return jsonify({}) if access.wants_json() else redirect(url_for("TrayView.index"))


def _news(work: LaterJob, item: Item) -> str:
    said = str(NEWS[work.state]) % {"work": item.title}
    return f"{said} – {item.text}" if item.text else said
