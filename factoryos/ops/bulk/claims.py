"""Rows of an operation as workers see them: claiming the next one, writing its result, noticing the end."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from factoryos.kernel.actors import Actor, Tenant
from factoryos.kernel.problems import Problem
from factoryos.ops.bulk.steps import NothingToDo, Stepped
from factoryos.ops.models import BulkOperation

ROLLED_BACK = "rolled_back"  # the code of a row that could, in an operation of all or nothing that others could not
_DETAIL_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that is locked by the present transaction, and its operation's author as they are at this moment."""

    row_id: int
    position: int
    order_id: int
    by: Actor


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is written into the row."""

    status: str
    code: str = ""
    detail: str = ""
    version: int | None = None
    before: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def done(cls, stepped: Stepped) -> "Outcome":
        return cls("done", "done", stepped.detail, stepped.version, stepped.before)

    @classmethod
    def refused(cls, problem: Problem) -> "Outcome":
        return cls("skipped" if isinstance(problem, NothingToDo) else "failed", problem.code, problem.text)


# Roles are read with the row, not when the operation was confirmed: a right that was lost meanwhile stops the rest. The
# two settings last for the transaction; see factoryos.ops.bulk.runner for why a commit need not wait for the disk.
_CLAIM = """
    SELECT todo.id, todo.position, todo.order_id, person.uuid::text, coalesce(nullif(person.name, ''), person.username),
        CASE WHEN person.is_active THEN membership.roles END,
        factory.id, factory.slug, factory.name, factory.time_zone, factory.requires_verification,
        factory.material_policy, factory.two_person_release, factory.masters_version,
        set_config('synchronous_commit', 'off', true), set_config('lock_timeout', %s, true)
    FROM ops_bulkrow AS todo
    JOIN ops_bulkoperation AS operation ON operation.id = todo.operation_id
    JOIN kernel_user AS person ON person.id = operation.user_id
    JOIN kernel_factory AS factory ON factory.id = operation.factory_id
    LEFT JOIN kernel_membership AS membership
        ON membership.user_id = person.id AND membership.factory_id = factory.id
    WHERE todo.operation_id = %s AND todo.status = 'pending' AND todo.position > %s
    ORDER BY todo.position LIMIT %s FOR UPDATE OF todo SKIP LOCKED
"""


def claim_next(operation: BulkOperation, *, after: int, patience: int) -> Claim | None:
    """The first row to do behind a position that nobody else has. `patience`: ms to wait for a locked order."""
    return next(iter(claim_all(operation, after=after, patience=patience, most=1)), None)


def claim_all(operation: BulkOperation, *, after: int = 0, patience: int, most: int) -> list[Claim]:
    """Several of them at once, by position."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [str(patience), operation.pk, after, most])
        return [_claim(row, operation) for row in cursor.fetchall()]


def _claim(row: tuple[Any, ...], operation: BulkOperation) -> Claim:
    by = Actor(
        kind="user", id=row[3], name=row[4], factory=Tenant(*row[6:14]), roles=frozenset(row[5] or ()), face="console",
        operation=operation.uuid, credential="session",
    )  # fmt: skip
    return Claim(row_id=row[0], position=row[1], order_id=row[2], by=by)


def settle(claim: Claim, outcome: Outcome) -> None:
    """Write the result of a claimed row, in the transaction that changes the order."""
    values: list[Any] = [
        outcome.status, outcome.code[:40], outcome.detail[:_DETAIL_LENGTH], outcome.version, Jsonb(outcome.before),
        claim.row_id,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ops_bulkrow SET status = %s, code = %s, detail = %s, version_after = %s, before = %s, at = now()"
            " WHERE id = %s",
            values,
        )


def still_to_do(claim: Claim) -> bool:
    """Lock the row again after its transaction was rolled back. False: another worker has it, or had it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM ops_bulkrow WHERE id = %s AND status = 'pending' FOR UPDATE SKIP LOCKED", [claim.row_id]
        )
        return cursor.fetchone() is not None


def finish(operation: BulkOperation) -> None:
    """Note the end, once, when no row is to do. Whoever commits the last row finds none, whichever worker that is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ops_bulkoperation SET finished_at = now() WHERE id = %s AND finished_at IS NULL AND NOT EXISTS"
            " (SELECT 1 FROM ops_bulkrow WHERE operation_id = %s AND status = 'pending')",
            [operation.pk, operation.pk],
        )


def unfinished() -> Iterator[BulkOperation]:
    """What a worker may find to do."""
    yield from BulkOperation.objects.filter(finished_at__isnull=True).order_by("id")[:100]
