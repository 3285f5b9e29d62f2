"""Every way in which manufacturing refuses: material that is not there, and BOMs that cannot be."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from factoryos.kernel.problems import Problem
from factoryos.kernel.quantities import shortest


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


class BomInUse(Problem):
    """Orders that are not finished were made with the BOM. Data: orders (up to ten references)."""

    code, template = "bom_in_use", "The bill of materials is used by {told}"

    def __init__(self, *, orders: Sequence[str]) -> None:
        super().__init__(orders=list(orders), told=", ".join(orders))
