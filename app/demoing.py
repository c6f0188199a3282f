"""Making and removing the demo shop: what each module's manifest names as its demo, in one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import exists, select
from werkzeug.utils import import_string

from app.core.actor import Actor, acting_as
from app.core.bulk import loading, refresh_statistics
from app.core.changes import BulkChanged
from app.core.db import db
from app.core.demo import SOURCE, Demo, DemoPlan
from app.core.errors import BusinessError
from app.core.events import publish
from app.core.i18n import lazy as _
from app.core.importing import ImportReport, Progress, Silent
from app.core.sourced import Sourced

MANY_ORDERS = 50_000
"""From so many orders on it is quicker to take indexes away and make them anew."""


class DemoIsThere(BusinessError):
    """A demo shop was to be made where there is one."""

    code = "demo_is_there"

    @classmethod
    def default_message(cls) -> Any:
        return _("There is a demo shop already. It can be replaced or removed.")


def load_demo(app: Flask, *, orders: int = 2000, members: int = 300, products: int = 60, seed: int = 1,
              replace: bool = False, progress: Progress | None = None) -> ImportReport:
    """Make the demo shop and commit it, or nothing.

    Raises DemoIsThere where there is one, unless it is to be replaced. The same seed gives the same shop at the same
    moment; its last orders are of today.
    """

    def work() -> ImportReport:
        if has_demo(app):
            if not replace:
                raise DemoIsThere()
            _remove(app)
        connection = db.session.connection()
        plan = DemoPlan(connection, orders, members, products, seed, progress or Silent())
        rooms = list_demos(app)
        models = [model for room in rooms for model in room.models]
        with contextlib.ExitStack() as stack:
            if orders >= MANY_ORDERS:
                stack.enter_context(loading(connection, models))
            for room in rooms:
                room.load(plan)
        refresh_statistics(connection, models)
        for room in rooms:
            room.settle(plan)
        plan.report.announce("orders")
        return plan.report

    return _in_one_transaction(app, "demo load", work)


def remove_demo(app: Flask) -> ImportReport:
    """Remove the demo shop and commit, or change nothing where other records depend on it."""

    def work() -> ImportReport:
        _remove(app)
        publish(BulkChanged("orders", 0, {"removed": SOURCE}))
        return ImportReport(SOURCE)

    return _in_one_transaction(app, "demo remove", work)


def has_demo(app: Flask) -> bool:
    """Whether there is anything of a demo shop."""
    return any(
        db.session.scalar(select(exists().where(model.source == SOURCE)))
        for room in list_demos(app) for model in room.models if issubclass(model, Sourced))


def list_demos(app: Flask) -> list[Demo]:
    """The demos that the manifests name, in the order of the modules."""
    return [import_string(module.demo) for module in app.extensions["houtai_modules"] if module.demo]


def _remove(app: Flask) -> None:
    """What was made last goes first, since it points to what was made before."""
    for room in reversed(list_demos(app)):
        room.remove()
    db.session.expire_all()


def _in_one_transaction(app: Flask, name: str, work: Callable[[], ImportReport]) -> ImportReport:
    with app.app_context(), acting_as(Actor.command(name)):
        try:
            report = work()
            db.session.commit()
        except BaseException:
            db.session.rollback()
            raise
        return report
