"""Keeping what planning systems state: a batch at a time, in as many statements for one row as for thousands."""

from collections.abc import Mapping, Sequence

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from factoryos.kernel import wakeup
from factoryos.kernel.rows import as_columns
from orders.ingest import merging
from orders.ingest.heads import PROJECTION
from orders.ingest.rows import FailedRow, Receipt, StatedRow, Stored
from orders.ingest.staging import Batch, fold, stage

_FAILED = f"""
    WITH request AS ({merging.REQUEST} ON CONFLICT (id) DO NOTHING)
    INSERT INTO orders_ingestfailedrow
        (request_id, received_at, operation_type, index, factory_id, location_id, "row", errors, codes)
    SELECT %s::uuid, %s::timestamptz, %s::text, place, factory_id, location_id, sent, errors, codes::text[]
    FROM unnest(%s::int[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[])
        AS failed(place, factory_id, location_id, sent, errors, codes)
    ORDER BY place
"""


def keep(rows: Sequence[StatedRow], *, receipt: Receipt, dry_run: bool = False) -> Stored:
    """Keep these rows as versions, move the heads of their orders, and tell what became of each row.

    In the caller's transaction, which must be run again if the database asks for that: `transactions.whole`. Versions
    are written in the order of their keys, heads after them in the same order. The projection is woken after the commit
    if a head has moved. With `dry_run` the same is told by looking only.
    """
    return keep_folded(fold(rows, append=receipt.append), receipt=receipt, dry_run=dry_run)


def keep_folded(batch: Batch, *, receipt: Receipt, dry_run: bool = False) -> Stored:
    """The same for rows that were folded before, outside of the transaction. May be done again after a rollback."""
    if not connection.in_atomic_block:  # what is staged would be gone before it is merged
        raise transaction.TransactionManagementError("keep() runs in its caller's transaction")
    stored = Stored(superseded=list(batch.superseded))
    if batch.places:
        with connection.cursor() as cursor:
            stage(cursor, batch)
            if dry_run:
                _foretell(cursor, batch, stored, append=receipt.append)
            else:
                _merge(cursor, batch, stored, receipt)
    for places in (stored.superseded, stored.unchanged, stored.older, stored.conflicts):
        places.sort()
    return stored


def _merge(cursor: CursorWrapper, batch: Batch, stored: Stored, receipt: Receipt) -> None:
    count = len(batch.places)
    known = merging.merge_versions(cursor, receipt, count)
    stored.changed = count - len(known)
    if receipt.append:
        _judge(batch, stored, merging.stored_contents(cursor, known, count))
    else:
        stored.unchanged = [batch.places[n] for n in known]
    if not stored.changed:
        return
    changed = set(range(count)) - known if known else set(range(count))
    newest = set(batch.lasts) & changed
    # Of an order that has several rows here the earlier ones are compared before its head moves past them.
    older = merging.older_than_heads(cursor, changed - newest, count)
    behind = merging.merge_heads(cursor, newest, count)
    if behind:
        older |= {n for n in changed if batch.lasts[n] in behind}
    stored.older = [batch.places[n] for n in older]
    if len(behind) < len(newest):
        transaction.on_commit(_wake_the_projection)


def _foretell(cursor: CursorWrapper, batch: Batch, stored: Stored, *, append: bool) -> None:
    count = len(batch.places)
    contents = merging.stored_contents(cursor, set(range(count)), count)
    known = {n: content for n, content in contents.items() if content is not None}
    if append:
        _judge(batch, stored, known)
        changed = {n for n in range(count) if n not in known}
    else:
        changed = {n for n in range(count) if known.get(n) != batch.contents[n]}
        stored.unchanged = [batch.places[n] for n in range(count) if n not in changed]
    stored.changed = len(changed)
    stored.older = [batch.places[n] for n in merging.older_than_heads(cursor, changed, count)]


def _judge(batch: Batch, stored: Stored, known: Mapping[int, str | None]) -> None:
    """Of an APPEND: what was not inserted is there already, just so or otherwise. `known` are the hashes that were stored."""
    found = [(batch.places[n], n, batch.contents[n]) for n in known]
    for place, n, content in found + batch.again:
        same = content == known.get(n, batch.contents[n])
        (stored.unchanged if same else stored.conflicts).append(place)


def _wake_the_projection() -> None:
    wakeup.ring(PROJECTION)


def keep_failed(rows: Sequence[FailedRow], *, receipt: Receipt) -> None:
    """Keep rows that were refused, and who sent them, in one statement of the caller's transaction."""
    if not rows:
        return
    columns = as_columns(
        (row.place, row.factory_id, row.location_id, row.row, row.errors, f"{{{','.join(row.codes)}}}") for row in rows
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _FAILED,
            [*merging.as_request(receipt), receipt.request_id, receipt.received_at, receipt.operation_type, *columns],
        )
