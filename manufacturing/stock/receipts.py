"""Stock that comes in from outside, and stock that was counted anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid, NotFound
from factoryos.kernel.quantities import ZERO, exactly
from manufacturing.models import Item, StockLocation, StockMove
from manufacturing.problems import StockShort
from manufacturing.stock.balances import Place, find_places, lock_balances
from manufacturing.stock.lots import lots_for
from manufacturing.stock.posting import Posting

Tracking = Item.Tracking


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came in: so much of an item, in a lot, or each piece under its serial number, or neither."""

    item: Item
    quantity: Decimal
    lot_number: str | None = None
    serial_numbers: tuple[str, ...] = ()
    best_before: datetime | None = None
    location: StockLocation | None = None
    reference: str | None = None
    purchase_line_id: int | None = None  # set by purchasing alone, which counts what came in on the line


@exactly()
def receive(delivery: Delivery, *, by: Actor) -> list[StockMove]:
    """Book a delivery; one move, or one for each serial number. Orders that wait for the item are served afterwards.

    Problems: RoleMissing; Invalid (no lot for an item tracked by lot, serial numbers that do not fit the quantity);
    Duplicate (a serial number that is known, a lot known with another best-before date).
    """
    authorise(by, "receive")
    item, serials = delivery.item, delivery.serial_numbers
    _require_tracking(delivery)

    lots: Sequence[int | None] = [None]
    if serials and item.tracking != Tracking.LOT:
        lots = lots_for(item, serials, serial=True, best_before=delivery.best_before)
    elif delivery.lot_number:
        lots = lots_for(item, [delivery.lot_number], best_before=delivery.best_before)
    location_id = delivery.location.pk if delivery.location else None
    places = find_places([Place(item.pk, lot, location_id) for lot in lots], factory_id=by.factory.id)
    balances = lock_balances(ids=places)

    posting = Posting(by=by, reference=delivery.reference, purchase_line_id=delivery.purchase_line_id)
    for place in places:
        posting.move(balances[place], StockMove.Kind.RECEIPT, delivery.quantity / len(places))
    return posting.write_and_read()


@exactly()
def adjust(*, balance_id: int, by: Actor, counted: Decimal, reason: str) -> StockMove | None:
    """Set what lies in a balance to what was counted there; None where that is what was booked.

    Problems: RoleMissing; NotFound; Invalid (no reason, a negative count); StockShort (more is promised than was found: release
    or re-plan those orders first).
    """
    authorise(by, "adjust_stock")
    if not reason.strip():
        raise Invalid(messages=["reason should not be empty"], field="reason")
    if counted < 0:
        raise Invalid(messages=["counted must not be negative"], field="counted")
    sku = Item.objects.filter(balances=balance_id, factory_id=by.factory.id).values_list("sku", flat=True).first()
    if sku is None:
        raise NotFound(thing="Stock balance")
    balance = lock_balances(ids=[balance_id])[balance_id]
    if counted < balance.reserved:
        raise StockShort(sku=sku, lot=balance.lot_code, wanted=balance.reserved, available=counted)
    if counted == balance.on_hand:
        return None
    posting = Posting(by=by, reason=reason)
    posting.move(balance, StockMove.Kind.ADJUSTMENT, counted - balance.on_hand)
    return posting.write_and_read()[0]


def _require_tracking(delivery: Delivery) -> None:
    tracking = delivery.item.tracking
    if delivery.quantity <= ZERO:
        raise Invalid(messages=["quantity must be a positive number"], field="quantity")
    if tracking == Tracking.LOT and not delivery.lot_number:
        raise Invalid(messages=["lotNumber should not be empty, as the product is tracked by lot"], field="lot_number")
    if tracking == Tracking.SERIAL and not delivery.serial_numbers:
        raise Invalid(
            messages=["serialNumbers should not be empty, as the product is tracked by serial number"],
            field="serial_numbers",
        )
    if delivery.serial_numbers and len(delivery.serial_numbers) != delivery.quantity:
        raise Invalid(messages=["serialNumbers must hold as many numbers as the quantity"], field="serial_numbers")
