"""What a report does to stock: good pieces come in, components are used as the BOM says, corrections undo both.

Planned before the ledger entry is written, on locked balances, because the entry tells what was missing; written after
it, because moves name their entry. Used is always need(all that was produced) − already used, so that no rounding adds
up and what was missing once is made up for by the next report.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection

from factoryos.kernel.actors import Actor
from factoryos.kernel.quantities import ZERO, exactly
from manufacturing.models import StockMove
from manufacturing.stock.balances import Balance, lock_balances
from manufacturing.stock.picking import free_lots, share_out, turn
from manufacturing.stock.posting import Posting, Statement
from orders.materials import finished
from orders.materials.components import Component, components_of, reservations_of
from orders.models import OrderLine, ProductionOrder
from orders.specs import ConsumedLot, Count, Made

Kind = StockMove.Kind

_TOTALS = """
UPDATE orders_ordercomponent AS component
SET consumed = component.consumed + change.used, over_consumed = component.over_consumed + change.over
FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[]) AS change(id, used, over) WHERE component.id = change.id
"""


@dataclass(slots=True)
class StockPlan:
    """What is about to be written for one entry; `short` is what its components lacked."""

    posting: Posting
    short: list[dict[str, Any]] = field(default_factory=list)
    used: dict[int, Decimal] = field(default_factory=dict)  # component → change of what it has used by the BOM
    over: dict[int, Decimal] = field(default_factory=dict)  # component → recorded beyond the BOM
    lots: dict[tuple[str, str | None], Decimal] = field(default_factory=dict)  # (sku, lot) → used; negative: given back

    def use(self, sku: str, balance: Balance, quantity: Decimal) -> None:
        """Remember for the history that so much was used (negative: given back)."""
        key = (sku, balance.lot_code)
        self.lots[key] = self.lots.get(key, ZERO) + quantity

    def write(self, *, entry_id: int) -> None:
        """Write the moves of an entry and the components' totals. Problem: StockShort."""
        self.posting.write(entry_id=entry_id, alongside=self._totals())

    def _totals(self) -> list[Statement]:
        ids = sorted({*self.used, *self.over})
        used, over = ([of.get(key, ZERO) for key in ids] for of in (self.used, self.over))
        return [(_TOTALS, [ids, used, over])] if ids else []


def told(*plans: StockPlan) -> dict[str, Any]:
    """What the order's event says of components: `consumed` and `short`, each only where there is any."""
    consumed = [
        {"sku": sku, "lot": lot, "quantity": used} for plan in plans for (sku, lot), used in plan.lots.items() if used
    ]
    short = [{"sku": part["sku"], "quantity": part["short"]} for plan in plans for part in plan.short]
    return {name: parts for name, parts in (("consumed", consumed), ("short", short)) if parts}


@exactly()
def plan(
    order: ProductionOrder,
    line: OrderLine,
    *,
    count: Count,
    by: Actor,
    made: Made,
    named: Sequence[ConsumedLot] = (),
    reason: str | None = None,
) -> StockPlan:
    """Work out what `count` more pieces of a line do to stock, on balances that are locked by this.

    `made` says where good pieces go, `named` which component lots were used in place of the first-expired ones. Missing
    component stock refuses nothing. Problems: StockShort (finished pieces to be taken back are gone), TotalBelowZero
    (more taken back from a lot than the line put into it), Duplicate (a serial number that is known).
    """
    components = [component for component in components_of(order.pk) if component.line_id == line.pk]
    produced = line.good + line.rejected + count.produced
    wanted = {component.id: component.used_by(produced) - component.consumed for component in components}
    returns = _used_before(order.pk, [key for key, amount in wanted.items() if amount < 0])
    output = finished.prepare(order, line, good=count.good, made=made)
    balances = lock_balances(
        ids=_ids(components, wanted=wanted, returns=returns, output=output),
        free_of_items=_to_be_searched(components, wanted=wanted, named=named),
        of_lots=[lot.lot_id for lot in named],
    )
    found = StockPlan(Posting(by=by, order_id=order.pk, held=reservations_of(components), reason=reason))
    for component in components:
        amount = wanted[component.id]
        if amount < 0:
            _give_back(found, component, balances, amount=-amount, before=returns[component.id], keep=order.is_running)
        else:
            _use(found, component, balances, amount=amount, named=_of_item(named, component.item_id))
    _use_beyond_the_bom(found, components, balances, named=named)
    finished.put(found.posting, output, balances, item=line.item)
    return found


