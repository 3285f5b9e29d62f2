"""Material as people look at it: what an order needs, holds, has used and lacks; and who would lack some among many."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import connection

from factoryos.kernel.problems import Invalid
from factoryos.kernel.quantities import ZERO
from manufacturing.stock.figures import free_by_item
from orders.materials import amounts
from orders.materials.components import components_of_many
from orders.materials.reserving import missing_for


@dataclass(slots=True)
class Material:
    """An item that an order needs for what is made of it here, over all its lines.

    `missed` is what its reports used by the BOM but did not find.
    """

    sku: str
    name: str
    uom: str
    required: Decimal = ZERO
    reserved: Decimal = ZERO
    used: Decimal = ZERO
    beyond: Decimal = ZERO  # of what was used: more than the BOM says
    spared: Decimal = ZERO  # of what the BOM says: a report said that it was not used
    missed: Decimal = ZERO
    free: Decimal = ZERO  # in stock, promised to nobody

    @property
    def outstanding(self) -> Decimal:
        """What is neither used, spared nor reserved of what the target takes."""
        return max(self.required - (self.used - self.beyond) - self.spared - self.reserved, ZERO)


_OF_ORDER = """
SELECT item.id, item.sku, item.name, coalesce(nullif(component.uom, ''), item.unit), item.unit_decimals,
    component.numerator, component.denominator, greatest(line.target - line.imported_good - line.imported_rejected, 0),
    line.good + line.rejected - line.imported_good - line.imported_rejected, component.consumed,
    component.over_consumed, component.spared, item.stocked,
    (SELECT sum(quantity) FROM manufacturing_reservation WHERE component_id = component.id),
    (SELECT sum(on_hand - reserved) FROM manufacturing_stockbalance WHERE item_id = item.id)
FROM orders_ordercomponent AS component
JOIN orders_orderline AS line ON line.id = component.line_id
JOIN manufacturing_item AS item ON item.id = component.item_id
WHERE component.order_id = %s ORDER BY component.position
"""


def materials_of(order_id: int) -> list[Material]:
    """What the order needs, item by item, in the order of its BOMs. One statement."""
    found: dict[int, Material] = {}
    with connection.cursor() as cursor:
        cursor.execute(_OF_ORDER, [order_id])
        for row in cursor.fetchall():
            _add(found, row)
    return list(found.values())


def _add(found: dict[int, Material], row: tuple[Any, ...]) -> None:
    item_id, sku, name, uom, decimals, numerator, denominator, target, produced = row[:9]
    consumed, over, spared, stocked, reserved, free = row[9:]
    part = found.setdefault(item_id, Material(sku, name, uom))
    part.used += consumed + over
    part.beyond += over
    part.reserved += reserved or ZERO
    part.free = free or ZERO
    if not stocked:  # listed, but nothing of it is ever taken from stock
        return
    per_unit = Fraction(int(numerator), int(denominator))
    part.required += amounts.as_reserved(amounts.at_any_size(per_unit=per_unit, units=target), decimals=decimals)
    part.spared += spared
    used = amounts.as_used(amounts.at_any_size(per_unit=per_unit, units=produced))
    part.missed += max(used - consumed - spared, ZERO)


def lacking(order_ids: Sequence[int], *, states: Iterable[str]) -> dict[int, list[str]]:
    """Of these orders in these states, those that would be refused for want of material if all took theirs, one after
    the other by id and each all or nothing: order → the SKUs that it lacks. Two statements.
    """
    wanted = components_of_many(order_ids, states=states)
    free = free_by_item({component.item_id for components in wanted.values() for component in components})
    found: dict[int, list[str]] = {}
    for order_id, components in wanted.items():
        try:
            missing = missing_for(components, free)
        except Invalid:  # more than can be counted, which the verb refuses too
            missing = [{"sku": component.sku} for component in components]
        if missing:
            found[order_id] = [part["sku"] for part in missing]
            continue
        for component in components:
            free[component.item_id] = free.get(component.item_id, ZERO) - max(component.outstanding, ZERO)
    return found
