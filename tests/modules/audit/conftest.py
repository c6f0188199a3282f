"""The makers of users and roles are those of the security tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.modules.audit.models import AuditLine
from tests.security.conftest import _counters_begin_at_nothing, make_role, make_user, tokens

__all__ = ["_counters_begin_at_nothing", "make_role", "make_user", "tokens"]


@pytest.fixture
def lines(app: Flask) -> Callable[..., list[AuditLine]]:
    """`lines(table="suppliers")`: what was written since the test began, in order."""
    start = db.session.scalar(select(AuditLine.id).order_by(AuditLine.id.desc()).limit(1)) or 0

    def found(**wanted: Any) -> list[AuditLine]:
        db.session.expire_all()
        conditions = [getattr(AuditLine, {"table": "table_name"}.get(name, name)) == value for name,
                      value in wanted.items()]
        return list(db.session.scalars(
            select(AuditLine).where(AuditLine.id > start, *conditions).order_by(AuditLine.id)))

    return found
