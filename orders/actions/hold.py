"""hold: nothing goes on until it is released."""

from typing import Any

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid
from orders import lifecycle
from orders.locks import lock_order
from orders.models import ProductionOrder
from orders.occupancy import free_machines
from orders.pause_reasons import QUALITY_HOLD
from orders.states import State
from quality.holds import place_on_order
from quality.models import Hold


def hold(*, order_id: int, by: Actor, reason: str) -> tuple[ProductionOrder, Hold]:
    """Place a hold on an open order. A running one is paused and its machines are freed.

    Problems: RoleMissing, NotFound, NotOpen, Invalid (no reason).
    """
    authorise(by, "hold")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "hold")
    if not reason.strip():
        raise Invalid(messages=["reason should not be empty"], field="reason")

    placed = place_on_order(order_id=order.pk, by=by, reason=reason)
    changes: dict[str, Any] = {"open_holds": order.open_holds + 1}
    if order.state == State.IN_PRODUCTION:
        free_machines(order)
        changes |= {"pause_reason": QUALITY_HOLD, "pause_text": None}

    lifecycle.move(order, "hold", by=by, changes=changes, reason=reason, data={"hold": placed.uuid})
    return order, placed
