"""The queue of the projection: heads that are due are claimed, and settled in the same transaction with what became of them.

A head stays locked from the one to the other, so whoever dies in between leaves it as it was, due, and nobody needs a
lease. Locks of heads are waited for in the order of their keys, here and where statements are stored; whoever claims does
not wait at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction

from factoryos.kernel import wakeup
from factoryos.kernel.actors import Actor, Tenant
from factoryos.kernel.directory import TENANT_COLUMNS, tenant_of
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Busy
from factoryos.kernel.rows import as_columns
from orders.statements import Followed, Outcome

log = structlog.get_logger(__name__)

PROJECTION = "dialects.tasks.project_statements"  # the task that looks at what is due
PATIENCE_MS = 500  # how long the transaction of a claim waits for an order that somebody else has locked
LOOK_AGAIN_SECONDS = 30
MOST_SECONDS = 600  # between two attempts at a head that fails

_LOST = "Its newest version cannot be found."

_BY_KEY = "ORDER BY factory_id, order_number, product_id FOR NO KEY UPDATE"
# For the whole transaction. A plan that was made for small tables would stay with the connection while they grow; made
# anew it costs a thousandth of what a batch does.
_FOR_A_BATCH = "SELECT set_config('lock_timeout', %s, true), set_config('plan_cache_mode', 'force_custom_plan', true)"
_DUE = """
    SELECT id FROM orders_ingesthead
    WHERE due_at <= statement_timestamp() AND (%s::bigint[] IS NULL OR id = ANY(%s)) ORDER BY due_at LIMIT %s
    FOR NO KEY UPDATE SKIP LOCKED
"""
# A statement of its own, after the lock: what was committed between the snapshot of _DUE and its lock would show there as
# a new revision beside the old content. The limit lets nothing but the key's index find the version.
_NEWEST = f"""
    SELECT head.id, head.revision, head.order_id, head.booked_revision = head.revision, head.order_number,
        head.product_id, head.updated_at, head.content, version.source_id, version.ordered_at, version.ordered_units,
        version.expected_start_date, version.expected_end_date, version.actual_start_date, version.actual_end_date,
        version.produced_units, version.status, CASE WHEN head.state = 'waiting' THEN head.reason END,
        head.attempts, request.id, request.actor_kind, request.actor_id, request.actor_name, request.credential, {TENANT_COLUMNS}
    FROM orders_ingesthead AS head
    JOIN kernel_factory AS factory ON factory.id = head.factory_id
    JOIN LATERAL (
        SELECT * FROM orders_manufacturingorderversion AS kept
        WHERE kept.factory_id = head.factory_id AND kept.order_number = head.order_number
            AND kept.product_id = head.product_id AND kept.updated_at = head.updated_at LIMIT 1
    ) AS version ON version.content = head.content
    JOIN orders_ingestrequest AS request ON request.id = version.request_id
    WHERE head.id = ANY(%s) ORDER BY head.factory_id, head.order_number, head.product_id
"""
_SETTLE = """
    UPDATE orders_ingesthead AS head SET state = became.state, reason = left(became.reason, 500),
        order_id = coalesce(became.order_id, head.order_id),
        projected_revision = CASE WHEN became.state = 'failed' THEN projected_revision ELSE head.revision END,
        projected_at = CASE WHEN became.state = 'failed' THEN projected_at ELSE now() END,
        booked_revision = CASE WHEN became.booked THEN head.revision ELSE booked_revision END,
        attempts = CASE WHEN became.state = 'failed' THEN least(attempts + 1, 1000) ELSE 0 END,
        due_at = CASE
            WHEN became.state = 'failed' THEN now() + make_interval(secs => least(2 ^ least(attempts + 1, 10), %s))
            WHEN became.look_again THEN now() + make_interval(secs => %s)
        END
    FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::bigint[], %s::bool[], %s::bool[])
        AS became(id, revision, state, reason, order_id, booked, look_again)
    WHERE head.id = became.id AND head.revision = became.revision
"""
_WAKE = "UPDATE orders_ingesthead SET due_at = now() WHERE id = ANY(%s) AND state = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A head that the present transaction holds, with its newest version as it was sent."""

    head_id: int
    revision: int
    order_id: int | None
    booked: bool  # this revision's produced units are in the ledger already
    order_number: str
    product_id: str
    updated_at: datetime
    content: UUID
    source_id: str
    ordered_at: datetime
    ordered_units: int
    expected_start: datetime
    expected_end: datetime
    actual_start: datetime | None
    actual_end: datetime | None
    produced_units: int | None
    status: str | None
    waited_for: str | None  # why, if this revision was looked at before and had to wait
    attempts: int  # that failed, one after the other
    by: Actor  # who sent that version


