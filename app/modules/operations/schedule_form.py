"""When a job runs, as people choose it: a time of the day, weekdays, every so often, or, for who knows it, cron."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from wtforms import Form, IntegerField, RadioField, SelectMultipleField, StringField, widgets
from wtforms.validators import Optional

from app.core import clock, jobs
from app.core.db import db, outside
from app.core.errors import InvalidInput
from app.core.i18n import day_with_weekday, gettext, weekday_name
from app.core.i18n import lazy as _
from app.core.jobs import Schedule
from app.core.jobs.schedule import cron_of, options_of, time_and_days

UNITS = {"minutes": 60, "hours": 3600, "days": 86400}
WEEK = range(1, 8)


class ScheduleForm(Form):
    """When a job runs: as the program has it, at a time on some days, every so often, or by a cron text."""

    kind = RadioField(
        _("When it runs"),
        choices=[
            ("default", _("As the program has it")),
            ("daily", _("Every day at a set time")),
            ("weekly", _("On some weekdays at a set time")),
            ("every", _("Every so often")),
            ("cron", _("Advanced: times as cron has them")),
        ],
    )
    time = StringField(_("Time"), widget=widgets.TimeInput(), validators=[Optional()])
    weekdays = SelectMultipleField(
        _("Weekdays"), coerce=int, choices=[], option_widget=widgets.CheckboxInput(), validate_choice=False)
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

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.weekdays.choices = [(day, weekday_name(day)) for day in WEEK]


def as_typed(name: str) -> dict[str, Any]:
    """What the form shows of a job's times: those staff have set, or that it runs as the program has it."""
    row = db.session.scalar(db.select(jobs.ScheduledJob).where(jobs.ScheduledJob.name == name))
    typed: dict[str, Any] = {"kind": "default", "unit": "minutes", "time": "03:00", "weekdays": [1, 2, 3, 4, 5]}
    if row is not None and row.cron:
        known = time_and_days(row.cron)
        if known is None:
            return typed | {"kind": "cron", "cron": row.cron}
        time, days = known
        every_day = len(days) == 7
        return typed | {"kind": "daily" if every_day else "weekly", "time": time, "cron": row.cron} | (
            {} if every_day else {"weekdays": days})
    if row is not None and row.every_seconds:
        unit = next((unit for unit in ("days", "hours", "minutes") if row.every_seconds % UNITS[unit] == 0), "minutes")
        return typed | {"kind": "every", "every": max(row.every_seconds // UNITS[unit], 1), "unit": unit}
    return typed


def wanted(form: ScheduleForm) -> dict[str, Any]:
    """The times that were chosen, as `jobs.reschedule` takes them; InvalidInput names what cannot be read."""
    kind = form.kind.data
    if kind == "default":
        return {}
    if kind in {"daily", "weekly"}:
        return {"cron": _at_a_time(form, days=kind == "weekly")}
    if kind == "cron":
        if not (form.cron.data or "").strip():
            raise InvalidInput({"cron": _("This field is required.")})
        return {"cron": form.cron.data}
    if kind != "every" or form.unit.data not in UNITS:
        raise InvalidInput({"kind": _("This is not one of the choices.")})
    if form.every.process_errors or form.every.data is None:
        raise InvalidInput({"every": _("This is not a whole number.")})
    reason = outside({"kind": "integer", "min": 1, "max": 100_000}, form.every.data)
    if reason is not None:
        raise InvalidInput({"every": reason})
    return {"every": timedelta(seconds=form.every.data * UNITS[form.unit.data])}


def _at_a_time(form: ScheduleForm, *, days: bool) -> str:
    chosen = [day for day in form.weekdays.data or [] if day in WEEK] if days else []
    if days and not chosen:
        raise InvalidInput({"weekdays": _("Choose one day at least.")})
    try:
        return cron_of((form.time.data or "").strip(), chosen)
    except ValueError:
        raise InvalidInput({"time": _("This is not a time of the day.")}) from None


def program_schedule(name: str) -> Schedule:
    """When the job runs if nobody says anything else."""
    return options_of(jobs.get_job(name)).schedule


def _clock_text(at: datetime) -> str:
    return f"{at:%H:%M:%S}".removesuffix(":00")


def next_times(name: str, form: ScheduleForm) -> dict[str, Any]:
    """What was chosen in words, with the next three times; InvalidInput where it cannot be read."""
    chosen = wanted(form)
    plan = Schedule(**chosen) if chosen else program_schedule(name)
    times = [clock.to_zone(moment, clock.shop_zone()) for moment in plan.next_times(clock.now())]
    return {
        "words": plan.words(),
        "times": [gettext("%(day)s, %(time)s", day=day_with_weekday(at.date()), time=_clock_text(at)) for at in times],
    }
