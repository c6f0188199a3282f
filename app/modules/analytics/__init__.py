"""Figures: what the shop sold, summed up by day and shown as reports."""

from app.core.i18n import lazy as _
from app.lowcode import Module
from app.modules.analytics import commands, home, jobs, listeners, reports

module = Module(
    "analytics", _("Figures"), icon="fa-chart-line", order=40, home=[home.cards],
    reports=[reports.SalesReport],
    jobs=[jobs.sum_up_sales],
    listeners=[listeners.mark_days_of_changed_record, listeners.mark_days_of_changed_records,
               listeners.mark_days_of_changed_rows, listeners.mark_loaded_days],
    commands=[commands.analytics],
)
