"""How many pieces a statement adds to an order, or takes back: always one entry, of imported pieces only."""

from decimal import Decimal

from factoryos.kernel.permissions import authorise
from factoryos.kernel.quantities import ZERO, shortest
from orders import ledger, lifecycle
from orders.actions.following.cases import IMPORTED, Case, Contradicts, Waits
from orders.actions.following.details import too_many
from orders.models import QuantityEntry
from orders.problems import OrderOnHold, OverProduction
from orders.specs import Count
from orders.states import RUNNING

_BEYOND_AN_ENTRY = Decimal(10**12)  # numeric(27,15)


def difference(case: Case) -> Decimal:
    """What brings the good pieces that statements have booked to what is stated beyond all others; 0 where nothing is said.

    The pieces of others are never taken back: at most as many go as were imported.
    """
    stated, line = case.statement, case.line
    if stated.booked or stated.produced is None:
        return ZERO
    others = line.good - case.share
    more: Decimal = max(ZERO, stated.produced - others) - case.share
    return max(more, -Decimal(line.imported_good))


def book(case: Case) -> None:
    """Book the difference on a running order. Raises Waits under a hold, and Contradicts where it can be booked no more."""
    more = difference(case)
    if more == 0:
        case.booked = True
        return
    order, line, stated = case.order, case.line, case.statement
    if order.state not in RUNNING:
        case.conflicts.append(_too_late(case))
        return
    assert stated.produced is not None
    if abs(more) >= _BEYOND_AN_ENTRY:
        raise Contradicts(too_many("produced", stated.produced))
    authorise(case.by, "report")
    try:
        lifecycle.ask(order, "report")
        if more > 0:
            ledger.judge_over_production(order, line, good=line.good + more)
    except OrderOnHold as problem:
        raise Waits(problem.text) from problem
    except OverProduction as problem:
        raise Contradicts(
            f"{shortest(stated.produced)} produced units are more than the {shortest(problem.data['allowed'])} allowed"
        ) from problem
    _write(case, more)


def _write(case: Case, more: Decimal) -> None:
    order, line, at = case.order, case.line, case.statement.at
    reason = IMPORTED if more < 0 else None
    case.entry = ledger.entry_of(
        order, line, count=Count(more, ZERO), by=case.by, source=QuantityEntry.Source.INGEST, machine_id=None,
        imported_good=more, idempotency_key=case.statement.key, reason=reason,
        occurred_at=min(max(at, order.actual_start or at), case.now),
    )  # fmt: skip
    step = lifecycle.step(
        order, "report", by=case.by, changes={"quantity_good": order.quantity_good + more}, reason=reason,
        data=ledger.told(case.entry),
    )  # fmt: skip
    case.add(step)
    line.good += more
    line.imported_good += more
    case.booked = True


def _too_late(case: Case) -> str:
    order, produced = case.order, case.statement.produced
    assert produced is not None
    there = f"{order.reference} is {order.state} with {shortest(case.line.good)}"
    return f"{shortest(produced)} produced units are stated, but {there}"
