"""The quantity ledger: booking an entry, its projections, and the one judgement of over-production."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import connection

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.quantities import ZERO, exactly
from factoryos.kernel.rows import as_columns, columns_of, names_of, values_of
from manufacturing.models import Item
from orders.models import Assignment, OrderLine, ProductionOrder, QuantityEntry
from orders.problems import OverProduction, TotalBelowZero
from orders.specs import Count

Policy = ProductionOrder.OverProduction
LONGEST_LOT = 100  # characters of a lot's number

# The entry and the totals that are its projections, in one statement.
_BOOK = (
    f"WITH entry AS (INSERT INTO orders_quantityentry ({names_of(QuantityEntry)})"
    f" VALUES ({', '.join(['%s'] * len(columns_of(QuantityEntry)))}) RETURNING id),"
    " line AS (UPDATE orders_orderline SET good = good + %s, rejected = rejected + %s,"
    " imported_good = imported_good + %s, imported_rejected = imported_rejected + %s WHERE id = %s)"
)
# The same for many; nobody named numbers or lots for them.
_BOOK_ALL = """
WITH entry AS (
    INSERT INTO orders_quantityentry (uuid, order_id, line_id, good, rejected, imported_good, imported_rejected, source,
        machine_id, lot_number, short_consumption, reason, idempotency_key, actor_kind, actor_id, actor_name, face,
        occurred_at, at, serial_numbers, consumed_lots)
    SELECT entry.*, '{}', '[]' FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::numeric[], %s::numeric[],
        %s::numeric[], %s::numeric[], %s::text[], %s::bigint[], %s::text[], %s::jsonb[], %s::text[], %s::text[],
        %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[]) AS entry
    RETURNING id, uuid
), line AS (
    UPDATE orders_orderline AS line SET good = line.good + more.good, rejected = line.rejected + more.rejected,
        imported_good = line.imported_good + more.imported_good,
        imported_rejected = line.imported_rejected + more.imported_rejected
    FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[])
        AS more(id, good, rejected, imported_good, imported_rejected) WHERE line.id = more.id
), share AS (
    UPDATE orders_assignment AS share SET produced = share.produced + more.produced
    FROM unnest(%s::bigint[], %s::numeric[]) AS more(id, produced) WHERE share.id = more.id
)
SELECT uuid, id FROM entry
"""
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


def entry_of(
    order: ProductionOrder,
    line: OrderLine,
    *,
    count: Count,
    by: Actor,
    source: str,
    machine_id: int | None,
    **circumstances: Any,
) -> QuantityEntry:
    """The entry of a count, not yet written; `circumstances` are further columns of it, such as `imported_good`."""
    now = clock.now()
    circumstances.setdefault("occurred_at", now)
    return QuantityEntry(
        order=order,
        line=line,
        good=count.good,
        rejected=count.rejected,
        source=source,
        machine_id=machine_id,
        actor_kind=by.kind,
        actor_id=by.id,
        actor_name=by.name,
        face=by.face,
        at=now,
        **circumstances,
    )


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
    machine_id = assignment.machine_id if assignment else None
    entry = entry_of(order, line, count=count, by=by, source=source, machine_id=machine_id, **circumstances)
    totals = [entry.good, entry.rejected, entry.imported_good, entry.imported_rejected]
    statement, values = _BOOK, [*values_of(entry), *totals, line.pk]
    if assignment is not None:
        entry.machine = assignment.machine
        statement += _BOOK_ON_MACHINE
        values += [count.produced, assignment.pk]
        assignment.produced += count.produced
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} SELECT id FROM entry", values)
        entry.pk = cursor.fetchone()[0]
    entry._state.adding = False
    line.good += entry.good
    line.rejected += entry.rejected
    line.imported_good += entry.imported_good
    line.imported_rejected += entry.imported_rejected
    return entry


@exactly()
def book_all(entries: Sequence[tuple[QuantityEntry, int | None]]) -> None:
    """Append many, each with the assignment whose machine made it (None: no machine of ours), and bring all projections
    but the orders' up to date: in the database, not in lines or assignments that were read before.

    The caller holds the locks of all their orders.
    """
    if not entries:
        return
    lines: dict[int, list[Decimal]] = {}
    shares: dict[int, Decimal] = {}
    for entry, assignment_id in entries:
        totals = (entry.good, entry.rejected, entry.imported_good, entry.imported_rejected)
        known = lines.get(entry.line_id, [ZERO] * len(totals))
        lines[entry.line_id] = [old + more for old, more in zip(known, totals, strict=True)]
        if assignment_id is not None:
            shares[assignment_id] = shares.get(assignment_id, ZERO) + entry.good + entry.rejected
    rows = [
        (one.uuid, one.order_id, one.line_id, one.good, one.rejected, one.imported_good, one.imported_rejected,
         one.source, one.machine_id, one.lot_number, json.dumps(one.short_consumption), one.reason,
         one.idempotency_key, one.actor_kind, one.actor_id, one.actor_name, one.face, one.occurred_at, one.at)
        for one, _ in entries
    ]  # fmt: skip
    more = [(key, *totals) for key, totals in lines.items()]
    values = [*as_columns(rows), *as_columns(more), *(as_columns(shares.items()) or ["{}", "{}"])]
    with connection.cursor() as cursor:
        cursor.execute(_BOOK_ALL, values)
        ids = dict(cursor.fetchall())
    for entry, _ in entries:
        entry.pk = ids[entry.uuid]


_BY_KEY = """
SELECT entry.order_id, entry.idempotency_key, entry.id FROM unnest(%s::bigint[], %s::text[]) AS wanted(order_id, key)
JOIN orders_quantityentry AS entry ON entry.order_id = wanted.order_id AND entry.idempotency_key = wanted.key
"""


def entries_by_key(keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """The entries that were booked under these (order, idempotency key); unknown ones are left out."""
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_BY_KEY, as_columns(keys))
        return {(order_id, key): entry_id for order_id, key, entry_id in cursor.fetchall()}


def told(entry: QuantityEntry) -> dict[str, Any]:
    """What the order's event says of an entry."""
    return {"entry": entry.uuid, "good": entry.good, "rejected": entry.rejected, "source": entry.source}


def default_lot(order: ProductionOrder, line: OrderLine) -> str | None:
    """The lot that a lot-tracked item's pieces go into when none is named: the order's batch, else its reference."""
    if line.item.tracking != Item.Tracking.LOT:
        return None
    return order.batch_number or order.reference[:LONGEST_LOT]


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
