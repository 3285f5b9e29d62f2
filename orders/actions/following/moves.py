"""Imported moves: what each verb changes and tells when a planning system states that it happened.

They reserve nothing and use nothing. What an order holds here all the same is taken and freed as the verbs themselves do.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Kind, Problem
from orders import lifecycle, pause_reasons, work_orders
from orders.actions.following.cases import Case, Contradicts, Waits
from orders.materials import reserving
from orders.occupancy import free_machines, take_machines
from orders.problems import MachineBusy, MachineUnavailable, OrderOnHold
from orders.states import State

PAUSED_BECAUSE = "Paused in the planning system"

Told = tuple[dict[str, Any], str | None, dict[str, Any]]  # changed columns, reason, the event's data


def make(case: Case, verb: str) -> None:
    """Make the move of `verb`. Raises Waits or Contradicts where the life refuses it, and RoleMissing."""
    authorise(case.by, verb)
    order = case.order
    try:
        machines: list[str] = []
        if case.entangled:
            lifecycle.ask(order, verb)
            machines = _touch(case, verb)
        changes, reason, data = _TELL[verb](case) if verb in _TELL else ({}, None, {})
        if verb == "start":
            data["machines"] = machines
        case.add(lifecycle.step(order, verb, by=case.by, changes=changes, reason=reason, data=data))
    except OrderOnHold as problem:
        raise Waits(problem.text) from problem
    except (MachineBusy, MachineUnavailable) as problem:
        raise Waits(problem.text, elsewhere=True) from problem
    except Problem as problem:
        if problem.kind is not Kind.CONFLICT:
            raise
        raise Contradicts(problem.text) from problem


def _touch(case: Case, verb: str) -> list[str]:
    """Take or free what hangs on the order; gives the machines that it runs on now."""
    if verb in ("start", "resume"):
        with transaction.atomic():  # a machine that is taken past its lock breaks the transaction that hears of it
            taken = take_machines(case.order)
        return [assignment.machine.code for assignment in taken if assignment.machine]
    if verb in ("pause", "complete", "cancel"):
        free_machines(case.order)
    if verb in ("complete", "cancel"):
        work_orders.end_running(case.order)
        reserving.release(case.order, by=case.by)
    return []


def started_at(case: Case) -> datetime:
    """When production began: as stated, else no later than anything that is known of it."""
    stated = case.statement
    return stated.actual_start or min(case.now, stated.at, stated.actual_end or stated.at)


def ended_at(case: Case) -> datetime:
    """When it ended: as stated, else when that was stated, but not before it began."""
    stated, began = case.statement, case.order.actual_start
    found = stated.actual_end or min(case.now, stated.at)
    return found if stated.actual_end or began is None else max(found, began)


def _schedule(case: Case) -> Told:
    order = case.order
    data: dict[str, Any] = {
        "assignments": [],
        "method": None,
        "plannedStart": order.planned_start,
        "plannedEnd": order.planned_end,
    }
    return {}, None, data


def _start(case: Case) -> Told:
    return {"actual_start": started_at(case)}, None, {}


def _pause(case: Case) -> Told:
    code = pause_reasons.OTHER
    return {"pause_reason": code, "pause_text": PAUSED_BECAUSE}, PAUSED_BECAUSE, {"pauseReason": code}


def _resume(case: Case) -> Told:
    return dict(_NOT_PAUSED), None, {}


def _complete(case: Case) -> Told:
    order = case.order
    data = {"good": order.quantity_good, "rejected": order.quantity_rejected, "target": order.quantity_target}
    return {"actual_end": ended_at(case), **_NOT_PAUSED}, None, data


def _close(case: Case) -> Told:
    return {}, None, {"shipment": None}


def _cancel(case: Case) -> Told:
    ended = {"actual_end": ended_at(case)} if case.order.actual_start is not None else {}
    return {**ended, **_NOT_PAUSED}, None, {}


_NOT_PAUSED: dict[str, Any] = {"pause_reason": None, "pause_text": None}
_TELL: dict[str, Callable[[Case], Told]] = {
    "schedule": _schedule, "start": _start, "pause": _pause, "resume": _resume, "complete": _complete, "close": _close,
    "cancel": _cancel,
}  # fmt: skip


def state_of(case: Case) -> State:
    """Where the order is by now."""
    return State(case.order.state)
