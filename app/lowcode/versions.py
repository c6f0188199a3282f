"""Which version of a record a form or a program has seen, so that nobody's change is overwritten unseen.

A form that is opened for editing carries `version(...)` in a hidden field: the values it was made of, signed. When it
is saved, the record, which is loaded for that anyway and locked by the same query, is held against it. Values are
compared and not a moment: two saves in one microsecond differ, what changes beside the form (a stock that an order
takes from) is no reason to ask anybody, and neither is a change that was taken back. And only values can tell who
changed which field:

    changes = compare(fields, read, opened, stored)
    changes.theirs     # changed in the record since the form was opened
    changes.mine       # typed into the form
    changes.both       # both, and not alike: somebody must choose

A program gets the shorter `tag(...)` as an ETag, and asks by If-Match whether it still holds.

What a form cannot tell apart is the same here: seconds of a moment, the white space that an editor puts between
paragraphs. A field that was not touched is therefore not written at all.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from flask import current_app

from app.core import clock, html
from app.core.columns import Choice
from app.lowcode.fields import Field, Read, primary_key

NAME = "_version"
"""The hidden field; no column begins with a line below."""
LONGEST = 20_000
"""Characters of a text that a version carries whole; of a longer one it only knows whether it is still the same."""
_DIGEST = "\0"
"""Begins what stands for a value that is not carried itself; no text that is stored has this character."""
_SIGNATURE = 16
_BLOCKS = "p|div|ul|ol|li|h[1-6]|table|thead|tbody|tfoot|tr|td|th|blockquote|hr|br"
_BETWEEN_TAGS = re.compile(rf"\s*(</?(?:{_BLOCKS})\b[^>]*>)\s*")


@dataclass(frozen=True)
class Opened:
    """What a form was opened with: plain values by path, the record's title, and when that was."""

    values: Mapping[str, Any]
    title: str
    at: datetime


@dataclass
class Changes:
    """Paths of fields that changed between opening a form and saving it; `is_known` is False for a version that cannot
    be read, where every difference counts as made by both."""

    theirs: list[str] = dataclass_field(default_factory=list)
    mine: list[str] = dataclass_field(default_factory=list)
    both: list[str] = dataclass_field(default_factory=list)
    is_known: bool = True


# -- values -------------------------------------------------------------------------------------------------


