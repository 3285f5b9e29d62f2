"""amend: facts on the order's header change; nothing moves."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError

from factoryos.kernel.actors import Actor
from factoryos.kernel.database import violated_constraint
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Duplicate, Invalid
from orders import facts as kept_facts
from orders import lifecycle
from orders.customer_orders import find_customer_order
from orders.locks import lock_order
from orders.models import ProductionOrder

AMENDABLE = frozenset({
    "reference", "batch_number", "planned_start", "planned_end", "priority", "notes", "customer_name",
    "customer_order_id",
})  # fmt: skip


def amend(
    *, order_id: int, by: Actor, changes: Mapping[str, Any], facts: Mapping[str, Any] | None = None
) -> ProductionOrder:
    """Change header facts of an open order; the event holds each before and after. No difference: no event.

    `changes` maps names of AMENDABLE to new values, None clears (a reference is never cleared). `facts` are what the
    actor's face keeps of the order.
    Problems: RoleMissing, NotFound (the order, or the customer order), NotOpen, Invalid, Duplicate (the reference).
    """
    authorise(by, "amend")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "amend")
    assert changes.keys() <= AMENDABLE, f"cannot be amended: {sorted(changes.keys() - AMENDABLE)}"
    different = {name: value for name, value in changes.items() if getattr(order, name) != value}
    _require_sense(order, different, by=by)

    told = kept_facts.change(order, face=by.face, values=facts) if facts else {}

    if different or told:
        data: dict[str, Any] = {
            "changes": {name: {"before": getattr(order, name), "after": value} for name, value in different.items()}
        }
        if told:
            data["facts"] = told
        _move(order, by=by, changes=different, data=data)
    return order


def _require_sense(order: ProductionOrder, different: Mapping[str, Any], *, by: Actor) -> None:
    start = different.get("planned_start", order.planned_start)
    end = different.get("planned_end", order.planned_end)
    if start and end and end < start and {"planned_start", "planned_end"} & different.keys():
        raise Invalid(messages=["the planned end must not be before the planned start"], field="planned_end")
    if "reference" in different and not (different["reference"] or "").strip():
        raise Invalid(messages=["reference should not be empty"], field="reference")
    if different.get("customer_order_id") is not None:
        find_customer_order(different["customer_order_id"], by=by)


def _move(order: ProductionOrder, *, by: Actor, changes: dict[str, Any], data: dict[str, Any]) -> None:
    try:
        lifecycle.move(order, "amend", by=by, changes=changes, data=data)
    except IntegrityError as error:
        if violated_constraint(error) != "order_reference_once":
            raise
        raise Duplicate(field="reference", value=changes["reference"]) from error
