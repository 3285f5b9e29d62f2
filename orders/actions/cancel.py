"""cancel: the order will not be finished."""

from typing import Any

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from orders import lifecycle, work_orders
from orders.locks import lock_order
from orders.materials import reserving
from orders.models import ProductionOrder
from orders.occupancy import free_machines


def cancel(*, order_id: int, by: Actor, reason: str | None = None, notes: str | None = None) -> ProductionOrder:
    """Give an order up before it is completed, also under a hold. What was produced stays in stock, what is reserved is freed.

    Problems: RoleMissing, NotFound, IllegalTransition.
    """
    authorise(by, "cancel")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "cancel")

    free_machines(order)
    work_orders.end_running(order)
    reserving.release(order, by=by)

    changes: dict[str, Any] = {"pause_reason": None, "pause_text": None}
    if order.actual_start is not None:
        changes["actual_end"] = clock.now()
    lifecycle.move(order, "cancel", by=by, changes=changes, reason=reason, notes=notes)
    return order
