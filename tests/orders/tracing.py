"""Telling a run exactly: short ways to name what it used, and to book it."""

from decimal import Decimal
from typing import Any

from manufacturing.models import Item
from orders import actions
from orders.models import ProductionOrder, QuantityEntry
from orders.specs import Circumstances, ConsumedLot, Count, PartUse, Traced
from tests import floor, stores
from tests.orders.stage import Stage
from tests.stores import Amount


def part(item: Item, total: Amount | None = None, /, **lots: Amount) -> PartUse:
    """So much of an item in all, of which so much from each of these lots."""
    chosen = tuple(stores.named(item, lot, quantity) for lot, quantity in lots.items())
    return PartUse(item.pk, None if total is None else Decimal(total), chosen)


def unknown(item: Item, lot: str, quantity: Amount = 1) -> PartUse:
    """A lot that the item does not have."""
    return PartUse(item.pk, None, (ConsumedLot(item.pk, item.uuid, item.sku, 0, lot, Decimal(quantity)),))


def run(
    stage: Stage,
    order: ProductionOrder,
    good: Amount,
    *parts: PartUse,
    rejected: Amount = 0,
    limited: bool = False,
    **where: Any,
) -> QuantityEntry:
    """Book a traced run; `where` are circumstances."""
    _, entry = floor.done(
        actions.report, order_id=order.pk, by=stage.by, count=Count(Decimal(good), Decimal(rejected)),
        where=Circumstances(**where), traced=Traced(parts, limited),
    )  # fmt: skip
    return entry
