"""start: production begins."""

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from orders import lifecycle
from orders.locks import lock_order
from orders.models import ProductionOrder
from orders.occupancy import take_machines


def start(*, order_id: int, by: Actor, reason: str | None = None, notes: str | None = None) -> ProductionOrder:
    """Start an approved or scheduled order on all its machines, or on none.

    Problems: RoleMissing, NotFound, IllegalTransition, OrderOnHold, MachineUnavailable, MachineBusy.
    """
    authorise(by, "start")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "start")

    taken = take_machines(order)

    data = {"machines": [assignment.machine.code for assignment in taken if assignment.machine]}
    lifecycle.move(order, "start", by=by, changes={"actual_start": clock.now()}, reason=reason, notes=notes, data=data)
    return order
