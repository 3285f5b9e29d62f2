"""What machines counted, and what became of it: the values that `report_counts` takes and gives."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class MachineCount:
    """Pieces that one machine counted. They belong to the order that ran on it at `as_of`.

    `at` is when the counter was read, `key` what makes sure that they are booked once.
    """

    machine_id: int
    good: Decimal
    rejected: Decimal
    at: datetime
    as_of: datetime
    key: str


class Outcome(StrEnum):
    """What became of a count."""

    BOOKED = "booked"  # on an order
    UNASSIGNED = "unassigned"  # no order ran, or it can take no pieces now: the machine's own bucket
    BUSY = "busy"  # somebody else works on the order this instant: ask again
    FAILED = "failed"  # it could not be booked, and asking again will not help: for a person


@dataclass(frozen=True, slots=True)
class Booked:
    """The outcome of one count, with the ledger's entry or the reason why there is none."""

    outcome: Outcome
    entry_id: int | None = None
    text: str = ""
