"""Who makes this request: found out once, at the first question, from the cookie or from a bearer token.

A request that brings an `Authorization: Bearer` header is a program's and is judged by that alone; its cookie is not
looked at. That is what lets such requests go without a CSRF token.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, flash, g, has_request_context, request, session
from flask_jwt_extended import verify_jwt_in_request
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt.exceptions import PyJWTError

from app.core.actor import Actor, enter, leave
from app.lowcode.security import sessions
from app.lowcode.security.models import API, BROWSER
from app.lowcode.security.sessions import SignedIn

TOKEN = "sid"
"""The name under which the session cookie holds the token, and the claim under which an API token does."""


def has_bearer_token() -> bool:
    """Whether this request comes from a program with a token of its own."""
    return request.headers.get("Authorization", "")[:7].lower() == "bearer "


def signed_in() -> SignedIn | None:
    """Who makes this request; None for a stranger and outside a request. At most one query per request."""
    if not has_request_context():
        return None
    if "signed_in" not in g:
        g.signed_in = None  # an answer while we look, should looking itself ask
        _remember(_by_bearer_token() if has_bearer_token() else _by_cookie())
    return g.signed_in


def forget() -> None:
    """Ask anew at the next question; after signing in or out."""
    g.pop("signed_in", None)
    g.pop("_login_user", None)
    _leave_actor()


def holder_of_token(claims: dict[str, Any]) -> SignedIn | None:
    """Whom the claims of a verified API token speak for; None where its session has ended."""
    token = claims.get(TOKEN)
    g.token_holder = sessions.load(token, API) if isinstance(token, str) else None
    if isinstance(token, str) and g.token_holder is None:
        g.why_ended = sessions.why_ended(token)
    return g.token_holder


def set_up(app: Flask) -> None:
    app.teardown_request(lambda _error: _leave_actor())


def _by_cookie() -> SignedIn | None:
    token = session.get(TOKEN)
    if not isinstance(token, str):
        return None
    who = sessions.load(token, BROWSER)
    if who is None:
        session.pop(TOKEN, None)
        _say_why(token)
    return who


def _say_why(token: str) -> None:
    """Someone who was signed in a moment ago is told why they are not any more, where they would wonder."""
    reason = sessions.why_ended(token)
    if reason is not None:
        g.why_ended = reason
        flash(reason, "warning")


def _by_bearer_token() -> SignedIn | None:
    try:
        verify_jwt_in_request()  # asks the security manager, who asks `holder_of_token`
    except (JWTExtendedException, PyJWTError):
        return None
    return g.get("token_holder")


def _remember(who: SignedIn | None) -> None:
    g.signed_in = who
    _leave_actor()
    if who is not None:
        kind = "staff" if who.kind == BROWSER else "api"
        g.actor_token = enter(Actor(kind, who.name, who.user_id))


def _leave_actor() -> None:
    token = g.pop("actor_token", None)
    if token is not None:
        leave(token)
