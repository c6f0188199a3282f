"""Makers of records for tests: each takes what matters by keyword and fills in the rest.

They add to the session and flush, and leave the commit to the test. Names and numbers come from one counter, so
that two records never clash.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import Group, Role, User

from app.core import clock
from app.core.bin import BinEntry
from app.core.db import db
from app.modules.audit.models import ActorKind, AuditAction, AuditLine
from app.modules.catalog.models import (
    Brand,
    Category,
    Product,
    ProductAttribute,
    ProductReview,
    ProductSpecification,
    ProductTag,
    Sku,
)
from app.modules.members.models import Address, Member, MemberLevel, MemberNote, MemberTag, Region, RegionLevel
from app.modules.orders.models import (
    Channel,
    Order,
    OrderEvent,
    OrderLine,
    OrderStatus,
    Payment,
    PaymentMethod,
    PaymentStatus,
    Refund,
    RefundLine,
    RefundStatus,
)

R = TypeVar("R", bound=Model)
_counter = itertools.count(1)
_PAID = {OrderStatus.paid, OrderStatus.shipped, OrderStatus.completed, OrderStatus.refunded}


def _saved(record: R) -> R:
    db.session.add(record)
    db.session.flush()
    return record


def make_category(**given: Any) -> Category:
    """A category at the top, unless `parent` says otherwise."""
    return _saved(Category(**{"name": f"Category {next(_counter)}"} | given))


def make_brand(**given: Any) -> Brand:
    return _saved(Brand(**{"name": f"Brand {next(_counter)}"} | given))


def make_product_tag(**given: Any) -> ProductTag:
    return _saved(ProductTag(**{"name": f"Tag {next(_counter)}"} | given))


def make_product(*, prices: Sequence[int] = (9900,), stock: int = 10, **given: Any) -> Product:
    """A product with one SKU for each of `prices` (fen); `prices=()` leaves it without variants."""
    number = next(_counter)
    product = _saved(Product(
        **{"number": f"P{number:05d}", "name": f"Product {number}", "is_listed": bool(prices)} | given))
    for position, price in enumerate(prices):
        make_sku(product=product, price=price, stock=stock, specifications=[f"variant {position + 1}"])
    return product


def make_sku(*, product: Product | None = None, **given: Any) -> Sku:
    """A variant, of a new product unless one is given."""
    number = next(_counter)
    product = product or make_product(prices=())
    return _saved(Sku(**{"product": product, "code": f"S{number:05d}", "specifications": [f"variant {number}"],
                         "price": 9900, "stock": 10} | given))


def make_specification(**given: Any) -> ProductSpecification:
    number = next(_counter)
    given.setdefault("product", None)
    given["product"] = given["product"] or make_product()
    return _saved(ProductSpecification(**{"name": "colour", "value": f"shade {number}"} | given))


def make_attribute(**given: Any) -> ProductAttribute:
    given["product"] = given.get("product") or make_product()
    return _saved(ProductAttribute(**{"name": "material", "value": "cotton"} | given))


def make_review(**given: Any) -> ProductReview:
    given["product"] = given.get("product") or make_product()
    return _saved(ProductReview(**{"content": "It is what it says.", "stars": 5, "author": "Mei"} | given))


def make_region(**given: Any) -> Region:
    number = next(_counter)
    return _saved(Region(
        **{"code": f"{number:06d}", "name": f"Region {number}", "level": RegionLevel.province} | given))


def make_member_level(**given: Any) -> MemberLevel:
    number = next(_counter)
    return _saved(MemberLevel(**{"name": f"Level {number}", "rank": number % 101} | given))


def make_member_tag(**given: Any) -> MemberTag:
    return _saved(MemberTag(**{"name": f"Tag {next(_counter)}"} | given))


def make_member(**given: Any) -> Member:
    """A member who came by the mini program."""
    number = next(_counter)
    return _saved(Member(**{"nickname": f"Mei {number}", "phone": f"138{number:08d}"} | given))


def make_address(**given: Any) -> Address:
    given["member"] = given.get("member") or make_member()
    return _saved(Address(**{"name": "Mei", "phone": "13800000000", "province": "浙江省", "city": "杭州市",
                             "district": "西湖区", "region_code": "330106", "detail": "文三路 1 号"} | given))


def make_note(**given: Any) -> MemberNote:
    given["member"] = given.get("member") or make_member()
    return _saved(MemberNote(**{"content": "晚上再打电话。"} | given))


def make_order(*, status: OrderStatus = OrderStatus.placed, lines: Sequence[tuple[Sku, int]] | None = None,
               total: int | None = None, freight: int = 0, discount: int = 0, **given: Any) -> Order:
    """An order in any status, with its sums, its times and a payment to match.

    `lines` are pairs of SKU and quantity; without them there is one line of goods for `total` fen (9900).
    """
    number = next(_counter)
    placed_at = given.pop("placed_at", None) or clock.now()
    order = Order(**{
        "number": f"20260801{number:014d}", "channel": Channel.mini_program, "buyer_name": "Mei",
        "receiver_name": "Mei", "receiver_phone": f"139{number:08d}", "receiver_province": "浙江省"} | given)
    order.status, order.placed_at = status, placed_at
    if lines is None:
        price = 9900 if total is None else total - freight + discount
        order.lines = [OrderLine(name="Goods", unit_price=price, quantity=1, amount=price)]
    else:
        order.lines = [
            OrderLine(product=sku.product, sku=sku, sku_code=sku.code, name=sku.product.name,
                      specifications=sku.specifications, unit_price=sku.price, quantity=quantity,
                      amount=sku.price * quantity)
            for sku, quantity in lines
        ]
    order.goods_amount = sum(line.amount for line in order.lines)
    order.freight_amount, order.discount_amount = freight, discount
    order.total_amount = order.goods_amount + freight - discount
    order.line_count, order.item_count = len(order.lines), sum(line.quantity for line in order.lines)
    if status in _PAID:
        order.paid_amount, order.paid_at = order.total_amount, placed_at
    if status in {OrderStatus.shipped, OrderStatus.completed}:
        order.shipped_at, order.tracking_number = placed_at, order.tracking_number or "SF0000000001"
    if status is OrderStatus.completed:
        order.completed_at = placed_at
    if status is OrderStatus.cancelled:
        order.cancelled_at = placed_at
    if status is OrderStatus.refunded:
        order.refunded_amount = order.paid_amount
    _saved(order)
    _saved(OrderEvent(order=order, from_status=None, to_status=status, happened_at=placed_at, actor_kind="system",
                      actor_name="system"))
    if order.paid_amount:
        make_payment(order=order, amount=order.paid_amount, paid_at=placed_at)
    if order.refunded_amount:
        make_refund(order=order, amount=order.refunded_amount, status=RefundStatus.refunded, refunded_at=placed_at)
    return order


def make_payment(**given: Any) -> Payment:
    """A payment that came in, for a new order unless one is given."""
    number = next(_counter)
    given["order"] = given.get("order") or make_order()
    given.setdefault("amount", given["order"].total_amount)
    if given.setdefault("status", PaymentStatus.paid) is PaymentStatus.paid:
        given.setdefault("paid_at", clock.now())
    return _saved(Payment(**{"number": f"PAY{number:08d}", "method": PaymentMethod.wechat_pay} | given))


def make_refund(**given: Any) -> Refund:
    """A refund as it was asked for; without an order it is one from foreign books."""
    number = next(_counter)
    order = given.get("order")
    if order is not None:
        given.setdefault("member_id", order.member_id)
        given.setdefault("channel", order.channel)
    return _saved(Refund(**{"number": f"REF{number:08d}", "amount": 100, "reason": "Too small"} | given))


def make_order_line(**given: Any) -> OrderLine:
    """The only line of a new order unless an order is given."""
    if given.get("order") is None and not given.keys() - {"order"}:
        return make_order().lines[0]
    given["order"] = given.get("order") or make_order()
    return _saved(OrderLine(**{"name": "Goods", "unit_price": 100, "quantity": 1, "amount": 100} | given))


def make_refund_line(**given: Any) -> RefundLine:
    given["refund"] = given.get("refund") or make_refund()
    return _saved(RefundLine(**{"name": "Goods", "quantity": 1, "amount": 100} | given))


def make_user(**given: Any) -> User:
    """Someone who works here and has no role."""
    number = next(_counter)
    return _saved(User(**{"username": f"user{number}", "first_name": f"Kai {number}", "last_name": "", "active": True,
                          "email": f"user{number}@shop.example"} | given))


def make_role(**given: Any) -> Role:
    """A role that allows nothing yet."""
    return _saved(Role(**{"name": f"Role {next(_counter)}"} | given))


def make_group(**given: Any) -> Group:
    return _saved(Group(**{"name": f"Group {next(_counter)}", "label": "", "description": ""} | given))


def make_audit_line(**given: Any) -> AuditLine:
    """A line of the audit trail that nothing has brought about."""
    return _saved(AuditLine(**{"action": AuditAction.signed_in, "actor_kind": ActorKind.staff, "actor_name": "Ming",
                               "title": "Ming"} | given))


def make_bin_entry(**given: Any) -> BinEntry:
    """What the recycle bin keeps of a brand."""
    return _saved(BinEntry(**{"table_name": "brands", "record_id": next(_counter), "title": "A brand",
                              "deleted_by": "Ming", "content": [["brands", {"id": 1}]], "detached": []} | given))


def examples() -> dict[type, Callable[[], Any]]:
    """Model → a function that makes one: for tests that work on any screen."""
    return {
        Category: make_category, Brand: make_brand, ProductTag: make_product_tag, Product: make_product, Sku: make_sku,
        ProductSpecification: make_specification, ProductAttribute: make_attribute, ProductReview: make_review,
        Region: make_region, MemberLevel: make_member_level, MemberTag: make_member_tag, Member: make_member,
        Address: make_address, MemberNote: make_note, Order: make_order, OrderLine: make_order_line,
        Payment: make_payment, Refund: make_refund, RefundLine: make_refund_line, User: make_user, Role: make_role,
        Group: make_group, AuditLine: make_audit_line, BinEntry: make_bin_entry,
    }
