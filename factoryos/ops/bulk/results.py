"""Reading what came of an operation: counts first, then the rows, failures before all others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import allows
from factoryos.ops.bulk.actions import ACTIONS
from factoryos.ops.bulk.claims import ROLLED_BACK
from factoryos.ops.models import BulkOperation

PAGE = 50
UNDO_FOR = timedelta(minutes=15)
STATUSES = ("failed", "skipped", "pending", "done")  # in the order in which they are shown
WORDS = {"failed": "Failed", "skipped": "Left as is", "pending": "To do", "done": "Done"}


class ResultRow(NamedTuple):
    """One order of an operation."""

    uuid: UUID
    reference: str
    state: str
    held: bool
    status: str
    code: str
    detail: str
    at: datetime | None

    @property
    def word(self) -> str:
        return WORDS[self.status]


@dataclass(frozen=True, slots=True)
class Counts:
    done: int = 0
    skipped: int = 0
    failed: int = 0
    pending: int = 0
    rolled_back: int = 0

    @property
    def total(self) -> int:
        return self.done + self.skipped + self.failed + self.pending

    @property
    def settled(self) -> int:
        return self.total - self.pending

    @property
    def again(self) -> int:
        """How many a retry would take."""
        return self.failed + self.rolled_back


def counts_of(operation: BulkOperation) -> Counts:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT status, count(*), count(*) FILTER (WHERE code = %s) FROM ops_bulkrow WHERE operation_id = %s"
            " GROUP BY status",
            [ROLLED_BACK, operation.pk],
        )
        rows = cursor.fetchall()
    return Counts(**{status: count for status, count, _ in rows}, rolled_back=sum(row[2] for row in rows))


# An order is looked up for each row (LATERAL, LIMIT): while nobody has counted the rows that were just written, a plan may
# begin at the orders and look through all rows for each of them.
_ROWS = """
    SELECT known.uuid, known.reference, known.state, known.open_holds > 0, result.status, result.code, result.detail,
        result.at
    FROM ops_bulkrow AS result JOIN LATERAL (
        SELECT uuid, reference, state, open_holds FROM orders_productionorder WHERE id = result.order_id LIMIT 1
    ) AS known ON true
    WHERE result.operation_id = %s AND result.status = ANY(%s)
    ORDER BY array_position(%s, result.status::text), result.position
"""


def rows_of(
    operation: BulkOperation, *, statuses: Sequence[str] = STATUSES, offset: int = 0, most: int | None = None
) -> list[ResultRow]:
    """Failures first, then what was skipped, is to do, is done; by position in each."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_ROWS} LIMIT %s OFFSET %s", [operation.pk, list(statuses), list(STATUSES), most, offset])
        return [ResultRow(*row) for row in cursor.fetchall()]


def as_json(operation: BulkOperation) -> dict[str, Any]:
    """The whole result for programs."""
    counts = counts_of(operation)
    return {
        "id": str(operation.uuid),
        "action": operation.action,
        "state": "running" if operation.finished_at is None else "finished",
        "counts": {status: getattr(counts, status) for status in ("done", "skipped", "failed", "pending")},
        "set_changed": operation.set_changed,
        "results": [
            {"id": str(row.uuid), "ok": row.status == "done", "code": row.code or row.status, "detail": row.detail}
            for row in rows_of(operation)
        ],
    }


_RISKY = ("=", "+", "-", "@", "\t", "\r", "\0")


def as_csv(operation: BulkOperation) -> Iterator[list[str]]:
    """Lines of a table, header first. A cell that a spreadsheet would take for a formula is made text."""
    yield ["order", "id", "result", "code", "detail", "at"]
    for row in rows_of(operation):
        at = row.at.isoformat() if row.at else ""
        cells = [row.reference, str(row.uuid), row.status, row.code, row.detail, at]
        yield [f"'{cell}" if cell.startswith(_RISKY) else cell for cell in cells]


def why_no_undo(operation: BulkOperation, counts: Counts, *, by: Actor) -> str:
    """Why this person is offered no undo now; empty if they are."""
    if operation.undo_of_id is not None:
        return "This is an undo itself."
    action = ACTIONS[operation.action]
    if action.undo is None:
        return action.final
    if operation.finished_at is None or not counts.done:
        return "There is nothing to undo yet." if operation.finished_at is None else "Nothing was done."
    if clock.now() - operation.finished_at > UNDO_FOR:
        return "An operation can be undone for 15 minutes."
    if not allows(actor=by, verb=action.undo.verb):
        return "Your roles do not allow the undo."
    if action.name == "hold" and by.factory.two_person_release and str(operation.user.uuid) == by.id:
        return "Another person must release these holds."
    return ""
