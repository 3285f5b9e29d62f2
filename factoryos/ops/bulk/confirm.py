"""Writing a confirmed operation down, once, with a row for each order; and how the set had changed since the preview."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import IntegrityError, connection, transaction
from django.http import QueryDict

from factoryos.kernel import transactions, wakeup
from factoryos.kernel.actors import Actor
from factoryos.kernel.database import violated_constraint
from factoryos.kernel.problems import Invalid, KeyReused, Problem
from factoryos.kernel.transactions import Answer
from factoryos.ops.bulk import runner, words
from factoryos.ops.bulk.claims import ROLLED_BACK
from factoryos.ops.bulk.token import Seen
from factoryos.ops.models import BulkOperation
from factoryos.ops.order_list.filters import matching

_KEY_LENGTH = 64


def begin(operation: BulkOperation, seen: Seen, *, by: Actor) -> BulkOperation:
    """Keep a new operation on the orders of a preview, and do it or ring for a worker. The same key: the first one.

    Only orders that were seen are taken, and of a filter's only those that match it still. Problems: Invalid, KeyReused.
    """

    def insert() -> None:
        ids = seen.ids if not seen.from_filter else _still_matching(seen, by=by)
        operation.set_changed = _changes(seen, ids, by=by)
        operation.save()
        operation.selected = _insert_rows(
            "SELECT id FROM orders_productionorder WHERE factory_id = %s AND id = ANY(%s)",
            [by.factory.id, list(ids)], operation,
        )  # fmt: skip

    return _once(operation, insert)


def retry(operation: BulkOperation, of: BulkOperation) -> BulkOperation:
    """A new operation on what failed in an earlier one, or was left as it was because others failed."""
    operation.retry_of = of

    def insert() -> None:
        operation.save()
        operation.selected = _insert_rows(
            "SELECT order_id AS id FROM ops_bulkrow WHERE operation_id = %s AND (status = 'failed' OR code = %s)",
            [of.pk, ROLLED_BACK], operation,
        )  # fmt: skip

    return _once(operation, insert)


def undo(operation: BulkOperation, of: BulkOperation) -> BulkOperation:
    """A new operation that takes back what an earlier one did; there is at most one of each."""
    operation.undo_of = of

    def insert() -> None:
        operation.save()
        operation.selected = _insert_rows(
            "SELECT order_id AS id FROM ops_bulkrow WHERE operation_id = %s AND status = 'done'", [of.pk], operation
        )

    return _once(operation, insert)


def _once(operation: BulkOperation, insert: Any) -> BulkOperation:
    if not 0 < len(operation.key) <= _KEY_LENGTH:
        raise Invalid(messages=["The form's key is missing; load the page again"], field="key")

    def work() -> Answer:
        insert()
        BulkOperation.objects.filter(pk=operation.pk).update(selected=operation.selected)
        if operation.selected > runner.INLINE_MOST:
            transaction.on_commit(lambda: wakeup.ring(runner.TASK))
        return Answer(200, b"")

    try:
        transactions.run(work, refuse=_raised)
    except IntegrityError as error:
        return _known(operation, violated_constraint(error))
    if operation.selected <= runner.INLINE_MOST:
        runner.run_inline(operation)
    return operation


def _known(operation: BulkOperation, constraint: str | None) -> BulkOperation:
    """The operation that was confirmed with this key, or that undid the same one, before."""
    if constraint == "bulk_undone_once":
        return BulkOperation.objects.get(undo_of_id=operation.undo_of_id)
    known = BulkOperation.objects.get(user_id=operation.user_id, key=operation.key)
    for name in ("factory_id", "action", "parameters", "note", "all_or_nothing", "retry_of_id", "undo_of_id"):
        if getattr(known, name) != getattr(operation, name):
            raise KeyReused()
    return known


def _insert_rows(source: str, values: Sequence[Any], operation: BulkOperation) -> int:
    """A row for each id that `source` selects, in the order of the ids; gives how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ops_bulkrow (operation_id, position, order_id, status, code, detail, before)"
            " SELECT %s, row_number() OVER (ORDER BY chosen.id), chosen.id, 'pending', '', '', '{}'::jsonb"
            f" FROM ({source}) AS chosen",
            [operation.pk, *values],
        )
        return cursor.rowcount


def _still_matching(seen: Seen, *, by: Actor) -> list[int]:
    """Those of the seen orders that the filter matches at this moment."""
    found = matching(QueryDict(seen.query), by=by).order_by().values("pk")
    try:
        statement, values = found.query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT chosen FROM unnest(%s::bigint[]) AS chosen WHERE chosen IN ({statement})",
            [list(seen.ids), *values],
        )
        return [row[0] for row in cursor.fetchall()]


def _changes(seen: Seen, ids: Sequence[int], *, by: Actor) -> str:
    """What is different from what the preview showed, in words; empty if nothing is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE known.version <> seen.version AND EXISTS (SELECT FROM orders_orderevent"
            " AS event WHERE event.order_id = known.id AND event.seq > seen.version AND event.verb <> 'report'))"
            " FROM unnest(%s::bigint[], %s::int[]) AS seen(id, version)"
            " JOIN orders_productionorder AS known ON known.id = seen.id AND known.factory_id = %s",
            [list(seen.ids), list(seen.versions), by.factory.id],
        )
        there, changed = cursor.fetchone()
    told = []
    if left := there - len(ids):
        told.append(f"{words.orders(left)} of {words.grouped(len(seen.ids))} no longer match the filter: left out")
    if changed:
        told.append(f"{words.orders(changed)} changed after the preview")
    return "; ".join(told)


def _raised(problem: Problem) -> Answer:
    raise problem
