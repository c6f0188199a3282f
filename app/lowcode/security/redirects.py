"""Where to go after signing in: only to a page of this back office.

The address a visitor came with is not to be believed: `//evil`, `/\\evil`, a tab in the middle, another
scheme and a forged Host header have all been used to lead people away after they typed their password.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

LONGEST = 2000


def is_safe_path(target: str | None) -> bool:
    """Whether `target` is a path on this host: one slash first, no host, no scheme, nothing a browser would bend."""
    if not target or len(target) > LONGEST or not target.startswith("/") or target.startswith("//"):
        return False
    if "\\" in target or any(ord(character) < 33 or ord(character) == 127 for character in target):
        return False
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc


def safe_next(target: str | None, default: str = "/") -> str:
    """`target` if it is a path of ours that is worth returning to, else `default`."""
    if not is_safe_path(target):
        return default
    path = urlsplit(str(target)).path
    return default if path.startswith(("/login", "/logout", "/static/")) else str(target)


def here() -> str:
    """The path of the page asked for, as `next` for the sign-in page; only a GET can be gone back to."""
    if request.method != "GET":
        return "/"
    return safe_next(request.full_path.rstrip("?"))


def came_from(default: str = "/") -> str:
    """The page of ours from which this request was sent, else `default`."""
    parts = urlsplit(request.referrer or "")
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    return target if parts.netloc == request.host and is_safe_path(target) else default
