"""pause: production stops for a reason."""

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from orders import lifecycle, pause_reasons
from orders.locks import lock_order
from orders.models import ProductionOrder
from orders.occupancy import free_machines


def pause(*, order_id: int, by: Actor, reason: str, notes: str | None = None) -> ProductionOrder:
    """Pause production and free the machines. `reason` is a pause reason's code or label, else kept as `other`.

    Problems: RoleMissing, NotFound, IllegalTransition, Invalid (no reason).
    """
    authorise(by, "pause")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "pause")
    code, text = pause_reasons.match(reason, factory_id=by.factory.id)

    free_machines(order)

    changes = {"pause_reason": code, "pause_text": text}
    lifecycle.move(order, "pause", by=by, changes=changes, reason=reason, notes=notes, data={"pauseReason": code})
    return order
