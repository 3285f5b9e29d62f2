"""What each action does to one order, and how it is taken back: calls of the verbs, with what an undo must remember."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import NotFound, Problem
from factoryos.ops.order_page import words
from manufacturing.models import Machine, Method, WorkArea
from orders import actions
from orders.locks import lock_order
from orders.materials import reserving
from orders.models import Assignment, ProductionOrder
from orders.problems import IllegalTransition
from orders.specs import Share
from orders.states import State

Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stepped:
    """What came of it: the order's version afterwards, what an undo needs to know, a remark for the result."""

    version: int
    before: dict[str, Any] = field(default_factory=dict)
    detail: str = ""


class NothingToDo(Problem):
    """The order is already as wanted. Not a failure: the row is skipped. Data: detail."""

    code, template = "nothing_to_do", "{detail}"


class NotUndoable(Problem):
    """This one order cannot go back to what it was. Data: detail."""

    code, template = "not_undoable", "{detail}"


Step = Callable[[int, Actor, Parameters], Stepped]
# How a step is taken back; gets what it remembered.
Inverse = Callable[[int, Actor, dict[str, Any]], Stepped]


def moving(verb: Callable[..., ProductionOrder], *, words: tuple[str, ...] = ("reason",)) -> Step:
    """The step of a verb that needs nothing but the order and, of the form, these words."""

    def step(order_id: int, by: Actor, given: Parameters) -> Stepped:
        spoken = {name: given[name] for name in words if given.get(name)}
        return Stepped(_moved(verb, order_id, by, **spoken).version)

    return step


def _moved(verb: Callable[..., ProductionOrder], order_id: int, by: Actor, **arguments: Any) -> ProductionOrder:
    """Problems: those of the verb; NothingToDo where the order is in the verb's state already."""
    try:
        return verb(order_id=order_id, by=by, **arguments)
    except IllegalTransition as problem:
        if problem.data["state"] != problem.data["target"]:
            raise
        raise NothingToDo(detail=f"Already {State(problem.data['state']).label.lower()}") from problem


def pause(order_id: int, by: Actor, given: Parameters) -> Stepped:
    return Stepped(_moved(actions.pause, order_id, by, reason=given["pause_reason"]).version)


def resume(order_id: int, by: Actor, given: Parameters) -> Stepped:
    """The reason of the pause is gone afterwards, so it is noted before."""
    order = lock_order(order_id, by=by)
    before = {"reason": order.pause_text or order.pause_reason}
    spoken = {"reason": given["reason"]} if given.get("reason") else {}
    return Stepped(_moved(actions.resume, order_id, by, **spoken).version, before)


def hold(order_id: int, by: Actor, given: Parameters) -> Stepped:
    order, placed = actions.hold(order_id=order_id, by=by, reason=given["reason"])
    return Stepped(order.version, {"hold": str(placed.uuid)})


def set_priority(order_id: int, by: Actor, given: Parameters) -> Stepped:
    order = actions.amend(order_id=order_id, by=by, changes={"priority": given["priority"]})
    if order.last_event is None:
        raise NothingToDo(detail=f"Priority is {given['priority']} already")
    return Stepped(order.version, {"priority": order.last_event.data["changes"]["priority"]["before"]})


def assign(order_id: int, by: Actor, given: Parameters) -> Stepped:
    """The whole quantity to one machine or work area; planned times and method stay as they are."""
    order = lock_order(order_id, by=by)
    known = list(Assignment.objects.filter(order_id=order_id).order_by("sort"))
    before = {
        "state": str(order.state),
        "shares": [[share.machine_id, share.work_area_id, str(share.quantity)] for share in known],
        "method": order.method_id,
    }
    place = _place(given["place"], by=by)
    if order.state == State.SCHEDULED and len(known) == 1 and _is_on(known[0], place):
        raise NothingToDo(detail=f"On {given['place_name']} already")
    kept = _method(order.method_id)
    order = actions.schedule(order_id=order_id, by=by, shares=[place], **kept)
    short = reserving.shortages_of(order_id)
    return Stepped(order.version, before, f"Short of {words.lacking(short)}" if short else "")


def _place(named: str, *, by: Actor) -> Share:
    """`machine:<uuid>` or `area:<uuid>` of the actor's factory. Problem: NotFound."""
    kind, _, uuid = named.partition(":")
    if kind == "machine":
        machine = Machine.objects.filter(factory_id=by.factory.id, uuid=uuid).first()
        if machine is not None:
            return Share(machine=machine)
    else:
        area = WorkArea.objects.filter(factory_id=by.factory.id, uuid=uuid).first()
        if area is not None:
            return Share(work_area=area)
    raise NotFound(thing="Machine or work area")


def _is_on(known: Assignment, place: Share) -> bool:
    machine = place.machine.pk if place.machine else None
    area = place.work_area.pk if place.work_area else None
    return (known.machine_id, known.work_area_id) == (machine, area)


def _method(method_id: int | None) -> dict[str, Any]:
    return {"method": Method.objects.get(pk=method_id)} if method_id else {}


def say(order_id: int, by: Actor, given: Parameters) -> Stepped:
    note = actions.add_note(order_id=order_id, by=by, text=given["text"], audience=given["audience"])
    return Stepped(note.order.version)


def undo_pause(order_id: int, by: Actor, before: dict[str, Any]) -> Stepped:
    return Stepped(actions.resume(order_id=order_id, by=by).version)


def undo_resume(order_id: int, by: Actor, before: dict[str, Any]) -> Stepped:
    return Stepped(actions.pause(order_id=order_id, by=by, reason=before["reason"]).version)


def undo_hold(order_id: int, by: Actor, before: dict[str, Any]) -> Stepped:
    order, _ = actions.release_hold(hold_id=UUID(before["hold"]), by=by)
    return Stepped(order.version, detail="Released; it stays paused" if order.state == State.PAUSED else "")


def undo_priority(order_id: int, by: Actor, before: dict[str, Any]) -> Stepped:
    return Stepped(actions.amend(order_id=order_id, by=by, changes={"priority": before["priority"]}).version)


def undo_assign(order_id: int, by: Actor, before: dict[str, Any]) -> Stepped:
    """Only where the order was in line before: there is no verb that takes it out of line again."""
    if before["state"] != State.SCHEDULED:
        raise NotUndoable(detail="It was not scheduled before, and scheduling cannot be taken back")
    machines = Machine.objects.in_bulk([row[0] for row in before["shares"] if row[0]])
    areas = WorkArea.objects.in_bulk([row[1] for row in before["shares"] if row[1]])
    shares = [
        Share(Decimal(quantity), machine=machines.get(machine), work_area=areas.get(area))
        for machine, area, quantity in before["shares"]
    ]
    order = actions.schedule(order_id=order_id, by=by, shares=shares, **_method(before["method"]))
    return Stepped(order.version)
