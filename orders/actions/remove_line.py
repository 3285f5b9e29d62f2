"""remove_line: one thing of several shall not be made after all."""

from typing import Any

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import NotFound
from factoryos.kernel.quantities import exactly
from manufacturing.models import StockMove
from orders import allocation, lifecycle, work_orders
from orders.locks import lines_of, lock_order
from orders.materials import reserving, snapshot
from orders.models import Assignment, OrderFacts, OrderLine, ProductionOrder, QuantityEntry
from orders.problems import LineHasProduction


@exactly()
def remove_line(*, order_id: int, by: Actor, line_id: int) -> ProductionOrder:
    """Take a line of which nothing was ever booked off an order that is not completed; the last one may go, too.

    What is reserved for it is freed. The order's product is that of the first line that is left, and a method of
    another product is its no longer.
    Problems: RoleMissing, NotFound (the order, or the line), IllegalTransition, LineHasProduction.
    """
    authorise(by, "remove_line")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "remove_line")
    present = lines_of(order)
    line = next((one for one in present if one.pk == line_id), None)
    if line is None:
        raise NotFound(thing="Line")
    if _was_booked(line):
        raise LineHasProduction(reference=order.reference, sku=line.item.sku, good=line.good, rejected=line.rejected)

    left = [one for one in present if one is not line]
    product_id = left[0].item_id if left else None
    changes: dict[str, Any] = {"quantity_target": order.quantity_target - line.target, "item_id": product_id}
    shares = allocation.reallocate(order, total=changes["quantity_target"], decimals=line.item.unit_decimals)
    reserving.release(order, by=by, line_id=line.pk)
    facts = _delete(line)
    work_orders.drop_those_of(order, version_id=line.bom_version_id)
    if order.method_id is not None and product_id != order.item_id:
        work_orders.replace(order, method=None)
        changes["method_id"] = None

    data = {"line": line.uuid, "sku": line.item.sku, "target": line.target}
    data |= {name: told for name, told in (("facts", facts), ("assignments", shares)) if told}
    lifecycle.move(order, "remove_line", by=by, changes=changes, data=data)
    return order


def _was_booked(line: OrderLine) -> bool:
    """Whether anything was ever booked on it, even if it was all taken back."""
    if line.good or line.rejected or QuantityEntry.objects.filter(order_id=line.order_id, line=line).exists():
        return True
    return StockMove.objects.filter(order_id=line.order_id, component__line=line).exists()


def _delete(line: OrderLine) -> dict[str, dict[str, Any]]:
    """Delete the line with all that is its; gives what the faces knew of it, by face."""
    known = OrderFacts.objects.filter(order_id=line.order_id, line=line)
    facts = dict(known.values_list("face", "data"))
    known.delete()
    snapshot.forget(line_ids=[line.pk])
    Assignment.objects.filter(order_id=line.order_id, line=line).update(line=None)
    line.delete()
    return facts
