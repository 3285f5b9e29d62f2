"""The quantity ledger: booking an entry, its projections, and the one judgement of over-production."""

from decimal import Decimal
from typing import Any

from django.db import connection

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.rows import columns_of, names_of, values_of
from manufacturing.models import Item
from orders.models import Assignment, OrderLine, ProductionOrder, QuantityEntry
from orders.problems import OverProduction, TotalBelowZero
from orders.specs import Count

Policy = ProductionOrder.OverProduction

# The entry and the totals that are its projections, in one statement.
_BOOK = (
    f"WITH entry AS (INSERT INTO orders_quantityentry ({names_of(QuantityEntry)})"
    f" VALUES ({', '.join(['%s'] * len(columns_of(QuantityEntry)))}) RETURNING id),"
    " line AS (UPDATE orders_orderline SET good = good + %s, rejected = rejected + %s WHERE id = %s)"
)
_BOOK_ON_MACHINE = ", share AS (UPDATE orders_assignment SET produced = produced + %s WHERE id = %s)"


def allowed_good(*, target: Decimal, policy: str, tolerance_percent: Decimal | None) -> Decimal | None:
    """The most good pieces that a policy allows for a target; None where it allows any amount."""
    if policy == Policy.UNLIMITED:
        return None
    if policy == Policy.TOLERANCE:
        return target * (100 + (tolerance_percent or 0)) / 100
    return target


def judge_over_production(order: ProductionOrder, line: OrderLine, *, good: Decimal, policy: str | None = None) -> None:
    """Refuse a line total of `good` pieces that the order's policy (or a stricter one given) does not allow.

    The one place where over-production is judged. Problem: OverProduction.
    """
    allowed = allowed_good(
        target=line.target, policy=policy or order.over_production, tolerance_percent=order.tolerance_percent
    )
    if allowed is not None and good > allowed:
        raise OverProduction(target=line.target, allowed=allowed, would_be=good)


def require_not_negative(line: OrderLine, assignment: Assignment | None, *, count: Count) -> None:
    """Refuse a correction that takes more than was booked. Problem: TotalBelowZero."""
    short_on_machine = assignment is not None and assignment.produced + count.produced < 0
    if line.good + count.good < 0 or line.rejected + count.rejected < 0 or short_on_machine:
        raise TotalBelowZero(totals={"good": line.good, "rejected": line.rejected})


def book(
    order: ProductionOrder,
    line: OrderLine,
    *,
    count: Count,
    by: Actor,
    source: str,
    assignment: Assignment | None = None,
    **circumstances: Any,
) -> QuantityEntry:
    """Append one entry and bring the projections of line and machine up to date; the order's follow with the event.

    `circumstances` are further columns of the entry. The caller holds the order's lock and adds `count` to the order's
    totals in the same move (lifecycle.move, increments).
    """
    now = clock.now()
    circumstances.setdefault("occurred_at", now)
    entry = QuantityEntry(
        order=order,
        line=line,
        good=count.good,
        rejected=count.rejected,
        source=source,
        machine=assignment.machine if assignment else None,
        actor_kind=by.kind,
        actor_id=by.id,
        actor_name=by.name,
        face=by.face,
        at=now,
        **circumstances,
    )
    statement, values = _BOOK, [*values_of(entry), count.good, count.rejected, line.pk]
    if assignment is not None:
        statement += _BOOK_ON_MACHINE
        values += [count.produced, assignment.pk]
        assignment.produced += count.produced
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} SELECT id FROM entry", values)
        entry.pk = cursor.fetchone()[0]
    entry._state.adding = False
    line.good += count.good
    line.rejected += count.rejected
    return entry


def default_lot(order: ProductionOrder, line: OrderLine) -> str | None:
    """The lot that a lot-tracked item's pieces go into when none is named: the order's batch, else its reference."""
    if line.item.tracking != Item.Tracking.LOT:
        return None
    return order.batch_number or order.reference[:64]


def lot_for(order: ProductionOrder, line: OrderLine, *, good: Decimal) -> str | None:
    """The lot that an entry without a lot names: the default for what was made, the last one for what is taken back."""
    return last_lot(order, line) if good < 0 else default_lot(order, line)


def last_lot(order: ProductionOrder, line: OrderLine) -> str | None:
    """The lot that a difference found later belongs to: the one the line's last pieces went into, else its default."""
    lots = QuantityEntry.objects.filter(order_id=order.pk, line_id=line.pk, lot_number__isnull=False)
    return lots.order_by("-id").values_list("lot_number", flat=True).first() or default_lot(order, line)


def increments_of(count: Count) -> dict[str, Decimal]:
    """What an entry adds to the order's cached totals."""
    return {"quantity_good": count.good, "quantity_rejected": count.rejected}
