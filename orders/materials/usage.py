"""Using components: the lots named first, then what is reserved, then what is free; and giving back what was not used."""

from collections.abc import Sequence
from decimal import Decimal

from factoryos.kernel.quantities import ZERO
from manufacturing.models import StockMove
from manufacturing.stock.balances import Balance, Shelves
from manufacturing.stock.picking import free_lots, share_out, turn
from manufacturing.stock.posting import Posting
from orders.materials.components import Component
from orders.materials.stock_plan import StockPlan
from orders.specs import ConsumedLot

Kind = StockMove.Kind


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
        lots = of_lot(shelves, lot, item_id=component.item_id)
        choice = [(balance, balance.free + posting.held(component.id, balance)) for balance in lots]
        got = take(found, component, choice, wanted=lot.quantity, by_bom=rest)
        taken += min(got, rest)
        rest = max(rest - lot.quantity, ZERO)  # what a named lot lacks was still taken from that lot, not from another
    own = own_balances(component, shelves)
    if rest > 0:
        reserved = [(balance, posting.held(component.id, balance)) for balance in own]
        got = take(found, component, reserved, wanted=rest, by_bom=rest)
        taken, rest = taken + got, rest - got
    if rest > 0:
        free = free_lots(shelves.of_item(component.item_id), item_id=component.item_id)
        taken += take(found, component, [(one, one.free) for one in free], wanted=rest, by_bom=rest)
    if named:
        free_what_is_not_needed(posting, component, own, settled=taken)
    if taken:
        found.used[component.id] = taken
    if taken < amount:
        found.lack(component.item_uuid, component.sku, required=amount, short=amount - taken)


def own_balances(component: Component, shelves: Shelves) -> list[Balance]:
    """Where something is reserved for the component, in the order in which it is to be used."""
    return sorted((shelves.by_id[key] for key in component.reserved if key in shelves.by_id), key=turn)


def free_what_is_not_needed(
    posting: Posting, component: Component, own: Sequence[Balance], *, settled: Decimal
) -> None:
    """Where not just the reserved was used, the order keeps no more than it needs; what would be used last goes first.

    `settled` is what the BOM asks for no more: what was used now, or spared.
    """
    held = [(balance, posting.held(component.id, balance)) for balance in reversed(own)]
    needed = max(component.required() - component.consumed - component.spared - settled, ZERO)
    for balance, part in share_out(sum((quantity for _, quantity in held), ZERO) - needed, held):
        posting.reserve(component.id, balance, -part)


def take(
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


def of_lot(shelves: Shelves, lot: ConsumedLot, *, item_id: int) -> list[Balance]:
    """The balances of a named lot of an item; none where the item has no such lot."""
    return sorted((balance for balance in shelves.of_item(item_id) if balance.lot_id == lot.lot_id), key=turn)


def use_beyond_the_bom(
    found: StockPlan, components: Sequence[Component], shelves: Shelves, *, named: Sequence[ConsumedLot]
) -> None:
    """Lots of items that the BOM does not know were used all the same: they are taken, and stand in the genealogy."""
    known = {component.item_id for component in components}
    for lot in named:
        if lot.item_id in known:
            continue
        choice = [(balance, balance.free) for balance in of_lot(shelves, lot, item_id=lot.item_id)]
        left = lot.quantity
        for balance, part in share_out(lot.quantity, choice):
            found.posting.move(balance, Kind.OVER_CONSUMPTION, -part)
            found.use(lot.sku, balance, part)
            left -= part
        if left:
            found.lack(lot.item_uuid, lot.sku, required=lot.quantity, short=left)
