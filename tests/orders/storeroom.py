"""A stage whose product has a bill of materials, with parts in stock."""

from decimal import Decimal
from typing import Any

from manufacturing.models import Bom, Item, Reservation, Shortage, StockBalance
from orders.models import OrderComponent, ProductionOrder
from tests import stores
from tests.orders.stage import Stage
from tests.stores import Amount


class Storeroom(Stage):
    """The product takes `per_unit` of one part, of which `stock` is there; more parts can be added to its BOM."""

    def __init__(self, *, per_unit: Amount = 1, stock: Amount = 0, batch: Amount = 1, **facts: Any) -> None:
        super().__init__(**{name: facts.pop(name) for name in tuple(facts) if name in FACTORY})
        self.part = self.ingredient(stock=stock, **facts)
        self.bom: Bom = stores.a_bom(self.by, self.item, {self.part: per_unit}, quantity=batch)

    def ingredient(self, *, stock: Amount = 0, **facts: Any) -> Item:
        return stores.an_ingredient(self.factory, self.by, stock=stock, **facts)

    def product(self, parts: dict[Item, Amount], *steps: str, **more: Any) -> Item:
        """Another item with a BOM of its own."""
        item = stores.an_ingredient(self.factory, self.by, name="Product")
        stores.a_bom(self.by, item, parts, *steps, **more)
        return item

    def deliver(
        self, quantity: Amount, lot: str | None = None, *, item: Item | None = None, **more: Any
    ) -> StockBalance:
        return stores.delivered(self.by, item or self.part, quantity, lot, **more)

    def stock(self, lot: str | None = None, *, item: Item | None = None) -> tuple[Decimal, Decimal]:
        """(on hand, reserved)"""
        return stores.stock_of(item or self.part, lot)


FACTORY = frozenset({"slug", "name", "requires_verification", "material_policy"})


def component_of(order: ProductionOrder) -> OrderComponent:
    """The order's only component, as it is in the database."""
    return OrderComponent.objects.get(order=order)


def reserved_by(order: ProductionOrder) -> dict[str | None, Decimal]:
    """What is reserved for an order, by lot."""
    rows = Reservation.objects.filter(component__order=order).order_by("balance_id")
    return dict(rows.values_list("balance__lot__code", "quantity"))


def waits_for(order: ProductionOrder) -> dict[str, Decimal]:
    """What the order waits for, by sku."""
    return dict(Shortage.objects.filter(component__order=order).values_list("item__sku", "quantity"))
