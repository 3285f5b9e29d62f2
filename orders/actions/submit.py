"""submit: a draft is handed in."""

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from orders import lifecycle
from orders.locks import lock_order
from orders.models import ProductionOrder


def submit(*, order_id: int, by: Actor, reason: str | None = None) -> ProductionOrder:
    """Hand in a draft. Problems: RoleMissing, NotFound, IllegalTransition."""
    authorise(by, "submit")
    order = lock_order(order_id, by=by)

    lifecycle.move(order, "submit", by=by, reason=reason)
    return order
