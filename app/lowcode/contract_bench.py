"""What the checks of `app.lowcode.contract` work with: clients, and records made from what their columns declare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect

from app.core import clock
from app.core.database import db

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

_numbers = count(1)


@dataclass
class Bench:
    """What the checks work with: clients of an owner, of staff without rights and of a stranger, and query counting."""

    owner: Any
    nobody: Any
    stranger: Any
    count_queries: Callable[[], Any]
    examples: dict[type, Callable[[], Any]] = field(default_factory=dict)

    def rows(self, screen: "Screen", wanted: int) -> list[Any]:
        """So many records that the screen shows."""
        made = [self.example(screen.model) for _number in range(wanted)]
        db.session.flush()
        return made

    def example(self, model: type) -> Any:
        """A record of `model` in the session, made as the tests say, or from its columns."""
        record = self.examples[model]() if model in self.examples else self._fill(model)
        db.session.add(record)
        db.session.flush()
        return record

    def _fill(self, model: type) -> Any:
        record = model()
        mapper: Any = inspect(model)
        for column in mapper.columns:
            needed = not column.nullable and column.default is None and column.server_default is None
            if column.primary_key or not (needed or column.unique):
                continue
            key = mapper.get_property_by_column(column).key
            if column.foreign_keys:
                relation = next(
                    item
                    for item in mapper.relationships
                    if column in item.local_columns and item.direction.name == "MANYTOONE"
                )
                setattr(record, relation.key, self.example(relation.mapper.class_))
            else:
                setattr(record, key, _value(column.info, column))
        return record


def _value(info: dict[str, Any], column: Any) -> Any:
    number = next(_numbers)
    kind = info.get("kind", "text")
    values: dict[str, Callable[[], Any]] = {
        "integer": lambda: max(info.get("min") or 0, 1),
        "money": lambda: 100 * number,
        "decimal": lambda: Decimal(1),
        "yes_no": lambda: True,
        "day": lambda: date(2026, 8, 1),
        "moment": clock.now,
        "json": dict,
        "pictures": list,
        "words": list,
        "choice": lambda: next(iter(info["choices"])),
        "email": lambda: f"e{number}@example.com",
        "phone": lambda: f"138{number:08d}",
        "url": lambda: f"https://example.com/{number}",
    }
    size = info.get("size") or getattr(column.type, "length", None) or 40
    return values.get(kind, lambda: f"Example {number}"[-size:])()
