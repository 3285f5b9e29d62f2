"""approve_best_effort: the order may be made, with whatever material there is; the rest is set aside when it arrives."""

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from orders import lifecycle
from orders.locks import lock_order
from orders.materials import reserving
from orders.models import ProductionOrder


def approve_best_effort(*, order_id: int, by: Actor, reason: str | None = None) -> ProductionOrder:
    """Approve a draft or submitted order and reserve what is there of its components; the event tells what is short.

    Problems: RoleMissing, NotFound, IllegalTransition, Invalid (components beyond counting).
    """
    authorise(by, "approve")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "approve")

    reserved = reserving.reserve_what_is_there(order, by=by)
    short = [{"sku": part["sku"], "quantity": part["short"]} for part in reserving.shortages_of(order.pk)]

    data = {name: parts for name, parts in (("reserved", reserved), ("short", short)) if parts}
    lifecycle.move(order, "approve", by=by, reason=reason, data=data or None)
    return order
