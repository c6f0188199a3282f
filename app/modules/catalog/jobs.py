"""Scheduled work of the catalogue."""

from __future__ import annotations

from app.core.db import each
from app.core.i18n import lazy as _
from app.core.jobs import job, minutes
from app.modules.catalog import services


@job(every=minutes(1), label=_("List and delist on time"))
def follow_sale_plans() -> None:
    """Puts products on and off sale at the times that were set for them."""
    for product in each(services.products_with_due_plan(limit=200)):
        services.follow_plan(product)
