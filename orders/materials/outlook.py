"""Material as people look at it: what an order needs, holds, has used and lacks; and who would lack some among many."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import connection

from factoryos.kernel.quantities import ZERO
from manufacturing.stock.figures import free_by_item
from orders.materials import amounts


@dataclass(slots=True)
class Material:
    """An item that an order needs, over all its lines. `missed` is what its reports used by the BOM but did not find."""

    sku: str
    name: str
    uom: str
    required: Decimal = ZERO
    reserved: Decimal = ZERO
    used: Decimal = ZERO
    beyond: Decimal = ZERO  # of what was used: more than the BOM says
    missed: Decimal = ZERO
    free: Decimal = ZERO  # in stock, promised to nobody

    @property
    def outstanding(self) -> Decimal:
        """What is neither used nor reserved of what the target takes."""
        return max(self.required - (self.used - self.beyond) - self.reserved, ZERO)


_OF_ORDER = """
SELECT item.id, item.sku, item.name, coalesce(nullif(component.uom, ''), item.unit), item.unit_decimals,
    component.numerator, component.denominator, line.target, line.good + line.rejected, component.consumed,
    component.over_consumed,
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
    item_id, sku, name, uom, decimals, numerator, denominator, target, produced, consumed, over, reserved, free = row
    per_unit = Fraction(int(numerator), int(denominator))
    part = found.setdefault(item_id, Material(sku, name, uom))
    part.required += amounts.as_reserved(amounts.need(per_unit=per_unit, units=target), decimals=decimals)
    part.reserved += reserved or ZERO
    part.used += consumed + over
    part.beyond += over
    part.missed += max(amounts.as_used(amounts.need(per_unit=per_unit, units=produced)) - consumed, ZERO)
    part.free = free or ZERO


# `div` is exact where a division of numerics is not: as much as is needed, rounded up to the unit.
_WANTED = """
SELECT order_id, item_id, sku, greatest((div(scaled, denominator) + (mod(scaled, denominator) > 0)::int) / 10.0 ^ decimals
    - consumed, 0) - held
FROM (
    SELECT component.order_id, component.item_id, component.position, item.sku, item.unit_decimals AS decimals,
        component.numerator * line.target * 10.0 ^ item.unit_decimals AS scaled, component.denominator, component.consumed,
        coalesce((SELECT sum(quantity) FROM manufacturing_reservation WHERE component_id = component.id), 0) AS held
    FROM orders_ordercomponent AS component
    JOIN orders_orderline AS line ON line.id = component.line_id
    JOIN orders_productionorder AS the_order ON the_order.id = component.order_id
    JOIN manufacturing_item AS item ON item.id = component.item_id
    WHERE component.order_id = ANY(%s) AND the_order.state = ANY(%s)
) AS part ORDER BY order_id, position
"""


def lacking(order_ids: Sequence[int], *, states: Iterable[str]) -> dict[int, list[str]]:
    """Of these orders in these states, those that would be refused for want of material if all took theirs, one after
    the other by id and each all or nothing: order → the SKUs that it lacks. Two statements.
    """
    wanted: dict[int, list[tuple[int, str, Decimal]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_WANTED, [list(order_ids), list(states)])
        for order_id, item_id, sku, amount in cursor.fetchall():
            wanted.setdefault(order_id, []).append((item_id, sku, amount))
    if not wanted:
        return {}
    free = free_by_item({item_id for parts in wanted.values() for item_id, _, _ in parts})
    found: dict[int, list[str]] = {}
    for order_id, parts in wanted.items():
        left: dict[int, Decimal] = {}
        for item_id, sku, amount in parts:
            available = left.get(item_id, free.get(item_id, ZERO))
            left[item_id] = available - max(amount, ZERO)
            if amount > available:
                found.setdefault(order_id, []).append(sku)
        if order_id not in found:
            free.update(left)
    return found
