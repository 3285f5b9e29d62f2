"""What a planner should know before deciding. Warnings refuse nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import NotFound
from factoryos.kernel.quantities import shortest
from orders import allocation
from orders.locks import assignments_of, the_line
from orders.materials import reserving
from orders.models import Assignment, ProductionOrder
from orders.specs import Warned
from orders.states import ENDED, State

_DONE = (State.COMPLETED, State.VERIFIED, *ENDED)
MOST_OVERLAPS = 20


def window_overlaps(order: ProductionOrder) -> list[Warned]:
    """Other orders planned on the same machines in the same time."""
    if not (order.planned_start and order.planned_end):
        return []
    mine = Assignment.objects.filter(order_id=order.pk, machine__isnull=False)
    others = (
        Assignment.objects.filter(machine__in=mine.values("machine"))
        .exclude(order_id=order.pk)
        .exclude(order__state__in=_DONE)
        .filter(order__planned_start__lt=order.planned_end, order__planned_end__gt=order.planned_start)
        .order_by("machine__code", "order__planned_start", "order_id")
        .values_list("machine__code", "order__reference")[:MOST_OVERLAPS]
    )
    return [
        Warned(
            "window_overlap",
            f"{reference} is planned on {machine} in the same time",
            {"machineCode": machine, "reference": reference},
        )
        for machine, reference in others
    ]


def material_short(missing: Sequence[Mapping[str, Any]]) -> list[Warned]:
    """One for each component that is short, as `orders.materials.reserving` tells them."""
    return [
        Warned(
            "material_short",
            f"{part['name']} is short by {shortest(part['short'])} {part['uom']}",
            {"productId": part["item_id"], **{name: part[name] for name in ("sku", "required", "short")}},
        )
        for part in missing
    ]


@dataclass(frozen=True, slots=True)
class PlannedShare:
    machine_code: str | None
    current: Decimal
    proposed: Decimal
    produced: Decimal


@dataclass(frozen=True, slots=True)
class PlannedAdjustment:
    """What a new target would mean for an order."""

    current: Decimal
    shares: list[PlannedShare]
    needs_allocation: bool
    warnings: list[Warned]


def plan_adjustment(*, order_id: int, by: Actor, line_id: int | None, target: Decimal) -> PlannedAdjustment:
    """Work out shares and warnings for a new target of a line, changing nothing. Problems: NotFound, Invalid."""
    order = ProductionOrder.objects.filter(pk=order_id, factory_id=by.factory.id).first()
    if order is None:
        raise NotFound(thing="Production order")
    line = the_line(order, line_id=line_id)
    total = order.quantity_target - line.target + target
    assignments = assignments_of(order)
    proposed = allocation.proposal(assignments, target=total, decimals=line.item.unit_decimals)
    shares = [
        PlannedShare(share.machine.code if share.machine else None, share.quantity, quantity, share.produced)
        for share, quantity in zip(assignments, proposed, strict=True)
    ]
    found = allocation.warnings(order, target=total)
    if order.state not in _DONE:  # what is made needs no material any more
        found += material_short(reserving.short_for(order.pk, line_id=line.pk, target=target))
    return PlannedAdjustment(line.target, shares, len(assignments) > 1, found)
