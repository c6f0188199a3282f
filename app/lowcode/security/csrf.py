"""No state is changed by a request that another site could have caused.

Every POST, PUT, PATCH and DELETE needs the session's token, in the form field `csrf_token` or the header `X-CSRFToken`:
pages and the JSON API alike, since browsers call both with the cookie. Two kinds of request go without: those with
a bearer token, whose cookie is not looked at and which no other site can make a browser send; and views marked with
`no_cookie_needed`, which judge each request by what it brings (a password, a signature). The framework exempts its
APIs wholesale, cookie or not; that is not honoured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from flask import Flask, current_app, request
from flask_wtf.csrf import CSRFError, CSRFProtect

from app.core.i18n import lazy as _
from app.lowcode.security.identity import has_bearer_token

V = TypeVar("V", bound=Callable[..., Any])


def no_cookie_needed(view: V) -> V:
    """Mark a view that trusts no cookie, such as the API's sign-in or a payment platform's notice."""
    view.trusts_no_cookie = True  # type: ignore[attr-defined]
    return view


class CrossSiteGuard(CSRFProtect):
    """Flask-WTF's protection with our exemptions in place of the framework's."""

    def _is_exempt(self) -> bool:
        view = current_app.view_functions.get(request.endpoint or "")
        return has_bearer_token() or getattr(view, "trusts_no_cookie", False)

    def exempt(self, view: Any) -> Any:
        """Say nothing and exempt nothing; see `no_cookie_needed`."""
        return view

    def _error_response(self, reason: str) -> NoReturn:
        current_app.logger.warning("refused a request without a valid form token: %s %s", request.path, reason)
        raise CSRFError(str(_("This page was open for too long. Please load it again and repeat what you did.")))


def set_up(app: Flask) -> None:
    CrossSiteGuard(app)
