"""Doing an operation, order by order: one transaction each, in which the order changes and the row says so, or neither.

A row is claimed with SKIP LOCKED inside that transaction, so any number of workers may be at one operation, and a killed
one leaves its row to do. For the same reason a commit need not wait for the disk (`synchronous_commit = off`): what a
crash of the server takes back, it takes back whole, the row is to do again, and the sweep does it. Nothing that others
committed durably afterwards can depend on it, for the log reaches the disk in one order.
"""

import random
import time

from celery.exceptions import SoftTimeLimitExceeded

from factoryos.kernel import transactions, wakeup
from factoryos.kernel.problems import Problem
from factoryos.kernel.slots import free_slot
from factoryos.kernel.transactions import Answer
from factoryos.ops.bulk import together
from factoryos.ops.bulk.claims import Claim, Outcome, claim_next, finish, settle, still_to_do, unfinished
from factoryos.ops.bulk.doing import do
from factoryos.ops.bulk.together import broken
from factoryos.ops.models import BulkOperation

TASK = "factoryos.ops.tasks.run_bulk"
INLINE_MOST = 200  # orders done while the browser waits
INLINE_SECONDS = 10  # what is left then, a worker does
STINT_SECONDS = 1.5  # of a worker at bulk work before others in its queue have their turn
SLOTS = 2  # stints at the same time, over all workers: bulk work never takes the whole floor
# How long to wait for an order that somebody else has locked, five times: a person waits for the first, nobody for the other.
INLINE_PATIENCE_MS, JOB_PATIENCE_MS = 200, 2000
_SLOTS_OF_BULK = 0x0F05_000B

_DONE = Answer(200, b"")


def run_inline(operation: BulkOperation) -> None:
    """Do it now, as far as it goes in INLINE_SECONDS."""
    _work(operation, until=time.monotonic() + INLINE_SECONDS, patience=INLINE_PATIENCE_MS)


def stint(*, seconds: float = STINT_SECONDS) -> int:
    """Work at unfinished operations, and ring for the next stint if there is more; gives how many rows were done.

    In no fixed order, so that a small operation does not wait for a large one.
    """
    with free_slot(_SLOTS_OF_BULK, of=SLOTS) as free:
        if not free:
            return 0
        until, done = time.monotonic() + seconds, 0
        operations = list(unfinished())
        random.shuffle(operations)
        for operation in operations:
            done += _work(operation, until=until, patience=JOB_PATIENCE_MS)
        more = time.monotonic() >= until
    if more:
        wakeup.ring(TASK)
    return done


def _work(operation: BulkOperation, *, until: float, patience: int) -> int:
    if operation.all_or_nothing:
        return together.work(operation, patience=patience)
    done, after = 0, 0
    while time.monotonic() < until:
        reached = _one(operation, after=after, patience=patience)
        if reached is None and after == 0:
            break
        after, done = reached or 0, done + (reached is not None)
    finish(operation)
    return done


def _one(operation: BulkOperation, *, after: int, patience: int) -> int | None:
    """Do the next row behind position `after`; gives its position, None if there is none."""
    claimed: list[Claim] = []

    def work() -> Answer:
        claimed.clear()
        claim = claim_next(operation, after=after, patience=patience)
        if claim is not None:
            claimed.append(claim)
            settle(claim, do(operation, claim))
        return _DONE

    try:
        transactions.run(work, refuse=_raised)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        if not claimed:
            raise  # no order's fault
        _told(claimed[0], Outcome.refused(error) if isinstance(error, Problem) else broken(operation, claimed[0]))
    return claimed[0].position if claimed else None


def _told(claim: Claim, outcome: Outcome) -> None:
    """Write down a row whose transaction was rolled back, unless another worker has taken it since."""

    def work() -> Answer:
        if still_to_do(claim):
            settle(claim, outcome)
        return _DONE

    transactions.run(work, refuse=_raised)


def _raised(problem: Problem) -> Answer:
    raise problem
