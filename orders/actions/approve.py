"""approve: the order may be made."""

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from orders import lifecycle
from orders.locks import lock_order
from orders.models import ProductionOrder


def approve(*, order_id: int, by: Actor, reason: str | None = None) -> ProductionOrder:
    """Approve a draft or submitted order. Problems: RoleMissing, NotFound, IllegalTransition."""
    authorise(by, "approve")
    order = lock_order(order_id, by=by)

    lifecycle.move(order, "approve", by=by, reason=reason)
    return order
