"""The peer: plain Flask-AppBuilder with its default settings on the same orders, in a process of its own.

`python -m bench.plain` with the plan as JSON. Its security tables stand beside the shop's, in a file or a schema of
their own, so that the two do not share users or permissions.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

from flask import Flask
from flask_appbuilder import AppBuilder, Model, ModelView
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.utils.legacy import get_sqla_class
from sqlalchemy import Column, DateTime, Integer, String, create_engine, event

from bench.meter import Meter, best_of
from bench.visitor import FormReader, Visitor, address_of

USER, PASSWORD = "bench", "a lamp above the long counter"
SCHEMA = "plain"
REPEATS = 3
"""Its pages are slow, so few calls say enough."""


def make_app(url: str, var: Path) -> Flask:
    """A list of orders with the columns of ours, as the framework's manual shows one."""
    on_sqlite = url.startswith("sqlite")
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY="for the benchmark alone", RATELIMIT_ENABLED=False,
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{var / 'plain.db'}" if on_sqlite else url)
    if on_sqlite:
        import pysqlite3

        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"module": pysqlite3}
    else:
        # Only its own schema is in sight, or it would take the shop's users for its own.
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            connection.exec_driver_sql(f"CREATE OR REPLACE VIEW {SCHEMA}.orders AS SELECT * FROM public.orders")
        engine.dispose()
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
            "connect_args": {"options": f"-c search_path={SCHEMA} -c timezone=UTC"}}
    db = get_sqla_class()()
    db.init_app(app)
    with app.app_context():
        if on_sqlite:
            @event.listens_for(db.engine, "connect")
            def attach(connection: Any, _entry: Any) -> None:
                connection.execute("ATTACH DATABASE ? AS shop", (url.removeprefix("sqlite:///"),))
        builder = AppBuilder(app, db.session)
        builder.add_view(_order_view(), "Orders")
        if builder.sm.find_user(USER) is None:
            builder.sm.add_user(USER, "Bench", "", "bench@example.com", builder.sm.find_role("Admin"), PASSWORD)
    return app


def _order_view() -> type:
    """Defined after the framework has made its tables, or it would make an empty one in front of the shop's."""

    class Order(Model):
        __tablename__ = "orders"
        id = Column(Integer, primary_key=True)
        number = Column(String(32))
        status = Column(String(20))
        buyer_name = Column(String(60))
        total_amount = Column(Integer)
        item_count = Column(Integer)
        channel = Column(String(20))
        placed_at = Column(DateTime)
        receiver_phone = Column(String(20))

    class OrderView(ModelView):
        datamodel = SQLAInterface(Order)
        list_columns = ["number", "status", "buyer_name", "total_amount", "item_count", "channel", "placed_at"]
        search_columns = ["number", "status", "channel", "total_amount", "placed_at", "receiver_phone"]
        base_order = ("placed_at", "desc")
        page_size = 25

    return OrderView


def main() -> None:
    warnings.simplefilter("ignore")  # it calls what newer libraries have deprecated
    logging.disable(logging.WARNING)
    asked = json.loads(sys.argv[1])
    visitor = Visitor(make_app(asked["url"], Path(asked["var"])).wsgi_app)
    form = FormReader(visitor.get("/login/").body.decode()).fields
    fields = [(name, value) for name, value in form if name not in {"username", "password"}]
    visitor.post("/login/", [*fields, ("username", USER), ("password", PASSWORD)])
    meter, found = Meter(asked["postmaster"]), {}
    for key, path in (
        ("page 1", "/orderview/list/"),
        ("sorted", address_of("/orderview/list/", _oc_OrderView="total_amount", _od_OrderView="desc")),
        ("phone", address_of("/orderview/list/", _flt_2_receiver_phone=asked["fragment"])),
    ):
        answer = visitor.get(path)
        if answer.status != 200:
            raise SystemExit(f"Plain Flask-AppBuilder answered {answer.status} to {path}")
        found[key] = best_of(meter, asked["rounds"], REPEATS, lambda path=path: visitor.get(path))[0]
    Path(asked["out"]).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
