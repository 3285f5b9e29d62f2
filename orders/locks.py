"""Locking the rows a verb works on, in the one order that every path keeps: order → line → machine → stock."""

from collections.abc import Collection

from factoryos.kernel.actors import Actor
from factoryos.kernel.locks import lock_one, locked
from factoryos.kernel.problems import Invalid, NotFound, Stale
from factoryos.kernel.rows import find_all, find_all_with
from manufacturing.models import Machine
from orders.models import Assignment, OrderLine, ProductionOrder


def lock_order(order_id: int, *, by: Actor) -> ProductionOrder:
    """The actor's order, locked. Another factory's order is as missing as one that does not exist."""
    order = lock_one(ProductionOrder, row_id=order_id, factory_id=by.factory.id)
    if order is None:
        raise NotFound(thing="Production order")
    order.needs_verification = by.factory.requires_verification
    return order


def lock_those_free(order_ids: Collection[int]) -> dict[int, ProductionOrder]:
    """Of these orders, by id, those that nobody else works on in this instant, locked; nobody is waited for."""
    rows = find_all(ProductionOrder, "id = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED", [list(order_ids)])
    return {order.pk: order for order in rows}


def state_when_locked(order_id: int, *, by: Actor) -> str:
    """Lock the order and tell its state, for a face whose word is a path of verbs. Problem: NotFound.

    Asked without the lock, of two who find it not yet started the later one would start it again.
    """
    return str(lock_order(order_id, by=by).state)


def require_version(order_id: int, *, by: Actor, seen: int) -> None:
    """Lock the order and refuse if it is not at the version the caller saw. Problem: Stale."""
    order = lock_order(order_id, by=by)
    if order.version != seen:
        raise Stale(current=order.version)


def lines_of(order: ProductionOrder) -> list[OrderLine]:
    """The lines of a locked order. They are only ever changed under the order's lock, so they need none of their own."""
    return find_all_with(OrderLine, "item", "this.order_id = %s ORDER BY this.sort", [order.pk])


def lines_of_many(order_ids: Collection[int]) -> dict[int, list[OrderLine]]:
    """The same for several locked orders."""
    found: dict[int, list[OrderLine]] = {}
    where = "this.order_id = ANY(%s) ORDER BY this.order_id, this.sort"
    for line in find_all_with(OrderLine, "item", where, [list(order_ids)]):
        found.setdefault(line.order_id, []).append(line)
    return found


def the_line(order: ProductionOrder, *, line_id: int | None) -> OrderLine:
    """The line of a locked order that is meant: the only one, where none is named.

    Problems: Invalid (several lines, none named), NotFound (also where there is none at all).
    """
    lines = lines_of(order)
    if line_id is None:
        if not lines:
            raise NotFound(thing="Line")
        if len(lines) != 1:
            raise Invalid(messages=["lineId should not be empty, as the order has several lines"], field="line")
        return lines[0]
    for line in lines:
        if line.pk == line_id:
            return line
    raise NotFound(thing="Line")


def assignments_of(order: ProductionOrder) -> list[Assignment]:
    """The assignments of a locked order, as planned, with their machines."""
    assignments = find_all(Assignment, "order_id = %s ORDER BY sort", [order.pk])
    ids = _machine_ids(assignments)
    return with_machines(assignments, find_all(Machine, "id = ANY(%s)", [ids]) if ids else [])


def with_machines(assignments: list[Assignment], machines: list[Machine]) -> list[Assignment]:
    """The same assignments, each with its machine at hand."""
    by_id = {machine.pk: machine for machine in machines}
    for assignment in assignments:
        assignment.machine = by_id[assignment.machine_id] if assignment.machine_id is not None else None
    return assignments


def _machine_ids(assignments: list[Assignment]) -> list[int]:
    return [assignment.machine_id for assignment in assignments if assignment.machine_id is not None]


def lock_machines(assignments: list[Assignment]) -> list[Machine]:
    """The machines of these assignments, locked in a fixed order, so that two orders never wait for each other crosswise."""
    ids = _machine_ids(assignments)
    return list(locked(Machine.objects.all(), ids=ids)) if ids else []