def plain_values(fields: Iterable[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """Stored values, by path, as JSON can hold them."""
    return {field.path: plain(field, values[field.path]) for field in fields if field.path in values}


def plain(field: Field, value: Any) -> Any:
    """One value of a field as JSON can hold it: a related row is its id, nothing is None, a secret is its digest."""
    if field.kind == "references":
        return sorted(_id(item) for item in value or ())
    if value is None or value == "" or (value == [] and field.kind != "json"):
        return None
    if field.kind == "reference":
        return _id(value)
    if isinstance(value, str):
        if field.kind == "password" or field.info.get("secret") or len(value) > LONGEST:
            return _digest(field, value)
        return value
    if isinstance(value, bool | int | list | dict):
        return value
    if isinstance(value, Choice):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | float):
        return format(Decimal(str(value)).normalize(), "f")
    return str(value)


def _id(value: Any) -> int:
    return value if isinstance(value, int) else getattr(value, primary_key(type(value)).key)


def is_carried(value: Any) -> bool:
    """Whether a plain value can be shown, rather than only be held against another."""
    return not (isinstance(value, str) and value.startswith(_DIGEST))


def stored_again(field: Field, value: Any) -> Any:
    """A plain value as a record would hold it."""
    if value is None or not is_carried(value):
        return None
    if field.kind == "choice":
        # An answer may have been taken off the list by an update of the program.
        return next((answer for answer in field.info["choices"] if answer.value == value), None)
    if field.kind == "moment":
        return datetime.fromisoformat(value)
    if field.kind == "day":
        return date.fromisoformat(value)
    return Decimal(value) if field.kind == "decimal" else value


def same(field: Field, one: Any, other: Any) -> bool:
    """Whether two plain values are the same as far as a form can tell."""
    if one == other:
        return True
    if not (is_carried(one) and is_carried(other)):
        return _digest(field, one) == _digest(field, other)
    return bool(_normal(field, one) == _normal(field, other))


def _normal(field: Field, value: Any) -> Any:
    if field.kind == "yes_no":
        return bool(value)
    if not isinstance(value, str):
        return value
    if field.kind == "moment":
        return value[:16]
    if field.kind == "decimal":
        return round(Decimal(value), field.info.get("places", 2))
    if field.kind == "rich_text":
        text = html.sanitise(value).replace("&nbsp;", " ").replace("\xa0", " ")
        return " ".join(_BETWEEN_TAGS.sub(r"\1", text).split()) or None
    return value.replace("\r\n", "\n").strip() or None


def _digest(field: Field, value: Any) -> Any:
    if value is None or not is_carried(value):
        return value
    return _DIGEST + hmac.digest(_key(), f"{_normal(field, value)}".encode("utf-8", "replace"), "sha256").hex()


# -- versions -----------------------------------------------------------------------------------------------


def version(model: Any, record_id: Any, opened: Opened) -> str:
    """What a form carries of the record it was opened with. It is signed for this record, so that nobody is told more
    than they were shown."""
    body = zlib.compress(_json([opened.title, opened.at.isoformat(), opened.values]), 1)
    return base64.urlsafe_b64encode(_sign(model, record_id, body) + body).decode()


def read_version(model: Any, record_id: Any, text: str) -> Opened | None:
    """What a form was opened with, or None where the version is none of ours for this record."""
    try:
        raw = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    signature, body = raw[:_SIGNATURE], raw[_SIGNATURE:]
    if not hmac.compare_digest(signature, _sign(model, record_id, body)):
        return None
    title, at, values = json.loads(zlib.decompress(body))
    return Opened(values, title, datetime.fromisoformat(at))


def opened_now(record: Any, fields: Iterable[Field], values: Mapping[str, Any]) -> Opened:
    """A record as its form is opened now; `values` are those of the form."""
    return Opened(plain_values(fields, values), str(record)[:200], clock.now())


def tag(fields: Iterable[Field], values: Mapping[str, Any]) -> str:
    """The version of all that can be written, for a program to hold against."""
    return tag_of(plain_values(fields, values))


def tag_of(values: Mapping[str, Any]) -> str:
    """The same of plain values."""
    return hashlib.blake2b(_json(values), digest_size=16).hexdigest()


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # a whole number beyond 64 bits within a column of JSON
        return json.dumps(value).encode()


def _sign(model: Any, record_id: Any, body: bytes) -> bytes:
    return hmac.digest(_key(), f"{model.__tablename__}/{record_id}/".encode() + body, "sha256")[:_SIGNATURE]


def _key() -> bytes:
    secret = current_app.secret_key
    return b"version of a record:" + (secret if isinstance(secret, bytes) else str(secret).encode())


# -- comparing ----------------------------------------------------------------------------------------------


def compare(fields: Iterable[Field], read: Read, opened: Opened | None, stored: Mapping[str, Any]) -> Changes:
    """What was typed and what is stored now, against what a form was opened with; `stored` are plain values."""
    found = Changes(is_known=opened is not None)
    for field in fields:
        path, now = field.path, stored[field.path]
        is_typed = path in read.values or path in read.refused
        # What cannot be read is certainly not what was stored; it is the person's, and to be mended.
        typed = plain(field, read.values[path]) if path in read.values else None
        differs = is_typed and (path in read.refused or not same(field, typed, now))
        if opened is None:
            is_mine = is_theirs = differs
        else:
            # A field that the form has got by an update of the program since it was opened.
            before = opened.values.get(path, now)
            is_theirs = not same(field, before, now)
            is_mine = is_typed and (path in read.refused or not same(field, typed, before))
        found.theirs += [path] if is_theirs else []
        found.mine += [path] if is_mine else []
        found.both += [path] if is_mine and is_theirs and differs else []
    return found
