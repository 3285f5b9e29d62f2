"""report: pieces were made, or an earlier count is corrected."""

from collections.abc import Sequence
from datetime import timedelta

from factoryos.kernel import clock, outbox
from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid
from factoryos.kernel.quantities import ZERO, exactly
from manufacturing.models import Item
from orders import imported, ledger, lifecycle
from orders.history import json_safe
from orders.imported import Elsewhere
from orders.locks import assignments_of, lock_order, the_line
from orders.materials import production, reserving, stock_plan
from orders.materials import traced as traced_runs
from orders.materials.stock_plan import StockPlan
from orders.models import Assignment, OrderLine, ProductionOrder, QuantityEntry
from orders.specs import Circumstances, ConsumedLot, Count, Made, Traced

BESIDE_COUNTER = "count.beside_counter"  # outbox topic: somebody counted by hand what the machine counts, too
FUTURE_TOLERANCE = timedelta(minutes=5)  # how far a reporter's clock may run ahead of ours


@exactly()
def report(
    *,
    order_id: int,
    by: Actor,
    count: Count,
    where: Circumstances | None = None,
    reason: str | None = None,
    policy: str | None = None,
    traced: Traced | None = None,
) -> tuple[ProductionOrder, QuantityEntry]:
    """Book a count on a running or paused order: one ledger entry, the totals, one event.

    A negative number makes it a correction, which needs a `reason`. `policy` judges over-production more strictly than
    the order's own. Good pieces of a lot-tracked item go into the lot named, else the order's batch, else its reference.
    Components are used for all pieces, as the BOM says; what is missing refuses nothing and stands in the entry.
    A `traced` run uses them as it is told, or is refused: orders.materials.traced.
    What a correction takes of pieces that were made elsewhere touches no stock: orders.imported.
    Problems: RoleMissing, NotFound, IllegalTransition, OrderOnHold, Invalid, TotalBelowZero, OverProduction, Duplicate
    (a known serial number, a lot with another date or barcode), StockShort (pieces to be taken back are gone); of a
    traced run NotAPart, SerialsIncomplete, OverLimit, LotMissing, LotShort, MaterialShort.
    """
    authorise(by, "report")
    order = lock_order(order_id, by=by)

    where = where or Circumstances()
    lifecycle.ask(order, "report")
    line = the_line(order, line_id=where.line_id)
    elsewhere = imported.split(line, count)
    assignment = _assignment(order, where, count=count, elsewhere=elsewhere)
    _require_sense(order, line, count=count, elsewhere=elsewhere, where=where, reason=reason)
    _require_one_account(count, where, traced)
    ledger.require_not_negative(line, assignment, count=count)
    if count.good > 0:
        ledger.judge_over_production(order, line, good=line.good + count.good, policy=policy)

    stock = _plan(order, line, count=count, elsewhere=elsewhere, by=by, where=where, reason=reason, traced=traced)

    entry = ledger.book(
        order,
        line,
        count=count,
        by=by,
        source=QuantityEntry.Source.MANUAL,
        assignment=assignment,
        work_order_id=where.work_order_id,
        imported_good=elsewhere[0],
        imported_rejected=elsewhere[1],
        lot_number=where.lot_number or ledger.lot_for(order, line, good=count.good),
        serial_numbers=list(where.serial_numbers),
        serial_label=where.serial_label,
        consumed_lots=json_safe([lot.told() for lot in _named(where, traced)]),
        short_consumption=json_safe(stock.short),
        spared=json_safe([part.told() for part in stock.spared]),
        reason=reason,
        idempotency_key=where.idempotency_key,
        **({"occurred_at": where.occurred_at} if where.occurred_at else {}),
    )

    stock.write(entry_id=entry.pk)
    if stock.open:
        reserving.wait_for(stock.open, by=by)

    data = ledger.told(entry) | stock_plan.told(stock)
    if _is_beside_a_counter(assignment, by=by, count=count):
        data["besideCounter"] = True
        _have_it_looked_at(entry)
    lifecycle.move(order, "report", by=by, increments=ledger.increments_of(count), reason=reason, data=data)
    return order, entry


