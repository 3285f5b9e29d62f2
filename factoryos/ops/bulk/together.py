"""All or nothing: every order of an operation in one transaction, which is undone whole when one of them is refused."""

from uuid import uuid4

import structlog
from django.db import OperationalError, transaction

from factoryos.kernel import transactions
from factoryos.kernel.problems import Busy, Problem
from factoryos.kernel.transactions import Answer
from factoryos.ops.bulk.claims import ROLLED_BACK, Claim, Outcome, claim_all, finish, settle
from factoryos.ops.bulk.doing import do
from factoryos.ops.models import BulkOperation

log = structlog.get_logger(__name__)

_DONE = Answer(200, b"")

_ANY = 0  # in place of a row's id: nobody knows which order it was that somebody else had locked


class _Failed(Exception):
    """Not all could: row id → why not."""

    def __init__(self, outcomes: dict[int, Outcome]) -> None:
        self.outcomes = outcomes
        super().__init__(f"{len(outcomes)} could not")


def work(operation: BulkOperation, *, patience: int) -> int:
    """Do all rows or none; gives how many. Nothing happens where another worker has them already."""
    reasons: dict[int, Outcome] = {}
    try:
        transactions.run(lambda: _all(operation, patience), refuse=_raised)
    except _Failed as failed:
        reasons = failed.outcomes
    except Busy as busy:
        reasons = {_ANY: Outcome.refused(busy)}
    if reasons:
        transactions.run(lambda: _none(operation, reasons), refuse=_raised)
    finish(operation)
    return operation.selected


def _all(operation: BulkOperation, patience: int) -> Answer:
    """Every row is tried, also behind the first that fails, so that all that stand in the way are named."""
    failed: dict[int, Outcome] = {}
    for claim in _claims(operation, patience):
        outcome = _one(operation, claim)
        if outcome.status == "failed":
            failed[claim.row_id] = outcome
        else:
            settle(claim, outcome)
    if failed:
        raise _Failed(failed)
    return _DONE


def _claims(operation: BulkOperation, patience: int) -> list[Claim]:
    claims = claim_all(operation, patience=patience, most=operation.selected)
    return claims if len(claims) == operation.selected else []  # the others are somebody's who does them all


def _one(operation: BulkOperation, claim: Claim) -> Outcome:
    try:
        with transaction.atomic():
            return do(operation, claim)
    except Problem as problem:
        return Outcome.refused(problem)
    except OperationalError:
        raise  # a lost race for a lock is run again whole
    except Exception:
        return broken(operation, claim)


def _none(operation: BulkOperation, outcomes: dict[int, Outcome]) -> Answer:
    """Write down which rows stood in the way; the others are left as they were."""
    for claim in _claims(operation, 0):
        others = Outcome("skipped", ROLLED_BACK, f"Left as it was: all or nothing, and {len(outcomes)} could not")
        settle(claim, outcomes.get(claim.row_id) or outcomes.get(_ANY) or others)
    return _DONE


def broken(operation: BulkOperation, claim: Claim) -> Outcome:
    """A fault of ours, told by a reference that stands in the log as well."""
    reference = uuid4().hex[:12]
    log.exception("bulk_row_failed", reference=reference, operation=str(operation.uuid), order=claim.order_id)
    return Outcome("failed", "internal", f"Unexpected error, nothing was changed (reference {reference})")


def _raised(problem: Problem) -> Answer:
    raise problem
