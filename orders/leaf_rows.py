"""What an order is made of, down to what is made of nothing else: one row an item, however many lines and levels use it.

The order's own components are where it begins. Where those are only the first parts, what is itself made is opened by
its default BOM of now. A line that has no parts is a leaf itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from django.db import connection

from factoryos.kernel.actors import Actor
from factoryos.kernel.quantities import ZERO, exactly
from manufacturing.boms.explosion import leaves_of
from orders.line_rows import LinedOrder, LineRow, lined_order
from orders.models import ProductionOrder


class Incoming(NamedTuple):
    """What is still to come of an item by one purchase order."""

    id: int
    reference: str
    missing: Decimal
    begun: bool  # whether some of it came already
    expected: datetime | None


class Stored(NamedTuple):
    """What is known of a leaf, whoever needs it. `place`: the code of the location that holds most of it."""

    id: int
    sku: str
    name: str
    unit: str
    price: Decimal | None
    price_misc: Decimal | None
    price_shipment: Decimal | None
    supplier_id: int | None
    supplier_name: str | None
    supplier_sku: str | None
    place: str | None


@dataclass(slots=True)
class LeafRow:
    """A leaf of one order: how much all lines take, how much a unit of those lines, and how much is reserved for them.

    `own_amount` is what is taken for the units that are made here.
    """

    item: Stored
    amount: Fraction
    own_amount: Fraction
    per_unit: Fraction
    reserved: Decimal
    incoming: list[Incoming] = field(default_factory=list)


@dataclass(slots=True)
class _Use:
    """How much of a leaf is used, and by how many units of which lines."""

    amount: Fraction = Fraction(0)
    own_amount: Fraction = Fraction(0)
    units: dict[int, Fraction] = field(default_factory=dict)

    def add(self, line: LineRow, per_unit: Fraction) -> None:
        self.units[line.id] = Fraction(line.target)
        self.amount += per_unit * self.units[line.id]
        self.own_amount += per_unit * max(self.units[line.id] - Fraction(line.imported), Fraction(0))


_STORED = """
SELECT item.id, item.sku, item.name, item.unit, item.purchase_price, item.purchase_price_misc,
    item.purchase_price_shipment, supplier.id, supplier.name, item.supplier_sku, place.code
FROM manufacturing_item AS item LEFT JOIN manufacturing_supplier AS supplier ON supplier.id = item.supplier_id
LEFT JOIN LATERAL (SELECT location.code FROM manufacturing_stockbalance AS balance
    JOIN manufacturing_stocklocation AS location ON location.id = balance.location_id
    WHERE balance.item_id = item.id AND balance.on_hand > 0
    GROUP BY location.id ORDER BY sum(balance.on_hand) DESC, location.code LIMIT 1) AS place ON true
WHERE item.id = ANY(%s) AND item.factory_id = %s ORDER BY item.sku
"""
_INCOMING = """
SELECT line.item_id, bought.id, bought.reference, line.quantity - line.received, line.received > 0, line.delivery_date
FROM manufacturing_purchaseorderline AS line
JOIN manufacturing_purchaseorder AS bought ON bought.id = line.purchase_order_id
WHERE line.item_id = ANY(%s) AND line.closed_at IS NULL AND line.received < line.quantity AND bought.factory_id = %s
ORDER BY line.delivery_date NULLS LAST, bought.id, line.id
"""


def leaf_rows(order_id: int, *, by: Actor) -> list[LeafRow]:
    """The leaves of an order of the actor's factory, by sku. The number of queries is always the same or less.

    Problem: NotFound.
    """
    order = lined_order(order_id, by=by)
    uses: dict[int, _Use] = {}
    for line, item_id, per_unit in _leaves(order):
        uses.setdefault(item_id, _Use()).add(line, per_unit)
    reserved = _reserved(order)
    rows = {
        stored.id: LeafRow(
            item=stored,
            amount=uses[stored.id].amount,
            own_amount=uses[stored.id].own_amount,
            per_unit=uses[stored.id].amount / sum(uses[stored.id].units.values()),
            reserved=reserved.get(stored.id, ZERO),
        )
        for stored in map(Stored._make, _read(_STORED, list(uses), by=by))
    }
    for item_id, *bought in _read(_INCOMING, list(rows), by=by):
        rows[item_id].incoming.append(Incoming._make(bought))
    return list(rows.values())


def _leaves(order: LinedOrder) -> Iterator[tuple[LineRow, int, Fraction]]:
    """(line, leaf, how much a unit of the line takes); a leaf may come more than once."""
    parts = {part.item_id for line in order.lines for part in line.parts}
    opened = {} if order.header.layer == ProductionOrder.Layer.LEAVES or not parts else leaves_of(sorted(parts))
    for line in order.lines:
        if not line.parts:
            yield line, line.item_id, Fraction(1)
        for part in line.parts:
            if part.item_id not in opened:
                yield line, part.item_id, part.per_unit
            for need in opened.get(part.item_id, ()):
                yield line, need.item_id, need.per_unit * part.per_unit


@exactly()
def _reserved(order: LinedOrder) -> dict[int, Decimal]:
    """What is reserved of each item that the order reserves: a part that is itself made is reserved as itself."""
    found: dict[int, Decimal] = {}
    for line in order.lines:
        for part in line.parts:
            found[part.item_id] = found.get(part.item_id, ZERO) + part.reserved
    return found


def _read(statement: str, item_ids: list[int], *, by: Actor) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [item_ids, by.factory.id])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
