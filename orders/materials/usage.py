"""Using components: the lots named first, then what is reserved, then what is free; and giving back what was not used."""

from collections.abc import Sequence
from decimal import Decimal

from django.db import connection

from factoryos.kernel.quantities import ZERO
from manufacturing.models import StockMove
from manufacturing.stock.balances import Balance, Shelves
from manufacturing.stock.picking import free_lots, share_out, turn
from manufacturing.stock.posting import Posting
from orders.materials.components import Component
from orders.materials.stock_plan import StockPlan
from orders.specs import ConsumedLot

Kind = StockMove.Kind


def used_before(order_id: int, component_ids: Sequence[int]) -> dict[int, list[tuple[int, int, Decimal]]]:
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


def of_item(named: Sequence[ConsumedLot], item_id: int) -> list[ConsumedLot]:
    return [lot for lot in named if lot.item_id == item_id]


def use(
    found: StockPlan, component: Component, shelves: Shelves, *, amount: Decimal, named: Sequence[ConsumedLot]
) -> None:
    """Use `amount` of a component: the lots named first, then what is reserved, then what is free."""
    posting = found.posting
    taken = ZERO
    rest = amount
    for lot in named:
        of_lot = [(balance, balance.free + posting.held(component.id, balance)) for balance in _of_lot(shelves, lot)]
        got = _take(found, component, of_lot, wanted=lot.quantity, by_bom=rest)
        taken += min(got, rest)
        rest = max(rest - lot.quantity, ZERO)  # what a named lot lacks was still taken from that lot, not from another
    own = sorted((shelves.by_id[key] for key in component.reserved if key in shelves.by_id), key=turn)
    if rest > 0:
        reserved = [(balance, posting.held(component.id, balance)) for balance in own]
        got = _take(found, component, reserved, wanted=rest, by_bom=rest)
        taken, rest = taken + got, rest - got
    if rest > 0:
        free = free_lots(shelves.of_item(component.item_id), item_id=component.item_id)
        taken += _take(found, component, [(one, one.free) for one in free], wanted=rest, by_bom=rest)
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


def _of_lot(shelves: Shelves, lot: ConsumedLot) -> list[Balance]:
    return sorted((balance for balance in shelves.by_id.values() if balance.lot_id == lot.lot_id), key=turn)


def use_beyond_the_bom(
    found: StockPlan, components: Sequence[Component], shelves: Shelves, *, named: Sequence[ConsumedLot]
) -> None:
    """Lots of items that the BOM does not know were used all the same: they are taken, and stand in the genealogy."""
    known = {component.item_id for component in components}
    for lot in named:
        if lot.item_id in known:
            continue
        choice = [(balance, balance.free) for balance in _of_lot(shelves, lot)]
        left = lot.quantity
        for balance, part in share_out(lot.quantity, choice):
            found.posting.move(balance, Kind.OVER_CONSUMPTION, -part)
            found.use(lot.sku, balance, part)
            left -= part
        if left:
            found.short.append({"productId": lot.item_uuid, "sku": lot.sku, "required": lot.quantity, "short": left})


def give_back(
    found: StockPlan,
    component: Component,
    shelves: Shelves,
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
        balance = shelves.by_id[balance_id]
        found.posting.move(balance, Kind.RETURN, part, component_id=component.id, run_id=run_id)
        found.use(component.sku, balance, -part)
        if needed > 0:
            found.posting.reserve(component.id, balance, min(part, needed))
            needed -= part
        left -= part
    if left != amount:
        found.used[component.id] = left - amount
