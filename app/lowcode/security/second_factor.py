"""The second factor: a code from an authenticator app that changes every half minute (TOTP, RFC 6238), or a recovery
code.

A code counts once: the time step of the last one is kept, and raised by one guarded statement, so that of two people
who send the same code at the same moment one is refused. The clock of a phone may be one step off. The key is stored
encrypted with a key made from SECRET_KEY; an old SECRET_KEY that is still listed opens it as well, and every night
what an old one closed is closed with the new one (`renew_encryption`). Recovery codes are stored as digests.

Nothing here leaves a trace of key or code: neither in a log nor in the audit trail nor in an answer, except for the
page on which they are shown once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import unicodedata
from calendar import timegm
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import delete, func, insert, select, update

from app.core import clock
from app.core.actor import Actor, acting_as
from app.core.database import db
from app.core.errors import BusinessError, InvalidInput
from app.core.events import Audited, publish
from app.core.i18n import lazy as _
from app.lowcode.security import limits, passwords, sessions
from app.lowcode.security.models import StaffRecoveryCode, StaffSecondFactor

log = logging.getLogger(__name__)
STEP_SECONDS = 30
DRIFT = 1
"""So many steps may the clock of the phone be ahead or behind."""
RECOVERY_CODES = 10
PROPOSAL_SECONDS = 3600
"""How long the page that shows a new key may stay open."""
FACTORS: Any = StaffSecondFactor.__table__
CODES: Any = StaffRecoveryCode.__table__
WORDS: dict[str, Any] = {
    "set_up": _("Two-step sign-in set up"),
    "turned_off": _("Two-step sign-in turned off"),
    "reset": _("Two-step sign-in reset by someone else"),
    "codes_renewed": _("Recovery codes made anew"),
    "recovery_code_used": _("Signed in with a recovery code"),
    "refused": _("Wrong code after the right password"),
}


@dataclass(frozen=True)
class SecondFactorChanged(Audited):
    """Something happened to a user's second factor; `what` is one of WORDS."""

    kind_of_record = _("Users")
    user_id: int
    name: str
    what: str

    def record_name(self) -> str:
        return self.name

    def in_words(self) -> str:
        return str(WORDS.get(self.what, self.what))


class WrongCode(BusinessError):
    """The code is not right, or was used before; it is not said which. HTTP 401."""

    status = 401
    code = "wrong_code"

    @classmethod
    def default_message(cls) -> object:
        return _("This code is not right, or it was used already. Wait for the next one.")


class CodeNeeded(BusinessError):
    """Name and password are right, and a code is needed as well. HTTP 401."""

    status = 401
    code = "code_needed"

    @classmethod
    def default_message(cls) -> object:
        return _("This account has two-step sign-in. Send the code as well.")


@dataclass(frozen=True)
class Proposal:
    """A new key on its way to an app: `key` for people, `uri` for the picture, `sealed` for the form to send back."""

    key: str
    uri: str
    sealed: str


def has_second_factor(user_id: int) -> bool:
    """Whether this user has set it up."""
    return db.session.execute(select(FACTORS.c.id).where(FACTORS.c.user_id == user_id)).first() is not None


def propose(user: User, sealed: str | None = None) -> Proposal:
    """A key for `user` to set up: a new one, or the one that an earlier page has shown. Nothing is stored yet."""
    import pyotp  # wanted on a handful of pages only

    key = _opened(user, sealed) if sealed else None
    if key is None:
        key = pyotp.random_base32()
        sealed = _cipher().encrypt(f"{user.id}:{key}".encode()).decode()
    uri = pyotp.TOTP(key).provisioning_uri(name=user.username, issuer_name=str(current_app.config["APP_NAME"]))
    return Proposal(key, uri, str(sealed))


def set_up(user: User, sealed: str, code: str) -> list[str]:
    """Keep the proposed key once a code from it proves that the app has it; gives the recovery codes. The edge
    commits."""
    key = _opened(user, sealed)
    if key is None:
        raise InvalidInput({"code": _("This page was open for too long. Scan the new picture.")})
    if has_second_factor(user.id):
        raise BusinessError(_("Two-step sign-in is set up already."))
    step = _step_of(key, _plain(code), after=0)
    if step is None:
        raise InvalidInput({"code": _("This code does not belong to the key above. Look whether the phone's clock is "
                                      "right.")})
    now = clock.now()
    db.session.execute(insert(FACTORS).values(
        user_id=user.id, sealed_key=_cipher().encrypt(key.encode()).decode(), last_step=step, created_at=now,
        updated_at=now))
    publish(SecondFactorChanged(user.id, str(user), "set_up"))
    return _new_recovery_codes(user.id)


def check(user: User, code: str) -> None:
    """Use up a code of `user`: from the app, or a recovery code. Refuses with WrongCode or TooManyTries, and announces
    a refusal; called before an edge's own work, which commits the use."""
    user_id, name, address = user.id, str(user), sessions.client_ip()
    limits.begin_try(str(user_id), address, "code")
    plain = _plain(code)
    used = _use_app_code(user_id, plain) if len(plain) == 6 and plain.isdigit() else _use_recovery_code(user_id, plain)
    if not used:
        limits.count_failure(address)
        log.warning("second factor refused: user %s from %s", user_id, address)
        db.session.rollback()
        with acting_as(Actor("system", name)):
            publish(SecondFactorChanged(user_id, name, "refused"))
        db.session.commit()
        raise WrongCode()
    if len(plain) != 6:
        with acting_as(Actor.staff(user_id, name)):
            publish(SecondFactorChanged(user_id, name, "recovery_code_used"))
    limits.forgive(str(user_id), "code")


