"""What the tests of reads make and ask again and again: orders by the core's verbs, as this face or another one makes them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from factoryos.kernel.actors import Actor
from manufacturing.models import Item
from orders import actions
from orders.models import ProductionOrder
from orders.specs import Circumstances, Count, NewLine
from tests import floor
from tests.calls import Reply
from tests.conformance.store.shop import Shop, of_xml

Row = tuple[Item, Any]


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 6, tzinfo=UTC)


def in_ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def seller(shop: Shop, face: str = "store") -> Actor:
    """Somebody who may everything in this shop, through this face or another."""
    return replace(shop.actor, face=face)


def made(shop: Shop, *rows: Row, face: str = "store", **facts: Any) -> ProductionOrder:
    """An order with these lines, or with ten caps; `facts` as the verb takes them."""
    lines: Sequence[NewLine] = [NewLine(item=item, target=Decimal(amount)) for item, amount in rows or [(shop.cap, 10)]]
    return floor.done(actions.create, by=seller(shop, face), lines=lines, **facts)


def started(shop: Shop, order: ProductionOrder) -> None:
    for verb in (actions.approve_best_effort, actions.start):
        floor.done(verb, order_id=order.pk, by=shop.actor)


def counted(shop: Shop, order: ProductionOrder, good: Any, rejected: Any = 0, *, sku: str = "", **where: Any) -> None:
    """A report of so many units of the line of `sku`, or of the only one."""
    line = order.lines.get(item__sku=sku) if sku else order.lines.get()
    floor.done(
        actions.report, order_id=order.pk, by=shop.actor, count=Count(Decimal(good), Decimal(rejected)),
        where=Circumstances(line_id=line.pk, **where), reason="counted" if Decimal(good) < 0 else None,
    )  # fmt: skip


def ids(reply: Reply) -> list[int]:
    """The orders of a page, in its order."""
    assert reply.status == 200, reply.content
    return [order["orderId"] for order in reply["orders"]]


def same_in_xml(shop: Shop, path: str, *, root: str) -> None:
    """The document says what the JSON says."""
    as_json, as_document = shop.admin.get(path), shop.admin.get(path, accept="application/xml")
    assert as_json.status == as_document.status == 200, as_json.content
    assert f"<{root}>".encode() in as_document.content[:200]
    assert of_xml(as_document.content, as_json.json) == as_json.json


def wrong(reply: Reply, field: str | None, status: int = 400, code: int = 903001) -> None:
    assert (reply.status, reply["errorCode"], reply["errorField"]) == (status, code, field), reply.content
