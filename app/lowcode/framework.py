"""How Flask-AppBuilder is set up, and what stands around every request: error pages, template words, edges."""

from __future__ import annotations

import hashlib
import logging
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, flash, redirect, render_template, request, url_for
from flask_appbuilder import AppBuilder
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from werkzeug.exceptions import HTTPException

from app.core import catalogues, html, i18n, jobs, money
from app.core.database import db
from app.core.errors import BusinessError
from app.core.i18n import lazy as _
from app.lowcode import api, registry, security
from app.lowcode.access import permitted, wants_json
from app.lowcode.icons import icon
from app.lowcode.security.redirects import came_from
from app.lowcode.security.roles import Starter
from app.lowcode.shell import shell
from app.lowcode.table import record_table

log = logging.getLogger(__name__)
STATIC = Path(__file__).resolve().parent.parent / "static"

ERROR_TEXTS: dict[int, tuple[Any, Any]] = {
    400: (_("This request could not be understood"), _("Go back and try again.")),
    403: (_("You are not allowed to see this"), _("Ask the owner of the shop to give your role this permission.")),
    404: (_("This page was not found"), _("It may have been moved or deleted.")),
    405: (_("This address does not take that kind of request"), _("Go back and try again.")),
    409: (_("This cannot be done now"), ""),
    413: (_("This is too large"), _("Choose a smaller file.")),
    429: (_("Too many tries"), _("Wait a moment and try again.")),
    500: (
        _("Something went wrong on our side"),
        _("It has been noted. Try again in a moment; if it stays, tell your administrator the number below."),
    ),
    503: (_("The shop's database is busy"), _("Try again in a moment.")),
}


class Builder(AppBuilder):
    """The framework, without what it would do for each view beside each other view."""

    def _process_inner_views(self) -> None:
        # It looks for the views that stand inside others; ours are found when a page is shown, by `related_screens`.
        return


def set_up(app: Flask, database: Any, starters: list[Starter]) -> None:
    """Make the framework part of the application, with the roles it comes with; called inside its context, before the
    modules."""
    from app.lowcode.comments.inbox import Mentions
    from app.lowcode.comments.pages import Comments
    from app.lowcode.finding.routes import FindView
    from app.lowcode.home import HomeView
    from app.lowcode.rights_page import RightsView
    from app.lowcode.saved_views.routes import SavedViews

    security.prepare(app)
    app.config.setdefault("FAB_BASE_TEMPLATE", "houtai/base.html")
    registry.create(app, starters)
    _add_template_words(app)
    app.config.setdefault("FAB_ADD_MENU_API", False)
    builder = Builder(
        app, database.session, indexview=HomeView, security_manager_class=security.SecurityManager, update_perms=False
    )
    for view in (SavedViews, FindView, RightsView, Comments, Mentions):
        builder.add_view_no_menu(view)
    catalogues.set_up(app)
    app.cli.add_command(jobs.commands)
    i18n.set_up_templates(app.jinja_env)
    _add_error_pages(app)


def finish(app: Flask) -> None:
    """What can only be done once every module is plugged in."""
    from app.core import files
    from app.lowcode.history.pages import HistoryView
    from app.lowcode.importing.bulk import BulkView
    from app.lowcode.importing.pages import ImportView
    from app.lowcode.list_files.pages import ListFiles
    from app.lowcode.tray import TrayView

    for view in (ImportView, BulkView, HistoryView, ListFiles, TrayView):
        app.extensions["appbuilder"].add_view_no_menu(view)
    files.register_routes(app, _may_upload)
    security.finish(app)


def _may_upload() -> bool:
    """Whoever may add or edit anything may bring pictures for it."""
    return any(name in {"can_add", "can_edit"} for name, _view in permitted())


def may_upload() -> bool:
    """Whether the current user may add or edit anything, and so has a reason to send a file."""
    return any(name in {"can_add", "can_edit"} for name, _view in permitted())


