"""Every way in which manufacturing refuses: material that is not there, and BOMs that cannot be."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from factoryos.kernel.problems import Problem
from factoryos.kernel.quantities import ZERO, shortest


class MaterialShort(Problem):
    """Free stock does not cover what an order needs.

    Data: missing [{item_id (uuid), sku, name, uom, required, available, short}], every component that is short.
    """

    code, template = "material_short", "Not enough material: {told}"

    def __init__(self, *, missing: Sequence[dict[str, Any]]) -> None:
        told = "; ".join(f"{part['name']} is short by {shortest(part['short'])} {part['uom']}" for part in missing)
        super().__init__(missing=list(missing), told=told)


class StockShort(Problem):
    """What shall be taken out of stock is not there, or is promised to others. Data: sku, lot, wanted, available."""

    code, template = "stock_short", "{sku}: {wanted_text} wanted, {available_text} there{of_lot}"

    def __init__(self, *, sku: str, wanted: Decimal, available: Decimal, lot: str | None = None) -> None:
        super().__init__(
            sku=sku,
            lot=lot,
            wanted=wanted,
            available=available,
            wanted_text=shortest(wanted),
            available_text=shortest(available),
            of_lot=f" of lot {lot}" if lot else "",
        )


class LotMissing(Problem):
    """A lot or serial number that shall be used is not known of the item. Data: item_id, sku, lot, wanted, available (0)."""

    code, template = "lot_missing", "{sku}: lot {lot} is not known"

    def __init__(self, *, item_id: int, sku: str, lot: str, wanted: Decimal) -> None:
        super().__init__(item_id=item_id, sku=sku, lot=lot, wanted=wanted, available=ZERO)


class LotShort(Problem):
    """A named lot or serial number holds too little that may be taken. Data: item_id, sku, lot, wanted, available."""

    code, template = "lot_short", "{sku}: {wanted} of lot {lot} wanted, {available} there"

    def __init__(self, *, item_id: int, sku: str, lot: str, wanted: Decimal, available: Decimal) -> None:
        super().__init__(item_id=item_id, sku=sku, lot=lot, wanted=wanted, available=available)

    @property
    def text(self) -> str:
        amounts = {name: shortest(self.data[name]) for name in ("wanted", "available")}
        return self.template.format_map({**self.data, **amounts})


class BomInUse(Problem):
    """Orders that are not finished were made with the BOM. Data: orders (up to ten references)."""

    code, template = "bom_in_use", "The bill of materials is used by {told}"

    def __init__(self, *, orders: Sequence[str]) -> None:
        super().__init__(orders=list(orders), told=", ".join(orders))


class CalledOff(Problem):
    """A line of a purchase order of which nothing more was to come. Data: reference, sku."""

    code, template = "called_off", "What was ordered of {sku} on {reference} is called off"

    def __init__(self, *, reference: str, sku: str) -> None:
        super().__init__(reference=reference, sku=sku)
