"""Orders line by line, each with its parts and with what one face keeps of it: three statements, however many orders.

Rows, not instances. Amounts of parts are exact fractions of what a unit of the line takes; who shows them rounds them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from django.db import connection

from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import NotFound


class HeaderRow(NamedTuple):
    """What an order is, beside its lines. `facts` is what the face keeps of it."""

    id: int
    version: int
    reference: str
    state: str
    layer: str
    customer_order_id: int | None
    notes: str | None
    planned_start: datetime | None
    planned_end: datetime | None
    actual_end: datetime | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PartRow:
    """An item that a line takes: so much a unit, so much reserved for it now."""

    item_id: int
    sku: str
    name: str
    unit: str
    price: Decimal | None
    stocked: bool
    per_unit: Fraction
    reserved: Decimal


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line. `parts` are in the order of its bill of materials; none for an item that has none."""

    id: int
    order_id: int
    item_id: int
    sku: str
    name: str
    target: Decimal
    good: Decimal
    rejected: Decimal
    imported: Decimal  # of the good and the rejected ones those that were made elsewhere: they take nothing here
    facts: Mapping[str, Any]
    parts: list[PartRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LinedOrder:
    """An order with its lines, in the order in which they were added."""

    header: HeaderRow
    lines: list[LineRow] = field(default_factory=list)


_HEADERS = """
SELECT o.id, o.version, o.reference, o.state, o.layer, o.customer_order_id, o.notes, o.planned_start, o.planned_end,
    o.actual_end, kept.data::json
FROM unnest(%s::bigint[]) WITH ORDINALITY AS wanted (id, place)
JOIN orders_productionorder AS o ON o.id = wanted.id AND o.factory_id = %s
LEFT JOIN orders_orderfacts AS kept ON kept.order_id = o.id AND kept.face = %s AND kept.line_id IS NULL
ORDER BY wanted.place
"""
_LINES = """
SELECT line.id, line.order_id, line.item_id, item.sku, item.name, line.target, line.good, line.rejected,
    line.imported_good + line.imported_rejected, kept.data::json
FROM orders_orderline AS line JOIN manufacturing_item AS item ON item.id = line.item_id
LEFT JOIN orders_orderfacts AS kept ON kept.order_id = line.order_id AND kept.face = %s AND kept.line_id = line.id
WHERE line.order_id = ANY(%s) ORDER BY line.order_id, line.sort
"""
_PARTS = """
SELECT component.line_id, item.id, item.sku, item.name, item.unit, item.purchase_price, item.stocked,
    component.numerator, component.denominator, held.quantity
FROM orders_ordercomponent AS component JOIN manufacturing_item AS item ON item.id = component.item_id
CROSS JOIN LATERAL (SELECT coalesce(sum(reservation.quantity), 0) AS quantity
    FROM manufacturing_reservation AS reservation WHERE reservation.component_id = component.id) AS held
WHERE component.order_id = ANY(%s) ORDER BY component.order_id, component.position
"""


def lined_orders(order_ids: Sequence[int], *, by: Actor) -> list[LinedOrder]:
    """These orders of the actor's factory, in this order, with what the actor's face keeps of them."""
    if not order_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_HEADERS, [list(order_ids), by.factory.id, by.face])
        orders = {row[0]: LinedOrder(HeaderRow._make([*row[:-1], row[-1] or {}])) for row in cursor.fetchall()}
        cursor.execute(_LINES, [by.face, list(orders)])
        lines = {row[0]: _line(row) for row in cursor.fetchall()}
        cursor.execute(_PARTS, [list(orders)])
        for row in cursor.fetchall():
            lines[row[0]].parts.append(_part(row))
    for line in lines.values():
        orders[line.order_id].lines.append(line)
    return list(orders.values())


def lined_order(order_id: int, *, by: Actor) -> LinedOrder:
    """One of them. Problem: NotFound, for a stranger's and for none alike."""
    for order in lined_orders([order_id], by=by):
        return order
    raise NotFound(thing="Production order")


def _line(row: tuple[Any, ...]) -> LineRow:
    key, order_id, item_id, sku, name, target, good, rejected, imported, facts = row
    return LineRow(key, order_id, item_id, sku, name, target, good, rejected, imported, facts or {})


def _part(row: tuple[Any, ...]) -> PartRow:
    _, item_id, sku, name, unit, price, stocked, numerator, denominator, reserved = row
    per_unit = Fraction(int(numerator), int(denominator))
    return PartRow(item_id, sku, name, unit, price, stocked, per_unit, reserved)
