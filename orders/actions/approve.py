"""approve: the order may be made, and its material is set aside."""

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from orders import lifecycle
from orders.locks import lock_order
from orders.materials import reserving
from orders.models import ProductionOrder


def approve(*, order_id: int, by: Actor, reason: str | None = None) -> ProductionOrder:
    """Approve a draft or submitted order and reserve all its components, or refuse and reserve none.

    Problems: RoleMissing, NotFound, IllegalTransition, MaterialShort.
    """
    authorise(by, "approve")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "approve")

    reserved = reserving.reserve_all(order, by=by)

    lifecycle.move(order, "approve", by=by, reason=reason, data={"reserved": reserved} if reserved else None)
    return order