def _plan(
    order: ProductionOrder,
    line: OrderLine,
    *,
    count: Count,
    elsewhere: Elsewhere,
    by: Actor,
    where: Circumstances,
    reason: str | None,
    traced: Traced | None,
) -> StockPlan:
    own = imported.own_part(count, elsewhere)
    lot = where.lot_number or (ledger.default_lot(order, line) if count.good > 0 else None)
    made = Made(lot, where.serial_numbers, where.best_before, where.barcode)
    if traced is None:
        return production.plan(
            order, line, count=own, by=by, made=made, imported=sum(elsewhere, ZERO), named=where.consumed_lots,
            reason=reason,
        )  # fmt: skip
    return traced_runs.plan(order, line, count=own, by=by, made=made, traced=traced)


def _named(where: Circumstances, traced: Traced | None) -> Sequence[ConsumedLot]:
    """The component lots that the reporter named."""
    return where.consumed_lots if traced is None else [lot for part in traced.parts for lot in part.lots]


def _require_one_account(count: Count, where: Circumstances, traced: Traced | None) -> None:
    """Of what was used there is one account, and a correction has none: what it gives back is found in the ledger."""
    if traced is not None and (count.is_correction or where.consumed_lots):
        raise Invalid(messages=["a traced run cannot be a correction, nor have consumedLots beside it"], field="traced")


def _is_beside_a_counter(assignment: Assignment | None, *, by: Actor, count: Count) -> bool:
    """Whether somebody counted pieces that the machine counts as well. A correction counts none."""
    counts_itself = assignment is not None and assignment.machine is not None and assignment.machine.counted
    return counts_itself and by.kind != "device" and not count.is_correction


def _have_it_looked_at(entry: QuantityEntry) -> None:
    outbox.put(
        topic=BESIDE_COUNTER, factory_id=entry.order.factory_id, key=str(entry.uuid),
        payload={"entry": entry.pk, "machine": entry.machine_id},
    )  # fmt: skip


def _assignment(
    order: ProductionOrder, where: Circumstances, *, count: Count, elsewhere: Elsewhere
) -> Assignment | None:
    """The machine's assignment; without a machine named, the only one there is, unless it did not count so many."""
    assignments = [assignment for assignment in assignments_of(order) if assignment.machine_id is not None]
    if where.machine_id is None:
        only = assignments[0] if len(assignments) == 1 else None
        made_elsewhere = only is not None and any(elsewhere) and only.produced + count.produced < 0
        return None if made_elsewhere else only
    for assignment in assignments:
        if assignment.machine_id == where.machine_id:
            return assignment
    raise Invalid(messages=["machineCode must be a machine that the order is assigned to"], field="machine")


def _require_sense(
    order: ProductionOrder,
    line: OrderLine,
    *,
    count: Count,
    elsewhere: Elsewhere,
    where: Circumstances,
    reason: str | None,
) -> None:
    if count.is_correction and not (reason or "").strip():
        raise Invalid(messages=["reason should not be empty for a correction"], field="reason")
    # Also where none are asked for: each number named becomes one piece in stock, and no other piece would.
    numbered = line.item.tracking == Item.Tracking.SERIAL or where.serial_numbers
    if numbered and count.good >= 0 and len(where.serial_numbers) != count.good - elsewhere[0]:
        made_here = " that were made here" if elsewhere[0] else ""
        said = f"serialNumbers must hold as many numbers as good pieces{made_here}"
        raise Invalid(messages=[said], field="serial_numbers")
    if where.barcode is not None and len(where.serial_numbers) > 1:
        raise Invalid(messages=["barcode can be given for one piece with a serial number only"], field="barcode")
    if count.is_correction and where.consumed_lots:
        raise Invalid(messages=["consumedLots cannot be given with a correction"], field="consumed_lots")
    if where.occurred_at is not None:
        if where.occurred_at > clock.now() + FUTURE_TOLERANCE:
            raise Invalid(messages=["occurredAt must not be in the future"], field="occurred_at")
        if order.actual_start is not None and where.occurred_at < order.actual_start:
            raise Invalid(messages=["occurredAt must not be before the order's start"], field="occurred_at")
