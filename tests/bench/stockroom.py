"""The stock that is measured: a product made of five components that all its orders share, and orders for it.

Product, BOM and stock are made by the product's own code; orders, of which thousands are wanted, are copied by SQL.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import Factory
from manufacturing.boms.explosion import explode
from manufacturing.boms.writing import Part, Recipe, create_bom
from manufacturing.models import BomVersion, Item
from manufacturing.stock.receipts import Delivery, receive
from tests.bench import plant as plants
from tests.bench.plant import Order, Plant

COMPONENTS = 5
LOTS = 8  # of each component, on the shelf that has lots
PLENTY = Decimal(10**9)
PER_BATCH = 3  # pieces that one amount of each component is enough for, so that needs are no whole numbers
COMPONENT_TABLE = "orders_ordercomponent"
STOCK_TABLES = (
    "manufacturing_stockbalance", "manufacturing_stockmove", "manufacturing_lot", "manufacturing_reservation",
    COMPONENT_TABLE, "quality_consumption", "quality_output", "orders_quantityentry",
)  # fmt: skip

_COMPONENTS = f"""
    INSERT INTO {COMPONENT_TABLE} (order_id, line_id, item_id, position, uom, numerator, denominator)
    SELECT id, id, need.item_id, need.position - 1, '', need.numerator, need.denominator
    FROM generate_series(%s::bigint, %s::bigint) AS id,
        unnest(%s::bigint[], %s::numeric[], %s::numeric[])
            WITH ORDINALITY AS need(item_id, numerator, denominator, position)
"""


@dataclass(frozen=True)
class Shelf:
    """A product, the version of its BOM, and its components, each in one place or in several lots."""

    plant: Plant
    item: int
    version: int
    suffix: str = ""  # of the verbs that are measured on it

    def drafts(self, count: int) -> list[Order]:
        """So many drafts of the product, with the components that their BOM asks for."""
        made = plants.drafts(self.plant, count, item=self.item, bom_version=self.version)
        needs = explode(self.version)
        self.plant.connection.execute(
            _COMPONENTS,
            [made[0][0], made[-1][0], [need.item_id for need in needs], [need.per_unit.numerator for need in needs],
             [need.per_unit.denominator for need in needs]],
        )  # fmt: skip
        self.tidy()
        return made

    def tidy(self) -> None:
        """As autovacuum would soon; until then PostgreSQL plans for the few rows it knew of."""
        for table in STOCK_TABLES:
            self.plant.connection.execute(f"VACUUM (ANALYZE) {table}")


def open_shelves(plant: Plant) -> list[Shelf]:
    return [_open(plant, "LOOSE", lots=0, suffix=""), _open(plant, "LOTS", lots=LOTS, suffix=f", {LOTS} lots")]


def _open(plant: Plant, name: str, *, lots: int, suffix: str) -> Shelf:
    """A product with its components; `lots` of each, or 0 where they are not tracked."""
    factory = Factory.objects.get(pk=plant.factory)
    by = Actor(
        kind="user", id="bench", name="Bench", factory=factory.tenant(), roles=frozenset({"admin"}), face="bench"
    )  # fmt: skip
    made = Item.objects.create(factory=factory, sku=name, name=name, tracking=Item.Tracking.LOT)
    tracking = Item.Tracking.LOT if lots else Item.Tracking.NONE
    parts = [
        Item.objects.create(factory=factory, sku=f"{name}-{place}", name=f"Part {place}", tracking=tracking)
        for place in range(COMPONENTS)
    ]
    recipe = Recipe(name=name, parts=[Part(part, Decimal(place + 1)) for place, part in enumerate(parts)],
                    quantity=Decimal(PER_BATCH))  # fmt: skip
    with transaction.atomic():
        bom = create_bom(by=by, item=made, recipe=recipe)
        for part in parts:
            for lot in [f"L{number}" for number in range(lots)] or [None]:
                receive(Delivery(item=part, quantity=PLENTY, lot_number=lot), by=by)
    return Shelf(plant, made.pk, BomVersion.objects.get(bom=bom).pk, suffix)
