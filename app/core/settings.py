"""What a shop changes itself, on a screen: typed, labelled, with a default.

When to use it: shop policy that staff may decide at any time, such as how long backups are kept. When not:
what belongs to the machine or its owner (addresses, keys, workers) is a deployment setting in `config.py`.

A group is a class, a setting a line in it, and the manifest of its module plugs it in:

    class ParcelSettings(Settings):
        \"\"\"How parcels leave the house.\"\"\"            # shown to staff as help
        label = _("Parcels")
        days_to_ship: int = setting(3, _("Days to ship"), help=_("…"), min=1, max=30)

    module = Module("parcels", _("Parcels"), settings=[ParcelSettings])

    ParcelSettings.days_to_ship                         # reads 3, or what the shop has chosen
    change(ParcelSettings, {"days_to_ship": 5})         # checked, audited; the edge commits
    reset(ParcelSettings, "days_to_ship")               # back to the default

Reading costs a dictionary look-up: each process keeps the shop's choices for `FRESH_SECONDS`. A change counts once
it is committed: at once in the process that made it, within that time in all others. Outside an
application every setting reads as its default.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, TypeVar, cast

from flask import current_app, has_app_context
from sqlalchemy import event, select
from sqlalchemy.orm import Session, SessionTransaction

from app.core import clock
from app.core.columns import EMAIL, MAX_INTEGER, PHONE, URL, Choice
from app.core.db import Mapped, Record, db, json_data, reading, refusal, text
from app.core.errors import InvalidInput
from app.core.i18n import lazy as _
from app.core.money import MAX_FEN

FRESH_SECONDS = 1.0
T = TypeVar("T")
_log = logging.getLogger(__name__)


class StoredSetting(Record):
    """A setting the shop has changed; one that is not in this table has its default."""

    __tablename__ = "settings"
    title_column = "key"
    key: Mapped[str] = text(100, _("Setting"), unique=True)
    value: Mapped[Any] = json_data(_("Value"))

    def check(self) -> None:
        """A value that its setting does not allow is refused, whoever saves it."""
        found = find(self.key)
        if found is None:
            raise InvalidInput({"key": _("There is no such setting.")})
        message = found.refusal(found.from_json(self.value))
        if message is not None:
            raise InvalidInput({found.name: message})


class Setting:
    """One setting: its default and what may be chosen. Reading it on its group gives the value that holds now."""

    group: type["Settings"]
    name: str

    def __init__(self, default: Any, info: dict[str, Any]) -> None:
        self.default = default
        self.info = info

    def __set_name__(self, owner: type["Settings"], name: str) -> None:
        self.group, self.name = owner, name

    def __get__(self, _instance: Any, _owner: type) -> Any:
        return _choices().get(self.key, self.default)

    @property
    def key(self) -> str:
        """How it is stored and named in the audit trail: `parcels.days_to_ship`."""
        return f"{self.group.name}.{self.name}"

    @property
    def kind(self) -> str:
        """What it holds, in the words of `app.core.columns`: integer, money, text, yes_no, choice, …"""
        return cast(str, self.info["kind"])

    @property
    def label(self) -> Any:
        return self.info["label"]

    @property
    def help(self) -> Any:
        return self.info["help"]

    def refusal(self, value: Any) -> Any:
        """Why this value cannot be chosen, or None."""
        if self.kind == "several":
            # What is offered changes while the shop runs; a choice that is no longer offered is no reason to read the
            # default instead, so `change` alone asks for it.
            fits = isinstance(value, tuple) and all(isinstance(item, str) and len(item) <= 200 for item in value)
            return None if fits else _("This is not one of the choices.")
        if value is None or (value == "" and self.default != ""):
            return _("This field is required.")
        return None if value == "" else refusal(self.info, value)

    def to_json(self, value: Any) -> Any:
        """The value as it is stored."""
        if isinstance(value, tuple):
            return sorted(set(value))
        return value.value if isinstance(value, Choice) else value

    def from_json(self, stored: Any) -> Any:
        """A stored value as code reads it; what is no longer a choice comes back as it is and is refused."""
        if self.kind == "choice" and not isinstance(stored, Choice):
            try:
                return self.info["choices"](stored)
            except ValueError:
                return stored
        return tuple(stored) if self.kind == "several" and isinstance(stored, list) else stored

    def offered(self) -> list[tuple[str, Any]]:
        """Of a setting that holds several answers: those there are now, as stored value and words."""
        return list(self.info["offered"]())

    def not_offered(self, value: Any) -> Any:
        """Why this value cannot be chosen now, where it could be kept; or None."""
        if self.kind != "several":
            return None
        known = {name for name, _words in self.offered()} | set(getattr(self.group, self.name))
        return None if set(value) <= known else _("This is not one of the choices.")


def setting(default: T, label: Any, *, help: Any = None, kind: str | None = None, min: int | None = None,
            max: int | None = None, size: int | None = None,
            offered: Callable[[], list[tuple[str, Any]]] | None = None) -> T:
    """Declare one setting in a group.

    The kind follows from the default (bool, int, str, tuple or a `Choice`); `kind` says more where a number is
    money in fen, or a text is a long_text, phone, email or url. `min` and `max` bound numbers, `size` is the
    greatest length of a text in characters. A default of `()` makes a setting that holds several of the answers which
    `offered` lists whenever it is asked: pairs of stored text and words.
    """
    if kind is None:
        kind = ("yes_no" if isinstance(default, bool) else "integer" if isinstance(default, int)
                else "choice" if isinstance(default, Choice) else "several" if isinstance(default, tuple) else "text")
    info: dict[str, Any] = {"kind": kind, "label": label, "help": help}
    if kind in {"integer", "money"}:
        most = MAX_FEN if kind == "money" else MAX_INTEGER
        info |= {"min": 0 if min is None else min, "max": most if max is None else max}
    elif kind == "choice":
        info["choices"] = type(default)
    elif kind == "several":
        info["offered"] = offered or list
    elif kind != "yes_no":
        info |= {"size": size or 200, "pattern": {"phone": PHONE, "email": EMAIL, "url": URL}.get(kind)}
    # A descriptor stands where the annotation promises the value it gives.
    return cast(T, Setting(default, info))


class Settings:
    """A group of settings. Its docstring is the help above the group; `name` follows from the class's name."""

    name: ClassVar[str]
    label: ClassVar[Any]
    order: ClassVar[int] = 50
    """Where the group stands on the settings screen; small numbers first."""

    def __init_subclass__(cls) -> None:
        if "name" not in cls.__dict__:
            word = cls.__name__.removesuffix("Settings") or cls.__name__
            cls.name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).lower()

    @classmethod
    def settings(cls) -> list[Setting]:
        """Its settings in the order of declaration."""
        return [found for found in vars(cls).values() if isinstance(found, Setting)]


