"""Things named in a body or a path, looked up inside the actor's factory: unknown and a stranger's are the same 404."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from factoryos.kernel.actors import Actor
from factoryos.kernel.ids import parse_uuid
from factoryos.kernel.problems import Invalid, NotFound
from manufacturing import naming as find
from manufacturing.models import Item, Machine, Method, StockLocation, WorkArea
from manufacturing.stock.lots import find_lots
from orders.models import OrderLine, WorkOrder
from orders.specs import ConsumedLot


def product(name: str, *, by: Actor) -> Item:
    if item := find.find_item(name, factory_id=by.factory.id):
        return item
    raise NotFound(thing="Product")


def machine(name: str, *, by: Actor) -> Machine:
    if found := find.find_machine(name, factory_id=by.factory.id):
        return found
    raise NotFound(thing="Machine")


def filter_id(look_up: Callable[..., Item | Machine | StockLocation], name: str | None, *, by: Actor) -> int | None:
    """The id to filter by; for an unknown name one that nothing has, as a filter finds nothing rather than fails."""
    if name is None:
        return None
    try:
        return look_up(name, by=by).pk
    except NotFound:
        return 0


def machine_name(values: Mapping[str, Any]) -> str:
    """The machine a body names, by whichever of the two fields; empty if neither."""
    return str(values.get("machine_code") or values.get("machine_id") or "")


def distinct_machines(splits: Sequence[Mapping[str, Any]], *, by: Actor) -> list[Machine]:
    """The machines of the splits, in their order. Problems: NotFound; Invalid (one machine twice)."""
    machines = [machine(machine_name(split), by=by) for split in splits]
    if len({found.pk for found in machines}) != len(machines):
        raise Invalid(messages=["splits must name each machine once"], field="splits")
    return machines


def work_area(name: str, *, by: Actor) -> WorkArea:
    if area := find.find_work_area(name, factory_id=by.factory.id):
        return area
    raise NotFound(thing="Work area")


def location(name: str, *, by: Actor) -> StockLocation:
    if found := find.find_location(name, factory_id=by.factory.id):
        return found
    raise NotFound(thing="Location")


def method(name: str, *, by: Actor) -> Method:
    if found := find.find_method(name, factory_id=by.factory.id):
        return found
    raise NotFound(thing="Method")


def unit_decimals(order_id: int) -> int:
    """How many decimals a count over the whole order may have: the finest of its lines' units."""
    return max(OrderLine.objects.filter(order_id=order_id).values_list("item__unit_decimals", flat=True), default=0)


def line(name: str | None, *, order_id: int) -> tuple[int | None, int]:
    """(id, unit decimals) of the line named; without a name the verb decides, with the order's finest unit."""
    if name is None:
        return None, unit_decimals(order_id)
    uuid = parse_uuid(name)
    found = OrderLine.objects.filter(order_id=order_id, uuid=uuid).select_related("item").first() if uuid else None
    if found is None:
        raise NotFound(thing="Line")
    return found.pk, found.item.unit_decimals


def work_order(name: str, *, order_id: int) -> int:
    """The id of the order's work order `wo_001`."""
    for found in WorkOrder.objects.filter(order_id=order_id):
        if found.public_id == name:
            return found.pk
    raise NotFound(thing="Work order")


def consumed_lot(lot: Mapping[str, Any], *, by: Actor) -> ConsumedLot:
    """The component lot that a reporter names. Problems: NotFound (product, lot)."""
    item = product(lot["product_id"], by=by)
    code = lot["lot_number"]
    found = find_lots(item.pk, [code])
    if code not in found:
        raise NotFound(thing="Lot")
    return ConsumedLot(item.pk, item.uuid, item.sku, found[code], code, lot["quantity"])
