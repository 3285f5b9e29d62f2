"""What lies in stock, as plain rows: by product, by lot, and what the free stock would make."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce

from manufacturing.boms.explosion import explode
from manufacturing.models import BomVersion, Item, StockBalance


def balances_of(factory_id: int) -> QuerySet[Any, Any]:
    """Every balance with something in it, newest first: item, lot, location, on_hand, reserved."""
    rows = StockBalance.objects.filter(factory_id=factory_id, on_hand__gt=0).order_by("-id")
    return rows.values(
        "id", "on_hand", "reserved", "item__uuid", "item__sku", "item__name", "item__unit", "lot__code",
        "lot__best_before", "location__uuid", "location__code", "location__name",
    )  # fmt: skip


def stock_of(items: QuerySet[Item]) -> QuerySet[Any, Any]:
    """What is on hand and reserved of each of these items, such as one page of all: only theirs is summed."""
    zero = Decimal(0)
    return Item.objects.filter(pk__in=items.values("pk")).values("uuid", "sku", "name", "unit").annotate(
        on_hand=Coalesce(Sum("balances__on_hand"), zero), reserved=Coalesce(Sum("balances__reserved"), zero)
    )  # fmt: skip


def free_by_item(item_ids: Iterable[int]) -> dict[int, Decimal]:
    """How much of each of these items is free now, read without a lock: for forecasts, not for taking."""
    rows = StockBalance.objects.filter(item__in=list(item_ids)).values_list("item_id")
    return dict(rows.annotate(free=Sum(F("on_hand") - F("reserved"))))


@dataclass(frozen=True, slots=True)
class Limit:
    """A component that limits what can be built."""

    item_id: Any  # uuid
    sku: str
    available: Decimal
    per_unit: Fraction


@dataclass(frozen=True, slots=True)
class Buildable:
    """How many units the free stock would make, and which components allow no more."""

    quantity: Decimal
    limiting: list[Limit]


def buildable(item: Item) -> Buildable | None:
    """What the free stock would make of an item by its default BOM, in whole units of it; None without a BOM."""
    version = BomVersion.objects.filter(bom__item=item, bom__default=True).order_by("-number").first()
    if version is None:
        return None
    needs = {need.item_id: need.per_unit for need in explode(version.pk)}
    rows = Item.objects.filter(pk__in=needs).annotate(
        free=Coalesce(Sum("balances__on_hand"), Decimal(0)) - Coalesce(Sum("balances__reserved"), Decimal(0))
    )
    limits = [Limit(row.uuid, row.sku, row.free, needs[row.pk]) for row in rows.order_by("sku")]
    if not limits:
        return Buildable(Decimal(0), [])
    unit = 10**item.unit_decimals
    units = {limit.sku: int(Fraction(limit.available) / limit.per_unit * unit) for limit in limits}
    least = min(units.values())
    quantity = Decimal(f"{least}E-{item.unit_decimals}")
    return Buildable(quantity, [limit for limit in limits if units[limit.sku] == least])
