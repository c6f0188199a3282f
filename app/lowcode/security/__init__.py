"""Signing in and staying safe: sessions, passwords, limits, tokens, headers, and protection of every form.

`prepare(app)` runs before the framework is set up, `finish(app)` after every module is registered. What each file
promises, and the test that holds it to it, is listed in `docs/security.md`.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import NoReturn

from flask import Flask, abort

from app.lowcode.security import csrf, headers, identity, limits
from app.lowcode.security.agents import agent_words
from app.lowcode.security.headers import csp_nonce, request_id
from app.lowcode.security.identity import signed_in
from app.lowcode.security.preferences import current_preferences, locale_selector

__all__ = [
    "SecurityManager", "csp_nonce", "current_preferences", "ensure_first_admin", "finish", "locale_selector", "prepare",
    "request_id", "signed_in",
]

SHORTEST_SECRET = 32
KNOWN_SECRETS = ("secret", "changeme", "change-me", "change_me", "thisismyscretkey", "development", "default")


def prepare(app: Flask) -> None:
    """Settings, guards and headers; refuses to go on with a secret key that could be guessed."""
    check_secret_key(app.config.get("SECRET_KEY"))
    for name, value in _defaults(str(app.config["SECRET_KEY"])).items():
        app.config.setdefault(name, value)
    app.config.update(AUTH_ROLE_ADMIN="owner", AUTH_ROLE_PUBLIC="", FAB_ROLES={}, FAB_ADD_SECURITY_API=False,
                      AUTH_USER_REGISTRATION=False)
    name = str(app.config["SESSION_COOKIE_NAME"])
    if app.config.get("SESSION_COOKIE_SECURE") and not name.startswith("__Host-"):
        # Browsers then refuse a cookie of this name from a neighbouring host or over http.
        app.config["SESSION_COOKIE_NAME"] = f"__Host-{name}"
    limits.set_up(app)
    identity.set_up(app)
    csrf.set_up(app)
    headers.set_up(app)
    app.jinja_env.filters["agent"] = agent_words


def finish(app: Flask) -> None:
    """What can only be set once all views are there."""
    from app.lowcode.security import proving
    from app.lowcode.security.views import lead_to_what_is_due

    app.extensions["babel"].locale_selector = locale_selector
    app.before_request(lead_to_what_is_due)
    proving.set_up(app)
    _close_framework_routes(app)


def check_secret_key(key: object) -> None:
    """Refuse a key that is missing, short or famous: whoever knows it signs sessions of their own making."""
    text = key.decode("latin-1") if isinstance(key, bytes) else str(key or "")
    famous = any(text.lower().strip("\\x0123456789_-").startswith(word) for word in KNOWN_SECRETS)
    if len(text) < SHORTEST_SECRET or len(set(text)) < 8 or famous:
        raise RuntimeError(
            f"SECRET_KEY must be random and have at least {SHORTEST_SECRET} characters; "
            "leave HOUTAI_SECRET_KEY unset to have one made.")


def ensure_first_admin(username: str = "admin", password: str | None = None) -> str | None:
    """Make the first owner if there is no user yet; see `app.lowcode.security.accounts`."""
    from app.lowcode.security import accounts

    return accounts.ensure_first_admin(username, password)


def _defaults(secret: str) -> dict[str, object]:
    # A key of its own for tokens: what is signed for one purpose is worth nothing for the other.
    token_key = hmac.new(secret.encode(), b"houtai api tokens", hashlib.sha256).hexdigest()
    return {
        "JWT_SECRET_KEY": token_key,
        "JWT_ALGORITHM": "HS256",
        "JWT_DECODE_ALGORITHMS": ["HS256"],
        "JWT_ENCODE_ISSUER": "houtai",
        "JWT_DECODE_ISSUER": "houtai",
        "JWT_ENCODE_AUDIENCE": "houtai-staff",
        "JWT_DECODE_AUDIENCE": "houtai-staff",
        "JWT_TOKEN_LOCATION": ["headers"],
        "JWT_ACCESS_TOKEN_EXPIRES": timedelta(minutes=30),
        "JWT_REFRESH_TOKEN_EXPIRES": timedelta(days=14),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_IDLE_SECONDS": 2 * 3600,
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
        "RATELIMIT_ENABLED": True,
        "RATELIMIT_STORAGE_URI": "memory://",
        "WTF_CSRF_TIME_LIMIT": None,
        "FAB_API_SWAGGER_TEMPLATE": "houtai/security/swagger.html",
    }


def _close_framework_routes(app: Flask) -> None:
    """The framework changes the language and its back-stack by GET; both have other ways here."""
    def closed(**_arguments: object) -> NoReturn:
        abort(404)

    for endpoint in ("LocaleView.index", "UtilView.back"):
        if endpoint in app.view_functions:
            app.view_functions[endpoint] = closed


def __getattr__(name: str) -> object:
    # The manager's views ask for `app.lowcode.access`, which asks for this package: imported when first wanted.
    if name == "SecurityManager":
        from app.lowcode.security.manager import SecurityManager

        return SecurityManager
    raise AttributeError(name)
