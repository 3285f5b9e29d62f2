"""create: an order comes to be, as a draft, with its lines."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import IntegrityError

from factoryos.kernel.actors import Actor
from factoryos.kernel.database import violated_constraint
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Busy, Duplicate
from orders import history, references
from orders.materials import snapshot
from orders.models import OrderLine, ProductionOrder
from orders.specs import NewLine, Policy


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
) -> ProductionOrder:
    """Make a draft order with its lines; without a `reference` one is minted, by the series that `mint` stands for.

    Each line keeps the BOM version that it names, else its item's default one, with components and work orders.
    Problems: RoleMissing; Invalid (a BOM whose amounts cannot be counted); Duplicate (the given reference is taken);
    Busy (a minted one was taken in the same instant).
    """
    authorise(by, "create")

    policy = policy or Policy()
    order = ProductionOrder(
        factory_id=by.factory.id,
        origin=by.face,
        item=lines[0].item if lines else None,
        owner_id=owner_id,
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
    data = {"reference": order.reference, "lines": [{"sku": line.item.sku, "target": line.target} for line in lines]}
    try:
        history.begin(order, lines=made, by=by, data=data)
    except IntegrityError as error:
        if violated_constraint(error) != "order_reference_once":
            raise
        if reference is None:
            raise Busy() from error
        raise Duplicate(field="reference", value=reference) from error
    snapshot.fix(order, made)
    return order
