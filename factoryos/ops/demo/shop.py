"""The demo's shop: a customer's order, and the two production orders that the shop's software has made of it so far.

One is new; the other is being made: a first run of 120 caps, traced to the lot of liners that went into them.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.models import Factory
from factoryos.ops.demo.crew import Crew
from manufacturing.models import Item, Lot
from orders import actions
from orders.customer_orders import NewRow, create_customer_order
from orders.models import CustomerOrder, OrderFacts, OrderLine, ProductionOrder
from orders.specs import Circumstances, ConsumedLot, Count, NewLine, PartUse, Traced

FACE = "store"


@dataclass(frozen=True, slots=True)
class Wish:
    """A customer's order as planned: rows of sku and quantity; `days` from today it is to be delivered."""

    external_id: str
    name: str
    rows: tuple[tuple[str, str], ...]
    days: int


@dataclass(frozen=True, slots=True)
class Shift:
    """A production order as the shop made it, known by the shop's own reference."""

    internal_reference: str
    sku: str
    target: str
    running: bool


WISHES: dict[str, list[Wish]] = {
    "penang-plant": [
        # An article that is made here, and one that is only bought.
        Wish("WEB-5512", "Blue caps, Selangor Water", (("CAP-28/BLUE", "500"), ("CRATE-EURO", "4")), 10),
        Wish("WEB-5530", "Sealed caps, Kilang Kicap", (("CAP-28/SEAL", "2000"), ("CAP-28", "1500"), ("CAP-28", "500")), 14),
    ],
    "garment-studio": [],
}  # fmt: skip
SHIFTS = (Shift("SHIFT-A", "CAP-28/BLUE", "500", running=False), Shift("SHIFT-B", "CAP-28/BLUE", "500", running=True))
MADE_FOR = "WEB-5512"


def load_shop(factory: Factory) -> None:
    """Customer orders and what was made of them; whatever is there already is left as it is."""
    crew = Crew.of(factory)
    planner, technician = (replace(actor, face=FACE, credential="token") for actor in (crew.planner, crew.technician))
    for wish in WISHES[factory.slug]:
        if not CustomerOrder.objects.filter(factory=factory, external_id=wish.external_id).exists():
            _take_down(wish, by=planner)
    told = OrderFacts.objects.filter(order__factory=factory, face=FACE, line__isnull=True)
    for shift in SHIFTS if WISHES[factory.slug] else ():
        if not told.filter(data__internalReference=shift.internal_reference).exists():
            order = _made(shift, by=planner)
            if shift.running:
                _run(order, planner=planner, technician=technician)


def _take_down(wish: Wish, *, by: Actor) -> None:
    rows = [
        NewRow(Item.objects.get(factory_id=by.factory.id, sku=sku), "", Decimal(quantity))
        for sku, quantity in wish.rows
    ]
    create_customer_order(
        by=by, external_id=wish.external_id, name=wish.name, delivery_date=_in_days(wish.days), rows=rows
    )  # fmt: skip


def _made(shift: Shift, *, by: Actor) -> ProductionOrder:
    wish = CustomerOrder.objects.get(factory_id=by.factory.id, external_id=MADE_FOR)
    order = actions.create(
        by=by,
        lines=[NewLine(Item.objects.get(factory_id=by.factory.id, sku=shift.sku), Decimal(shift.target))],
        customer_order_id=wish.pk,
        planned_start=_in_days(1),
        planned_end=_in_days(4),
        facts={
            "customerOrderExternalId": wish.external_id, "name": wish.name,
            "internalReference": shift.internal_reference, "workHours": Decimal("6.5"),
        },
    )  # fmt: skip
    return order


def _run(order: ProductionOrder, *, planner: Actor, technician: Actor) -> None:
    """Approved with what there is, started, and 120 good caps and 3 bad ones made with liners of one lot."""
    actions.approve_best_effort(order_id=order.pk, by=planner)
    actions.start(order_id=order.pk, by=technician)
    line = OrderLine.objects.get(order_id=order.pk)
    actions.amend_line(order_id=order.pk, by=planner, line_id=line.pk, facts={"time": Decimal("1.5")})
    liner = Item.objects.get(factory_id=order.factory_id, sku="LINER-28")
    lot = Lot.objects.get(item=liner, code="LN-77")
    used = ConsumedLot(liner.pk, liner.uuid, liner.sku, lot.pk, lot.code, Decimal(123))
    actions.report(
        order_id=order.pk,
        by=technician,
        count=Count(good=Decimal(120), rejected=Decimal(3)),
        where=Circumstances(
            line_id=line.pk, lot_number="B-260114-1", best_before=datetime(2028, 1, 14, tzinfo=UTC), barcode="7340012345678"
        ),
        traced=Traced(parts=(PartUse(liner.pk, total=Decimal(123), lots=(used,)),)),
    )  # fmt: skip


def _in_days(days: int) -> datetime:
    return clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=days)
