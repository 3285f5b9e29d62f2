"""A storeroom to test with: bills of materials, deliveries, and what lies where."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import Factory
from manufacturing.boms.writing import Part, Recipe, Step, create_bom
from manufacturing.models import Bom, BomVersion, Item, Lot, StockBalance, StockLocation, StockMove
from manufacturing.stock.receipts import Delivery, receive
from orders.specs import ConsumedLot
from tests import floor

Amount = Decimal | int | str


def a_recipe(parts: Mapping[Item, Amount], *steps: str, quantity: Amount = 1, **more: Any) -> Recipe:
    """So much of each item for a batch of `quantity`."""
    rows = [Part(item, Decimal(amount)) for item, amount in parts.items()]
    return Recipe(
        name=more.pop("name", "Recipe"), parts=rows, steps=[Step(name) for name in steps], quantity=Decimal(quantity), **more
    )  # fmt: skip


def a_bom(by: Actor, item: Item, parts: Mapping[Item, Amount], *steps: str, **more: Any) -> Bom:
    return floor.done(create_bom, by=by, item=item, recipe=a_recipe(parts, *steps, **more))


def version_of(bom: Bom) -> BomVersion:
    return BomVersion.objects.get(bom=bom, number=bom.version)


def delivered(
    by: Actor, item: Item, quantity: Amount, lot: str | None = None, *, best_before: datetime | None = None,
    location: StockLocation | None = None, serials: tuple[str, ...] = (),
) -> StockBalance:  # fmt: skip
    """The (last) balance that it went into, as it is then."""
    delivery = Delivery(
        item, Decimal(quantity), lot_number=lot, best_before=best_before, location=location, serial_numbers=serials
    )
    moves = floor.done(receive, delivery=delivery, by=by)
    return StockBalance.objects.get(pk=moves[-1].balance_id)


def an_ingredient(factory: Factory, by: Actor, *, stock: Amount = 0, **facts: Any) -> Item:
    """An item, with so much of it in stock."""
    item = floor.an_item(factory, **{"name": "Part"} | facts)
    if Decimal(stock):
        delivered(by, item, stock)
    return item


def stock_of(item: Item, lot: str | None = None) -> tuple[Decimal, Decimal]:
    """(on hand, reserved) of an item, or of one of its lots."""
    balances = StockBalance.objects.filter(item=item, **({"lot__code": lot} if lot else {}))
    sums = balances.aggregate(on_hand=Sum("on_hand"), reserved=Sum("reserved"))
    return sums["on_hand"] or Decimal(0), sums["reserved"] or Decimal(0)


def lots_of(item: Item) -> dict[str | None, tuple[Decimal, Decimal]]:
    """(on hand, reserved) of an item by lot; what is empty is left out."""
    rows = StockBalance.objects.filter(item=item, on_hand__gt=0).order_by("id")
    return {
        code: (on_hand, reserved) for code, on_hand, reserved in rows.values_list("lot__code", "on_hand", "reserved")
    }


def moves_of(item: Item) -> list[tuple[str, Decimal, str | None]]:
    """(kind, quantity, lot) of every move of an item but its receipts, in the order of the ledger."""
    rows = StockMove.objects.filter(balance__item=item).exclude(kind="receipt").order_by("id")
    return list(rows.values_list("kind", "quantity", "balance__lot__code"))


def named(item: Item, lot: str, quantity: Amount) -> ConsumedLot:
    """A lot that a reporter names as used."""
    found = Lot.objects.get(item=item, code=lot)
    return ConsumedLot(item.pk, item.uuid, item.sku, found.pk, lot, Decimal(quantity))