def lock_for(order: ProductionOrder, lines: Sequence[OrderLine]) -> None:
    """Lock at once what planning several lines, one after the other, will lock again line by line.

    Without this two orders that list the same things in another order would wait for each other crosswise.
    """
    keys = {line.pk for line in lines}
    components = [component for component in components_of(order.pk) if component.line_id in keys]
    moved = StockMove.objects.filter(order_id=order.pk).values_list("balance_id", flat=True).distinct()
    lock_balances(
        ids={*moved, *(balance for component in components for balance in component.reserved)},
        free_of_items={component.item_id for component in components},
    )


def _ids(
    components: Sequence[Component],
    *,
    wanted: dict[int, Decimal],
    returns: dict[int, list[tuple[int, int, Decimal]]],
    output: finished.Finished,
) -> set[int]:
    reserved = {balance for one in components if wanted[one.id] > 0 for balance in one.reserved}
    given_back = {balance for rows in returns.values() for balance, _, _ in rows}
    return reserved | given_back | output.balance_ids


def _to_be_searched(
    components: Sequence[Component], *, wanted: dict[int, Decimal], named: Sequence[ConsumedLot]
) -> set[int]:
    """The items of which free stock may be used, because what is reserved or named does not cover the need."""
    return {
        one.item_id
        for one in components
        if wanted[one.id] > one.held + sum((lot.quantity for lot in _of_item(named, one.item_id)), ZERO)
        or (wanted[one.id] > 0 and _of_item(named, one.item_id))
    }


def _of_item(named: Sequence[ConsumedLot], item_id: int) -> list[ConsumedLot]:
    return [lot for lot in named if lot.item_id == item_id]


def _use(
    found: StockPlan,
    component: Component,
    balances: dict[int, Balance],
    *,
    amount: Decimal,
    named: Sequence[ConsumedLot],
) -> None:
    """Use `amount` of a component: the lots named first, then what is reserved, then what is free."""
    posting = found.posting
    taken = ZERO
    rest = amount
    for lot in named:
        of_lot = [(balance, balance.free + posting.held(component.id, balance)) for balance in _of_lot(balances, lot)]
        got = _take(found, component, of_lot, wanted=lot.quantity, by_bom=rest)
        taken += min(got, rest)
        rest = max(rest - lot.quantity, ZERO)  # what a named lot lacks was still taken from that lot, not from another
    own = sorted((balances[key] for key in component.reserved if key in balances), key=turn)
    free = free_lots(balances.values(), item_id=component.item_id)
    for choice in (
        [(balance, posting.held(component.id, balance)) for balance in own],
        [(balance, balance.free) for balance in free],
    ):
        got = _take(found, component, choice, wanted=rest, by_bom=rest)
        taken += got
        rest -= got
    if named:
        _free_what_is_not_needed(posting, component, own, used=taken)
    if taken:
        found.used[component.id] = taken
    if taken < amount:
        found.short.append(
            {"productId": component.item_uuid, "sku": component.sku, "required": amount, "short": amount - taken}
        )


def _free_what_is_not_needed(posting: Posting, component: Component, own: Sequence[Balance], *, used: Decimal) -> None:
    """Where lots were named, the order keeps no more than it still needs; what would be used last goes first."""
    held = [(balance, posting.held(component.id, balance)) for balance in reversed(own)]
    needed = max(component.required() - component.consumed - used, ZERO)
    for balance, part in share_out(sum((quantity for _, quantity in held), ZERO) - needed, held):
        posting.reserve(component.id, balance, -part)


