"""close: the order is shipped and over."""

from typing import Any

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid
from orders import lifecycle
from orders.history import json_safe
from orders.locks import lock_order
from orders.materials import shipping
from orders.models import ProductionOrder


def close(
    *,
    order_id: int,
    by: Actor,
    shipment: dict[str, Any] | None = None,
    reason: str | None = None,
    notes: str | None = None,
) -> ProductionOrder:
    """Close a verified order, or a completed one where the factory asks for no verification.

    `shipment` holds carrier, trackingNumber, shippedAt and quantity, each optional; a quantity leaves the stock, but for
    what was made elsewhere and never was in it.
    Problems: RoleMissing, NotFound, IllegalTransition, OrderOnHold, Invalid (more shipped than good), StockShort (the
    pieces are gone already).
    """
    authorise(by, "close")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "close")
    if shipment and shipment.get("quantity") is not None and shipment["quantity"] > order.quantity_good:
        raise Invalid(messages=["no more can be shipped than the good quantity"], field="shipment.quantity")

    if shipment and shipment.get("quantity"):
        shipping.ship(order, quantity=shipment["quantity"], by=by)

    facts = json_safe(shipment) if shipment else None
    lifecycle.move(
        order, "close", by=by, changes={"shipment": facts}, reason=reason, notes=notes, data={"shipment": facts}
    )
    return order
