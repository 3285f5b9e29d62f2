"""Taking back what was used for pieces that were not made: from the runs that are corrected, into the lots it came from."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection

from factoryos.kernel.quantities import ZERO
from manufacturing.models import StockMove
from manufacturing.stock.balances import Shelves
from orders.materials import amounts
from orders.materials.components import Component
from orders.materials.finished import Part
from orders.materials.stock_plan import StockPlan

Kind = StockMove.Kind


@dataclass(slots=True)
class OfRun:
    """What one run took of one component and did not give back yet: from which balances, and what it was spared."""

    used: list[tuple[int, Decimal]] = field(default_factory=list)  # (balance, quantity)
    spared: Decimal = ZERO


Before = dict[int, dict[int, OfRun]]  # component → run → what it took; the last run first

_USED = """
SELECT component_id, run_id, balance_id, -sum(quantity) FROM manufacturing_stockmove
WHERE order_id = %s AND component_id = ANY(%s) AND kind IN ('consumption', 'return')
GROUP BY component_id, balance_id, run_id HAVING sum(quantity) < 0 ORDER BY component_id, run_id DESC, balance_id DESC
"""
# A row of a correction names the run whose sparing it takes back.
_SPARED = """
SELECT (part->>'component')::bigint, coalesce((part->>'run')::bigint, entry.id), sum((part->>'quantity')::numeric)
FROM orders_quantityentry AS entry, jsonb_array_elements(entry.spared) AS part
WHERE entry.order_id = %s AND (part->>'component')::bigint = ANY(%s)
GROUP BY 1, 2 HAVING sum((part->>'quantity')::numeric) > 0
"""


def taken_before(order_id: int, components: Iterable[Component]) -> Before:
    """What each of these took, run by run."""
    by_id = {component.id: component for component in components}
    if not by_id:
        return {}
    found: Before = {key: {} for key in by_id}
    with connection.cursor() as cursor:
        cursor.execute(_USED, [order_id, list(by_id)])
        for component_id, run_id, balance_id, used in cursor.fetchall():
            found[component_id].setdefault(run_id, OfRun()).used.append((balance_id, used))
        if spared := [key for key, component in by_id.items() if component.spared]:
            cursor.execute(_SPARED, [order_id, spared])
            for component_id, run_id, quantity in cursor.fetchall():
                found[component_id].setdefault(run_id, OfRun()).spared = quantity
    return {key: dict(sorted(runs.items(), reverse=True)) for key, runs in found.items()}


def give_back(
    found: StockPlan,
    component: Component,
    shelves: Shelves,
    *,
    amount: Decimal,
    before: dict[int, OfRun],
    pieces: Sequence[Part],
    keep: bool,
) -> None:
    """Undo `amount` of what a component took: what was used goes back, and what then is left was spared.

    The runs whose pieces are taken back come first, each with what its pieces took, then the last one. While the order
    goes on (`keep`) what comes back is reserved for it again, as far as the order still needs it.
    """
    needed = component.required() - (component.consumed + component.spared - amount) - component.held if keep else ZERO
    left = amount
    for run_id, most in _turns(component, before, pieces):
        wanted = left if most is None else min(left, most)
        run = before[run_id]
        for place, (balance_id, used) in enumerate(run.used):
            part = min(wanted, used)
            if part <= 0:
                continue
            balance = shelves.by_id[balance_id]
            found.posting.move(balance, Kind.RETURN, part, component_id=component.id, run_id=run_id)
            found.use(component.sku, balance, -part)
            found.used[component.id] = found.used.get(component.id, ZERO) - part
            if needed > 0:
                found.posting.reserve(component.id, balance, min(part, needed))
                needed -= part
            run.used[place] = (balance_id, used - part)
            wanted, left = wanted - part, left - part
        spared = min(wanted, run.spared)
        if spared > 0:
            found.spare(component, -spared, run_id=run_id)
            run.spared, left = run.spared - spared, left - spared


def _turns(
    component: Component, before: dict[int, OfRun], pieces: Sequence[Part]
) -> Iterator[tuple[int, Decimal | None]]:
    """The runs in their turn, with the most that each gives back. What its pieces do not explain comes in a second turn."""
    corrected: dict[int, Decimal] = {}
    for part in pieces:
        if part.run_id is not None and part.run_id in before:
            corrected[part.run_id] = corrected.get(part.run_id, ZERO) - part.quantity
    for run_id, quantity in corrected.items():
        yield run_id, amounts.as_used(amounts.need(per_unit=component.per_unit, units=quantity))
    for run_id in [*corrected, *(run_id for run_id in before if run_id not in corrected)]:
        yield run_id, None
