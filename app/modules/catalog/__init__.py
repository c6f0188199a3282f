"""Catalogue: what the shop sells."""

from app.core.i18n import lazy as _
from app.lowcode import Module
from app.modules.catalog import (  # noqa: F401  derived and timeline plug themselves in
    derived,
    jobs,
    timeline,
    views,
    work,
)

module = Module(
    "catalog", _("Catalogue"), icon="fa-box", order=10, work=work.LINES, demo="app.modules.catalog.demo:DEMO",
    screens=[
        views.ProductScreen, views.CategoryScreen, views.BrandScreen, views.SkuScreen, views.ProductTagScreen,
        views.ProductReviewScreen, views.ProductSpecificationScreen, views.ProductAttributeScreen,
    ],
    jobs=[jobs.follow_sale_plans],
)
