"""The framework's menu, answered from our registry: linear in its items, and no query per item."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.menu import Menu as FrameworkMenu


class Menu(FrameworkMenu):
    """What `/api/v1/menu/` tells; the framework's own walks its tree once per category and doubles each time."""

    def get_data(self, menu: Any = None) -> list[dict[str, Any]]:
        from app.lowcode.shell import menu as shop_menu

        return [
            {"name": module.name, "icon": module.icon, "label": str(module.label), "childs": [
                {"name": entry.name, "icon": entry.icon, "label": str(entry.label), "url": entry.url()} for entry in entries]}
            for module, entries in shop_menu()]

    def get_flat_name_list(self, menu: Any = None, result: Any = None) -> list[str]:
        from app.lowcode.shell import menu as shop_menu

        return [entry.name for _module, entries in shop_menu() for entry in entries]
