"""Locking at once the stock that several verbs of one request will lock one after the other.

Each verb locks what it needs together, by ascending id. What a second verb needs may come before what the first holds:
without this, two such requests would wait for each other crosswise.
"""

from collections.abc import Iterable
from decimal import Decimal

from factoryos.kernel.quantities import ZERO, exactly
from manufacturing.models import StockMove
from manufacturing.stock.balances import lock_balances
from orders.locks import assignments_of, lock_machines
from orders.materials import finished, snapshot
from orders.materials.components import components_of
from orders.models import OrderLine, ProductionOrder
from orders.specs import Made, NewLine


@exactly()
def lock_for_report(
    order: ProductionOrder, line: OrderLine | NewLine, *, good: Decimal, made: Made, lots: Iterable[int] = ()
) -> None:
    """Lock what is reserved for a locked order or may be, and what a report on this line moves afterwards.

    A new line is one that is about to be added. `lots` are those that the report names. Lots and balances that pieces go
    into are made where they are new. Problems: Duplicate, as of the report; those of adding the line.
    """
    if order.has_material_set_aside and not order.is_running:
        lock_machines(assignments_of(order))  # which its start will ask for; machines come before stock
    components = components_of(order.pk)
    items = {component.item_id for component in components}
    if isinstance(line, NewLine):
        line = OrderLine(
            order=order, item=line.item, target=line.target, bom_version=snapshot.bom_version_for(line)
        )  # fmt: skip
        items |= {component.item_id for component in snapshot.components_for(order, [line])}
    output = finished.prepare(order, line, good=max(good, ZERO), made=made)
    moved = StockMove.objects.filter(order_id=order.pk).values_list("balance_id", flat=True).distinct()
    reserved = {balance for component in components for balance in component.reserved}
    lock_balances(ids={*moved, *reserved, *output.balance_ids}, free_of_items=items, of_lots=lots)