def _take(
    found: StockPlan,
    component: Component,
    choice: Sequence[tuple[Balance, Decimal]],
    *,
    wanted: Decimal,
    by_bom: Decimal,
) -> Decimal:
    """Take up to `wanted` from (balance, available) pairs, of which `by_bom` is what the BOM asks for; gives what was there."""
    posting = found.posting
    taken = ZERO
    for balance, part in share_out(wanted, choice):
        usual = min(part, max(by_bom - taken, ZERO))
        # What goes beyond the BOM comes from what is free, as long as there is any: the order still needs the rest.
        reserved = min(posting.held(component.id, balance), max(usual, part - balance.free))
        if reserved:
            posting.reserve(component.id, balance, -reserved)
        if usual:
            posting.move(balance, Kind.CONSUMPTION, -usual, component_id=component.id)
        if part > usual:
            posting.move(balance, Kind.OVER_CONSUMPTION, usual - part, component_id=component.id)
            found.over[component.id] = found.over.get(component.id, ZERO) + part - usual
        found.use(component.sku, balance, part)
        taken += part
    return taken


def _of_lot(balances: dict[int, Balance], lot: ConsumedLot) -> list[Balance]:
    return sorted((balance for balance in balances.values() if balance.lot_id == lot.lot_id), key=turn)


def _use_beyond_the_bom(
    found: StockPlan, components: Sequence[Component], balances: dict[int, Balance], *, named: Sequence[ConsumedLot]
) -> None:
    """Lots of items that the BOM does not know were used all the same: they are taken, and stand in the genealogy."""
    known = {component.item_id for component in components}
    for lot in named:
        if lot.item_id in known:
            continue
        choice = [(balance, balance.free) for balance in _of_lot(balances, lot)]
        left = lot.quantity
        for balance, part in share_out(lot.quantity, choice):
            found.posting.move(balance, Kind.OVER_CONSUMPTION, -part)
            found.use(lot.sku, balance, part)
            left -= part
        if left:
            found.short.append({"productId": lot.item_uuid, "sku": lot.sku, "required": lot.quantity, "short": left})


def _give_back(
    found: StockPlan,
    component: Component,
    balances: dict[int, Balance],
    *,
    amount: Decimal,
    before: Sequence[tuple[int, int, Decimal]],
    keep: bool,
) -> None:
    """Put back what was used for pieces that were not made, into the lots it came from, the last first.

    While the order goes on (`keep`) it is reserved for it again, as far as the order still needs it.
    """
    left = amount
    needed = component.required() - (component.consumed - amount) - component.held if keep else ZERO
    for balance_id, run_id, used in before:
        part = min(left, used)
        if part <= 0:
            break
        balance = balances[balance_id]
        found.posting.move(balance, Kind.RETURN, part, component_id=component.id, run_id=run_id)
        found.use(component.sku, balance, -part)
        if needed > 0:
            found.posting.reserve(component.id, balance, min(part, needed))
            needed -= part
        left -= part
    if left != amount:
        found.used[component.id] = left - amount


def _used_before(order_id: int, component_ids: Sequence[int]) -> dict[int, list[tuple[int, int, Decimal]]]:
    """What each component used and did not give back yet: [(balance, run, quantity)], the last run first."""
    found: dict[int, list[tuple[int, int, Decimal]]] = {key: [] for key in component_ids}
    if not component_ids:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT component_id, balance_id, run_id, -sum(quantity) FROM manufacturing_stockmove
            WHERE order_id = %s AND component_id = ANY(%s) AND kind IN ('consumption', 'return')
            GROUP BY component_id, balance_id, run_id HAVING sum(quantity) < 0
            ORDER BY component_id, run_id DESC, balance_id DESC
            """,
            [order_id, list(component_ids)],
        )
        for component_id, balance_id, run_id, used in cursor.fetchall():
            found[component_id].append((balance_id, run_id, used))
    return found
