"""report_counts: pieces that machines counted, booked on many orders at once, as `report` books them one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import structlog
from django.db import InterfaceError, OperationalError, transaction

from factoryos.kernel import clock
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Busy, Invalid, Problem
from factoryos.kernel.quantities import exactly
from orders import ledger, lifecycle
from orders.history import Step, json_safe
from orders.locks import lines_of_many, lock_those_free
from orders.machine_counts import Booked, MachineCount, Outcome
from orders.materials import production, stock_plan
from orders.materials.production import Counted
from orders.models import OrderLine, ProductionOrder, QuantityEntry
from orders.runs import Run, orders_that_ran, runs_at
from orders.specs import Count

log = structlog.get_logger(__name__)

MOST = 200  # counts a call
_UNASSIGNED = Booked(Outcome.UNASSIGNED, text="No order ran on the machine")
_BUSY = Booked(Outcome.BUSY, text="Somebody else works on the order in this instant")


def report_counts(counts: Sequence[MachineCount]) -> list[Booked]:
    """Book what machines counted on the orders that ran on them; what became of each count, in their order.

    Nothing is refused for being too much. A count whose key its order knows adds nothing. Runs in the caller's
    transaction, in savepoints, so that one count that cannot be booked does not spoil the others. At most MOST counts.
    """
    if len(counts) > MOST:
        raise ValueError(f"{len(counts)} counts at once are more than {MOST}")
    if not counts:
        return []
    try:
        with transaction.atomic():
            return _book(counts)
    except (OperationalError, InterfaceError):
        raise  # the whole transaction's: its runner knows whether to try again
    except Exception as error:
        log.warning("counts_booked_one_by_one", counts=len(counts), error=type(error).__name__)
    return [_book_alone(count) for count in counts]


def _book_alone(count: MachineCount) -> Booked:
    try:
        with transaction.atomic():
            return _book([count])[0]
    except (OperationalError, InterfaceError):
        raise
    except Busy:
        return _BUSY
    except Exception as error:
        log.exception("count_failed", machine=count.machine_id, key=count.key)
        return Booked(Outcome.FAILED, text=error.text if isinstance(error, Problem) else type(error).__name__)


@dataclass(frozen=True, slots=True)
class _Task:
    """A count that is to be booked."""

    count: MachineCount
    pieces: Count
    run: Run
    order: ProductionOrder
    line: OrderLine


@exactly()
def _book(counts: Sequence[MachineCount]) -> list[Booked]:
    orders = lock_those_free(orders_that_ran(counts))
    runs = runs_at(counts)  # under the lock, for what ran a moment ago may be over

    known = _booked_before(counts, runs)
    present = lines_of_many(orders)
    closed = _without_lines(orders, present) | _refusals(orders, runs)
    lines = _Lines(present)
    tasks: dict[tuple[int, str], _Task] = {}
    for count, run in zip(counts, runs, strict=True):
        if run is None or run.order_id not in orders or run.order_id in closed:
            continue
        if (key := (run.order_id, count.key)) in known or key in tasks:
            continue
        _require_pieces(count)
        pieces = Count(good=count.good, rejected=count.rejected)
        tasks[key] = _Task(count, pieces, run, orders[run.order_id], lines.take(run, count.good))

    if tasks:
        known |= zip(tasks, _write(list(tasks.values())), strict=True)
    return [
        _outcome(count, run, orders=orders, known=known, closed=closed) for count, run in zip(counts, runs, strict=True)
    ]


def _outcome(
    count: MachineCount,
    run: Run | None,
    *,
    orders: Mapping[int, ProductionOrder],
    known: Mapping[tuple[int, str], int],
    closed: Mapping[int, str],
) -> Booked:
    if run is None:
        return _UNASSIGNED
    if run.order_id not in orders:
        return _BUSY
    if (entry_id := known.get((run.order_id, count.key))) is not None:
        return Booked(Outcome.BOOKED, entry_id=entry_id)
    return Booked(Outcome.UNASSIGNED, text=closed[run.order_id])


def _booked_before(counts: Sequence[MachineCount], runs: Sequence[Run | None]) -> dict[tuple[int, str], int]:
    """The entries of those counts that their orders know by their keys: (order, key) → entry."""
    keys = [(run.order_id, count.key) for count, run in zip(counts, runs, strict=True) if run is not None]
    return ledger.entries_by_key(keys)


def _refusals(orders: Mapping[int, ProductionOrder], runs: Sequence[Run | None]) -> dict[int, str]:
    """The orders that take no pieces now, and why."""
    for run in {run.by.factory.id: run for run in runs if run is not None}.values():
        authorise(run.by, "report")
    found = {}
    for order in orders.values():
        try:
            lifecycle.ask(order, "report")
        except Problem as problem:
            found[order.pk] = problem.text
    return found


def _without_lines(orders: Mapping[int, ProductionOrder], lines: Mapping[int, Sequence[OrderLine]]) -> dict[int, str]:
    """The orders that have nothing to make at the moment; what is counted there belongs to none of their lines."""
    return {key: f"{order.reference} has no lines" for key, order in orders.items() if not lines.get(key)}


def _require_pieces(count: MachineCount) -> None:
    if count.good < 0 or count.rejected < 0 or count.good + count.rejected == 0:
        raise Invalid(messages=["a machine counts at least one piece, and none backwards"], field="good")


class _Lines:
    """Which line the pieces of each count go to, one count after the other."""

    def __init__(self, lines: Mapping[int, Sequence[OrderLine]]) -> None:
        self._lines = lines
        self._good: dict[int, Decimal] = {line.pk: line.good for some in lines.values() for line in some}

    def take(self, run: Run, good: Decimal) -> OrderLine:
        """The line that the machine makes, else the first unfinished one, else the last; `good` more pieces are its."""
        lines = self._lines[run.order_id]
        if run.line_id is not None:
            line = next(line for line in lines if line.pk == run.line_id)
        else:
            line = next((line for line in lines if self._good[line.pk] < line.target), lines[-1])
        self._good[line.pk] += good
        return line


def _write(tasks: Sequence[_Task]) -> list[int]:
    """Write the entries with all that goes with them; their ids."""
    now = clock.now()
    lots = [ledger.default_lot(task.order, task.line) for task in tasks]
    stock = production.plan_all([
        Counted(task.line, task.pieces, task.run.by, lot) for task, lot in zip(tasks, lots, strict=True)
    ])  # fmt: skip
    entries = [
        ledger.entry_of(
            task.order, task.line, count=task.pieces, by=task.run.by, source=QuantityEntry.Source.MACHINE,
            machine_id=task.run.machine_id, lot_number=lot, short_consumption=json_safe(plan.short),
            idempotency_key=task.count.key,
            occurred_at=min(max(task.count.at, task.order.actual_start or task.count.at), now),
        )
        for task, lot, plan in zip(tasks, lots, stock, strict=True)
    ]  # fmt: skip

    ledger.book_all([(entry, task.run.assignment_id) for entry, task in zip(entries, tasks, strict=True)])
    stock_plan.write_all([(plan, entry.pk) for plan, entry in zip(stock, entries, strict=True)])
    lifecycle.report_all([
        Step(task.order, task.run.by, task.pieces, ledger.told(entry) | stock_plan.told(plan))
        for task, entry, plan in zip(tasks, entries, stock, strict=True)
    ])  # fmt: skip
    return [entry.pk for entry in entries]
