"""The names of the categories by which sales are told apart."""

from __future__ import annotations

from sqlalchemy import select

from app.core.db import db
from app.core.i18n import gettext
from app.modules.analytics.models import NO_CATEGORY, NOT_GOODS
from app.modules.catalog.models import Category


def category_names() -> dict[int, str]:
    """Category at the top of the tree → name, and words for what is in none."""
    query = select(Category.id, Category.name).where(Category.parent_id.is_(None)).order_by(Category.path)
    found = {row[0]: row[1] for row in db.session.execute(query)}
    found[NO_CATEGORY] = gettext("Without a category")
    found[NOT_GOODS] = gettext("Freight and adjustments")
    return found


def category_options() -> list[tuple[str, str]]:
    """The same for a filter."""
    return [(str(category_id), name) for category_id, name in category_names().items()]
