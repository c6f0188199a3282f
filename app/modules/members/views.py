"""Where staff keep members: one page per member with all that is known, and the words by which they are grouped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template
from markupsafe import Markup

from app.core.actor_words import stored_actor_text
from app.core.i18n import lazy as _
from app.lowcode import Screen
from app.lowcode.access import may
from app.lowcode.actions import action, panel
from app.lowcode.asking import ask, required
from app.lowcode.cells import NOTHING
from app.lowcode.registry import registry
from app.modules.members import services, timeline
from app.modules.members.models import (
    Address,
    Member,
    MemberLevel,
    MemberNote,
    MemberTag,
    Region,
    masked,
)

MORE_MEMBER_PERMISSIONS = {"can_reveal": _("See whole phone numbers")}


def phone_text(number: str | None) -> Markup:
    """A phone number for whoever is looking: whole for those who may see it, else without its middle."""
    if not number:
        return NOTHING
    shown = number if may("can_reveal", "MemberScreen") else masked(number)
    return Markup('<span class="nowrap">%s</span>') % shown


def record_url(link: tuple[str, int] | None) -> str | None:
    """The page of a record named by (screen class name, id), for those who may open it."""
    if link is None:
        return None
    screen = next((screen for screen in registry().screens() if type(screen).__name__ == link[0]), None)
    return f"{screen.route_base}/show/{link[1]}" if screen is not None and screen.may("view") else None


class AddressScreen(Screen):
    """Where parcels for members go. The default address is chosen first when the member orders; a member has one."""

    model = Address
    list_title = _("Addresses")
    icon = "fa-location-dot"
    in_menu = False
    list_columns = ["name", "phone", "province", "city", "district", "detail", "is_default", "member"]
    search_columns = ["member", "is_default"]
    order_columns = []
    form_columns = ["member", "name", "phone", "country", "province", "city", "district", "detail", "postcode",
                    "region_code", "is_default"]
    formatters_columns = {"phone": phone_text}
    empty_text = _("Members enter their addresses in the mini program; you can add one for them.")


class MemberNoteScreen(Screen):
    """What staff should know of members. Members never see it."""

    model = MemberNote
    list_title = _("Notes on members")
    icon = "fa-note-sticky"
    in_menu = False
    list_columns = ["content", "author", "created_at", "member"]
    search_columns = ["content", "member", "author", "created_at"]
    order_columns = ["created_at"]
    base_order = ("created_at", "desc")
    form_columns = ["member", "content"]
    formatters_columns = {"author": stored_actor_text}
    show_columns = ["member", "content", "author", "created_at", "updated_at"]
    empty_text = _("Write down what a colleague should know before calling this member.")


class MemberScreen(Screen):
    """Everyone who shops here. A member's page has all that is known: profile, tags, addresses, notes, orders,
    reviews and a timeline. A blocked member cannot order."""

    model = Member
    list_title = _("Members")
    icon = "fa-user"
    go_key = "m"
    base_permissions = ["can_view", "can_add", "can_edit", "can_delete", "can_reveal"]
    list_columns = ["avatar", "nickname", "phone", "level", "tags", "channel", "order_count", "paid_amount",
                    "registered_at"]
    search_columns = ["level", "tags", "channel", "gender", "is_blocked", "registered_at", "last_seen_at",
                      "last_ordered_at", "order_count", "paid_amount", "birthday"]
    order_columns = ["nickname", "registered_at", "last_seen_at", "last_ordered_at", "order_count", "paid_amount"]
    base_order = ("registered_at", "desc")
    form_fieldsets = [
        (_("Profile"), {"fields": ["nickname", "name", "avatar", "gender", "birthday", "phone"]}),
        (_("Where they live"), {"fields": ["country", "province", "city", "district", "region_code"]}),
        (_("In the shop"), {"fields": ["channel", "tags"]}),
    ]
    show_fieldsets = [
        (_("Profile"), {"fields": ["avatar", "nickname", "name", "gender", "birthday", "age", "phone", "region"]}),
        (_("In the shop"), {"fields": ["level", "tags", "channel", "is_blocked", "registered_at", "last_seen_at",
                                       "source", "source_id"]}),
    ]
    label_columns = {"age": _("Age"), "region": _("Region")}
    formatters_columns = {"phone": phone_text}
    related_views = [AddressScreen, MemberNoteScreen]
    empty_text = _("Members appear here when they first open the mini program; you can also add one yourself.")

    @classmethod
    def permission_labels(cls) -> dict[str, Any]:
        return super().permission_labels() | MORE_MEMBER_PERMISSIONS

    @action(_("Add tags"), icon="fa-tag", asks=True)
    def tag(self, members: Sequence[Member]) -> Any:
        given = ask(self, "tag", members, [required(self.field("tags"))])
        if not isinstance(given, dict):
            return given
        services.tag_members(members, given["tags"])
        return None

    @action(_("Set level"), icon="fa-crown", asks=True)
    def set_level(self, members: Sequence[Member]) -> Any:
        given = ask(self, "set_level", members, [self.field("level")])
        if not isinstance(given, dict):
            return given
        services.set_level(members, given["level"])
        return None

    @action(_("Remove tags"), icon="fa-circle-xmark", asks=True)
    def untag(self, members: Sequence[Member]) -> Any:
        given = ask(self, "untag", members, [required(self.field("tags"))])
        if not isinstance(given, dict):
            return given
        services.untag_members(members, given["tags"])
        return None

    @action(_("Block"), icon="fa-ban", tone="bad", confirm=_("Block? A blocked member cannot order."),
            why_not=services.why_not_block, undo="unblock")
    def block(self, members: Sequence[Member]) -> None:
        services.block_members(members)

    @action(_("Unblock"), icon="fa-lock-open", why_not=services.why_not_unblock, undo="block")
    def unblock(self, members: Sequence[Member]) -> None:
        services.unblock_members(members)

    @panel(_("Purchases"), icon="fa-bag-shopping")
    def purchases(self, member: Member) -> str:
        average = member.paid_amount // member.order_count if member.order_count else None
        return render_template("houtai/members/purchases.html", member=member, average=average)

    @panel(_("Timeline"), icon="fa-clock-rotate-left")
    def timeline(self, member: Member) -> str:
        entries = [
            {"at": entry.at, "text": entry.text, "detail": entry.detail, "icon": entry.icon, "tone": entry.tone,
             "actor": entry.actor, "url": record_url(entry.link)}
            for entry in timeline.entries_of(member, limit=20)
        ]
        return render_template("houtai/panels/timeline.html", entries=entries)


class MemberLevelScreen(Screen):
    """The steps of the ladder on which members rise. Rank 0 is the lowest."""

    model = MemberLevel
    list_title = _("Member levels")
    icon = "fa-crown"
    list_columns = ["rank", "icon", "name", "min_paid_amount", "updated_at"]
    search_columns = ["name", "rank", "min_paid_amount"]
    order_columns = ["rank", "name", "min_paid_amount"]
    inline_columns = ["name", "min_paid_amount"]
    base_order = ("rank", "asc")
    form_columns = ["name", "rank", "min_paid_amount", "icon", "description"]
    related_views = [MemberScreen]
    empty_text = _("Begin with a level of rank 0 for everyone, and add better ones above it.")


class MemberTagScreen(Screen):
    """Words by which you group members, such as *buys for a school*."""

    model = MemberTag
    list_title = _("Member tags")
    icon = "fa-user-tag"
    list_columns = ["name", "description", "updated_at"]
    inline_columns = ["name", "description"]
    search_columns = ["name", "description"]
    form_columns = ["name", "description"]
    empty_text = _("Make a tag, then tick members in their list and choose “Add tags”.")


class RegionScreen(Screen):
    """Provinces, cities and districts with their official codes, from which addresses are chosen."""

    model = Region
    list_title = _("Regions")
    icon = "fa-map"
    list_columns = ["code", "name", "level", "parent"]
    search_columns = ["code", "name", "level", "parent"]
    order_columns = ["code", "name"]
    base_order = ("code", "asc")
    form_columns = ["code", "name", "level", "parent"]
    empty_text = _("Regions are brought in with the shop's data, or added here.")


RegionScreen.related_views = [RegionScreen]
