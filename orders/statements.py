"""What a planning system states of an order, and what became of it: the values that `follow_statements` takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from factoryos.kernel.actors import Actor
from orders.states import State

# The reason why a statement waits that is followed as far as it may be.
FOR_QUALITY = "Waits for quality to verify it, as this factory requires"


@dataclass(frozen=True, slots=True)
class Statement:
    """The newest version of one order (a factory, an order number, a product), as far as an order can follow it."""

    head_id: int
    by: Actor  # whoever sent it, in the factory that it is about
    order_id: int | None  # the production order that follows it already
    order_number: str
    sku: str
    target: Decimal
    goal: State  # what its word says the order is; that begun work is in production is judged with the order
    planned_start: datetime
    planned_end: datetime
    actual_start: datetime | None
    actual_end: datetime | None
    produced: Decimal | None  # good units in total; None says nothing
    booked: bool  # its produced units are in the ledger already: they add nothing again
    key: str  # of its ledger entry
    at: datetime  # its own time
    # Source, time of order and the sender's word, kept for the face.
    facts: Mapping[str, Any] = field(default_factory=dict)
    waited_for: str | None = None  # the reason, if it was looked at before and had to wait


class Followed(StrEnum):
    """What became of a statement; the words are those of IngestHead.State."""

    DONE = "done"
    WAITING = "waiting"  # something here must happen first
    CONFLICT = "conflict"  # it says what the order can no longer take
    SKIPPED = "skipped"  # nothing to make, and no order
    FAILED = "failed"  # our fault


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one statement: the order that follows it, and why it does not equal it."""

    head_id: int
    result: Followed
    order_id: int | None = None
    reason: str | None = None
    booked: bool = False  # its quantity was applied (also where there was no difference)
    look_again: bool = False  # waiting for what happens elsewhere (a machine that is taken): nobody will tell
