"""A run told exactly: what it uses of each component, judged before anything is touched, then taken just as it was named."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import Invalid
from factoryos.kernel.quantities import ZERO, exactly
from manufacturing.models import Item
from manufacturing.problems import LotMissing, LotShort, MaterialShort
from manufacturing.stock.balances import Balance, Shelves, lock_balances
from manufacturing.stock.picking import free_lots, share_out, turn
from manufacturing.stock.posting import Posting
from orders.imported import own_produced
from orders.materials import finished, usage
from orders.materials.components import Component, components_of, reservations_of
from orders.materials.stock_plan import StockPlan
from orders.models import OrderLine, ProductionOrder
from orders.problems import NotAPart, OverLimit, SerialsIncomplete
from orders.specs import ConsumedLot, Count, Made, PartUse, Traced

_UNNAMED = PartUse(item_id=0)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run takes of one component: in all, how much of that by the BOM, and from which lots in any case.

    `spared` is what the BOM would take beyond it.
    """

    total: Decimal
    by_bom: Decimal
    spared: Decimal
    named: Sequence[ConsumedLot]

    @property
    def unnamed(self) -> Decimal:
        return self.total - sum((lot.quantity for lot in self.named), ZERO)


@exactly()
def plan(
    order: ProductionOrder, line: OrderLine, *, count: Count, by: Actor, made: Made, traced: Traced
) -> StockPlan:  # fmt: skip
    """Work out what a traced run does to stock, on balances that are locked by this. `count` only adds.

    Problems: those of `asked_of`, LotMissing, LotShort (a named lot), MaterialShort (a strict factory lacks what was not
    named), Duplicate (a known serial number, or a lot with another date or barcode).
    """
    every = components_of(order.pk)
    components = [component for component in every if component.line_id == line.pk]
    asked = asked_of(components, traced, produced=own_produced(line) + count.produced)
    output = finished.prepare(order, line, good=count.good, made=made)
    shelves = _lock(components, asked, output)
    found = StockPlan(Posting(by=by, order_id=order.pk, held=reservations_of(every)))
    missing = []
    for component in components:
        others = [one for one in every if one.item_id == component.item_id and one.id != component.id]
        short = _take(found, component, shelves, asked=asked[component.id], others=others)
        if short > 0:
            missing.append(_missing(component, required=asked[component.id].total, short=short))
    if missing and by.factory.material_policy == "strict":
        raise MaterialShort(missing=missing)
    found.look_what_is_open(every)
    finished.put(found.posting, output, shelves.by_id, item=line.item)
    return found


def asked_of(components: Sequence[Component], traced: Traced, *, produced: Decimal) -> dict[int, Asked]:
    """What a run takes of each component, by component, so that `produced` pieces are made of the line here.

    Problems: Invalid (a component named twice, or a negative amount), NotAPart, OverLimit, SerialsIncomplete.
    """
    parts = _by_item(traced.parts)
    if strangers := parts.keys() - {component.item_id for component in components}:
        raise NotAPart(item_id=next(item_id for item_id in parts if item_id in strangers))
    return {
        component.id: _asked(
            component,
            parts.get(component.item_id, _UNNAMED),
            need=max(component.still_to_use(produced), ZERO),
            limited=traced.limited,
        )
        for component in components
    }


def _by_item(parts: Sequence[PartUse]) -> dict[int, PartUse]:
    found: dict[int, PartUse] = {}
    for part in parts:
        if part.item_id in found:
            raise Invalid(messages=["a part can be named once"], field="item")
        if (part.total or ZERO) < 0 or any(lot.quantity < 0 for lot in part.lots):
            raise Invalid(messages=["what was used of a part must not be negative"], field="item")
        found[part.item_id] = part
    return found


def _asked(component: Component, part: PartUse, *, need: Decimal, limited: bool) -> Asked:
    left = _left(component) if limited else None
    named = [lot for lot in part.lots if lot.quantity > 0]
    usual = need if left is None else min(need, left)
    told = usual if part.total is None or not component.stocked else part.total
    total = max(told, sum((lot.quantity for lot in named), ZERO))
    asked = Asked(total=total, by_bom=min(total, need), spared=max(need - total, ZERO), named=named)
    if left is not None and total > left:
        raise OverLimit(item_id=component.item_id, sku=component.sku, wanted=total, available=left)
    if component.tracking == Item.Tracking.SERIAL and asked.unnamed > 0:
        raise SerialsIncomplete(
            item_id=component.item_id, sku=component.sku, wanted=total, named=total - asked.unnamed
        )  # fmt: skip
    return asked


