"""What is about to be written for an entry: its moves, what its components have used, and what the history says of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from factoryos.kernel.quantities import ZERO
from factoryos.kernel.rows import as_columns
from manufacturing.stock.balances import Balance
from manufacturing.stock.posting import Posting, Statement, write_together
from orders.materials.components import Component

_TOTALS = """
UPDATE orders_ordercomponent AS component
SET consumed = component.consumed + change.used, over_consumed = component.over_consumed + change.over,
    spared = component.spared + change.spared
FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[]) AS change(id, used, over, spared)
WHERE component.id = change.id
"""


class Spared(NamedTuple):
    """A row of an entry's `spared`. `run_id` is the earlier report that is corrected."""

    component_id: int
    sku: str
    quantity: Decimal
    run_id: int | None = None

    def told(self) -> dict[str, Any]:
        """As the ledger's entry keeps it."""
        row = {"component": self.component_id, "sku": self.sku, "quantity": self.quantity}
        return row if self.run_id is None else {**row, "run": self.run_id}


@dataclass(slots=True)
class StockPlan:
    """What is about to be written for one entry; `short` is what its components lacked."""

    posting: Posting
    short: list[dict[str, Any]] = field(default_factory=list)
    used: dict[int, Decimal] = field(default_factory=dict)  # component → change of what it has used by the BOM
    over: dict[int, Decimal] = field(default_factory=dict)  # component → recorded beyond the BOM
    spared: list[Spared] = field(default_factory=list)  # what the BOM would have used and was said not to be
    lots: dict[tuple[str, str | None], Decimal] = field(default_factory=dict)  # (sku, lot) → used; negative: given back
    open: dict[int, tuple[int, Decimal]] = field(default_factory=dict)  # component → (item, to be reserved anew)

    def use(self, sku: str, balance: Balance, quantity: Decimal) -> None:
        """Remember for the history that so much was used (negative: given back)."""
        key = (sku, balance.lot_code)
        self.lots[key] = self.lots.get(key, ZERO) + quantity

    def lack(self, item_uuid: UUID, sku: str, *, required: Decimal, short: Decimal) -> None:
        """Remember that of `required` so much was not there."""
        self.short.append({"productId": item_uuid, "sku": sku, "required": required, "short": short})

    def spare(self, component: Component, quantity: Decimal, *, run_id: int | None = None) -> None:
        """Remember that so much was spared (negative: that it was not, after all, in the earlier run `run_id`)."""
        self.spared.append(Spared(component.id, component.sku, quantity, run_id))

    def look_what_is_open(self, components: Iterable[Component], *, imported: Decimal = ZERO) -> None:
        """Remember of which of these more is to be reserved afterwards than before: what was theirs was used otherwise, or
        more is to be made here, as so many `imported` pieces of their line are counted more (negative: fewer).
        """
        for component in components:
            before = component.outstanding
            left_out = sum((part.quantity for part in self.spared if part.component_id == component.id), ZERO)
            component.consumed += self.used.get(component.id, ZERO)
            component.spared += left_out
            component.imported += imported
            component.reserved = self.posting.reservations(component.id)
            if component.outstanding > max(before, ZERO):
                self.open[component.id] = component.item_id, component.outstanding

    def write(self, *, entry_id: int) -> None:
        """Write the moves of an entry and the components' totals. Problem: StockShort."""
        write_all([(self, entry_id)])


def write_all(plans: Sequence[tuple[StockPlan, int]]) -> None:
    """Write several, each for its entry, at once. Problem: StockShort."""
    used: dict[int, Decimal] = {}
    over: dict[int, Decimal] = {}
    spared: dict[int, Decimal] = {}
    for stock, _ in plans:
        left_out = [(part.component_id, part.quantity) for part in stock.spared]
        for sums, parts in ((used, stock.used.items()), (over, stock.over.items()), (spared, left_out)):
            for component_id, quantity in parts:
                sums[component_id] = sums.get(component_id, ZERO) + quantity
    rows = [
        (key, used.get(key, ZERO), over.get(key, ZERO), spared.get(key, ZERO))
        for key in sorted({*used, *over, *spared})
    ]
    totals: list[Statement] = [(_TOTALS, as_columns(rows))] if rows else []
    write_together([(stock.posting, entry_id) for stock, entry_id in plans], alongside=totals)


def told(*plans: StockPlan) -> dict[str, Any]:
    """What the order's event says of components: `consumed`, `short` and `spared`, each only where there is any."""
    consumed = [
        {"sku": sku, "lot": lot, "quantity": used} for plan in plans for (sku, lot), used in plan.lots.items() if used
    ]
    short = [{"sku": part["sku"], "quantity": part["short"]} for plan in plans for part in plan.short]
    spared = [{"sku": part.sku, "quantity": part.quantity} for plan in plans for part in plan.spared]
    return {name: parts for name, parts in (("consumed", consumed), ("short", short), ("spared", spared)) if parts}
