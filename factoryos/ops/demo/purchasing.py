"""The demo's suppliers: what is bought from whom and for how much, and what is on its way.

Liners for the 38 mm caps and every one of the foil seals are still to come; of cartons a part has come, and of bags no
more will.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

from PIL import Image, ImageDraw

from factoryos.kernel import clock
from factoryos.kernel.models import Factory
from factoryos.ops.demo.crew import Crew
from manufacturing.catalogue.images import keep_image
from manufacturing.catalogue.items import change_item
from manufacturing.catalogue.suppliers import create_supplier
from manufacturing.models import Item, ItemImage, PurchaseOrder, PurchaseOrderLine, Supplier
from manufacturing.purchasing import Wanted, call_off, order_goods, receive_ordered


@dataclass(frozen=True, slots=True)
class Bought:
    """An item as it is bought: from whom, what they call it, and for one unit its price, other costs and freight."""

    sku: str
    supplier: str
    supplier_sku: str
    price: str
    misc: str | None = None
    shipment: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Part of a purchase order as planned; `days` from today it is expected. `came` of it is here already."""

    sku: str
    quantity: str
    days: int
    came: str | None = None
    called_off: bool = False


_JOHOR, _KLANG, _IPOH = "Johor Polymers", "Klang Liners", "Ipoh Packaging"

BOUGHT: dict[str, list[Bought]] = {
    "penang-plant": [
        Bought("RESIN-PP", _JOHOR, "JP-PP-550", "5.4", "0.1", "0.25"),
        Bought("MB-BLUE", _JOHOR, "JP-MB-5015", "21.8", None, "0.6"),
        Bought("LINER-28", _KLANG, "KL 28/1.0", "0.012"),
        Bought("LINER-38", _KLANG, "KL 38/1.2", "0.019"),
        Bought("SEAL-28", _KLANG, "KL SEAL-28", "0.031", "0.001"),
        Bought("CARTON-1000", _IPOH, "IP-4411", "2.35", None, "0.15"),
        Bought("BAG-INNER", _IPOH, "IP-0700", "0.42"),
        Bought("CRATE-EURO", _IPOH, "IP-E2", "18.5", None, "1.2"),
    ],
    "garment-studio": [],
}
# Factory: reference → supplier, lines.
ORDERS: dict[str, dict[str, tuple[str, list[Line]]]] = {
    "penang-plant": {
        "PUR-2026-0041": (_IPOH, [Line("CARTON-1000", "1000", 3, came="400"),
                                  Line("BAG-INNER", "1500", 3, called_off=True)]),
        "PUR-2026-0044": (_JOHOR, [Line("RESIN-PP", "500", 12)]),
        "PUR-2026-0045": (_KLANG, [Line("LINER-38", "10000", 6), Line("SEAL-28", "20000", 6)]),
    },
    "garment-studio": {},
}  # fmt: skip
PICTURED = {"penang-plant": "CAP-28/BLUE"}


def load_purchasing(factory: Factory) -> None:
    """Suppliers, prices, purchase orders and a picture; whatever is there already is left as it is."""
    crew = Crew.of(factory)
    items = {item.sku: item for item in Item.objects.filter(factory=factory)}
    suppliers = {supplier.name: supplier for supplier in Supplier.objects.filter(factory=factory)}
    for name in (_JOHOR, _KLANG, _IPOH) if BOUGHT[factory.slug] else ():
        if name not in suppliers:
            suppliers[name] = create_supplier(by=crew.planner, name=name)
    for bought in BOUGHT[factory.slug]:
        item = items[bought.sku]
        if item.supplier_id is None and item.purchase_price is None:  # a demo of before knew of neither
            change_item(item, by=crew.engineer, changes=_facts_of(bought, suppliers[bought.supplier]))
    known = set(PurchaseOrder.objects.filter(factory=factory).values_list("reference", flat=True))
    for reference, (supplier, lines) in ORDERS[factory.slug].items():
        if reference not in known:
            _order(crew, suppliers[supplier], reference, lines, items)
    if (sku := PICTURED.get(factory.slug)) and not ItemImage.objects.filter(item=items[sku]).exists():
        keep_image(items[sku], by=crew.engineer, content=_picture())


def _facts_of(bought: Bought, supplier: Supplier) -> dict[str, object]:
    return {
        "supplier": supplier,
        "supplier_sku": bought.supplier_sku,
        "purchase_price": Decimal(bought.price),
        "purchase_price_misc": Decimal(bought.misc) if bought.misc else None,
        "purchase_price_shipment": Decimal(bought.shipment) if bought.shipment else None,
    }


def _order(crew: Crew, supplier: Supplier, reference: str, lines: list[Line], items: dict[str, Item]) -> None:
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    wanted = [
        Wanted(items[line.sku], Decimal(line.quantity), today + timedelta(days=line.days)) for line in lines
    ]  # fmt: skip
    order = order_goods(by=crew.planner, supplier=supplier, reference=reference, lines=wanted)
    made = PurchaseOrderLine.objects.filter(purchase_order=order).order_by("pk")
    for line, row in zip(lines, made, strict=True):
        if line.came:
            receive_ordered(line_id=row.pk, by=crew.operator, quantity=Decimal(line.came))
        if line.called_off:
            call_off(line_id=row.pk, by=crew.planner)


def _picture() -> bytes:
    """A blue cap, seen from above, as a PNG."""
    side, blue, dark = 400, (28, 84, 168), (18, 58, 120)
    image = Image.new("RGB", (side, side), "white")
    pen = ImageDraw.Draw(image)
    pen.ellipse((30, 30, 370, 370), fill=blue, outline=dark, width=14)
    pen.ellipse((95, 95, 305, 305), outline=dark, width=6)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
