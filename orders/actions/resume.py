"""resume: production goes on."""

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from orders import lifecycle
from orders.locks import lock_order
from orders.models import ProductionOrder
from orders.occupancy import take_machines


def resume(*, order_id: int, by: Actor, reason: str | None = None, notes: str | None = None) -> ProductionOrder:
    """Go on with a paused order on all its machines, or on none.

    Problems: RoleMissing, NotFound, IllegalTransition, OrderOnHold, MachineUnavailable, MachineBusy.
    """
    authorise(by, "resume")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "resume")

    take_machines(order)

    changes = {"pause_reason": None, "pause_text": None}
    lifecycle.move(order, "resume", by=by, changes=changes, reason=reason, notes=notes)
    return order