def asset(name: str) -> str:
    """The address of a file of ours, which changes when the file does, so that it may be cached for ever."""
    if current_app.debug:
        return url_for("static", filename=name, v=_digest(name))
    return _kept_asset(request.script_root, name)


@lru_cache(maxsize=1024)
def _kept_asset(_root: str, name: str) -> str:
    """Outside debug mode a file does not change under a running process, so its address is made once."""
    return url_for("static", filename=name, v=_digest(name))


def _digest(name: str) -> str:
    try:
        return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    except OSError:
        return "0"


def _add_template_words(app: Flask) -> None:
    app.jinja_env.globals.update(
        shell=shell,
        icon=icon,
        record_table=record_table,
        asset=asset,
        csp_nonce=security.csp_nonce,
        request_id=security.request_id,
        language_tag=i18n.language_tag,
    )
    app.jinja_env.filters.update(
        money=money.money_text,
        moment=i18n.moment_text,
        day=i18n.day_text,
        number=i18n.number_text,
        percent=i18n.percent_text,
        short_number=i18n.short_number_text,
        rich=html.shown,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _add_error_pages(app: Flask) -> None:
    app.register_error_handler(BusinessError, _business_error)
    app.register_error_handler(CSRFError, _form_token_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_busy)
    app.register_error_handler(Exception, _unexpected)


def error_page(code: int, title: Any = None, text: Any = None) -> tuple[str, int]:
    """A page that says what went wrong and where to go next; it never repeats what a database or a program said."""
    given_title, given_text = ERROR_TEXTS.get(code, ERROR_TEXTS[500 if code >= 500 else 400])
    label, url = _way_on(code)
    return render_template(
        "houtai/message.html",
        code=code,
        title=title or given_title,
        text=text if text is not None else given_text,
        action_label=label,
        action_url=url,
    ), code


def _way_on(code: int) -> tuple[Any, str]:
    """Back to where one came from, unless that is this very page; to a list without the filter that it does not know;
    else home."""
    asks = request.method == "GET"
    back = came_from("")
    if back and not (asks and back == request.full_path.rstrip("?")):
        return _("Go back"), back
    if code == 400 and asks and request.query_string:
        return _("Start again"), request.path
    return _("To the home page"), url_for("HomeView.index")


def _business_error(error: BusinessError) -> Any:
    db.session.rollback()
    if wants_json():
        return api.refusal(error)
    return error_page(error.status, text=str(error))


def _form_token_error(error: CSRFError) -> Any:
    if wants_json():
        return api.reply(400, {"message": str(error.description), "code": "form_token", "fields": {}})
    if request.endpoint == "SignInView.login":
        flash(str(error.description), "warning")
        return redirect(url_for("SignInView.login"))
    return error_page(400, title=_("This page has expired"), text=str(error.description))


def _http_error(error: HTTPException) -> Any:
    if error.response is not None or error.code is None or error.code < 400:
        return error
    if wants_json():
        return api.http_error(error)
    page, code = error_page(error.code)
    headers = {name: value for name, value in error.get_headers() if name.lower() in {"retry-after", "allow"}}
    return page, code, headers


def _database_busy(error: OperationalError) -> Any:
    _roll_back()
    log.error("database: %s", error.orig.__class__.__name__, exc_info=error)
    if wants_json():
        return api.reply(503, {"message": str(ERROR_TEXTS[503][0]), "code": "busy", "fields": {}})
    return error_page(503)


def _unexpected(error: Exception) -> Any:
    _roll_back()
    log.exception("unexpected error on %s %s", request.method, request.path, exc_info=error)
    if current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    if wants_json():
        return api.reply(500, {"message": str(ERROR_TEXTS[500][0]), "code": "error", "fields": {}})
    return error_page(500)


def _roll_back() -> None:
    try:
        db.session.rollback()
    except SQLAlchemyError:
        db.session.remove()
