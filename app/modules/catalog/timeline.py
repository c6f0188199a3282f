"""What the catalogue adds to the timeline of a member: the reviews they wrote."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.core.db import db
from app.core.i18n import lazy_ngettext
from app.modules.catalog.models import ProductReview
from app.modules.members.models import Member
from app.modules.members.timeline import Entry, add_source


@add_source
def reviews_of(member: Member, limit: int) -> list[Entry]:
    """The member's newest reviews."""
    reviews = db.session.scalars(
        select(ProductReview).where(ProductReview.member_id == member.id).options(joinedload(ProductReview.product))
        .order_by(ProductReview.written_at.desc(), ProductReview.id.desc()).limit(limit))
    return [
        Entry(review.written_at,
              lazy_ngettext("Gave %(num)s star to %(product)s", "Gave %(num)s stars to %(product)s", review.stars,
                            product=review.product.name),
              "fa-star", detail=review.content, link=("ProductReviewScreen", review.id),
              tone="good" if review.stars > 3 else "warn")
        for review in reviews
    ]
