"""One request, one transaction: the runner that opens it, retries it, and keeps its answer. Nothing else opens one."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import OperationalError, transaction

from factoryos.kernel import idempotency
from factoryos.kernel.problems import Busy, Problem

T = TypeVar("T")
ATTEMPTS = 5
# serialization_failure, deadlock_detected, lock_not_available (PostgreSQL appendix A): the whole transaction may be run again.
_RETRYABLE = frozenset({"40001", "40P01", "55P03"})
_QUERY_CANCELED = "57014"  # statement_timeout struck: too busy, and running it again would only add to it


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the caller, already rendered, so that it can be stored with the effects it reports."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def run(
    work: Callable[[], Answer], *, refuse: Callable[[Problem], Answer], memory: idempotency.Memory | None = None
) -> Answer:
    """Run `work` (look up, validate, a path of verbs, render) in one durable transaction and give its answer.

    With a `memory` (the call carried an Idempotency-Key) the answer is kept in the same transaction: a success as it
    is, a refusal by a verb (rendered by `refuse`) with the verb's effects rolled back to a savepoint.
    Problems: whatever `work` raises and memory does not keep; KeyInProgress, KeyReused; Busy when retries are used up.
    """
    return whole(work if memory is None else lambda: _remembering(work, refuse=refuse, memory=memory))


def whole(work: Callable[[], T]) -> T:
    """Run `work` in one durable transaction, and again from the start where the database asks for that.

    For work that no face renders. Problems: whatever `work` raises; Busy when retries are used up.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic(durable=True):
                return work()
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if state == _QUERY_CANCELED:
                break
            if state not in _RETRYABLE:
                raise
        time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311 jitter, not a secret
    raise Busy()


def _remembering(
    work: Callable[[], Answer], *, refuse: Callable[[Problem], Answer], memory: idempotency.Memory
) -> Answer:
    known = idempotency.recall(memory)
    if known is not None:
        return Answer(known.status, known.body, {**known.headers, "Idempotency-Replayed": "true"})
    try:
        with transaction.atomic():
            answer = work()
    except Problem as problem:
        if not problem.remembered:
            raise
        answer = refuse(problem)
    idempotency.keep(memory, status=answer.status, body=answer.body, headers=dict(answer.headers))
    return answer
