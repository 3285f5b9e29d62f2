"""The components of an order, read with what they need, have reserved and have used."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import connection

from factoryos.kernel.quantities import ZERO
from manufacturing.models import Item
from orders.materials import amounts


@dataclass(slots=True)
class Component:
    """One component of a locked order. `reserved` maps balances to quantities."""

    id: int
    line_id: int
    item_id: int
    item_uuid: UUID
    sku: str
    name: str
    uom: str
    unit_decimals: int
    per_unit: Fraction
    target: Decimal  # of the line it belongs to
    consumed: Decimal
    imported: Decimal = ZERO  # pieces of that line, good and rejected, that were made elsewhere and take nothing here
    over_consumed: Decimal = ZERO
    spared: Decimal = ZERO  # the BOM would have used it, a report said it was not
    tracking: str = Item.Tracking.NONE
    stocked: bool = True  # kept in stock at all
    reserved: dict[int, Decimal] = field(default_factory=dict)

    @property
    def own_target(self) -> Decimal:
        """What is to be made here of the line's target: it may be that all of it was made elsewhere."""
        return max(self.target - self.imported, ZERO)

    def required(self, units: Decimal | None = None) -> Decimal:
        """What is to be made here of the line's target (or `units`) takes, as it is put aside: rounded up to the unit.

        Of what is not kept in stock nothing is ever put aside.
        """
        if not self.stocked:
            return ZERO
        target = self.own_target if units is None else units
        return amounts.as_reserved(amounts.need(per_unit=self.per_unit, units=target), decimals=self.unit_decimals)

    def used_by(self, units: Decimal) -> Decimal:
        """What `units` of the product have used up by the BOM."""
        return amounts.as_used(amounts.need(per_unit=self.per_unit, units=units))

    def still_to_use(self, produced: Decimal) -> Decimal:
        """What is to be used more (negative: given back) when so many pieces of the line are made here.

        What is not kept in stock is not used; what was used while it was kept there is given back all the same.
        """
        difference = self.used_by(produced) - self.consumed - self.spared
        return difference if self.stocked else min(difference, ZERO)

    @property
    def held(self) -> Decimal:
        return sum(self.reserved.values(), ZERO)

    @property
    def outstanding(self) -> Decimal:
        """What is still to be reserved so that the target can be made; negative when more is reserved than needed."""
        return max(self.required() - self.consumed - self.spared, ZERO) - self.held


# One row a reservation; a component without any is one row too.
_READ = """
SELECT component.id, component.line_id, component.item_id, item.uuid, item.sku, item.name,
    coalesce(nullif(component.uom, ''), item.unit), item.unit_decimals, component.numerator, component.denominator,
    line.target, component.consumed, reservation.balance_id, reservation.quantity, component.order_id,
    component.over_consumed, component.spared, item.tracking, item.stocked,
    line.imported_good + line.imported_rejected
FROM orders_ordercomponent AS component
JOIN orders_orderline AS line ON line.id = component.line_id
JOIN manufacturing_item AS item ON item.id = component.item_id
LEFT JOIN manufacturing_reservation AS reservation ON reservation.component_id = component.id
WHERE {orders} ORDER BY component.order_id, component.position, reservation.balance_id
"""
_OF_ONE = _READ.format(orders="component.order_id = %s")
_OF_LINES = _READ.format(orders="component.order_id = ANY(%s) AND component.line_id = ANY(%s)")
_OF_MANY = _READ.format(
    orders="component.order_id IN (SELECT id FROM orders_productionorder WHERE id = ANY(%s) AND state = ANY(%s))"
)


def components_of(order_id: int) -> list[Component]:
    """The order's components by position. They change only under the order's lock, which the caller holds."""
    return _read(_OF_ONE, [order_id]).get(order_id, [])


def components_by_line(*, order_ids: Sequence[int], line_ids: Sequence[int]) -> dict[int, list[Component]]:
    """The same for some lines of several locked orders, by line."""
    found: dict[int, list[Component]] = {}
    for components in _read(_OF_LINES, [list(order_ids), list(line_ids)]).values():
        for component in components:
            found.setdefault(component.line_id, []).append(component)
    return found


def components_of_many(order_ids: Sequence[int], *, states: Iterable[str]) -> dict[int, list[Component]]:
    """The components of those of these orders that are in one of these states; for looking, without any lock."""
    return _read(_OF_MANY, [list(order_ids), list(states)])


def _read(statement: str, values: list[Any]) -> dict[int, list[Component]]:
    found: dict[int, list[Component]] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        for row in cursor.fetchall():
            components = found.setdefault(row[14], [])
            if not components or components[-1].id != row[0]:
                components.append(_component(row))
            if row[12] is not None:
                components[-1].reserved[row[12]] = row[13]
    return found


def _component(row: tuple[Any, ...]) -> Component:
    numerator, denominator, target, consumed = row[8:12]
    over_consumed, spared, tracking, stocked, imported = row[15:]
    return Component(
        id=row[0], line_id=row[1], item_id=row[2], item_uuid=row[3], sku=row[4], name=row[5], uom=row[6],
        unit_decimals=row[7], per_unit=Fraction(int(numerator), int(denominator)), target=target, consumed=consumed,
        over_consumed=over_consumed, spared=spared, tracking=tracking, stocked=stocked, imported=imported,
    )  # fmt: skip


def reservations_of(components: Iterable[Component]) -> dict[tuple[int, int], Decimal]:
    """What is reserved, by (component, balance), as a posting wants to know it."""
    return {
        (component.id, balance): quantity
        for component in components
        for balance, quantity in component.reserved.items()
    }
