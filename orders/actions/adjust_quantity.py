"""adjust_quantity: the order shall make more, or less."""

from collections.abc import Mapping
from decimal import Decimal

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid
from factoryos.kernel.quantities import exactly
from orders import allocation, lifecycle
from orders.locks import assignments_of, lock_order, the_line
from orders.materials import reserving
from orders.models import Assignment, OrderLine, ProductionOrder
from orders.problems import AllocationRequired


@exactly()
def adjust_quantity(
    *,
    order_id: int,
    by: Actor,
    target: Decimal,
    reason: str,
    line_id: int | None = None,
    shares: Mapping[int, Decimal] | None = None,
) -> ProductionOrder:
    """Set a line's target (the only line's, or `line_id`'s) on any open order; assignments and reservations follow.

    `shares` maps machine ids to quantities; it is needed when the order runs on several machines.
    Problems: RoleMissing, NotFound, NotOpen, Invalid (no reason, same target, shares that do not fit),
    AllocationRequired with a proposal.
    """
    authorise(by, "adjust_quantity")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "adjust_quantity")
    if not reason.strip():
        raise Invalid(messages=["reason should not be empty"], field="reason")
    line = the_line(order, line_id=line_id)
    if line.target == target:
        raise Invalid(messages=["quantityTarget is the present target already"], field="target")
    assignments = assignments_of(order)
    total = order.quantity_target - line.target + target
    parts = _parts(assignments, total=total, decimals=line.item.unit_decimals, shares=shares)

    OrderLine.objects.filter(pk=line.pk).update(target=target)
    for assignment, quantity in zip(assignments, parts, strict=True):
        Assignment.objects.filter(pk=assignment.pk).update(quantity=quantity)
    if order.has_material_set_aside:
        reserving.reserve_what_is_there(order, by=by)

    data = {"line": line.uuid, "before": line.target, "after": target,
            "assignments": [{"on": _name(a), "quantity": q} for a, q in zip(assignments, parts, strict=True)]}  # fmt: skip
    changes = {"quantity_target": total}
    lifecycle.move(order, "adjust_quantity", by=by, changes=changes, reason=reason, data=data)
    return order


def _parts(
    assignments: list[Assignment], *, total: Decimal, decimals: int, shares: Mapping[int, Decimal] | None
) -> list[Decimal]:
    if shares is not None:
        wanted = {assignment.machine_id for assignment in assignments}
        if shares.keys() != wanted:
            raise Invalid(messages=["splits must name every assigned machine once"], field="shares")
        if sum(shares.values(), Decimal(0)) != total:
            raise Invalid(messages=["splits must add up to the new target"], field="shares")
        return [shares[assignment.machine_id] for assignment in assignments if assignment.machine_id is not None]
    proposed = allocation.proposal(assignments, target=total, decimals=decimals)
    if len(assignments) > 1:
        names = [{"machine": _name(a), "quantity": q} for a, q in zip(assignments, proposed, strict=True)]
        raise AllocationRequired(proposed=names)
    return proposed


def _name(assignment: Assignment) -> str | None:
    return assignment.machine.code if assignment.machine else None
