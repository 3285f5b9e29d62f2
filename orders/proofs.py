"""What the proofs of history and ledgers share: one quiet look at the database, and how a fault is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction


@dataclass(frozen=True, slots=True)
class Fault:
    """One row that is not what it should be."""

    table: str
    row: int | str
    order: str | None  # its reference
    seq: int | None
    text: str

    def __str__(self) -> str:
        where = [f"{self.table} row {self.row}"]
        if self.order is not None:
            where.append(f"order {self.order}")
        if self.seq is not None:
            where.append(f"seq {self.seq}")
        return f"{', '.join(where)}: {self.text}"


@contextmanager
def one_snapshot() -> Iterator[None]:
    """All queries within see the same instant, however long they take and whatever goes on meanwhile. Locks nothing."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield
