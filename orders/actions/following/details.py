"""What a statement says of an order besides its state: times, the sender's facts, how many are wanted."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from factoryos.kernel.permissions import authorise
from factoryos.kernel.quantities import shortest
from manufacturing.models import Shortage
from orders import allocation, ledger, lifecycle
from orders.actions.following.cases import IMPORTED, Case
from orders.actions.following.references import is_countable
from orders.history import json_safe
from orders.locks import assignments_of
from orders.materials import reserving
from orders.materials.components import components_of
from orders.models import Assignment
from orders.problems import AllocationRequired
from orders.states import DONE, State


def planned_differently(case: Case) -> dict[str, datetime]:
    """Planned times that the statement changes. An end before the start is kept as it is sent."""
    stated, order = case.statement, case.order
    both = {"planned_start": stated.planned_start, "planned_end": stated.planned_end}
    return {name: value for name, value in both.items() if getattr(order, name) != value}


def save(case: Case) -> None:
    """Amend what differs; nothing different, no event."""
    changes: dict[str, Any] = {**planned_differently(case), **_made_at_other_times(case)}
    told = _facts(case)
    if not changes and not told:
        return
    authorise(case.by, "amend")
    order = case.order
    before_and_after = {name: {"before": getattr(order, name), "after": value} for name, value in changes.items()}
    data = {"changes": before_and_after} | ({"facts": told} if told else {})
    case.add(lifecycle.step(order, "amend", by=case.by, changes=changes, data=data))


def _made_at_other_times(case: Case) -> dict[str, datetime]:
    """Stated actual times of an order that only statements tell of; whoever made it elsewhere knows better when it ran."""
    stated, order = case.statement, case.order
    if order.origin != case.by.face:
        return {}
    found = {}
    if stated.actual_start and order.actual_start and stated.actual_start != order.actual_start:
        found["actual_start"] = stated.actual_start
    if stated.actual_end and order.state in DONE and stated.actual_end != order.actual_end:
        found["actual_end"] = stated.actual_end
    return found


def _facts(case: Case) -> dict[str, Any]:
    """As orders.facts.change: what differs, with before and after. Kept beside what is not named."""
    wanted: dict[str, Any] = json_safe(dict(case.statement.facts))
    before = case.kept
    different = {
        name: {"before": before.get(name), "after": value}
        for name, value in wanted.items()
        if before.get(name) != value
    }
    if different:
        case.facts = {name: value for name, value in {**before, **wanted}.items() if value is not None}
    return different


def adjust(case: Case) -> None:
    """Bring the line to the stated target. What speaks against it is kept as a conflict; the rest may still be followed."""
    stated, line = case.statement, case.line
    if stated.target == line.target or (stated.target == 0 and stated.goal is State.CANCELLED):
        return
    if reason := _against(case):
        case.conflicts.append(reason)
        return
    authorise(case.by, "adjust_quantity")
    order = case.order
    lifecycle.ask(order, "adjust_quantity")
    try:
        shares = _share_out(case) if case.entangled else []
    except AllocationRequired as problem:
        case.conflicts.append(problem.text)
        return
    total = order.quantity_target - line.target + stated.target
    data = {"line": line.uuid, "before": line.target, "after": stated.target, "assignments": shares}
    case.target = line.target = stated.target
    case.add(
        lifecycle.step(
            order, "adjust_quantity", by=case.by, changes={"quantity_target": total}, reason=IMPORTED, data=data
        )
    )


def look_again(case: Case) -> None:
    """Of a statement that had to wait: its details came over at the first look, and what people changed since is theirs.

    A target that could not be had is still told.
    """
    if case.statement.target == case.line.target or (
        case.statement.target == 0 and case.statement.goal is State.CANCELLED
    ):
        return
    if reason := _against(case):
        case.conflicts.append(reason)
    elif sum(assignment.machine_id is not None for assignment in assignments_of(case.order)) > 1:
        case.conflicts.append(
            f"{shortest(case.statement.target)} units are ordered, and nobody said how to share them out"
        )


def _against(case: Case) -> str | None:
    stated, order, line = case.statement, case.order, case.line
    if stated.target == 0:
        return f"No units are ordered, but {order.reference} is for {shortest(line.target)}: it can only be cancelled"
    if not is_countable(stated.target):
        return too_many("ordered", stated.target)
    allowed = ledger.allowed_good(
        target=stated.target, policy=order.over_production, tolerance_percent=order.tolerance_percent
    )
    if allowed is not None and line.good > allowed:
        return f"{shortest(stated.target)} units are ordered, but {shortest(line.good)} good ones are made already"
    return None


def too_many(what: str, amount: Decimal) -> str:
    """The words for an amount that nobody can mean."""
    return f"{shortest(amount)} {what} units are more than can be counted"


def _share_out(case: Case) -> list[dict[str, Any]]:
    """Machines and reserved stock follow the new target, as with the verb. Problem: AllocationRequired."""
    order, line, target = case.order, case.line, case.statement.target
    assignments = assignments_of(order)
    total = order.quantity_target - line.target + target
    parts = allocation.proposal(assignments, target=total, decimals=line.item.unit_decimals)
    names = [assignment.machine.code if assignment.machine else None for assignment in assignments]
    if len(assignments) > 1:
        proposed = [{"machine": name, "quantity": part} for name, part in zip(names, parts, strict=True)]
        raise AllocationRequired(proposed=proposed)
    for assignment, quantity in zip(assignments, parts, strict=True):
        Assignment.objects.filter(pk=assignment.pk).update(quantity=quantity)
    line.__class__.objects.filter(pk=line.pk).update(target=target)
    if order.has_material_set_aside and _sets_material_aside(case):
        reserving.reserve_what_is_there(order, by=case.by)
    return [{"on": name, "quantity": part} for name, part in zip(names, parts, strict=True)]


def set_aside_anew(case: Case) -> None:
    """What is reserved follows what is still to be made here, once the imported pieces are written."""
    if case.entry is not None and case.order.has_material_set_aside and _sets_material_aside(case):
        reserving.reserve_what_is_there(case.order, by=case.by)


def _sets_material_aside(case: Case) -> bool:
    """Whether somebody here has reserved for the order, or waits to: what is only stated of it never reserves."""
    held = components_of(case.order.pk)
    return any(one.reserved for one in held) or Shortage.objects.filter(component__order_id=case.order.pk).exists()
