"""Posted work on behalf of a user: what is asked inside is answered as in a request of theirs.

Which rows a screen shows, which numbers it masks and in which language it speaks depends on who looks. A worker has no
request; `standing_in` makes one that is nobody's but in which that user is signed in, with the rights they have now.
It has a database session of its own, which ends with it and only reads.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from flask import current_app, g

from app.core.errors import NotAllowed
from app.core.i18n import lazy as _
from app.lowcode.security import sessions


@contextlib.contextmanager
def standing_in(user_id: int, locale: str) -> Iterator[None]:
    """Everything inside is seen with the eyes of this user, in this language; NotAllowed if they were shut out."""
    with current_app.test_request_context("/"):
        who = sessions.as_if_signed_in(user_id, locale)
        if who is None:
            raise NotAllowed(_("Whoever asked for this is no longer on the staff."))
        g.signed_in = who
        yield
