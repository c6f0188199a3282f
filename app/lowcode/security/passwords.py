"""Passwords: what is accepted, how it is hashed, and that an unknown name costs the same work.

The rule follows OWASP ASVS 5.0, 6.2: at least 8 characters (15 are advised), up to 128, any character, no demand for
digits or signs; what everybody guesses first is refused, and so is a name turned into a password.
"""

from __future__ import annotations

import re
import secrets
from functools import lru_cache
from typing import Any

from flask import current_app
from werkzeug.security import check_password_hash, generate_password_hash

from app.core.errors import InvalidInput
from app.core.i18n import lazy as _

SHORTEST, ADVISED, LONGEST = 8, 15, 128
GUESSES_TOO_FEW = 10**6
"""A password that a guesser who knows the usual patterns finds within a million tries is refused."""

# What the bundled list of the estimator, made of leaked English-language accounts, does not know.
OFTEN_SEEN_IN_CHINA = {
    "woaini1314", "woaini520", "woaini521", "5201314520", "1314520520", "a123456789", "qq123456789", "qq123456",
    "asd123456", "abc123456", "a1234567", "aa123456", "aini1314", "wozhiaini", "woshishui", "nihao123", "zxc123456",
    "88888888", "66668888", "12344321", "147258369", "31415926", "1qaz2wsx", "caonima123", "iloveyou1314", "admin888",
    "houtai123", "houtai888", "admin123456", "root123456", "taobao123", "weixin123", "wechat123", "alipay123",
}


def hash_password(password: str) -> str:
    """The stored form: salted scrypt, or what FAB_PASSWORD_HASH_METHOD names."""
    return generate_password_hash(
        password, method=current_app.config.get("FAB_PASSWORD_HASH_METHOD", "scrypt"),
        salt_length=current_app.config.get("FAB_PASSWORD_HASH_SALT_LENGTH", 16))


def is_password(stored: str | None, password: str) -> bool:
    """Whether `password` is the one behind `stored`. Where there is none the same work is done for nothing, so that
    the time taken does not tell an unknown name from a wrong password."""
    if len(password) > LONGEST:
        password = ""  # never accepted, and not worth hashing a megabyte for
    right = check_password_hash(stored or _hash_of_nothing(hash_method()), password)
    return right and bool(stored) and bool(password)


def hash_method() -> str:
    return str(current_app.config.get("FAB_PASSWORD_HASH_METHOD", "scrypt"))


@lru_cache(maxsize=8)
def _hash_of_nothing(method: str) -> str:
    return generate_password_hash(secrets.token_urlsafe(32), method=method)


def one_time_password() -> str:
    """A password to be told to someone and changed at the first sign-in: 80 random bits, easy to read aloud."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _n in range(4)) for _group in range(4))


def check_strength(password: str, *names: str | None, field: str = "password") -> None:
    """Refuse a password that is too short, too long or among the first to be guessed; `names` are words such as
    the user's own names and the shop's, which a guesser would try. Raises InvalidInput naming `field`."""
    refusal = _refusal(password, [name for name in names if name])
    if refusal is not None:
        raise InvalidInput({field: refusal})


def _refusal(password: str, names: list[str]) -> Any:
    if len(password) < SHORTEST:
        return _("A password has at least %(shortest)s characters; %(advised)s or more are better.",
                 shortest=SHORTEST, advised=ADVISED)
    if len(password) > LONGEST:
        return _("A password has at most %(longest)s characters.", longest=LONGEST)
    if not any(ord(character) > 32 for character in password):
        return _("A password of blanks alone is not accepted.")
    lower = password.lower()
    parts = {part for name in names for part in [name.lower(), *re.split(r"[\s@._\-]+", name.lower())]}
    words = {part for part in parts if len(part) >= 3}
    if any((lower.startswith(word) and len(lower) - len(word) <= 4) or lower == word * 2 for word in words):
        return _("This is a name with little added; it would be guessed at once.")
    if lower in OFTEN_SEEN_IN_CHINA or _guesses(password, sorted(words)) < GUESSES_TOO_FEW:
        return _("This password is among the first to be guessed. A few unrelated words make a good one.")
    return None


def _guesses(password: str, words: list[str]) -> float:
    from zxcvbn import zxcvbn  # takes 0.3 s and some megabytes, and is needed only when a password is set

    # Its cost grows with the square of the length, and a long password is not a guessable one.
    return float(zxcvbn(password[:72], user_inputs=words, max_length=72)["guesses"])
