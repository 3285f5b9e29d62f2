"""create: an order comes to be, as a draft, with its lines."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError

from factoryos.kernel.actors import Actor
from factoryos.kernel.database import violated_constraint
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Busy, Duplicate
from factoryos.kernel.quantities import exactly
from orders import facts as kept_facts
from orders import history, references
from orders.customer_orders import find_customer_order
from orders.materials import snapshot
from orders.models import OrderLine, ProductionOrder
from orders.specs import NewLine, Policy


@exactly()
def create(
    *,
    by: Actor,
    lines: Sequence[NewLine],
    reference: str | None = None,
    mint: Callable[..., str] = references.mint,
    batch_number: str | None = None,
    planned_start: datetime | None = None,
    planned_end: datetime | None = None,
    priority: str = "standard",
    customer_name: str | None = None,
    notes: str | None = None,
    policy: Policy | None = None,
    owner_id: int | None = None,
    customer_order_id: int | None = None,
    layer: str = "first",
    facts: Mapping[str, Any] | None = None,
) -> ProductionOrder:
    """Make a draft order with its lines; without a `reference` one is minted, by the series that `mint` stands for.

    Each line keeps the BOM version that it names, else its item's default one, with components and work orders; `layer`
    (one of ProductionOrder.Layer) says which components. `facts` are what the actor's face keeps of the order.
    Problems: RoleMissing; NotFound (another factory's customer order); Invalid (a BOM whose amounts cannot be counted);
    Duplicate (the given reference is taken); Busy (a minted one was taken in the same instant).
    """
    authorise(by, "create")
    if customer_order_id is not None:
        find_customer_order(customer_order_id, by=by)

    policy = policy or Policy()
    order = ProductionOrder(
        factory_id=by.factory.id,
        origin=by.face,
        item=lines[0].item if lines else None,
        owner_id=owner_id,
        customer_order_id=customer_order_id,
        layer=layer,
        batch_number=batch_number,
        customer_name=customer_name,
        planned_start=planned_start,
        planned_end=planned_end,
        priority=priority,
        notes=notes,
        over_production=policy.name,
        tolerance_percent=policy.tolerance_percent,
        quantity_target=sum(line.target for line in lines),
        created_by_id=by.id,
        created_by_name=by.name,
    )
    order.needs_verification = by.factory.requires_verification

    made = [
        OrderLine(
            item=line.item,
            variant=line.variant,
            sort=sort,
            target=line.target,
            bom_version=snapshot.bom_version_for(line),
        )
        for sort, line in enumerate(lines)
    ]
    # Last of all before it is written: a series without gaps makes every other new order wait from here on.
    order.reference = reference or mint(by=by)
    data = {
        "reference": order.reference,
        "lines": [{"sku": line.item.sku, "target": line.target} for line in lines],
        **_told_besides(order, facts=facts),
    }
    try:
        history.begin(order, lines=made, by=by, data=data)
    except IntegrityError as error:
        if violated_constraint(error) != "order_reference_once":
            raise
        if reference is None:
            raise Busy() from error
        raise Duplicate(field="reference", value=reference) from error
    snapshot.fix(order, made)
    if facts:
        kept_facts.change(order, face=by.face, values=facts)
    return order


def _told_besides(order: ProductionOrder, *, facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the event says of an order that is made for a customer's, of another layer, or with facts of a face."""
    told: dict[str, Any] = {}
    if order.customer_order_id is not None:
        told["customerOrder"] = order.customer_order_id
    if order.layer != ProductionOrder.Layer.FIRST:
        told["layer"] = order.layer
    if kept := {name: value for name, value in (facts or {}).items() if value is not None}:
        told["facts"] = kept
    return told
