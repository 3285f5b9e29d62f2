"""Goods that are ordered: what is on its way, what of it came in, and what will not come.

A line's `received` is the sum of the receipts that name it. Both are written in one transaction while the line is
locked, so that two lorries at the gate at once are both counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.locks import locked
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid, NotFound
from factoryos.kernel.quantities import LARGEST, ZERO, exactly
from manufacturing.catalogue.duplicates import refused_if_taken
from manufacturing.models import Item, PurchaseOrder, PurchaseOrderLine, StockLocation, StockMove, Supplier
from manufacturing.problems import CalledOff
from manufacturing.stock.receipts import Delivery, receive


@dataclass(frozen=True, slots=True)
class Wanted:
    """So much of an item that a supplier shall bring; `delivery_date` is None where nobody knows it."""

    item: Item
    quantity: Decimal
    delivery_date: datetime | None = None


def order_goods(*, by: Actor, supplier: Supplier, reference: str, lines: Sequence[Wanted]) -> PurchaseOrder:
    """Note that goods are on their way. Supplier and items are the actor's factory's.

    Problems: RoleMissing; Invalid (no lines, a quantity that is none); NotFound; Duplicate (reference).
    """
    authorise(by, "receive")
    factory_id = by.factory.id
    if supplier.factory_id != factory_id:
        raise NotFound(thing="Supplier")
    if any(line.item.factory_id != factory_id for line in lines):
        raise NotFound(thing="Item")
    if not lines:
        raise Invalid(messages=["lines should not be empty"], field="lines")
    if any(not ZERO < line.quantity <= LARGEST for line in lines):
        raise Invalid(messages=[f"quantity must be a positive number, at most {LARGEST}"], field="quantity")

    order = PurchaseOrder(factory_id=factory_id, supplier=supplier, reference=reference, created_at=clock.now())
    with refused_if_taken("purchase_order_reference_once", field="reference", value=reference):
        order.save(force_insert=True)
    PurchaseOrderLine.objects.bulk_create(
        PurchaseOrderLine(
            purchase_order=order, item=line.item, quantity=line.quantity, delivery_date=line.delivery_date
        )
        for line in lines
    )
    return order


@exactly()
def receive_ordered(
    *,
    line_id: int,
    by: Actor,
    quantity: Decimal,
    lot: str | None = None,
    serials: Sequence[str] = (),
    best_before: datetime | None = None,
    location: StockLocation | None = None,
) -> list[StockMove]:
    """Book what came in of a line as a receipt. More than was ordered may come: what lies there is there.

    Problems: RoleMissing; NotFound; CalledOff (book it as an ordinary receipt, or order it anew); those of a receipt.
    """
    authorise(by, "receive")
    if location is not None and location.factory_id != by.factory.id:
        raise NotFound(thing="Stock location")
    line = _locked_line(line_id, by=by)
    if line.closed_at is not None:
        raise CalledOff(reference=line.purchase_order.reference, sku=line.item.sku)

    delivery = Delivery(
        line.item,
        quantity,
        lot_number=lot,
        serial_numbers=tuple(serials),
        best_before=best_before,
        location=location,
        reference=line.purchase_order.reference,
        purchase_line_id=line.pk,
    )
    moves = receive(delivery, by=by)
    line.received += sum((move.quantity for move in moves), ZERO)
    line.save(update_fields=["received"])
    return moves


def call_off(*, line_id: int, by: Actor) -> PurchaseOrderLine:
    """No more of this line is expected. What came in stays; calling off twice is calling off once.

    Problems: RoleMissing; NotFound.
    """
    authorise(by, "receive")
    line = _locked_line(line_id, by=by)
    if line.closed_at is None:
        line.closed_at = clock.now()
        line.save(update_fields=["closed_at"])
    return line


def _locked_line(line_id: int, *, by: Actor) -> PurchaseOrderLine:
    """The factory's line, locked before any stock is (rules: the order's rows first, balances last)."""
    own: QuerySet[PurchaseOrderLine] = PurchaseOrderLine.objects.filter(purchase_order__factory_id=by.factory.id)
    line = locked(own.select_related("purchase_order", "item"), ids=[line_id]).first()
    if line is None:
        raise NotFound(thing="Purchase order line")
    return line
