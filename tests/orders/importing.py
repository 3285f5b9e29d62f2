"""Pieces that were made elsewhere: booked on an order in any state, as what a planning system states of it is booked."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from factoryos.kernel.actors import Actor
from factoryos.kernel.quantities import exactly
from manufacturing.models import Item
from orders import actions, history, ledger
from orders.history import Step
from orders.locks import lock_order
from orders.models import OrderLine, ProductionOrder, QuantityEntry
from orders.specs import Count, Share
from tests import floor
from tests.orders.storeroom import Storeroom
from tests.stores import Amount


def imported(
    order: ProductionOrder, *, by: Actor, good: Amount = 0, rejected: Amount = 0, line: OrderLine | None = None
) -> QuantityEntry:
    """Book so many pieces (negative: so many fewer) of the order's first line, or of another."""
    count = Count(Decimal(good), Decimal(rejected))
    return floor.done(_book, order_id=order.pk, by=replace(by, face="ingest"), count=count, line=line)


@exactly()
def _book(*, order_id: int, by: Actor, count: Count, line: OrderLine | None) -> QuantityEntry:
    order = lock_order(order_id, by=by)
    entry = ledger.entry_of(
        order, line or order.lines.order_by("sort")[0], count=count, by=by, source=QuantityEntry.Source.INGEST,
        machine_id=None, imported_good=count.good, imported_rejected=count.rejected, reason="stated",
    )  # fmt: skip
    ledger.book_all([(entry, None)])
    history.append_all([Step(order, by, count, ledger.told(entry))], verb="report")
    return entry


def a_room(tracking: str = "none", *, stock: int = 100, **facts: Any) -> Storeroom:
    """Its product is tracked so and takes two parts."""
    room = Storeroom(per_unit=2, stock=stock, **facts)
    Item.objects.filter(pk=room.item.pk).update(tracking=tracking)
    room.item.refresh_from_db()
    return room


def half_made_elsewhere(room: Storeroom, target: int = 20, good: int = 8, rejected: int = 0) -> ProductionOrder:
    """Running here, after so many pieces of it were made elsewhere."""
    order = room.draft(target)
    imported(order, by=room.by, good=good, rejected=rejected)
    return room.do(actions.start, room.do(actions.schedule, order, shares=[Share(machine=room.machine)]))


def totals(order: ProductionOrder) -> tuple[Decimal, ...]:
    """(good, imported good, rejected, imported rejected) of the only line."""
    line = OrderLine.objects.get(order=order)
    return line.good, line.imported_good, line.rejected, line.imported_rejected
