"""Limits on signing in: wrong passwords make the next try wait, for the account and for the address.

An account has `FREE_TRIES` tries; the next one starts a wait of 15 seconds, and every one after that a wait twice as
long, up to 15 minutes. An address is given more room, since a whole shop may stand behind it. A try during the
wait is answered 429 without looking at the password, the same for names that exist and names that do not; a success
clears the account's count. A try is counted before its password is looked at, so that a volley of parallel tries gains
nothing.

The counters live in the storage that RATELIMIT_STORAGE_URI names (`memory://` counts per process; give a
`redis://` address where several processes serve, or each of them grants its own tries). They are kept out of the
database on purpose: someone hammering the form must not cause writes.
"""

from __future__ import annotations

import hashlib
import math
import time

from flask import Flask, current_app
from limits.storage import Storage, storage_from_string

from app.core.errors import BusinessError
from app.core.i18n import lazy as _

FREE_TRIES = {"account": 4, "code": 4, "address": 30}
"""Wrong passwords of an account, wrong codes of a second factor, and either of them from one address."""
COUNT_SECONDS = {"account": 12 * 3600, "code": 12 * 3600, "address": 3600}
"""How long a count lives, from its first failure on."""
FIRST_WAIT_SECONDS = 15
LONGEST_WAIT_SECONDS = 15 * 60


class TooManyTries(BusinessError):
    """Signing in was tried too often; `wait` seconds must pass. HTTP 429."""

    status = 429
    code = "too_many_tries"

    def __init__(self, wait: int) -> None:
        super().__init__()
        self.wait = wait

    @classmethod
    def default_message(cls) -> object:
        return _("Too many tries. Please wait a little and try again.")


def set_up(app: Flask) -> None:
    """Connect to the counters' storage."""
    app.extensions["houtai_login_counters"] = storage_from_string(app.config["RATELIMIT_STORAGE_URI"])


def begin_try(name: str, address: str | None, kind: str = "account") -> None:
    """Count a try for the account, or for its second factor; raises TooManyTries while it has to wait, or
    the address has."""
    if not current_app.config["RATELIMIT_ENABLED"]:
        return
    key = _key(kind, name)
    wait = max(_seconds_left(key), _seconds_left(_key("address", address)))
    if wait or not _may_go_on(kind, key):
        raise TooManyTries(wait or FIRST_WAIT_SECONDS)


def count_failure(address: str | None) -> None:
    """Note a wrong password against the address it came from; the account has counted the try already."""
    if current_app.config["RATELIMIT_ENABLED"]:
        _may_go_on("address", _key("address", address))


def forgive(name: str, kind: str = "account") -> None:
    """Forget the tries of an account or of its second factor, after a success or a reset."""
    for prefix in ("tries", "wait"):
        _store().clear(f"{prefix}:{_key(kind, name)}")


def _may_go_on(kind: str, key: str) -> bool:
    """Count one more; beyond the free tries only the one that starts the wait itself goes on."""
    over = _store().incr(f"tries:{key}", COUNT_SECONDS[kind]) - FREE_TRIES[kind]
    if over <= 0:
        return True
    wait = min(FIRST_WAIT_SECONDS * 2 ** min(over - 1, 10), LONGEST_WAIT_SECONDS)
    return _store().incr(f"wait:{key}", wait) == 1


def _store() -> Storage:
    return current_app.extensions["houtai_login_counters"]


def _key(kind: str, value: str | None) -> str:
    # Hashed, so that a name typed into the wrong field (a password, often) is not kept in a foreign store.
    return f"login:{kind}:{hashlib.sha256((value or '').strip().lower().encode()).hexdigest()[:32]}"


def _seconds_left(key: str) -> int:
    store = _store()
    return max(1, math.ceil(store.get_expiry(f"wait:{key}") - time.time())) if store.get(f"wait:{key}") else 0
