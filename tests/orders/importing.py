"""Pieces that were made elsewhere: booked on an order in any state, as what a planning system states of it is booked."""

from dataclasses import replace
from decimal import Decimal

from factoryos.kernel.actors import Actor
from factoryos.kernel.quantities import exactly
from orders import history, ledger
from orders.history import Step
from orders.locks import lock_order
from orders.models import OrderLine, ProductionOrder, QuantityEntry
from orders.specs import Count
from tests import floor
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
