"""Scheduled work of the figures."""

from app.core.i18n import lazy as _
from app.core.jobs import job, minutes
from app.modules.analytics import services


@job(every=minutes(1), label=_("Sum up sales"))
def sum_up_sales() -> None:
    """Sums up the days whose sales are complete, and again the days whose orders were changed, so that reports open
    at once. A report that is opened earlier sums up by itself."""
    services.catch_up()
