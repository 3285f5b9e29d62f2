"""Writing what was done in memory: orders, lines, ledger, events, announcements and facts of all cases, each as one set."""

from collections.abc import Sequence

from django.db import connection

from factoryos.kernel.rows import as_columns
from orders import bulk_history, ledger, lifecycle
from orders.actions.following.cases import Case
from orders.history import json_safe, json_text
from orders.materials import snapshot
from orders.states import ENDED

_LAST_TOLD = """
SELECT DISTINCT ON (order_id) order_id, data->>'conflict' FROM orders_orderevent
WHERE order_id = ANY(%s) AND data ? 'conflict' ORDER BY order_id, seq DESC
"""
_TARGETS = """
UPDATE orders_orderline AS line SET target = change.target
FROM unnest(%s::bigint[], %s::numeric[]) AS change(id, target) WHERE line.id = change.id
"""
_FACTS = """
INSERT INTO orders_orderfacts (order_id, face, data) SELECT * FROM unnest(%s::bigint[], %s::text[], %s::jsonb[])
ON CONFLICT (order_id, face, line_id) DO UPDATE SET data = excluded.data
"""
_AWAITED = """
UPDATE orders_productionorder AS the_order SET awaited = change.awaited
FROM unnest(%s::bigint[], %s::bool[]) AS change(id, awaited) WHERE the_order.id = change.id
"""


def write(cases: Sequence[Case]) -> None:
    """Write all steps of these cases. New orders in the order of their references, so that two writers never cross."""
    _tell_conflicts([case for case in cases if case.conflicts])
    for case in cases:
        case.order.awaited = case.waits_for is not None
    new = sorted((case for case in cases if case.is_new), key=lambda one: (one.order.factory_id, one.order.reference))
    told = [case for case in cases if not case.is_new and case.story.steps]
    bulk_history.begin_all([case.story for case in new])
    bulk_history.move_all([case.story for case in told])
    ledger.book_all([(case.entry, None) for case in cases if case.entry is not None])
    snapshot.fix_all([case.line for case in new], [one for case in new for one in case.components])
    _write_rest(cases)


def _write_rest(cases: Sequence[Case]) -> None:
    targets = [(case.line.pk, case.target) for case in cases if case.target is not None]
    facts = [(case.order.pk, case.by.face, json_text(json_safe(case.facts))) for case in cases if case.facts]
    # Of orders to which nothing else happened; otherwise it went with the events.
    silent = [case for case in cases if not case.story.steps and case.order.awaited != case.was_awaited]
    awaited = [(case.order.pk, case.order.awaited) for case in silent]
    with connection.cursor() as cursor:
        for statement, rows in ((_TARGETS, targets), (_FACTS, facts), (_AWAITED, awaited)):
            if rows:
                cursor.execute(statement, as_columns(rows))


def _tell_conflicts(cases: Sequence[Case]) -> None:
    """The history says why an order does not follow, unless that is what it said last."""
    if not cases:
        return
    known = [case.order.pk for case in cases if not case.is_new]
    with connection.cursor() as cursor:
        cursor.execute(_LAST_TOLD, [known])
        before = dict(cursor.fetchall())
    for case in cases:
        reason = "; ".join(case.conflicts)
        if before.get(case.order.pk) != reason:
            _tell(case, reason)


def _tell(case: Case, reason: str) -> None:
    """In the event of what was amended, or in one of its own; where the order is over, in what ended it, if that is new."""
    steps, over = case.story.steps, case.order.state in ENDED
    amended = next((step for step in steps if step.verb == "amend"), steps[-1] if over and steps else None)
    if amended is not None:
        amended.data["conflict"] = reason
    elif not over:
        data = {"changes": {}, "conflict": reason}
        case.add(lifecycle.step(case.order, "amend", by=case.by, data=data))
