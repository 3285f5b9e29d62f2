"""schedule: the order gets its machines, its method and its time."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid
from factoryos.kernel.quantities import ZERO, exactly, shortest
from manufacturing.models import Method
from orders import lifecycle, work_orders
from orders.locks import lock_order
from orders.materials import reserving
from orders.models import Assignment, ProductionOrder
from orders.problems import MachineUnavailable
from orders.specs import Share


@exactly()
def schedule(
    *,
    order_id: int,
    by: Actor,
    shares: Sequence[Share],
    method: Method | None = None,
    planned_start: datetime | None = None,
    planned_end: datetime | None = None,
) -> ProductionOrder:
    """Assign the order to machines or a work area and put it in line; also again, as long as it has not started.

    Several orders may be scheduled on one machine: only running is exclusive. Times not given stay as they are.
    Without a `method` the product's default one is taken. The shares are judged on the locked order, for its target may
    have changed since the caller saw it. Components are reserved as far as they are there (reserving.shortages_of tells
    the rest), or all of them where the factory's material policy is strict.
    Problems: RoleMissing, NotFound, IllegalTransition, MachineUnavailable, MaterialShort, Invalid (shares that
    do not add up to the target, another product's method, a planned end before the start).
    """
    authorise(by, "schedule")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "schedule")
    for share in shares:
        if share.machine is not None and not share.machine.active:
            raise MachineUnavailable(machine=share.machine.code)
    quantities = _quantities(order, shares)
    method = _method_of(order, method)
    start, end = planned_start or order.planned_start, planned_end or order.planned_end
    if (planned_start or planned_end) and start and end and end < start:
        raise Invalid(messages=["the planned end must not be before the planned start"], field="planned_end")

    Assignment.objects.filter(order_id=order.pk).delete()
    Assignment.objects.bulk_create(
        Assignment(order=order, machine=share.machine, work_area=share.work_area, sort=sort, quantity=quantity)
        for sort, (share, quantity) in enumerate(zip(shares, quantities, strict=True))
    )
    work_orders.replace(order, method=method)
    reserve = reserving.reserve_all if by.factory.material_policy == "strict" else reserving.reserve_what_is_there
    reserve(order, by=by)

    changes: dict[str, Any] = {"method_id": method.pk if method else None}
    changes |= {
        name: value for name, value in (("planned_start", planned_start), ("planned_end", planned_end)) if value
    }
    data = {
        "assignments": [{"on": _name(share), "quantity": part} for share, part in zip(shares, quantities, strict=True)],
        "method": method.code if method else None,
        "plannedStart": start,
        "plannedEnd": end,
    }
    lifecycle.move(order, "schedule", by=by, changes=changes, data=data)
    return order


def _quantities(order: ProductionOrder, shares: Sequence[Share]) -> list[Decimal]:
    target = order.quantity_target
    quantities = [target if share.quantity is None else share.quantity for share in shares]
    if sum(quantities, ZERO) != target:
        raise Invalid(messages=[f"the quantities must add up to {shortest(target)}"], field="shares")
    return quantities


def _method_of(order: ProductionOrder, method: Method | None) -> Method | None:
    if method is None:
        return Method.objects.filter(item_id=order.item_id, default=True).first() if order.item_id else None
    if method.item_id != order.item_id:
        raise Invalid(messages=["the method must be one of the order's product"], field="method")
    return method


def _name(share: Share) -> str:
    place = share.machine or share.work_area
    assert place is not None, "a share is given to a machine or a work area"
    return place.code
