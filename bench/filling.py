"""Makes the demo shop without the command line: `python -m bench.filling ORDERS MEMBERS PRODUCTS`."""

from __future__ import annotations

import sys
from importlib import import_module

from app import create_app
from app.core.actor import Actor, acting_as
from app.core.bulk import loading
from app.core.db import db
from app.core.demo import DemoPlan

ROOMS = ("catalog", "members", "orders")


def main() -> None:
    orders, members, products = map(int, sys.argv[1:])
    app = create_app()
    with app.app_context(), acting_as(Actor.command("demo load")):
        plan = DemoPlan(db.session.connection(), orders, members, products, seed=1)
        from app.modules.members.models import Address, Member
        from app.modules.orders.models import Order, OrderEvent, OrderLine, Payment, Refund, RefundLine

        with loading(plan.connection, [Member, Address, Order, OrderLine, Payment, OrderEvent, Refund, RefundLine]):
            for room in ROOMS:
                import_module(f"app.modules.{room}.demo").load(plan)
        db.session.commit()


if __name__ == "__main__":
    main()
