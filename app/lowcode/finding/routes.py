"""What the palette asks the server, and the star beside a title."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from flask import flash, jsonify, redirect, request
from flask_appbuilder import BaseView, expose
from markupsafe import Markup

from app.core.errors import BusinessError
from app.core.i18n import gettext
from app.lowcode import forms
from app.lowcode.access import permission_set_key, wants_json
from app.lowcode.finding import commands, pins, places, records
from app.lowcode.kept import keep
from app.lowcode.security.redirects import safe_next
from app.lowcode.security.views import signed_in_only
from app.lowcode.shell import Shell

RECENT = 12
"""So many of the keys that a browser sends are looked up."""


class FindView(BaseView):
    """Answers for the palette, within the rights of whoever asks; for everyone who is signed in."""

    route_base = ""

    @expose("/search")
    @signed_in_only
    def search(self) -> Any:
        """Records that match `?q=`."""
        return jsonify(records.find(request.args.get("q", "")))

    @expose("/palette")
    @signed_in_only
    def palette(self) -> Any:
        """What the palette shows before anything is typed, and what it filters by itself. `?recent=` are the keys that
        the browser has kept of what was lately opened."""
        recent = request.args.getlist("recent")[:RECENT]
        fixed = keep(("palette", permission_set_key()), lambda: json.dumps(
            {"commands": commands.commands(), "help": commands.helps()}))
        return jsonify(
            pinned=[asdict(place) for place in places.find(pins.keys())],
            recent=[asdict(place) for place in places.find(recent)],
            **json.loads(fixed),
        )

    @expose("/pins", methods=["POST"])
    @signed_in_only
    def pins(self) -> Any:
        """Pin or unpin the page or record of `key`; a script gets the pinned part of the menu in return."""
        key, is_on = request.form.get("key", "")[:100], request.form.get("pin") == "1"
        try:
            with forms.committing():
                kept = pins.pin(key) if is_on else pins.unpin(key)
        except BusinessError as error:
            if wants_json() or error.status in {403, 404}:
                raise
            flash(str(error), "warning")
            return redirect(safe_next(request.form.get("next")))
        said = gettext("Pinned.") if is_on else gettext("Unpinned.")
        if wants_json():
            return jsonify(message=said, pinned=is_on, menu=Markup(Shell().pinned_menu(tuple(kept))))
        flash(said, "success")
        return redirect(safe_next(request.form.get("next")))
