"""The values that pass between a face and the version table: rows to keep, rows that failed, and what became of them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from factoryos.kernel.actors import Actor


class StatedRow(NamedTuple):
    """A sound row. Texts as they were sent; instants as UTC text `YYYY-MM-DD HH:MM:SS`; whole numbers as int."""

    place: int  # in the batch, from 0
    factory_id: int
    order_number: str
    product_id: str
    updated_at: str
    source_id: str
    ordered_at: str
    ordered_units: int
    expected_start_date: str
    expected_end_date: str
    actual_start_date: str | None
    actual_end_date: str | None
    produced_units: int | None
    status: str | None


class FailedRow(NamedTuple):
    """A row that was refused. `row` and `errors` are JSON texts in ASCII; `codes` are those of the errors."""

    place: int  # in the batch, from 0
    factory_id: int  # of whoever sent it; of several, the one that the row names
    location_id: str | None  # what the row names, if it is a text that can be kept
    row: str | None
    errors: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """Under which request a batch is kept: its id, who sent it, when it came, and whether it may overwrite."""

    request_id: UUID
    by: Actor
    received_at: datetime
    append: bool = False  # APPEND: insert only

    @property
    def operation_type(self) -> str:
        return "APPEND" if self.append else "UPSERT"


@dataclass(slots=True)
class Stored:
    """What became of the rows of a batch, by their places; whatever is not named was stored as new or overwritten."""

    changed: int = 0  # versions that were inserted or overwritten
    superseded: list[int] = field(default_factory=list)  # a later row of the batch has the same key
    unchanged: list[int] = field(default_factory=list)  # stored already, just so
    older: list[int] = field(default_factory=list)  # than what was newest before this batch
    conflicts: list[int] = field(default_factory=list)  # APPEND: the key is there with other content

    def as_told(self) -> dict[str, Any]:
        """For a log line: how many of each."""
        return {name: len(getattr(self, name)) for name in ("superseded", "unchanged", "older", "conflicts")} | {
            "changed": self.changed
        }
