"""amend: facts on the order's header change; nothing moves."""

from typing import Any

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid
from orders import lifecycle
from orders.locks import lock_order
from orders.models import ProductionOrder

AMENDABLE = frozenset({"batch_number", "planned_start", "planned_end", "priority", "notes", "customer_name"})


def amend(*, order_id: int, by: Actor, changes: dict[str, Any]) -> ProductionOrder:
    """Change header facts of an open order; the event holds each before and after. No difference: no event.

    `changes` maps names of AMENDABLE to new values, None clears. Problems: RoleMissing, NotFound, NotOpen, Invalid.
    """
    authorise(by, "amend")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "amend")
    assert changes.keys() <= AMENDABLE, f"cannot be amended: {sorted(changes.keys() - AMENDABLE)}"
    different = {name: value for name, value in changes.items() if getattr(order, name) != value}
    start = different.get("planned_start", order.planned_start)
    end = different.get("planned_end", order.planned_end)
    if start and end and end <= start and {"planned_start", "planned_end"} & different.keys():
        raise Invalid(messages=["the planned end must be after the planned start"], field="planned_end")

    if different:
        data = {
            "changes": {name: {"before": getattr(order, name), "after": value} for name, value in different.items()}
        }
        lifecycle.move(order, "amend", by=by, changes=different, data=data)
    return order
