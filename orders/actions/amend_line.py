"""amend_line: what a face keeps of a line changes; nothing else of it does."""

from collections.abc import Mapping
from typing import Any

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import NotFound
from orders import lifecycle
from orders.facts import change
from orders.locks import lines_of, lock_order
from orders.models import ProductionOrder


def amend_line(*, order_id: int, by: Actor, line_id: int, facts: Mapping[str, Any]) -> ProductionOrder:
    """Keep these facts of a line for the actor's face; the event holds each before and after. No difference: no event.

    None forgets a fact. Problems: RoleMissing, NotFound (the order, or the line), IllegalTransition.
    """
    authorise(by, "amend_line")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "amend_line")
    line = next((one for one in lines_of(order) if one.pk == line_id), None)
    if line is None:
        raise NotFound(thing="Line")

    different = change(order, face=by.face, values=facts, line_id=line.pk)

    if different:
        data = {"line": line.uuid, "sku": line.item.sku, "facts": different}
        lifecycle.move(order, "amend_line", by=by, data=data)
    return order
