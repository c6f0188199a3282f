"""What the home page says of sales: today's, against yesterday's."""

from __future__ import annotations

from flask import url_for

from app.core.clock import today
from app.core.i18n import gettext, number_text
from app.core.i18n import lazy as _
from app.core.money import money_text
from app.lowcode.access import may
from app.lowcode.home import HomeCard
from app.lowcode.periods import ONE_DAY, Period
from app.modules.analytics.reports import SalesReport
from app.modules.analytics.services import Question, sales


def cards() -> list[HomeCard]:
    """Net sales and orders of today, each with yesterday's whole day beside it."""
    if not may("can_view", SalesReport.__name__):
        return []
    day = today()
    now, before = sales(Question(Period(day, day)), Question(Period(day - ONE_DAY, day - ONE_DAY)))
    url = url_for("SalesReport.page")
    return [
        HomeCard(_("Sales today"), money_text(now.total.net),
                 gettext("Yesterday: %(value)s", value=money_text(before.total.net)), url, "fa-chart-line"),
        HomeCard(_("Orders today"), number_text(now.total.orders),
                 gettext("Yesterday: %(value)s", value=number_text(before.total.orders)), url, "fa-receipt"),
    ]
