"""`base_filters`: which rows a screen is about, as conditions that everything obeys.

Written in the framework's words, `[["status", FilterEqual, OrderStatus.paid]]`; a value may be a function, asked at
each request. Filters that compare a column with a value are understood; anything else is a function that
takes the model and returns a condition: `[lambda model: model.shown.is_(True)]`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from flask_appbuilder.models.sqla import filters as framework
from sqlalchemy import ColumnElement

_COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    framework.FilterEqual: operator.eq,
    framework.FilterNotEqual: operator.ne,
    framework.FilterGreater: operator.gt,
    framework.FilterSmaller: operator.lt,
    framework.FilterEqualFunction: operator.eq,
    framework.FilterInFunction: lambda column, values: column.in_(values),
}


def conditions(model: type, declared: list[Any]) -> list[ColumnElement[bool]]:
    """The declared filters as SQL for `model`; TypeError for one that is not understood."""
    found: list[ColumnElement[bool]] = []
    for item in declared:
        if callable(item):
            found.append(item(model))
            continue
        column, kind, value = item
        compare = _COMPARE.get(kind)
        if compare is None:
            raise TypeError(f"{kind.__name__} is not understood in base_filters; give a function of the model")
        found.append(compare(getattr(model, column), value() if callable(value) else value))
    return found