_groups: dict[str, type[Settings]] = {}


def register(group: type[Settings]) -> None:
    """Plug a group in; doing it twice changes nothing. Two groups of one name are a mistake of the programmer."""
    other = _groups.setdefault(group.name, group)
    if other is not group and (other.__module__, other.__qualname__) != (group.__module__, group.__qualname__):
        raise ValueError(f"the settings groups {other.__name__} and {group.__name__} share the name {group.name!r}")
    _groups[group.name] = group


def groups() -> list[type[Settings]]:
    """All groups that are plugged in, in the order of the settings screen."""
    return sorted(_groups.values(), key=lambda group: (group.order, group.name))


def find(key: str) -> Setting | None:
    """The setting stored under this key, or None."""
    group_name, _dot, name = key.partition(".")
    group = _groups.get(group_name)
    return next((found for found in group.settings() if found.name == name), None) if group else None


def change(group: type[Settings], values: Mapping[str, Any]) -> list[str]:
    """Choose values for settings of a group; gives the names of those that really changed.

    Refuses unknown names and values that are not allowed, naming each, and then changes nothing. Choosing
    the default is the same as `reset`. Who may change settings is for the edge to see.
    """
    known = {found.name: found for found in group.settings()}
    refused = {name: known[name].refusal(value) or known[name].not_offered(value) if name in known
               else _("There is no such setting.") for name, value in values.items()}
    if any(refused.values()):
        raise InvalidInput({name: message for name, message in refused.items() if message})
    return [name for name, value in values.items() if _store(known[name], value)]


def reset(group: type[Settings], *names: str) -> list[str]:
    """Put settings of a group back to their defaults (all of them if none is named); gives those that changed."""
    known = {found.name: found for found in group.settings()}
    wanted = names or tuple(known)
    if unknown := [name for name in wanted if name not in known]:
        raise InvalidInput({name: _("There is no such setting.") for name in unknown})
    return [name for name in wanted if _store(known[name], known[name].default)]


def _store(found: Setting, value: Any) -> bool:
    session = db.session()
    row = session.scalar(select(StoredSetting).where(StoredSetting.key == found.key))
    stored = found.to_json(value)
    if value == found.default:
        if row is None:
            return False
        session.delete(row)
    elif row is None:
        session.add(StoredSetting(key=found.key, value=stored))
    elif row.value == stored:
        return False
    else:
        row.value = stored
    session.flush()
    session.info["houtai_settings_changed"] = True
    return True


class _Cache:
    """The shop's choices as this process last read them."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.read_at = float("-inf")
        self.version = 0
        self.lock = threading.Lock()


def _cache() -> _Cache:
    return cast(_Cache, current_app.extensions.setdefault("houtai_settings", _Cache()))


def _choices() -> dict[str, Any]:
    if not has_app_context():
        return {}
    cache = _cache()
    # Whoever comes while another thread reads goes on with the values of a second ago instead of waiting.
    if clock.monotonic() - cache.read_at > FRESH_SECONDS and cache.lock.acquire(blocking=cache.read_at < 0):
        try:
            if clock.monotonic() - cache.read_at > FRESH_SECONDS:
                version = cache.version
                cache.values = dict(_read())
                # Forgotten while we read: what we have may already be old, so the next reader reads again.
                cache.read_at = clock.monotonic() if version == cache.version else float("-inf")
        finally:
            cache.lock.release()
    return cache.values


def _read() -> Iterator[tuple[str, Any]]:
    """What is committed. A connection of its own, so that a change which is rolled back was never seen."""
    with reading(), db.engine.connect() as connection:
        rows = connection.execute(select(StoredSetting.key, StoredSetting.value)).all()
    for key, stored in rows:
        found = find(key)
        if found is None:
            continue  # its module is not plugged in at present
        value = found.from_json(stored)
        if found.refusal(value) is None:
            yield key, value
        else:
            _log.warning("The stored value of the setting %s is no longer allowed; its default holds.", key)


def forget() -> None:
    """Read the shop's choices afresh next time. For those who change the table from outside, such as a restore."""
    if has_app_context():
        cache = _cache()
        cache.version += 1
        cache.read_at = float("-inf")


@event.listens_for(Session, "after_transaction_end")
def _after_transaction(session: Session, transaction: SessionTransaction) -> None:
    # Only the end of the outermost transaction makes a change visible to the connection that reads.
    if transaction.parent is None and session.info.pop("houtai_settings_changed", False):
        forget()
