"""Sharing a new quantity over the machines of an order, and what is worth warning about."""

from decimal import ROUND_DOWN, Decimal
from typing import Any

from factoryos.kernel.quantities import shortest
from orders.models import Assignment, ProductionOrder
from orders.specs import Warned


def pro_rata(*, shares: list[Decimal], target: Decimal, decimals: int) -> list[Decimal]:
    """`target` split in the proportion of `shares`, in whole units of `decimals` places; what is left over goes to the first.

    The parts always add up to the target. Where nobody has a share yet, all of it goes to the first.
    """
    total = sum(shares, Decimal(0))
    if not total:
        return [target] + [Decimal(0)] * (len(shares) - 1)
    unit = Decimal(1).scaleb(-decimals)
    parts = [(target * share / total).quantize(unit, rounding=ROUND_DOWN) for share in shares]
    parts[0] += target - sum(parts, Decimal(0))
    return parts


def proposal(assignments: list[Assignment], *, target: Decimal, decimals: int) -> list[Decimal]:
    """The quantity each assignment would get."""
    return (
        pro_rata(shares=[share.quantity for share in assignments], target=target, decimals=decimals)
        if assignments
        else []
    )


def reallocate(order: ProductionOrder, *, total: Decimal, decimals: int) -> list[dict[str, Any]]:
    """Share a new total out over the assignments of a locked order, as they were shared before.

    Gives what each has now, for the event: [{on, quantity}].
    """
    assignments = list(Assignment.objects.filter(order_id=order.pk).select_related("machine", "work_area"))
    parts = proposal(assignments, target=total, decimals=decimals)
    for assignment, quantity in zip(assignments, parts, strict=True):
        assignment.quantity = quantity
    Assignment.objects.bulk_update(assignments, ["quantity"])
    return [{"on": _place_of(assignment), "quantity": assignment.quantity} for assignment in assignments]


def _place_of(assignment: Assignment) -> str:
    place = assignment.machine or assignment.work_area
    assert place is not None, "an assignment is on a machine or a work area"
    return place.code


def warnings(order: ProductionOrder, *, target: Decimal) -> list[Warned]:
    """What a planner should know before setting this target. Nothing here refuses."""
    found = []
    made = order.quantity_good + order.quantity_rejected
    if target < made:
        found.append(
            Warned(
                "below_produced",
                f"{shortest(made)} pieces are made already, more than the new target of {shortest(target)}",
                {"produced": made},
            )
        )
    if too_short := _window_too_short(order, target=target):
        found.append(too_short)
    return found


def _window_too_short(order: ProductionOrder, *, target: Decimal) -> Warned | None:
    """Compare the planned window with the ideal cycle times of the machines, where both are known."""
    if not (order.planned_start and order.planned_end):
        return None
    cycles = [
        share.machine.ideal_cycle_s
        for share in Assignment.objects.filter(order_id=order.pk, machine__isnull=False).select_related("machine")
        if share.machine is not None
    ]
    if not cycles or any(cycle is None for cycle in cycles):
        return None
    pieces_a_second = sum((1 / cycle for cycle in cycles if cycle), Decimal(0))
    needed = target / pieces_a_second
    available = Decimal(int((order.planned_end - order.planned_start).total_seconds()))
    if needed <= available:
        return None
    return Warned(
        "window_too_short",
        f"At the machines' ideal cycle {shortest(target)} pieces take longer than the planned window",
        {"neededSeconds": int(needed), "availableSeconds": int(available)},
    )