def claim(limit: int, *, only: Sequence[int] | None = None) -> list[Claimed]:
    """So many of the heads that are due (of these, if some are named) and that nobody else holds, by key; oldest due first.

    For the rest of the transaction a lock that somebody else holds is waited for PATIENCE_MS and no longer, and every
    statement is planned anew.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FOR_A_BATCH, [str(PATIENCE_MS)])
        cursor.execute(_DUE, [*[None if only is None else list(only)] * 2, limit])
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return []
        cursor.execute(_NEWEST, [ids])
        rows = cursor.fetchall()
    actors: dict[tuple[UUID, int], Actor] = {}
    claimed = [_claimed(row, actors) for row in rows]
    if len(claimed) != len(ids):
        _give_up(set(ids) - {one.head_id for one in claimed})
    return claimed


def _claimed(row: tuple[Any, ...], actors: dict[tuple[UUID, int], Actor]) -> Claimed:
    key = row[19], row[24]
    if key not in actors:
        actors[key] = _sender(row[20:24], tenant_of(row[24:]))
    return Claimed(*(*row[:19], actors[key]))


def _sender(sent_by: Sequence[str], tenant: Tenant) -> Actor:
    """Whoever sent it, in the factory that it is about.

    They had the right to when it was accepted, and that is when it was asked for: a statement that was taken is followed,
    though its sender left the plant a second later.
    """
    kind, id_, name, credential = sent_by
    return Actor(
        kind=kind, id=id_, name=name, factory=tenant, roles=frozenset({"planner"}), face="ingest",  # type: ignore[arg-type]
        credential=credential,
    )  # fmt: skip


def _give_up(ids: set[int]) -> None:
    """Heads that point at nothing would be due for ever: they fail like others, where people see them."""
    log.error("statement_lost", heads=sorted(ids))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, revision FROM orders_ingesthead WHERE id = ANY(%s)", [sorted(ids)])
        _settle([(id_, revision, "failed", _LOST, None, False, False) for id_, revision in cursor.fetchall()])


def settle(claimed: Sequence[Claimed], outcomes: Sequence[Outcome]) -> None:
    """Write down what became of claimed heads, in their order: how far the order follows, and when to look again.

    Nothing more is to be done unless it failed (again after 2, 4, 8 … seconds), or asks to be looked at again.
    Problem: Busy, if one of them is no longer as it was claimed; then the whole transaction goes.
    """
    assert [one.head_id for one in claimed] == [outcome.head_id for outcome in outcomes]
    _settle([
        (one.head_id, one.revision, str(became.result), became.reason, became.order_id, became.booked,
         became.look_again)
        for one, became in zip(claimed, outcomes, strict=True)
    ])  # fmt: skip


def _settle(rows: Sequence[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, [MOST_SECONDS, LOOK_AGAIN_SECONDS, *as_columns(rows)])
        if cursor.rowcount != len(rows):
            raise Busy()  # somebody wrote past the lock


def look_again(order_ids: Sequence[int]) -> int:
    """What waits for one of these orders is due now; gives how many that are.

    Their heads are locked whatever their state: one that is being projected at this moment may come to wait.
    """
    return _wake("order_id = ANY(%s)", [list(order_ids)], states=[Followed.WAITING])


def look_again_in(factory_ids: Sequence[int]) -> int:
    """Whatever waits in these factories is due now; gives how many heads that are."""
    return _wake("factory_id = ANY(%s) AND state = 'waiting'", [list(factory_ids)], states=[Followed.WAITING])


def retry(head_ids: Sequence[int], *, by: Actor) -> int:
    """What waits, conflicts or failed among these heads of the actor's factory is looked at now; gives how many.

    Problem: RoleMissing.
    """
    authorise(by, "create")
    states = [Followed.WAITING, Followed.CONFLICT, Followed.FAILED]
    return _wake("id = ANY(%s) AND factory_id = %s", [list(head_ids), by.factory.id], states=states)


def _wake(where: str, values: list[Any], *, states: Sequence[Followed]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM orders_ingesthead WHERE {where} {_BY_KEY}", values)
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute(_WAKE, [ids, list(states)])
        woken: int = cursor.rowcount
    if woken:
        transaction.on_commit(lambda: wakeup.ring(PROJECTION))
    return woken
