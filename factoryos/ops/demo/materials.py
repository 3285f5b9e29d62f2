"""The demo's material: what a bottle cap is made of, level by level, and what of it lies in which lot.

A 28 mm cap is a shell, moulded of 2.9 g of polypropylene (sprue and scrap included), a liner punched from foam, and its
share of a carton of 1,000, which comes as a kit. There is material for every order told in the stories, but for two:
one draft is too large for the shells and liners there are, and the 38 mm caps wait for liners. Of the foil seals there
are none at all.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from factoryos.kernel import clock
from factoryos.kernel.models import Factory
from factoryos.ops.demo.crew import Crew
from manufacturing.boms.writing import Part, Recipe, Step, create_bom
from manufacturing.catalogue.places import create_stock_location
from manufacturing.models import Bom, Item, StockLocation, StockMove
from manufacturing.stock.receipts import Delivery, receive


@dataclass(frozen=True, slots=True)
class Bill:
    """A BOM as planned: `parts` are sku → amount for `batch` of the product; `steps` are (name, work area, minutes)."""

    sku: str
    name: str
    parts: dict[str, str]
    batch: str = "1"
    type: str = Bom.Type.MANUFACTURE
    steps: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Goods:
    """A delivery as planned, known by its delivery note. `keeps` is how many days from now it may be used."""

    note: str
    sku: str
    quantity: str
    lot: str | None = None
    keeps: int | None = None
    location: str | None = None


_CAP_STEPS = (("Insert liner", "Press hall", "12"), ("Inspect", "Inspection", "5"), ("Pack", "Packing", "8"))

# In the order in which they are written; a kit before what it goes into, or its product would not know it for one.
BILLS: dict[str, list[Bill]] = {
    "penang-plant": [
        Bill("PACK-KIT", "Carton of 1000", {"CARTON-1000": "1", "BAG-INNER": "1", "LABEL-CARTON": "1"}, "1000",
             Bom.Type.PHANTOM),
        Bill("SHELL-28", "Shell 28mm, natural", {"RESIN-PP": "2.9"}, "1000"),
        Bill("SHELL-28/BLUE", "Shell 28mm, blue", {"RESIN-PP": "2.842", "MB-BLUE": "0.058"}, "1000"),
        Bill("CAP-28", "Bottle Cap 28mm, natural", {"SHELL-28": "1", "LINER-28": "1", "PACK-KIT": "1"}, steps=_CAP_STEPS),
        Bill("CAP-28/BLUE", "Bottle Cap 28mm, in blue", {"SHELL-28/BLUE": "1", "LINER-28": "1", "PACK-KIT": "1"},
             steps=_CAP_STEPS),
        Bill("CAP-28/SEAL", "Bottle Cap 28mm, with foil seal", {"SHELL-28": "1", "SEAL-28": "1", "PACK-KIT": "1"},
             steps=_CAP_STEPS),
        Bill("CAP-38", "Dairy Cap 38mm", {"SHELL-38": "1", "LINER-38": "1", "PACK-KIT": "1"}, steps=_CAP_STEPS),
    ],
    "garment-studio": [],  # a tee's blank differs by size, and a BOM is of the article: its orders need no material
}  # fmt: skip

# Factory: code → name. Whatever lies elsewhere lies in the main store.
LOCATIONS: dict[str, dict[str, str]] = {
    "penang-plant": {
        "RESIN-BAY": "Resin bay",
        "A-03-2": "Aisle A, rack 3, shelf 2",
        "A-03-3": "Aisle A, rack 3, shelf 3",
    },
    "garment-studio": {},
}

DELIVERIES: dict[str, list[Goods]] = {
    "penang-plant": [
        Goods("DN-26-0401", "RESIN-PP", "275", "PP-88121", keeps=45, location="RESIN-BAY"),
        Goods("DN-26-0502", "RESIN-PP", "1375", "PP-88140", keeps=240, location="RESIN-BAY"),
        Goods("DN-26-0503", "MB-BLUE", "25", "MB-5015-07", keeps=180, location="RESIN-BAY"),
        Goods("DN-26-0402", "LINER-28", "9000", "LN-2604-A", keeps=20),
        Goods("DN-26-0504", "LINER-28", "60000", "LN-2605-B", keeps=200),
        Goods("DN-26-0601", "LINER-28", "80000", "LN-2606-A", keeps=320),
        Goods("DN-26-0602", "LINER-28", "1000", "LN-77", keeps=400, location="A-03-2"),
        Goods("DN-26-0603", "LINER-28", "10000", "LN-78", keeps=410, location="A-03-2"),
        Goods("DN-26-0604", "CRATE-EURO", "40", location="A-03-3"),
        Goods("DN-26-0505", "LINER-38", "2500", "LN38-2605-A", keeps=200),
        Goods("DN-26-0403", "SHELL-28", "120000"),
        Goods("DN-26-0506", "SHELL-28/BLUE", "20000"),
        Goods("DN-26-0507", "SHELL-38", "9000"),
        Goods("DN-26-0404", "CARTON-1000", "900"),
        Goods("DN-26-0405", "BAG-INNER", "2000"),
        Goods("DN-26-0406", "LABEL-CARTON", "5000"),
    ],
    "garment-studio": [],
}


def load_materials(factory: Factory) -> None:
    """BOMs, places and deliveries of one factory; what was written down once is not written again."""
    crew = Crew.of(factory)
    items = {item.sku: item for item in Item.objects.filter(factory=factory)}
    known = set(Bom.objects.filter(factory=factory).values_list("name", flat=True))
    for bill in BILLS[factory.slug]:
        if bill.name not in known:
            create_bom(by=crew.engineer, item=items[bill.sku], recipe=_recipe(bill, items), reason="First version")
    places = {place.code: place for place in StockLocation.objects.filter(factory=factory)}
    for code, name in LOCATIONS[factory.slug].items():
        if code not in places:
            places[code] = create_stock_location(by=crew.engineer, code=code, name=name)
    came = set(
        StockMove.objects.filter(factory=factory, kind=StockMove.Kind.RECEIPT).values_list("reference", flat=True)
    )
    for goods in DELIVERIES[factory.slug]:
        if goods.note not in came:
            receive(_delivery(goods, items, places), by=crew.operator)


def _recipe(bill: Bill, items: dict[str, Item]) -> Recipe:
    parts = [Part(items[sku], Decimal(amount), items[sku].unit) for sku, amount in bill.parts.items()]
    steps = [Step(name, area, Decimal(minutes)) for name, area, minutes in bill.steps]
    unit = items[bill.sku].unit
    return Recipe(bill.name, parts, steps, type=bill.type, quantity=Decimal(bill.batch), uom=unit)


def _delivery(goods: Goods, items: dict[str, Item], places: dict[str, StockLocation]) -> Delivery:
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return Delivery(
        item=items[goods.sku],
        quantity=Decimal(goods.quantity),
        lot_number=goods.lot,
        best_before=today + timedelta(days=goods.keeps) if goods.keeps else None,
        location=places[goods.location] if goods.location else None,
        reference=goods.note,
    )
