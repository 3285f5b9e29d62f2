"""What a report does to stock: good pieces come in, components are used as the BOM says, corrections undo both.

Planned before the ledger entry is written, on locked balances, because the entry tells what was missing; written after
it, because moves name their entry. Used is always need(all that was produced) − already used or spared, so that no
rounding adds up and what was missing once is made up for by the next report. What a report tells exactly is planned
elsewhere (traced). All of it is about our own pieces: imported ones never touch stock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from factoryos.kernel.actors import Actor
from factoryos.kernel.quantities import ZERO, exactly
from manufacturing.models import StockMove
from manufacturing.stock.balances import Shelves, lock_balances
from manufacturing.stock.posting import Posting
from orders.imported import own_produced
from orders.materials import finished, returns, usage
from orders.materials.components import Component, components_by_line, components_of, reservations_of
from orders.materials.stock_plan import StockPlan
from orders.models import OrderLine, ProductionOrder
from orders.specs import ConsumedLot, Count, Made


@dataclass(frozen=True, slots=True)
class Counted:
    """A count of our own pieces that only adds: by whom, of which line, and the lot that its good pieces go into."""

    line: OrderLine
    count: Count
    by: Actor
    lot_number: str | None


@exactly()
def plan(
    order: ProductionOrder,
    line: OrderLine,
    *,
    count: Count,
    by: Actor,
    made: Made,
    imported: Decimal = ZERO,
    named: Sequence[ConsumedLot] = (),
    reason: str | None = None,
) -> StockPlan:
    """Work out what `count` more of our own pieces of a line do to stock, on balances that are locked by this.

    `made` says where good pieces go, `named` which component lots were used in place of the first-expired ones. Missing
    component stock refuses nothing. `imported` pieces that are counted (or taken back) beside them change nothing but
    what is still to be made here. Problems: StockShort (finished pieces to be taken back are gone), TotalBelowZero
    (more taken back from a lot than the line put into it), Duplicate (a serial number that is known).
    """
    components = [component for component in components_of(order.pk) if component.line_id == line.pk]
    wanted = _wanted(components, produced=own_produced(line) + count.produced)
    before = returns.taken_before(order.pk, [component for component in components if wanted[component.id] < 0])
    output = finished.prepare(order, line, good=count.good, made=made)
    shelves = Shelves(
        lock_balances(
            ids=_ids(components, wanted=wanted, before=before) | output.balance_ids,
            free_of_items=_to_be_searched(components, wanted=wanted, named=named),
            of_lots=[lot.lot_id for lot in named],
        )
    )
    found = StockPlan(Posting(by=by, order_id=order.pk, held=reservations_of(components), reason=reason))
    for component in components:
        amount = wanted[component.id]
        if amount < 0:
            returns.give_back(
                found, component, shelves, amount=-amount, before=before[component.id], pieces=output.parts,
                keep=order.is_running,
            )  # fmt: skip
        else:
            usage.use(found, component, shelves, amount=amount, named=usage.of_item(named, component.item_id))
    usage.use_beyond_the_bom(found, components, shelves, named=named)
    if order.is_running and (found.over or found.spared or imported):
        found.look_what_is_open(components, imported=imported)
    finished.put(found.posting, output, shelves.by_id, item=line.item)
    return found


@exactly()
def plan_all(counted: Sequence[Counted]) -> list[StockPlan]:
    """The same for many counts in their order, on balances that are locked together. Nothing is taken back or named.

    Later counts find what earlier ones left. The lines' totals are those before the first of them.
    """
    lines = {one.line.pk: one.line for one in counted}
    by_line = components_by_line(order_ids=sorted({line.order_id for line in lines.values()}), line_ids=sorted(lines))
    outputs = finished.prepare_plain([(one.line, one.count.good, one.lot_number) for one in counted])
    so_far = {key: own_produced(line) for key, line in lines.items()}
    produced = []
    for one in counted:
        so_far[one.line.pk] += one.count.produced
        produced.append(so_far[one.line.pk])
    shelves = _lock_for_all(by_line, produced=so_far, outputs=outputs)
    return [
        _plan_one(one, by_line.get(one.line.pk, []), shelves, produced=made, output=output)
        for one, made, output in zip(counted, produced, outputs, strict=True)
    ]


def _lock_for_all(
    by_line: dict[int, list[Component]], *, produced: dict[int, Decimal], outputs: Sequence[finished.Finished]
) -> Shelves:
    ids = {balance_id for output in outputs for balance_id in output.balance_ids}
    items: set[int] = set()
    for line_id, components in by_line.items():
        wanted = _wanted(components, produced=produced[line_id])
        ids |= _ids(components, wanted=wanted, before={})
        items |= _to_be_searched(components, wanted=wanted, named=())
    return Shelves(lock_balances(ids=ids, free_of_items=items))


def _plan_one(
    one: Counted, components: Sequence[Component], shelves: Shelves, *, produced: Decimal, output: finished.Finished
) -> StockPlan:
    found = StockPlan(Posting(by=one.by, order_id=one.line.order_id, held=reservations_of(components)))
    wanted = _wanted(components, produced=produced)
    for component in components:
        usage.use(found, component, shelves, amount=wanted[component.id], named=())
        component.consumed += found.used.get(component.id, ZERO)
        component.reserved = found.posting.reservations(component.id)
    finished.put(found.posting, output, shelves.by_id, item=one.line.item)
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


def _wanted(components: Sequence[Component], *, produced: Decimal) -> dict[int, Decimal]:
    """What each component is to use more (negative: give back) when so many pieces of its line are made."""
    return {component.id: component.still_to_use(produced) for component in components}


def _ids(
    components: Sequence[Component],
    *,
    wanted: dict[int, Decimal],
    before: returns.Before,
) -> set[int]:
    reserved = {balance for one in components if wanted[one.id] > 0 for balance in one.reserved}
    given_back = {balance for runs in before.values() for run in runs.values() for balance, _ in run.used}
    return reserved | given_back


def _to_be_searched(
    components: Sequence[Component], *, wanted: dict[int, Decimal], named: Sequence[ConsumedLot]
) -> set[int]:
    """The items of which free stock may be used, because what is reserved or named does not cover the need."""
    return {
        one.item_id
        for one in components
        if wanted[one.id] > one.held + sum((lot.quantity for lot in usage.of_item(named, one.item_id)), ZERO)
        or (wanted[one.id] > 0 and usage.of_item(named, one.item_id))
    }
