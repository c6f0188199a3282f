"""What the shop decides for itself: all groups of settings that the modules declare, on one page."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from markupsafe import Markup

from app.core import settings
from app.core.errors import BusinessError, InvalidInput, NotFound
from app.core.help import help_of
from app.core.i18n import gettext, listed
from app.core.i18n import lazy as _
from app.lowcode import Page, controls, forms
from app.lowcode.access import may
from app.lowcode.allowed import why_not_allowed
from app.lowcode.fields import Field, reason_of
from app.lowcode.page import expose, permission


def _field(setting: settings.Setting) -> Field:
    return Field(
        setting.name, setting.kind, setting.label, setting.help, required=setting.kind != "yes_no", info=setting.info
    )


class ShownSetting:
    """One setting on the page: its control with what was typed or what holds, and what was wrong with it."""

    def __init__(self, setting: settings.Setting, typed: str | None = None, error: str = "") -> None:
        self.setting = setting
        self.field = _field(setting)
        self.id = f"{setting.group.name}.{setting.name}"
        self.label, self.help, self.kind, self.error = setting.label, setting.help, setting.kind, error
        self.value = getattr(setting.group, setting.name)
        self.is_default = self.value == setting.default
        self.default = self._words(setting.default)
        self.typed = typed

    def _words(self, value: Any) -> str:
        if self.kind == "several":
            words = dict(self.setting.offered())
            return listed(str(words.get(item, item)) for item in value) or gettext("None")
        if self.kind == "yes_no":
            return gettext("Yes") if value else gettext("No")
        return str(self.field.to_form(value)) if self.kind != "choice" else str(value)

    def control(self) -> Markup:
        described = [f"{self.id}-help"] if self.help else []
        described += [f"{self.id}-error"] if self.error else []
        extra = {
            "id": self.id,
            "aria-invalid": "true" if self.error else None,
            "aria-describedby": " ".join(described) or None,
        }
        if self.kind == "several":
            options = [(name, words, name in self.value) for name, words in self.setting.offered()]
            shown_as = {"multiple": True, "data-choices": True, **extra}
            return controls.companion(self.field, self.field.path) + controls.select(self.field.path, options, shown_as)
        shown = self.typed if self.typed is not None else self.field.to_form(self.value)
        drawn = controls.control(self.field, self.field.path, shown, extra=extra)
        return controls.companion(self.field, self.field.path) + drawn


class SettingsPage(Page):
    """What the shop decides for itself. A change holds at once; “Back to default” gives a group its first values
    again."""

    title = _("Settings")
    icon = "fa-sliders"
    route_base = "/settings"
    permissions = {"can_view": _("View"), "can_edit": _("Change settings")}

    @expose("/")
    @permission("view")
    def index(self) -> str:
        return self._page()

    def explains(self) -> list[tuple[Any, Any, str]]:
        """Each setting with its help."""
        return [
            (setting.label, setting.help or help_of(group), group.name)
            for group in settings.groups() for setting in group.settings()
        ]

    def _page(
        self, group_name: str = "", typed: dict[str, str] | None = None, errors: dict[str, str] | None = None
    ) -> str:
        groups = []
        for group in settings.groups():
            mine = group.name == group_name
            shown = [
                ShownSetting(
                    item,
                    (typed or {}).get(item.name) if mine else None,
                    (errors or {}).get(item.name, "") if mine else "",
                )
                for item in group.settings()
            ]
            groups.append(
                {
                    "name": group.name,
                    "label": group.label,
                    "help": help_of(group),
                    "settings": shown,
                    "is_default": all(item.is_default for item in shown),
                }
            )
        return self.render(
            "houtai/operations/settings.html",
            groups=groups,
            wrong=group_name if errors else "",
            may_edit=may("can_edit", self.class_permission_name),
            why_not=why_not_allowed(self, "edit"),
        )

    @expose("/<group>", methods=["POST"])
    @permission("edit")
    def save(self, group: str) -> Any:
        chosen = _group(group)
        refused: dict[str, Any] = {}
        values: dict[str, Any] = {}
        for item in chosen.settings():
            if item.name not in request.form:
                continue
            if item.kind == "several":
                values[item.name] = tuple(sorted(set(filter(None, request.form.getlist(item.name)))))
                continue
            field = _field(item)
            try:
                value = field.parse(request.form.getlist(item.name)[-1])
            except ValueError as error:
                refused[item.name] = reason_of(error)
                continue
            values[item.name] = "" if value is None and item.kind not in {"integer", "money"} else value
            if (reason := item.refusal(values[item.name])) is not None:
                refused[item.name] = reason
        try:
            if refused:
                raise InvalidInput(refused)
            with forms.committing():
                changed = settings.change(chosen, values)
        except BusinessError as error:
            typed = {name: request.form.getlist(name)[-1] for name in request.form}
            return self._page(group, typed, error.fields or {"": str(error)}), error.status
        flash(gettext("Saved.") if changed else gettext("Nothing was changed."), "success")
        return redirect(url_for(".index", _anchor=group))

    @expose("/<group>/reset", methods=["POST"])
    @permission("edit")
    def reset(self, group: str) -> Any:
        with forms.committing():
            settings.reset(_group(group))
        flash(gettext("Everything in this group has its first value again."), "success")
        return redirect(url_for(".index", _anchor=group))


def _group(name: str) -> type[settings.Settings]:
    found = next((group for group in settings.groups() if group.name == name), None)
    if found is None:
        raise NotFound()
    return found
