"""add_line: the order shall make one more thing."""

from collections.abc import Mapping
from typing import Any

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Duplicate
from factoryos.kernel.quantities import exactly
from orders import allocation, lifecycle
from orders.facts import change
from orders.locks import lines_of, lock_order
from orders.materials import reserving, snapshot
from orders.models import OrderLine
from orders.specs import NewLine


@exactly()
def add_line(*, order_id: int, by: Actor, line: NewLine, facts: Mapping[str, Any] | None = None) -> OrderLine:
    """Add a line to an order that is not completed; its target, assignments, components and work orders follow.

    The line keeps the BOM version that it names, else its item's default one. Where material is set aside for the order
    already, the line's is too, as far as it is there. `facts` are what the actor's face keeps of the line.
    Problems: RoleMissing; NotFound; IllegalTransition; Duplicate (the item is on the order); Invalid (a BOM whose amounts
    cannot be counted).
    """
    authorise(by, "add_line")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "add_line")
    present = lines_of(order)
    if any(one.item_id == line.item.pk for one in present):
        raise Duplicate(field="item", value=line.item.sku)

    total = order.quantity_target + line.target
    shares = allocation.reallocate(order, total=total, decimals=line.item.unit_decimals)
    added = OrderLine.objects.create(
        order=order,
        item=line.item,
        variant=line.variant,
        sort=present[-1].sort + 1 if present else 0,
        target=line.target,
        bom_version=snapshot.bom_version_for(line),
    )
    snapshot.fix_line(order, added)
    kept = change(order, face=by.face, values=facts, line_id=added.pk) if facts else {}
    if order.has_material_set_aside:
        reserving.reserve_what_is_there(order, by=by)

    data: dict[str, Any] = {"line": added.uuid, "sku": line.item.sku, "target": line.target}
    data |= {name: told for name, told in (("facts", kept), ("assignments", shares)) if told}
    changes: dict[str, Any] = {"quantity_target": total} | ({} if present else {"item_id": line.item.pk})
    lifecycle.move(order, "add_line", by=by, changes=changes, data=data)
    return added
