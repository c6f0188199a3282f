"""The page “What may I do here?”, which the entry beside a title opens as a dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template, request
from flask_appbuilder import BaseView, expose

from app.core.errors import NotFound
from app.lowcode.access import require
from app.lowcode.allowed import rights
from app.lowcode.registry import registry
from app.lowcode.security.views import signed_in_only

if TYPE_CHECKING:
    from app.lowcode.screen import Screen


class RightsView(BaseView):
    """What the current user may do on a screen, or with one of its records; for those who may view it."""

    route_base = "/rights"

    @expose("/<screen>")
    @signed_in_only
    def index(self, screen: str) -> str:
        view = _screen(screen)
        return _page(view.list_title, view)

    @expose("/<screen>/<pk>")
    @signed_in_only
    def record(self, screen: str, pk: str) -> str:
        view = _screen(screen)
        record = view.get(pk)
        return _page(record, view, record)


def _screen(name: str) -> "Screen":
    """The screen of this name, for who may view it."""
    found = registry().screen_named(name)
    if found is None:
        raise NotFound()
    require("can_view", found)
    return found


def _page(title: Any, screen: "Screen", record: Any = None) -> str:
    template = "houtai/parts/rights.html" if "part" in request.args else "houtai/rights.html"
    return render_template(template, title=title, rights=rights(screen, record))
