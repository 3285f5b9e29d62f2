"""verify: a quality reviewer signs the final split of good and rejected pieces."""

from collections.abc import Sequence
from decimal import Decimal

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid, NotFound
from factoryos.kernel.quantities import exactly
from orders import imported, ledger, lifecycle
from orders.history import json_safe
from orders.locks import assignments_of, lines_of, lock_order
from orders.materials import production, stock_plan
from orders.models import OrderLine, ProductionOrder, QuantityEntry
from orders.problems import QuantityMismatch
from orders.specs import Count, LineCount, Made
from quality.models import Verification
from quality.verification import sign


@exactly()
def verify(
    *,
    order_id: int,
    by: Actor,
    final: Decimal,
    good: Decimal,
    rejected: Decimal,
    lines: Sequence[LineCount] = (),
    notes: str | None = None,
) -> tuple[ProductionOrder, Verification]:
    """Sign a completed order off. The signed numbers correct the ledger: the difference is booked, line by line.

    Stock follows the difference, finished pieces and components both, as far as it is about our own pieces.
    Problems: RoleMissing, NotFound, IllegalTransition, OrderOnHold, QuantityMismatch, OverProduction, StockShort
    (finished pieces that were not there after all are gone already), Invalid (an order
    of several lines with a difference needs `lines`).
    """
    authorise(by, "verify")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "verify")
    if good + rejected != final:
        raise QuantityMismatch(produced=final, good=good, rejected=rejected)
    differences = _differences(order, good=good, rejected=rejected, lines=lines)
    for line, count in differences:
        if count.good > 0:
            ledger.judge_over_production(order, line, good=line.good + count.good)

    total = Count(good=good - order.quantity_good, rejected=rejected - order.quantity_rejected)
    booked = _book(order, differences, by=by)
    signed = sign(
        order_id=order.pk, by=by, good=good, rejected=rejected,
        difference_good=total.good, difference_rejected=total.rejected, notes=notes or "",
    )  # fmt: skip

    data = {"verification": signed.uuid, "final": final, "good": good, "rejected": rejected,
            "difference": {"good": total.good, "rejected": total.rejected}, **stock_plan.told(*booked)}  # fmt: skip
    lifecycle.move(
        order, "verify", by=by, changes={"quantity_final": final}, increments=ledger.increments_of(total), notes=notes,
        data=data,
    )  # fmt: skip
    return order, signed


def _differences(
    order: ProductionOrder, *, good: Decimal, rejected: Decimal, lines: Sequence[LineCount]
) -> list[tuple[OrderLine, Count]]:
    """What the signed numbers add to each line's counts."""
    known = lines_of(order)
    if not lines:
        if len(known) == 1:
            lines = [LineCount(line_id=known[0].pk, good=good, rejected=rejected)]
        elif (good, rejected) == (order.quantity_good, order.quantity_rejected):
            return []
        else:
            raise Invalid(messages=["lines should not be empty, as the order has several lines"], field="lines")
    if sum(line.good for line in lines) != good or sum(line.rejected for line in lines) != rejected:
        raise QuantityMismatch(
            produced=good + rejected,
            good=sum(line.good for line in lines),
            rejected=sum(line.rejected for line in lines),
        )
    by_id = {line.pk: line for line in known}
    if {line.line_id for line in lines} - by_id.keys():
        raise NotFound(thing="Line")
    signed = {line.line_id: line for line in lines}
    if len(signed) != len(lines) or signed.keys() != by_id.keys():
        raise Invalid(messages=["lines must hold every line of the order once"], field="lines")
    return [
        (line, Count(good=signed[key].good - line.good, rejected=signed[key].rejected - line.rejected))
        for key, line in by_id.items()
    ]


def _book(
    order: ProductionOrder, differences: list[tuple[OrderLine, Count]], *, by: Actor
) -> list[stock_plan.StockPlan]:
    """Append the differences. They belong to the machine where there is but one and its count can bear it.

    Gives what they did to stock.
    """
    machines = [assignment for assignment in assignments_of(order) if assignment.machine_id is not None]
    only = machines[0] if len(machines) == 1 else None
    plans = []
    booked = [(line, count) for line, count in differences if count.good != 0 or count.rejected != 0]
    if len(booked) > 1:
        production.lock_for(order, [line for line, _ in booked])
    for line, count in booked:
        bearable = only is not None and only.produced + count.produced >= 0
        lot = ledger.last_lot(order, line)
        elsewhere = imported.split(line, count)
        own = imported.own_part(count, elsewhere)
        stock = production.plan(order, line, count=own, by=by, made=Made(lot if count.good > 0 else None))
        entry = ledger.book(
            order,
            line,
            count=count,
            by=by,
            source=QuantityEntry.Source.VERIFICATION,
            assignment=only if bearable else None,
            imported_good=elsewhere[0],
            imported_rejected=elsewhere[1],
            lot_number=lot,
            short_consumption=json_safe(stock.short),
            spared=json_safe([part.told() for part in stock.spared]),
            occurred_at=order.actual_end,  # made while it ran, however late the sign-off: no later shift made these
        )
        stock.write(entry_id=entry.pk)
        plans.append(stock)
    return plans
