"""Where operators keep the catalogue: categories, brands, products with their variants, and reviews."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template

from app.core.i18n import lazy as _
from app.lowcode import Screen
from app.lowcode.actions import action, panel
from app.modules.catalog import services
from app.modules.catalog.models import (
    Brand,
    Category,
    Product,
    ProductAttribute,
    ProductReview,
    ProductSpecification,
    ProductTag,
    Sku,
)
from app.modules.members.views import MemberScreen


def stars_text(stars: int | None) -> str:
    """Stars as people draw them: 4 is ★★★★☆."""
    return "★" * (stars or 0) + "☆" * (5 - (stars or 0))


class SkuScreen(Screen):
    """The variants in which products are sold, each with its own code, price and stock. Add them here or on the page
    of their product."""

    model = Sku
    list_title = _("SKUs")
    icon = "fa-barcode"
    list_columns = ["code", "product", "specifications", "price", "stock", "sort_order", "updated_at"]
    search_columns = ["code", "product", "price", "stock"]
    order_columns = ["code", "price", "stock"]
    inline_columns = ["price", "stock", "sort_order"]
    base_order = ("code", "asc")
    form_columns = ["product", "code", "specifications", "price", "list_price", "stock", "picture", "sort_order"]
    show_columns = ["product", "code", "specifications", "price", "list_price", "stock", "picture", "sort_order",
                    "source", "source_id", "created_at", "updated_at"]
    empty_text = _("A product can be listed once it has a variant with a code and a price. Add the first one.")


class ProductSpecificationScreen(Screen):
    """The questions in which the variants of a product differ (colour, size), and the answers there are."""

    model = ProductSpecification
    list_title = _("Specifications")
    icon = "fa-swatchbook"
    in_menu = False
    list_columns = ["product", "name", "value", "picture", "sort_order"]
    inline_columns = ["value", "sort_order"]
    search_columns = ["product", "name", "value"]
    order_columns = ["name"]
    base_order = ("id", "asc")
    form_columns = ["product", "name", "value", "picture", "sort_order"]
    empty_text = _("Without specifications a product comes in one variant only.")


class ProductAttributeScreen(Screen):
    """The facts about a product that stand on its page: material, origin, care."""

    model = ProductAttribute
    list_title = _("Attributes")
    icon = "fa-list-check"
    in_menu = False
    list_columns = ["product", "name", "value", "sort_order"]
    inline_columns = ["sort_order"]
    search_columns = ["product", "name", "value"]
    order_columns = ["name"]
    base_order = ("id", "asc")
    form_columns = ["product", "name", "value", "sort_order"]
    empty_text = _("Tell buyers what it is made of and where it comes from.")


class ProductReviewScreen(Screen):
    """What members say about products. Reply in the shop's name, and hide what members should not see; a hidden
    review is kept and can be shown again."""

    model = ProductReview
    list_title = _("Reviews")
    icon = "fa-star"
    base_permissions = ["can_view", "can_edit", "can_delete"]
    list_columns = ["stars", "content", "product", "author", "has_pictures", "reply", "is_shown", "written_at"]
    related_columns = ["stars", "content", "product", "reply", "is_shown", "written_at"]
    search_columns = ["content", "product", "member", "stars", "is_shown", "has_pictures", "written_at"]
    order_columns = ["written_at", "stars"]
    base_order = ("written_at", "desc")
    form_columns = ["reply"]
    show_fieldsets = [
        (_("Review"), {"fields": ["stars", "content", "pictures", "product", "member", "author", "is_shown",
                                  "written_at"]}),
        (_("Reply"), {"fields": ["reply", "replied_at"]}),
    ]
    formatters_columns = {"stars": stars_text}
    edit_title = _("Reply")
    empty_text = _("Reviews appear here when members have written them.")

    @action(_("Show"), icon="fa-eye", undo="hide_reviews")
    def show_reviews(self, reviews: Sequence[ProductReview]) -> list[ProductReview]:
        return services.show_reviews(reviews)

    @action(_("Hide"), icon="fa-eye-slash", confirm=_("Hide this from members?"), undo="show_reviews")
    def hide_reviews(self, reviews: Sequence[ProductReview]) -> list[ProductReview]:
        return services.hide_reviews(reviews)


class ProductScreen(Screen):
    """What the shop sells. Members can see and buy a product only while it is listed; it needs at least one variant
    (SKU) with a price for that. Price and stock are worked out from the variants."""

    model = Product
    quick_import = True
    list_title = _("Products")
    icon = "fa-box"
    go_key = "p"
    list_columns = ["picture", "name", "price", "is_listed", "stock", "category", "number", "is_new", "updated_at"]
    search_columns = ["name", "number", "category", "brand", "tags", "is_listed", "is_new", "is_hot", "price", "stock",
                      "has_picture", "list_at", "created_at"]
    order_columns = ["name", "price", "stock", "sort_order", "created_at", "updated_at"]
    inline_columns = ["list_price", "is_new", "is_hot", "sort_order"]
    base_order = ("updated_at", "desc")
    form_fieldsets = [
        (_("Product"), {"fields": ["name", "number", "category", "brand", "tags", "brief", "unit", "keywords"]}),
        (_("Pictures"), {"fields": ["picture", "gallery"]}),
        (_("Description"), {"fields": ["description"]}),
        (_("Price"), {"fields": ["list_price"],
                      "help": _("The price itself is set on each variant, on the page of the product.")}),
        (_("Where it is shown"), {"fields": ["is_new", "is_hot", "sort_order"]}),
        (_("Scheduled listing"), {"fields": ["list_at", "delist_at"],
                     "help": _("Leave both empty to list and delist the product by hand.")}),
    ]
    show_fieldsets = [
        (_("Product"), {"fields": ["name", "number", "category", "brand", "tags", "brief", "unit", "keywords"]}),
        (_("Sale"), {"fields": ["is_listed", "price", "list_price", "stock", "list_at", "delist_at", "is_new",
                                "is_hot", "sort_order"]}),
        (_("Pictures"), {"fields": ["picture", "gallery"]}),
        (_("Description"), {"fields": ["description"]}),
        (_("Record"), {"fields": ["source", "source_id", "created_at", "updated_at"]}),
    ]
    related_views = [SkuScreen, ProductSpecificationScreen, ProductAttributeScreen, ProductReviewScreen]
    empty_text = _("Add your first product, give it a variant with a price, and list it.")

    @action(_("List"), icon="fa-arrow-up", why_not=services.why_not_list, undo="delist_products",
            confirm=_("Put this on sale? Members can then see and buy it."))
    def list_products(self, products: Sequence[Product]) -> None:
        services.list_products(products)

    @action(_("Delist"), icon="fa-arrow-down", tone="warn", why_not=services.why_not_delist, undo="list_products",
            confirm=_("Take this off sale? Members can no longer see it."))
    def delist_products(self, products: Sequence[Product]) -> None:
        services.delist_products(products)

    @action(_("Mark as new"), icon="fa-bolt", one=False, undo="unmark_new")
    def mark_new(self, products: Sequence[Product]) -> list[Product]:
        return services.mark_new(products, True)

    @action(_("No longer new"), icon="fa-circle-xmark", one=False, undo="mark_new")
    def unmark_new(self, products: Sequence[Product]) -> list[Product]:
        return services.mark_new(products, False)

    @action(_("Mark as popular"), icon="fa-fire", one=False, undo="unmark_hot")
    def mark_hot(self, products: Sequence[Product]) -> list[Product]:
        return services.mark_hot(products, True)

    @action(_("No longer popular"), icon="fa-circle-xmark", one=False, undo="mark_hot")
    def unmark_hot(self, products: Sequence[Product]) -> list[Product]:
        return services.mark_hot(products, False)

    @panel(_("What members say"), icon="fa-star")
    def score(self, product: Product) -> Any:
        count, average = services.review_score(product)
        if not count:
            return None
        return render_template("houtai/catalog/score.html", count=count, average=average,
                               stars=stars_text(round(average or 0)))


class CategoryScreen(Screen):
    """The shelves of the shop, as a tree: a category stands under another one or at the top. Smaller sort orders come
    first. A category that has products or other categories in it cannot be deleted; hide it instead."""

    model = Category
    list_title = _("Categories")
    icon = "fa-folder-tree"
    page_size = 100
    list_columns = ["indented_name", "icon", "parent", "sort_order", "is_shown", "updated_at"]
    label_columns = {"indented_name": _("Name")}
    search_columns = ["name", "parent", "level", "is_shown"]
    order_columns = ["sort_order", "updated_at"]
    inline_columns = ["sort_order", "is_shown"]
    base_order = ("path", "asc")
    form_columns = ["name", "parent", "sort_order", "is_shown", "icon", "picture", "description", "keywords"]
    show_columns = ["name", "parent", "level", "sort_order", "is_shown", "icon", "picture", "description", "keywords",
                    "source", "source_id", "created_at", "updated_at"]
    empty_text = _("Make a category for each kind of goods, and smaller ones under it.")


CategoryScreen.related_views = [CategoryScreen, ProductScreen]


class BrandScreen(Screen):
    """Whose names are on the goods; a member can look at all products of a brand."""

    model = Brand
    list_title = _("Brands")
    icon = "fa-bookmark"
    list_columns = ["picture", "name", "floor_price", "sort_order", "is_shown", "updated_at"]
    search_columns = ["name", "is_shown", "floor_price"]
    order_columns = ["name", "sort_order", "floor_price", "updated_at"]
    inline_columns = ["floor_price", "sort_order", "is_shown"]
    base_order = ("sort_order", "asc")
    form_columns = ["name", "picture", "floor_price", "sort_order", "is_shown", "description"]
    show_columns = [*form_columns, "source", "source_id", "created_at", "updated_at"]
    related_views = [ProductScreen]
    empty_text = _("Add the makers whose goods you sell.")


class ProductTagScreen(Screen):
    """Words by which you group products across categories, such as a season or a campaign."""

    model = ProductTag
    list_title = _("Product tags")
    icon = "fa-tags"
    list_columns = ["name", "description", "updated_at"]
    inline_columns = ["name", "description"]
    search_columns = ["name", "description"]
    form_columns = ["name", "description"]
    empty_text = _("Make a tag, then choose it on the form of a product.")


# A member's page shows what they said of products; members know nothing of products, so it is said here.
MemberScreen.related_views = [*MemberScreen.related_views, ProductReviewScreen]
