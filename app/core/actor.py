"""Who is acting: a staff user, an API client, a member, a named job, a command or an import.

Services never ask who is logged in; they ask `current_actor()`. The edge (a request, a job, a command)
says who it is with `acting_as`, and the audit trail, notes and histories record it:

    with acting_as(Actor.job("nightly_backup")):
        ...
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator
from dataclasses import dataclass

KINDS = ("staff", "api", "member", "job", "command", "import", "system")


@dataclass(frozen=True, slots=True)
class Actor:
    """One who acts: `kind` is one of KINDS, `name` is what people read, `id` is set where a row stands behind it."""

    kind: str
    name: str
    id: int | None = None

    @classmethod
    def staff(cls, user_id: int, name: str) -> "Actor":
        return cls("staff", name, user_id)

    @classmethod
    def job(cls, name: str) -> "Actor":
        return cls("job", name)

    @classmethod
    def command(cls, name: str) -> "Actor":
        return cls("command", name)

    def __str__(self) -> str:
        return self.name


SYSTEM = Actor("system", "system")
_current: contextvars.ContextVar[Actor] = contextvars.ContextVar("houtai_actor", default=SYSTEM)


def current_actor() -> Actor:
    """Who is acting now; the system itself if nobody has said so."""
    return _current.get()


@contextlib.contextmanager
def acting_as(actor: Actor) -> Iterator[Actor]:
    """Everything inside is done by `actor`."""
    token = _current.set(actor)
    try:
        yield actor
    finally:
        _current.reset(token)


def enter(actor: Actor) -> contextvars.Token:
    """Like `acting_as` for an edge that ends elsewhere, such as a request; give the token to `leave`."""
    return _current.set(actor)


def leave(token: contextvars.Token) -> None:
    """The end of what `enter` began."""
    _current.reset(token)
