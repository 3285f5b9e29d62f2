"""complete: production is over; the order enters the quality queue."""

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from orders import lifecycle, work_orders
from orders.locks import lock_order
from orders.materials import reserving
from orders.models import ProductionOrder
from orders.occupancy import free_machines


def complete(*, order_id: int, by: Actor, reason: str | None = None, notes: str | None = None) -> ProductionOrder:
    """End production with the counts as logged, whatever the target; free machines and reserved stock, end work orders.

    Problems: RoleMissing, NotFound, IllegalTransition, OrderOnHold.
    """
    authorise(by, "complete")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "complete")

    free_machines(order)
    work_orders.end_running(order)
    reserving.release(order, by=by)

    changes = {"actual_end": clock.now(), "pause_reason": None, "pause_text": None}
    data = {"good": order.quantity_good, "rejected": order.quantity_rejected, "target": order.quantity_target}
    lifecycle.move(order, "complete", by=by, changes=changes, reason=reason, notes=notes, data=data)
    return order
