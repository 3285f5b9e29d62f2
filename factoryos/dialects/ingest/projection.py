"""The background half of this face: orders follow the newest version of what was stated of them.

Heads that are due are claimed some hundred at a time, followed and settled in one transaction, so that any number of
workers may be at it, and one that is killed leaves everything to do. What is stated of one order holds up no other: a
batch that fails as a whole is done in parts, and finally one by one.
"""

import time
from collections.abc import Sequence
from decimal import Decimal

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection

from factoryos.dialects.ingest.states import goal_of
from factoryos.kernel import transactions, wakeup
from factoryos.kernel.problems import Busy
from factoryos.kernel.slots import free_slot
from orders.actions.follow_statements import follow_statements
from orders.ingest import heads
from orders.ingest.heads import Claimed
from orders.statements import Followed, Outcome, Statement

log = structlog.get_logger(__name__)

BATCH = 256  # heads of one transaction
PARTS = 16  # that a batch is done in when it cannot be done whole, and then each of those
STINT_SECONDS = 1.5  # of a worker before others in its queue have their turn
RESCUE_SECONDS = 20  # more, when one by one must be waited for; enough to come to the first
SLOTS = 2  # stints at the same time, over all workers: what planning systems send never takes the whole floor
_SLOTS_OF_PROJECTION = 0x0F05_000C

_BUSY = "Others had the order locked for too long."
_OUR_FAULT = "An error on our side ({error}), which is logged."


def project(*, seconds: float = STINT_SECONDS) -> int:
    """A stint at whatever is due, and a ring for the next one if there is more; gives how many heads were looked at."""
    with free_slot(_SLOTS_OF_PROJECTION, of=SLOTS) as free:
        if not free:
            return 0
        until, done = time.monotonic() + seconds, 0
        while looked_at := _turn(until + RESCUE_SECONDS):
            done += looked_at
            if time.monotonic() >= until:
                wakeup.ring(heads.PROJECTION)
                break
    return done


def _turn(until: float, only: Sequence[int] | None = None) -> int:
    """Project a batch of what is due (of these heads, if some are named); gives how many it was.

    `until`: by the monotonic clock, after which the rest of a batch that has trouble is left for another stint.
    """
    claimed: list[Claimed] = []

    def work() -> None:
        claimed[:] = heads.claim(BATCH, only=only)
        if claimed:
            heads.settle(claimed, _followed(claimed))

    try:
        transactions.whole(work)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        if not claimed or not connection.is_usable():
            raise  # no order's fault
        _turn_in_parts(claimed, error, until=until)
    return len(claimed)


def _turn_in_parts(claimed: Sequence[Claimed], error: Exception, *, until: float) -> None:
    if len(claimed) == 1:
        _failed(claimed[0], error)
        return
    log.warning("statements_one_by_one", heads=len(claimed), error=type(error).__name__)
    # Those that failed before come last: an order that is locked for long does not use up every stint before the others.
    ids = [one.head_id for one in sorted(claimed, key=lambda one: one.attempts)]
    size = -(-len(ids) // PARTS)
    for first in range(0, len(ids), size):
        if time.monotonic() < until:
            _turn(until, ids[first : first + size])


def _followed(claimed: Sequence[Claimed]) -> list[Outcome]:
    outcomes = follow_statements([_statement(one) for one in claimed])
    for one, outcome in zip(claimed, outcomes, strict=True):
        if outcome.result == Followed.FAILED:
            log.error("head_failed", head=one.head_id, factory=one.by.factory.slug, reason=outcome.reason)
    return outcomes


def _failed(failed: Claimed, error: Exception) -> None:
    """Write down a head whose transaction was rolled back, unless it was taken, or says something else, since."""
    told = {"head": failed.head_id, "factory": failed.by.factory.slug}
    if isinstance(error, Busy):
        reason = _BUSY
        log.warning("head_failed", reason="busy", **told)
    else:
        # No more of the error than its kind: its text may hold what is nobody's business in a console.
        reason = _OUR_FAULT.format(error=type(error).__name__)
        log.error("head_failed", exc_info=error, **told)

    def work() -> None:
        claimed = heads.claim(1, only=[failed.head_id])
        if claimed and claimed[0].revision == failed.revision:
            heads.settle(claimed, [Outcome(failed.head_id, Followed.FAILED, reason=reason)])

    transactions.whole(work)


def _statement(one: Claimed) -> Statement:
    return Statement(
        head_id=one.head_id,
        by=one.by,
        order_id=one.order_id,
        order_number=one.order_number,
        sku=one.product_id,
        target=Decimal(one.ordered_units),
        goal=goal_of(one.status, actual_end=one.actual_end),
        planned_start=one.expected_start,
        planned_end=one.expected_end,
        actual_start=one.actual_start,
        actual_end=one.actual_end,
        produced=None if one.produced_units is None else Decimal(one.produced_units),
        booked=one.booked,
        key=f"ingest:{one.head_id}:{one.updated_at.isoformat()}:{one.content.hex}:{one.revision}",
        at=one.updated_at,
        facts={"source_id": one.source_id, "ordered_at": one.ordered_at, "status": one.status},
        waited_for=one.waited_for,
    )  # fmt: skip
