"""What every lowcode view has in common: its registration, its permissions with their words, its place in the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flask import Flask, render_template

from app.core.i18n import lazy as _
from app.lowcode.registry import registry

if TYPE_CHECKING:
    from app.lowcode.module import Module


class View:
    """Mixed into Screen, Page and Report."""

    icon: ClassVar[str] = ""
    in_menu: ClassVar[bool] = True
    menu_label: Any = ""
    go_key: ClassVar[str] = ""
    """The letter that leads here after `g`, for what is opened many times a day; no two views have the same."""
    class_permission_name: str

    @classmethod
    def permission_labels(cls) -> dict[str, Any]:
        """Permission name to words for every permission of this view: `{"can_view": _("View"), …}`."""
        return {"can_view": _("View")}

    @classmethod
    def register(cls, app: Flask, module: "Module") -> None:
        """Make the view's routes and enter it in the registry; called by its module."""
        view = app.extensions["appbuilder"].add_view_no_menu(cls)
        registry().add(view, module)

    def explains(self) -> list[tuple[Any, Any, str]]:
        """What is explained on this page, such as each setting, for the help in the palette: its label, what it does,
        and where on the page it stands."""
        return []

    @staticmethod
    def render(template: str, **context: Any) -> str:
        """A page from a template of ours."""
        return render_template(template, **context)
