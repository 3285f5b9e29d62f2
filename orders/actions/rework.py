"""rework: quality sends a completed order back to the floor."""

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid
from orders import lifecycle
from orders.locks import lock_order
from orders.materials import reserving
from orders.models import ProductionOrder
from orders.occupancy import take_machines


def rework(*, order_id: int, by: Actor, reason: str, notes: str | None = None) -> ProductionOrder:
    """Send a completed order back into production; the machine rule is the one of start.

    What is still to be made gets its components reserved again, as far as they are there.

    Problems: RoleMissing, NotFound, IllegalTransition, OrderOnHold, Invalid (no reason), MachineUnavailable, MachineBusy.
    """
    authorise(by, "rework")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "rework")
    if not reason.strip():
        raise Invalid(messages=["reason should not be empty"], field="reason")

    take_machines(order)
    reserving.reserve_what_is_there(order, by=by)

    lifecycle.move(order, "rework", by=by, changes={"actual_end": None}, reason=reason, notes=notes)
    return order
