"""Field: what one column of a screen is, read once from its model and used by everything.

List cells, filters, forms, the JSON API and its description all ask the same `Field`: its label, its kind, how
a value typed by a person (`parse`) or sent by a program (`from_json`) is read, and how it is written for a program
(`to_json`). A new kind of column is taught here and in `cells.py`, `controls.py`, and nowhere else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Column, Date, DateTime, Enum, Integer, Numeric, String, Text, inspect
from sqlalchemy.orm import RelationshipProperty

from app.core import clock
from app.core.columns import Choice
from app.core.i18n import LazyText, current_locale
from app.core.i18n import lazy as _
from app.core.money import to_fen, yuan_text

MAX_ID = 2**31 - 1
MAX_NUMBER = 2**62
"""No column holds more, and a database can compare nothing larger."""
MAX_JSON = 20_000
TEXT_KINDS = {"text", "phone", "email", "url", "long_text"}
WORD_SEPARATOR = " / "
TRUE = {"1", "true", "yes", "on", "y", "是"}
FALSE = {"0", "false", "no", "off", "n", "否", ""}


class Read(NamedTuple):
    """What was sent: values by path, and for each that could not be read the reason."""

    values: dict[str, Any]
    refused: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Field:
    """One column of a screen. `path` is how the screen names it: `price`, `category`, `member.phone`, `is_late`."""

    path: str
    kind: str
    label: Any
    help: Any = None
    required: bool = False
    info: Mapping[str, Any] = dataclass_field(default_factory=dict)
    column: Column[Any] | None = None
    relation: RelationshipProperty[Any] | None = None
    through: RelationshipProperty[Any] | None = None
    """For a dotted path, the relation that leads to the table in which `column` stands."""

    _words: dict[str, str] = dataclass_field(default_factory=dict, repr=False)

    @property
    def words(self) -> str:
        """The label in the reader's language; kept, since a list asks for it a hundred times."""
        locale = current_locale()
        if locale not in self._words:
            self._words[locale] = str(self.label)
        return self._words[locale]

    @property
    def target(self) -> type | None:
        """The model that a reference points to."""
        return self.relation.mapper.class_ if self.relation is not None else None

    @property
    def is_stored(self) -> bool:
        """Whether SQL can select, filter and sort by it; a computed property cannot."""
        return self.column is not None or self.kind == "reference"

    @property
    def is_right_aligned(self) -> bool:
        return self.kind in {"integer", "decimal", "money"}

    def parse(self, raw: Any) -> Any:
        """A value as typed into a form or an address; ValueError with a message for people if it is none.

        Empty becomes None. A reference gives the id, `references` a list of ids; whether they exist is for
        the saver to see.
        """
        try:
            return self._parse(raw)
        except (ValueError, OverflowError, RecursionError) as error:
            raise ValueError(reason_of(error)) from None

    def from_json(self, raw: Any) -> Any:
        """A value as the API writes it: money in whole fen, a moment with its offset (`Z`; without one it is UTC).
        ValueError with a message for people if it is none."""
        if raw is not None and raw != "":
            if self.kind == "money" and (isinstance(raw, bool) or not isinstance(raw, int)):
                raise ValueError(_("Give the amount as a whole number of fen."))
            if self.kind == "moment":
                return _moment_from_json(raw)
        return self.parse(raw)

    def _parse(self, raw: Any) -> Any:
        if self.kind in {"references", "pictures"}:
            return self._parse_many(raw)
        if self.kind == "words":
            return _parse_words(raw)
        if self.kind == "yes_no":
            return _parse_yes_no(raw)
        if self.kind == "json":
            return _parse_json(raw)
        if raw is None or (isinstance(raw, str) and raw.strip() == ""):
            return None
        parser = _PARSERS.get(self.kind, _parse_text)
        return parser(self, raw)

    def _parse_many(self, raw: Any) -> list[Any]:
        if raw is None or raw == "":
            return []
        if isinstance(raw, str):
            raw = _parse_json(raw) if raw.lstrip().startswith("[") else [raw]
        if not isinstance(raw, list):
            raise ValueError(_("This is not a list."))
        if self.kind == "references":
            return list(dict.fromkeys(parse_id(item) for item in raw if item not in ("", None)))
        return [str(item) for item in raw if item]

    def to_json(self, value: Any) -> Any:
        """A stored value for a program: money in fen, moments as ISO 8601 in UTC with a `Z`, choices by value."""
        if isinstance(value, Choice):
            return value.value
        if isinstance(value, datetime):
            return value.isoformat(timespec="seconds") + "Z"
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, Decimal):
            return float(value)
        if value is None or isinstance(value, str | int | float | bool | list | dict):
            return value
        return str(value)

    def to_form(self, value: Any) -> Any:
        """A stored value as the form's control wants it."""
        if value is None:
            return ""
        if self.kind == "money":
            return yuan_text(value)
        if self.kind == "moment":
            return clock.to_zone(value, clock.shop_zone()).strftime("%Y-%m-%dT%H:%M")
        if self.kind == "day":
            return value.isoformat()
        if isinstance(value, Choice):
            return value.value
        if self.kind == "words":
            return WORD_SEPARATOR.join(value)
        if self.kind == "json":
            return json.dumps(value, ensure_ascii=False, indent=1)
        return value