def renew_recovery_codes(user: User) -> list[str]:
    """Make new recovery codes; the old ones no longer count. The edge commits."""
    publish(SecondFactorChanged(user.id, str(user), "codes_renewed"))
    return _new_recovery_codes(user.id)


def turn_off(user: User, *, by_someone_else: bool = False) -> bool:
    """Forget the second factor of `user`; says whether there was one. The edge commits."""
    db.session.execute(delete(CODES).where(CODES.c.user_id == user.id))
    gone = db.session.execute(delete(FACTORS).where(FACTORS.c.user_id == user.id)).rowcount > 0
    if gone:
        publish(SecondFactorChanged(user.id, str(user), "reset" if by_someone_else else "turned_off"))
        limits.forgive(str(user.id), "code")
    return gone


def recovery_codes_left(user_id: int) -> int:
    """How many recovery codes have not been used."""
    return db.session.scalar(select(func.count()).select_from(CODES).where(
        CODES.c.user_id == user_id, CODES.c.used_at.is_(None))) or 0


def renew_encryption() -> int:
    """Close with the newest SECRET_KEY what an older one has closed; says how many keys. The edge commits."""
    from cryptography.fernet import InvalidToken

    cipher, count = _cipher(), 0
    for row in db.session.execute(select(FACTORS.c.id, FACTORS.c.sealed_key)).all():
        try:
            if not _is_newest(row.sealed_key):
                renewed = cipher.rotate(row.sealed_key.encode()).decode()
                db.session.execute(update(FACTORS).where(
                    FACTORS.c.id == row.id, FACTORS.c.sealed_key == row.sealed_key).values(sealed_key=renewed))
                count += 1
        except InvalidToken:
            log.error("the second factor %s was closed with a SECRET_KEY that is no longer known", row.id)
    return count


def _use_app_code(user_id: int, code: str) -> bool:
    from cryptography.fernet import InvalidToken

    row = db.session.execute(
        select(FACTORS.c.sealed_key, FACTORS.c.last_step).where(FACTORS.c.user_id == user_id)).first()
    if row is None:
        return False
    try:
        key = _cipher().decrypt(row.sealed_key.encode()).decode()
    except InvalidToken:
        log.error("the second factor of user %s was closed with a SECRET_KEY that is no longer known", user_id)
        return False
    step = _step_of(key, code, after=row.last_step)
    return step is not None and db.session.execute(
        update(FACTORS).where(FACTORS.c.user_id == user_id, FACTORS.c.last_step < step)
        .values(last_step=step, updated_at=clock.now())).rowcount == 1


def _use_recovery_code(user_id: int, code: str) -> bool:
    return db.session.execute(
        update(CODES).where(CODES.c.user_id == user_id, CODES.c.code_hash == _digest(user_id, code),
                            CODES.c.used_at.is_(None))
        .values(used_at=clock.now(), updated_at=clock.now())).rowcount == 1


def _step_of(key: str, code: str, *, after: int) -> int | None:
    """The time step that `code` belongs to, if it lies near now and after the last one used."""
    import pyotp

    totp = pyotp.TOTP(key)
    now = timegm(clock.now().timetuple()) // STEP_SECONDS
    # Every step is tried, whatever the first one says, so that the time taken tells nothing.
    fitting = [step for step in range(now - DRIFT, now + DRIFT + 1)
               if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())]
    return next((step for step in fitting if step > after), None)


def _new_recovery_codes(user_id: int) -> list[str]:
    now = clock.now()
    codes = [passwords.one_time_password() for _number in range(RECOVERY_CODES)]
    db.session.execute(delete(CODES).where(CODES.c.user_id == user_id))
    db.session.execute(insert(CODES), [
        {"user_id": user_id, "code_hash": _digest(user_id, _plain(code)), "created_at": now, "updated_at": now}
        for code in codes])
    return codes


def _plain(code: str) -> str:
    """A code as it counts: without blanks and dashes, in small letters, with the digits that a Chinese keyboard
    writes wide as plain ones."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", code[:100]) if sign.isalnum()).lower()


def _digest(user_id: int, plain: str) -> str:
    # 79 random bits are not found by trying, so a plain digest is enough; the user's id keeps equal codes apart.
    return hashlib.sha256(f"{user_id}:{plain}".encode()).hexdigest()


def _opened(user: User, sealed: str) -> str | None:
    """The key of a proposal, if it was made for this user and not too long ago."""
    from cryptography.fernet import InvalidToken

    try:
        user_id, _colon, key = _cipher().decrypt(sealed.encode(), ttl=PROPOSAL_SECONDS).decode().partition(":")
    except (InvalidToken, UnicodeError):
        return None
    return key if user_id == str(user.id) else None


def _cipher() -> Any:
    from cryptography.fernet import MultiFernet

    return MultiFernet(_ciphers())


def _is_newest(sealed: str) -> bool:
    from cryptography.fernet import InvalidToken

    try:
        _ciphers()[0].decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


def _ciphers() -> list[Any]:
    """One for each SECRET_KEY, the newest first; a key of its own, worth nothing for cookies or tokens."""
    from cryptography.fernet import Fernet

    keys = [current_app.config["SECRET_KEY"], *(current_app.config.get("SECRET_KEY_FALLBACKS") or [])]
    return [Fernet(base64.urlsafe_b64encode(hmac.new(
        key if isinstance(key, bytes) else str(key).encode(), b"houtai second factor", hashlib.sha256).digest()))
        for key in keys]
