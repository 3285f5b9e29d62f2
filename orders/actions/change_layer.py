"""change_layer: the order shall take other parts of its products from stock: those the BOM names, or their leaves."""

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from orders import lifecycle
from orders.locks import lines_of, lock_order
from orders.materials import reserving, snapshot
from orders.models import OrderComponent, ProductionOrder


def change_layer(*, order_id: int, by: Actor, layer: str) -> ProductionOrder:
    """Replace the components of an order that has not started by those of another layer. The same layer: no event.

    Each line keeps its version of the BOM; what lies below its first level is taken as it is now. What was reserved is
    freed, and reserved anew where material is set aside for the order. `layer` is one of ProductionOrder.Layer.
    Problems: RoleMissing, NotFound, IllegalTransition, Invalid (a BOM whose amounts cannot be counted).
    """
    authorise(by, "change_layer")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "change_layer")
    before = order.layer
    if layer == before:
        return order

    order.layer = layer
    lines = lines_of(order)
    components = snapshot.components_for(order, lines)
    if order.has_material_set_aside:
        reserving.lock_both(order, items={component.item_id for component in components})
    reserving.release(order, by=by)
    snapshot.forget(line_ids=[line.pk for line in lines])
    OrderComponent.objects.bulk_create(components)
    if order.has_material_set_aside:
        reserving.reserve_what_is_there(order, by=by)

    data = {"changes": {"layer": {"before": before, "after": layer}}}
    lifecycle.move(order, "change_layer", by=by, changes={"layer": layer}, data=data)
    return order