def reason_of(error: Exception) -> Any:
    """What to tell people of a value that could not be read: our own words, never a library's."""
    said = error.args[0] if error.args else None
    return said if isinstance(said, LazyText) else _("This cannot be read.")


def parse_id(raw: Any) -> int:
    """An id from a form, an address or JSON; ValueError if it can be none."""
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        raise ValueError(_("This is not the id of a record."))
    text = raw.strip() if isinstance(raw, str) else str(raw) if 0 <= raw <= MAX_ID else ""
    if not (text.isascii() and text.isdigit()) or len(text) > 20 or int(text) > MAX_ID:
        raise ValueError(_("This is not the id of a record."))
    return int(text)


def _parse_text(_field: Field, raw: Any) -> str:
    if not isinstance(raw, str):
        raise ValueError(_("This is not a text."))
    return raw.strip() if _field.kind in {"text", "phone", "email", "url"} else raw.replace("\r\n", "\n")


def _parse_integer(_field: Field, raw: Any) -> int:
    if isinstance(raw, bool) or (isinstance(raw, float) and not raw.is_integer()):
        raise ValueError(_("This is not a whole number."))
    try:
        if isinstance(raw, str) and len(raw) > 20:
            raise ValueError
        number = int(raw if not isinstance(raw, str) else raw.replace(",", "").strip())
    except (ValueError, TypeError, OverflowError):
        raise ValueError(_("This is not a whole number.")) from None
    if abs(number) > MAX_NUMBER:
        raise ValueError(_("This number is too large."))
    return number


def _parse_decimal(field: Field, raw: Any) -> Decimal:
    try:
        if isinstance(raw, bool) or not isinstance(raw, int | float | str):
            raise ValueError
        number = Decimal(str(raw).replace(",", "").strip())
        if not number.is_finite() or abs(number) > 10**15:
            raise ValueError
    except (InvalidOperation, ValueError):
        raise ValueError(_("This is not a number.")) from None
    return round(number, field.info.get("places", 2))


def _parse_money(_field: Field, raw: Any) -> int:
    """A form's text is in yuan; a program's whole number is in fen, as the API writes it."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        if abs(raw) > MAX_NUMBER:
            raise ValueError(_("This number is too large."))
        return raw
    if not isinstance(raw, str):
        raise ValueError(_("This is not an amount of money."))
    try:
        return to_fen(raw)
    except ValueError:
        raise ValueError(_("This is not an amount of money, such as 29.90.")) from None


def _parse_yes_no(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    text = "" if raw is None else str(raw).strip().lower()
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise ValueError(_("This is neither yes nor no."))


def _parse_day(_field: Field, raw: Any) -> date:
    try:
        return date.fromisoformat(str(raw).strip())
    except ValueError:
        raise ValueError(_("This is not a day, such as 2026-08-01.")) from None


def _parse_moment(_field: Field, raw: Any) -> datetime:
    """A moment with an offset or `Z` is taken as it says; without one it is the shop's wall clock."""
    try:
        value = datetime.fromisoformat(str(raw).strip())
    except ValueError:
        raise ValueError(_("This is not a date and time, such as 2026-08-01 12:00.")) from None
    try:
        if value.tzinfo is not None:
            return value.astimezone(timezone.utc).replace(tzinfo=None)
        return clock.from_zone(value, clock.shop_zone())
    except OverflowError:
        raise ValueError(_("This is not a date and time, such as 2026-08-01 12:00.")) from None


def _moment_from_json(raw: Any) -> datetime:
    """ISO 8601 with date and time. A day alone is refused: whose midnight it means is not for us to guess."""
    wrong = _("This is not a moment in ISO 8601, such as 2026-08-01T04:00:00Z.")
    if not isinstance(raw, str) or len(raw.strip()) < len("2026-08-01T04:00"):
        raise ValueError(wrong)
    try:
        value = datetime.fromisoformat(raw.strip())
        return value.astimezone(timezone.utc).replace(tzinfo=None) if value.tzinfo is not None else value
    except (ValueError, OverflowError):
        raise ValueError(wrong) from None


def _parse_choice(field: Field, raw: Any) -> Choice:
    try:
        return field.info["choices"](raw)
    except ValueError:
        raise ValueError(_("This is not one of the choices.")) from None


def _parse_words(raw: Any) -> list[str]:
    """A list of texts as a program sends it, or as a person types it: `red / XL`, with a space on each side."""
    if raw is None or isinstance(raw, str):
        return [word.strip() for word in re.split(r"(?:^|\s)/(?:\s|$)|\n", raw or "") if word.strip()]
    if not isinstance(raw, list) or not all(isinstance(word, str) for word in raw):
        raise ValueError(_("This is not a list of texts."))
    return [word.strip() for word in raw if word.strip()]


