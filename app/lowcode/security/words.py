"""Permissions in words: what a view is called, what a permission on it is called, and which views belong together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import current_app

from app.core.i18n import gettext
from app.core.i18n import lazy as _
from app.lowcode.registry import registry

FRAMEWORK_VIEWS: dict[str, dict[str, Any]] = {
    "OpenApi": {"can_get": _("Read the description of the API")},
    "SwaggerView": {"can_show": _("Browse the description of the API")},
}
LIST_VIEWS: dict[str, dict[str, Any]] = {
    "SavedViews": {"can_share": _("Share views with others")},
    "Comments": {"can_moderate": _("Delete the comments of others")},
}
"""What all lists and records have in common."""
OWN_LABELS = {
    "OpenApi": _("Description of the API"), "SwaggerView": _("API pages"), "SavedViews": _("Saved views"),
    "Comments": _("Comments"),
}


@dataclass(frozen=True)
class ViewWords:
    """A view as the role matrix names it; `permissions` is permission name → words."""

    name: str
    label: str
    permissions: dict[str, str]


@dataclass(frozen=True)
class ModuleWords:
    """The views of one module."""

    label: str
    icon: str
    views: list[ViewWords] = field(default_factory=list)


def known_permissions() -> dict[str, dict[str, Any]]:
    """Every permission there is: view name → permission name → words."""
    found = {view: dict(labels) for view, labels in registry().labels.items() if labels}
    for view in current_app.extensions["appbuilder"].baseviews:
        name = view.class_permission_name
        if view.base_permissions and name in (own := FRAMEWORK_VIEWS | LIST_VIEWS):
            found[name] = own[name]
    return found


def view_label(view_name: str) -> str:
    """What a view is called in the menu; the bare name for one that is no more."""
    found = next((entry.label for entry in registry().entries if entry.name == view_name), None)
    return str(found or OWN_LABELS.get(view_name) or view_name)


def permission_text(permission_name: str, view_name: str) -> str:
    """A permission as one reads it in a list: `Orders: Edit`."""
    label = known_permissions().get(view_name, {}).get(permission_name, permission_name)
    return gettext("%(label)s: %(value)s", label=view_label(view_name), value=label)


def modules_in_words() -> list[ModuleWords]:
    """All views with their permissions, grouped and ordered as in the menu."""
    known = known_permissions()
    groups = []
    for module in registry().modules():
        views = [_view(entry.name, known) for entry in registry().entries_of(module) if entry.name in known]
        if views:
            groups.append(ModuleWords(str(module.label), module.icon, views))
    for label, icon, names in ((_("Lists"), "fa-list", LIST_VIEWS), (_("Interfaces"), "fa-plug", FRAMEWORK_VIEWS)):
        rest = [_view(name, known) for name in names if name in known]
        if rest:
            groups.append(ModuleWords(str(label), icon, rest))
    return groups


def _view(name: str, known: dict[str, dict[str, Any]]) -> ViewWords:
    return ViewWords(name, view_label(name), {key: str(label) for key, label in known[name].items()})