def _left(component: Component) -> Decimal:
    """What all runs together may still use, so that what is to be made here is not passed; exact, in no whole units."""
    return max(component.used_by(component.own_target) - component.consumed - component.over_consumed, ZERO)


def _lock(components: Sequence[Component], asked: Mapping[int, Asked], output: finished.Finished) -> Shelves:
    uses = [(component, asked[component.id]) for component in components]
    return Shelves(
        lock_balances(
            ids=output.balance_ids | {balance for component, _ in uses for balance in component.reserved},
            free_of_items={one.item_id for one, use in uses if use.unnamed > (ZERO if use.named else one.held)},
            of_lots={lot.lot_id for _, use in uses for lot in use.named},
        )
    )


def _take(
    found: StockPlan, component: Component, shelves: Shelves, *, asked: Asked, others: Sequence[Component]
) -> Decimal:
    """Take what was asked for; gives what was not there. What the BOM asks for is what is taken first."""
    by_bom = asked.by_bom
    for lot in asked.named:
        choice = _open(found.posting, component, shelves, lot, others=others)
        by_bom -= min(by_bom, usage.take(found, component, choice, wanted=lot.quantity, by_bom=by_bom))
    own = usage.own_balances(component, shelves)
    rest = asked.unnamed
    for choice in _in_turn(found.posting, component, shelves, own, named={lot.lot_id for lot in asked.named}):
        got = usage.take(found, component, choice, wanted=rest, by_bom=by_bom)
        rest, by_bom = rest - got, by_bom - min(by_bom, got)
    used = asked.by_bom - by_bom
    if used:
        found.used[component.id] = used
    if asked.spared:
        found.spare(component, asked.spared)
    if asked.named or asked.spared:
        usage.free_what_is_not_needed(found.posting, component, own, settled=used + asked.spared)
    if rest > 0:
        found.lack(component.item_uuid, component.sku, required=asked.total, short=rest)
    return rest


def _open(
    posting: Posting, component: Component, shelves: Shelves, lot: ConsumedLot, *, others: Sequence[Component]
) -> list[tuple[Balance, Decimal]]:
    """A named lot with what may be taken of it: what is free or reserved for this order, be it for another line.

    What another line has to give up for it is given free.
    """
    balances = usage.of_lot(shelves, lot, item_id=component.item_id)
    if not balances:
        raise LotMissing(item_id=component.item_id, sku=component.sku, lot=lot.lot_number, wanted=lot.quantity)
    holders = [component, *others]
    choice = [(one, one.free + sum((posting.held(holder.id, one) for holder in holders), ZERO)) for one in balances]
    available = sum((there for _, there in choice), ZERO)
    if available < lot.quantity:
        raise LotShort(
            item_id=component.item_id, sku=component.sku, lot=lot.lot_number, wanted=lot.quantity, available=available
        )
    for balance, part in share_out(lot.quantity, choice):
        for other in others:
            lacking = part - balance.free - posting.held(component.id, balance)
            if (given := min(lacking, posting.held(other.id, balance))) > 0:
                posting.reserve(other.id, balance, -given)
    return choice


def _in_turn(
    posting: Posting, component: Component, shelves: Shelves, own: Sequence[Balance], *, named: set[int]
) -> Iterator[list[tuple[Balance, Decimal]]]:
    """Where the rest comes from: what is reserved, then what is free, first expired first; a named lot only at last.

    Of a named lot so much was used as was said of it: more of it is only taken where there is nothing else.
    """
    yield [(one, posting.held(component.id, one)) for one in own if one.lot_id not in named]
    free = free_lots(shelves.of_item(component.item_id), item_id=component.item_id)
    yield [(one, one.free) for one in free if one.lot_id not in named]
    of_named = [one for one in shelves.of_item(component.item_id) if one.lot_id in named]
    yield [(one, one.free + posting.held(component.id, one)) for one in sorted(of_named, key=turn)]


def _missing(component: Component, *, required: Decimal, short: Decimal) -> dict[str, Any]:
    return {
        "item_id": component.item_uuid,
        "sku": component.sku,
        "name": component.name,
        "uom": component.uom,
        "required": required,
        "available": required - short,
        "short": short,
    }