def _parse_json(raw: Any) -> Any:
    if raw is None or raw == "":
        return None
    if not isinstance(raw, str):
        return raw
    if len(raw) > MAX_JSON:
        raise ValueError(_("This is too long."))
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise ValueError(_("This is not valid JSON.")) from None


_PARSERS = {
    "integer": _parse_integer,
    "decimal": _parse_decimal,
    "money": _parse_money,
    "day": _parse_day,
    "moment": _parse_moment,
    "choice": _parse_choice,
    "reference": lambda _field, raw: parse_id(raw),
}


def is_one_of(column: Any, ids: Sequence[int]) -> Any:
    """A condition for some ids; for a single one an equality, which takes less to write than a list."""
    return column == ids[0] if len(ids) == 1 else column.in_(ids)


def primary_key(model: type) -> Column[Any]:
    """The one column that identifies a row."""
    return inspect(model).primary_key[0]


def title_column(model: type) -> Column[Any] | None:
    """The column by which people know a row of `model`, or None where only `str(record)` tells."""
    name = getattr(model, "title_column", None) or ("name" if "name" in inspect(model).columns else "username")
    return inspect(model).columns.get(name)


def resolve(model: type, path: str, labels: Mapping[str, Any], help_texts: Mapping[str, Any]) -> Field:
    """The field that `path` names on `model`; LookupError where there is none."""
    mapper = inspect(model)
    head, _dot, rest = path.partition(".")
    given = {"label": labels.get(path), "help": help_texts.get(path)}
    if rest:
        relation = mapper.relationships.get(head)
        if relation is None:
            raise LookupError(f"{model.__name__} has no relation {head!r}, which {path!r} needs")
        inner = resolve(relation.mapper.class_, rest, {}, {})
        return Field(
            path,
            inner.kind,
            given["label"] or inner.label,
            given["help"] or inner.help,
            info=inner.info,
            column=inner.column,
            relation=inner.relation,
            through=relation,
        )
    if path in mapper.relationships:
        return _relation_field(model, mapper.relationships[path], given)
    if path in mapper.columns:
        column = mapper.columns[path]
        if column.foreign_keys:
            for relation in mapper.relationships:
                if column in relation.local_columns and relation.direction.name == "MANYTOONE":
                    return _relation_field(model, relation, given)
        return _column_field(path, column, given)
    if hasattr(model, path):
        return Field(
            path, "computed", given["label"] or getattr(getattr(model, path), "label", None) or path, given["help"]
        )
    raise LookupError(f"{model.__name__} has no column {path!r}")


def _relation_field(model: type, relation: RelationshipProperty[Any], given: Mapping[str, Any]) -> Field:
    if relation.uselist:
        label = given["label"] or relation.info.get("label") or relation.key
        return Field(relation.key, "references", label, given["help"] or relation.info.get("help"), relation=relation)
    column = next(iter(relation.local_columns))
    return Field(
        relation.key,
        "reference",
        given["label"] or column.info.get("label") or relation.key,
        given["help"] or column.info.get("help"),
        required=not column.nullable,
        info=column.info,
        column=column,
        relation=relation,
    )


def _column_field(path: str, column: Column[Any], given: Mapping[str, Any]) -> Field:
    info = column.info if "kind" in column.info else {**_guess(column), **column.info}
    required = not column.nullable and column.default is None and column.server_default is None
    if info["kind"] == "yes_no":
        required = False
    return Field(
        path,
        info["kind"],
        given["label"] or info.get("label") or path,
        given["help"] or info.get("help"),
        required=required,
        info=info,
        column=column,
    )


def _guess(column: Column[Any]) -> dict[str, Any]:
    """What a column of the framework's own tables is, which carries no words of ours."""
    kinds: list[tuple[type, str]] = [
        (Enum, "choice"),
        (Text, "long_text"),
        (String, "text"),
        (Boolean, "yes_no"),
        (Integer, "integer"),
        (Numeric, "decimal"),
        (DateTime, "moment"),
        (Date, "day"),
    ]
    for type_, kind in kinds:
        if isinstance(column.type, type_):
            return {"kind": kind, "size": getattr(column.type, "length", None)}
    return {"kind": "json"}


def read_all(fields: Iterable[Field], raw: Mapping[str, Any], *, as_json: bool = False) -> Read:
    """Parse what was sent for these fields, as it was typed or as a program sends it: the values that could be read,
    and why the others could not."""
    values: dict[str, Any] = {}
    refused: dict[str, Any] = {}
    for item in fields:
        if item.path not in raw:
            continue
        try:
            values[item.path] = item.from_json(raw[item.path]) if as_json else item.parse(raw[item.path])
        except ValueError as error:
            refused[item.path] = reason_of(error)
    return Read(values, refused)
