"""What every answer says to the browser: what may run on the page, who may frame it, that nobody keeps a copy.

Also the check of the Host header, the request's id, and log lines that stay lines.
"""

from __future__ import annotations

import logging
import re
import secrets

from flask import Flask, Response, g, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug.exceptions import SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix

POLICY = (
    "default-src 'self'; "
    "script-src 'self' 'nonce-{nonce}'; "
    # Editors and charts set styles on elements by attribute; style sheets and elements need our nonce all the same.
    "style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; media-src 'self' blob:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-src 'self'; "
    "frame-ancestors 'none'"
)
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "X-Permitted-Cross-Domain-Policies": "none",
    # The server's own name and version help nobody but those who look for a known hole.
    "Server": "houtai",
}
FRAMED = {"X-Frame-Options": "SAMEORIGIN"}
HSTS = "max-age=31536000; includeSubDomains"
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")


def csp_nonce() -> str:
    """This answer's nonce, for the rare script that stands in a page."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return g.csp_nonce


def is_framed() -> bool:
    """Whether a page of ours asks for this one to show it inside itself, as the side panel of a list does. Only the
    browser can say so (Fetch Metadata, W3C); whoever else frames us is told that nobody may."""
    asked = request.headers
    return asked.get("Sec-Fetch-Dest") == "iframe" and asked.get("Sec-Fetch-Site") == "same-origin"


def request_id() -> str:
    """A short name for this request: in the answer's header, in log lines, on the audit trail and on error pages."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    return g.request_id


class PrivateSessions(SecureCookieSessionInterface):
    """Sessions that stay out of answers which call themselves public, such as pictures: a cache that serves many must
    never keep somebody's session cookie with one."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not response.cache_control.public:
            super().save_session(app, session, response)


def set_up(app: Flask) -> None:
    app.session_interface = PrivateSessions()
    proxies = int(app.config.get("TRUSTED_PROXIES") or 0)
    if proxies:
        # Only as many X-Forwarded-* entries are believed as there are proxies of ours.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.jinja_env.globals["request_id"] = request_id
    app.register_error_handler(SecurityError, _wrong_host)
    app.after_request(_say_to_the_browser)
    logging.setLogRecordFactory(OneLineRecord)


def _wrong_host(_error: SecurityError) -> tuple[str, int, dict[str, str]]:
    """A Host we do not answer to. No page of ours is shown, since its links would carry the forged name."""
    return "Unknown host.\n", 400, {"Content-Type": "text/plain; charset=utf-8"}


def _say_to_the_browser(response: Response) -> Response:
    for name, value in FIXED.items():
        response.headers[name] = value
    response.headers["X-Request-ID"] = request_id()
    policy = POLICY.format(nonce=csp_nonce())
    if is_framed():
        response.headers.update(FRAMED)
        policy = policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    response.headers.setdefault("Content-Security-Policy", policy)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = HSTS
    # An answer that calls itself public, such as a picture, is the same for everyone.
    is_public = response.cache_control.public or (request.endpoint or "").rpartition(".")[2] == "static"
    if not is_public:
        response.vary.add("Cookie")
        if "Cache-Control" not in response.headers:
            # Pages tell of orders and people; a shared computer's Back button must not.
            response.headers["Cache-Control"] = "no-store"
    return response


class OneLineRecord(logging.LogRecord):
    """A log record whose message stays on its line, whatever a visitor put into a name or a header."""

    def getMessage(self) -> str:
        return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode(), super().getMessage())
