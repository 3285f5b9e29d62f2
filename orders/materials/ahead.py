"""Several verbs on one order in one request: what they lock is locked in order, what the order waits for is set aside.

Each verb locks what it needs together: machines, then stock by ascending id. What a second verb needs may come before what
the first holds: without this, two such requests would wait for each other crosswise.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from factoryos.kernel.actors import Actor
from factoryos.kernel.quantities import ZERO, exactly
from manufacturing.models import StockMove
from manufacturing.stock.balances import lock_balances
from orders.locks import assignments_of, lock_machines
from orders.materials import finished, reserving, snapshot
from orders.materials.components import components_of
from orders.models import OrderLine, ProductionOrder
from orders.specs import Made, NewLine

# Verbs that leave stock alone. Any other, also one that is made one day, is taken to lock some.
_BESIDE_STOCK = frozenset({"amend", "amend_line", "start"})
# Verbs that set aside what the order waits for themselves.
_SETTING_ASIDE = frozenset({
    "add_line", "adjust_quantity", "approve", "approve_best_effort", "change_layer", "rework", "schedule",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReportAhead:
    """A report that is to come: on which line (a new one is about to be added), and what it moves besides components.

    `lots` are those that it names.
    """

    line: OrderLine | NewLine
    good: Decimal
    made: Made
    lots: Collection[int] = ()


@contextmanager
def writing(
    order: ProductionOrder, *, by: Actor, verbs: Collection[str], report: ReportAhead | None = None
) -> Iterator[None]:
    """Within this, run these verbs and no other on a locked order. What it waits for and is free by now is set aside after
    them, without waiting for its turn; where one of them is refused, nothing is.

    `report` tells of the last of the verbs, if it is one. Lots and balances that its pieces go into are made where they are
    new. Problems: Duplicate, as of the report; those of adding the line.
    """
    asked = order.has_material_set_aside and _SETTING_ASIDE.isdisjoint(verbs)
    waits = asked and reserving.waits_for_what_is_there(order)
    on_stock = set(verbs) - _BESIDE_STOCK
    if on_stock and "start" in verbs and order.has_material_set_aside:  # before that it is planned on no machine
        lock_machines(assignments_of(order))  # which the start will ask for; machines come before stock
    if report is not None and (waits or len(on_stock) > 1):
        _lock_for(order, report)

    yield

    if waits:
        reserving.reserve_what_is_there(order, by=by)


@exactly()
def _lock_for(order: ProductionOrder, report: ReportAhead) -> None:
    """Lock what is reserved for the order or may be, and what the report moves."""
    line = report.line
    components = components_of(order.pk)
    items = {component.item_id for component in components}
    if isinstance(line, NewLine):
        line = OrderLine(
            order=order, item=line.item, target=line.target, bom_version=snapshot.bom_version_for(line)
        )  # fmt: skip
        items |= {component.item_id for component in snapshot.components_for(order, [line])}
    output = finished.prepare(order, line, good=max(report.good, ZERO), made=report.made)
    moved = StockMove.objects.filter(order_id=order.pk).values_list("balance_id", flat=True).distinct()
    reserved = {balance for component in components for balance in component.reserved}
    lock_balances(ids={*moved, *reserved, *output.balance_ids}, free_of_items=items, of_lots=report.lots)
