"""Page: a hand-written page with a menu entry and permissions of its own.

    class BackupsPage(Page):
        \"\"\"What is kept safe, and since when.\"\"\"
        title = _("Backups")
        route_base = "/backups"
        permissions = {"can_view": _("View"), "can_download": _("Download")}

        @expose("/")
        @permission("view")
        def index(self):
            return self.render("houtai/operations/backups.html", backups=services.list_backups())
"""

from __future__ import annotations

from typing import Any, ClassVar

from flask_appbuilder import BaseView, expose

from app.core.i18n import lazy as _
from app.lowcode.access import permission
from app.lowcode.view import View

__all__ = ["Page", "expose", "permission"]


class Page(View, BaseView):
    """A page that no declaration can describe. The docstring is its help text."""

    title: Any = ""
    default_view = "index"
    permissions: ClassVar[dict[str, Any]] = {"can_view": _("View")}

    def __init__(self) -> None:
        self.base_permissions = list(self.permissions)
        self.menu_label = self.menu_label or self.title
        super().__init__()

    @classmethod
    def permission_labels(cls) -> dict[str, Any]:
        return dict(cls.permissions)
