"""The control with which a person types or picks a value: one piece of HTML per kind of field.

The HTML works by itself; the scripts in `static/forms/` make pickers, typeaheads and galleries of what the
data attributes mark. Used by forms and by the filters of a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from app.core.columns import Choice
from app.core.html import sanitise
from app.core.i18n import lazy as _
from app.lowcode.fields import Field

Option = tuple[Any, Any, bool]
"""value, text, chosen"""


def attributes(given: dict[str, Any]) -> Markup:
    """HTML attributes; True stands alone, None and False are left out."""
    # Put together as plain text, of which only the values are escaped: filling in Markup takes five times as long.
    return Markup(" ".join([
        escape(name) if value is True else f'{escape(name)}="{escape(value)}"'
        for name, value in given.items() if value is not None and value is not False]))


_READS: dict[str, str] = {
    "date": r"\d{4}-\d\d-\d\d",
    "datetime-local": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?",
    "number": r"-?\d+(\.\d+)?",
}


def _shows(type_: str, value: Any) -> bool:
    """Whether a browser shows this value in an input of this type; it drops what it cannot read, with a complaint."""
    text = str(value)
    if not text or type_ not in _READS:
        return True
    if re.fullmatch(_READS[type_], text, re.ASCII) is None:
        return False
    try:
        return type_ == "number" or datetime.fromisoformat(text).year > 0
    except ValueError:
        return False


def companion(field: Field, name: str) -> Markup:
    """What stands beside a control of which a browser sends nothing when it is unticked or empty: with it, "none" is
    sent as nothing under that name, and a request without the name means that nobody was asked."""
    if field.kind not in {"yes_no", "references", "several"}:
        return Markup("")
    return Markup('<input type="hidden" name="%s" value="">') % name


def _input(type_: str, name: str, value: Any, extra: dict[str, Any]) -> Markup:
    if not _shows(type_, value):
        # A mistake stays in sight, to be mended.
        type_ = "text"
    given = {"type": type_, "name": name, "value": value if value != "" else None, **extra}
    return Markup(f"<input {attributes(given)}>")


def select(name: str, options: Iterable[Option], extra: dict[str, Any]) -> Markup:
    items = "".join([
        f'<option value="{escape(value)}"{" selected" if chosen else ""}>{escape(text)}</option>'
        for value, text, chosen in options
    ])
    return Markup(f"<select {attributes({'name': name, **extra})}>{items}</select>")


def choice_options(kind: type[Choice], chosen: Iterable[Any], empty: bool) -> list[Option]:
    """The answers of a choice as options; `chosen` are stored values."""
    wanted = set(chosen)
    options: list[Option] = [("", "", not wanted)] if empty else []
    return options + [(answer.value, answer.label, answer.value in wanted) for answer in kind]


def control(
    field: Field,
    name: str,
    value: Any,
    *,
    lookup: str | None = None,
    chosen: Iterable[Option] = (),
    extra: dict[str, Any] | None = None,
) -> Markup:
    """The bare control. `value` is as `Field.to_form` gives it; `chosen` are the options of a reference to show."""
    more = dict(extra or {})
    kind = field.kind
    if field.required and kind not in {"yes_no", "picture", "pictures", "references", "rich_text"}:
        more.setdefault("required", True)
    if kind in {"long_text", "rich_text", "json"}:
        marks: dict[str, Any] = {
            "rich_text": {"data-editor": True, "rows": 10},
            "json": {"data-json": True, "rows": 4},
            "long_text": {"rows": 4},
        }[kind]
        if kind == "rich_text" and value:
            # The editor makes a page of it: what came in by another way than a form may not have been cleaned yet.
            value = sanitise(value)
        return Markup("<textarea %s>%s</textarea>") % (
            attributes({"name": name, "maxlength": field.info.get("size"), **marks, **more}),
            value or "",
        )
    if kind == "choice":
        options = choice_options(field.info["choices"], [value] if value else [], empty=not field.required or not value)
        return select(name, options, more)
    if kind in {"reference", "references"}:
        many = kind == "references"
        options = list(chosen) if many else [("", "", False), *chosen]
        return select(
            name, options, {"multiple": many, "data-lookup": lookup, "data-clearable": not field.required, **more}
        )
    if kind == "yes_no":
        return _input("checkbox", name, "1", {"checked": bool(value), "data-switch": True, **more})
    if kind in {"picture", "pictures"}:
        return _input("hidden", name, value, {f"data-{kind}": True, "data-max": field.info.get("max"), **more})
    if kind == "day":
        return _input("date", name, value, {"data-picker": "day", **more})
    if kind == "moment":
        return _input("datetime-local", name, value, {"data-picker": "moment", **more})
    if kind == "money":
        return _input("text", name, value, {"inputmode": "decimal", "data-money": True, "autocomplete": "off", **more})
    if kind in {"integer", "decimal"}:
        step = 1 if kind == "integer" else 10 ** -field.info.get("places", 2)
        return _input(
            "number", name, value, {"min": field.info.get("min"), "max": field.info.get("max"), "step": step, **more}
        )
    types = {"email": "email", "phone": "tel", "url": "url", "password": "password"}
    return _input(types.get(kind, "text"), name, value, {"maxlength": field.info.get("size"), **more})


def filter_control(
    field: Field,
    raw: dict[str, list[str]],
    *,
    lookup: str | None = None,
    chosen: Iterable[Option] = (),
    wrong: Iterable[str] = (),
) -> Markup:
    """The control or controls of a filter, named as `app.lowcode.filters` reads them; `wrong` are the names of those
    whose value could not be read, beside which the page says why."""
    name = f"f.{field.path}"
    typed = raw.get(name, [])

    def marks(of: str) -> dict[str, Any]:
        return {"id": of} | ({"aria-invalid": "true", "aria-describedby": f"{of}-error"} if of in wrong else {})

    if field.kind in {"integer", "decimal", "money", "day", "moment"}:
        # A range of moments is asked by days; its ends are read on the shop's clock.
        type_ = "date" if field.kind in {"day", "moment"} else "text"
        kind = {"data-picker": "day"} if type_ == "date" else {"inputmode": "decimal", "autocomplete": "off"}
        ends = [
            _input(
                type_,
                f"{name}.{end}",
                (raw.get(f"{name}.{end}") or [""])[0],
                {**marks(f"{name}.{end}"), "aria-label": f"{field.label}: {word}", "placeholder": word, **kind},
            )
            for end, word in (("from", _("From")), ("to", _("To")))
        ]
        return Markup('<span class="range">%s<span class="range-dash" aria-hidden="true">–</span>%s</span>') % tuple(
            ends
        )
    if field.kind == "choice":
        options = choice_options(field.info["choices"], typed, empty=False)
        return select(name, options, {**marks(name), "multiple": True, "data-choices": True})
    if field.kind == "yes_no":
        now = typed[0] if typed else ""
        return select(
            name, [("", _("Any"), now == ""), ("1", _("Yes"), now == "1"), ("0", _("No"), now == "0")], marks(name)
        )
    if field.kind in {"reference", "references"}:
        return select(name, chosen, {**marks(name), "multiple": True, "data-lookup": lookup})
    return _input("text", name, typed[0] if typed else "", {**marks(name), "autocomplete": "off"})
