"""Screens that the benchmark adds to the shop's own: enough to make sixty, and a form with a choice of all members."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from app import MODULES
from app.core.db import Mapped, Record, choice, integer, money, text, yes_no
from app.lowcode import Module, Screen
from app.modules.orders.models import Order, OrderStatus

SCREENS = 60


class MemberOfOrderScreen(Screen):
    """An order with the member it belongs to, to be chosen among all members."""

    model = Order
    route_base = "/bench-orders"
    in_menu = False
    with_api = False
    list_title = "Orders by member"
    base_permissions = ["can_view", "can_edit"]
    list_columns = ["number", "member", "status", "total_amount", "placed_at"]
    search_columns = []
    order_columns = ["placed_at"]
    base_order = ("placed_at", "desc")
    form_columns = ["member", "buyer_name", "channel", "remark", "staff_note"]


def form_module() -> Module:
    """The module with the form of orders that names their member."""
    return Module("bench", "Bench", screens=[MemberOfOrderScreen])


def filling_module() -> Module:
    """As many screens, each with a table of its own, as are missing to sixty."""
    there = sum(len(import_module(f"app.modules.{name}").module.screens) for name in MODULES)
    return Module("filling", "Filling", screens=[_screen(number) for number in range(there, SCREENS)])


def _screen(number: int) -> type:
    name = f"Filling{number}"
    annotations: dict[str, Any] = {
        "name": Mapped[str], "code": Mapped[str | None], "status": Mapped[OrderStatus], "price": Mapped[int],
        "count": Mapped[int], "is_open": Mapped[bool]}
    model = type(name, (Record,), {
        "__doc__": "A table with a column of each usual kind.", "__module__": __name__,
        "__tablename__": f"filling_{number}", "__annotations__": annotations,
        "name": text(80, "Name", unique=True), "code": text(20, "Code"),
        "status": choice(OrderStatus, "Status", default=OrderStatus.placed), "price": money("Price", default=0),
        "count": integer("Count", default=0), "is_open": yes_no("Open", default=True)})
    return type(f"{name}Screen", (Screen,), {
        "__doc__": "Rows of a table that is there to be counted.", "__module__": __name__, "model": model,
        "list_title": name, "list_columns": ["name", "code", "status", "price", "count", "is_open"],
        "search_columns": ["name", "status", "price"]})
