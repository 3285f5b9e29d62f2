"""What the engine hands on: readings with what is known of their circumstances."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sample:
    """A point's raw value at the instant `at` (UTC).

    `unchanged_until` is the last instant at which the value before this one was still seen: what was made, was made
    since then. `boundary` is the instant of an order's start or stop that this reading was asked for: what was made up
    to it belongs to whoever ran before.
    """

    point_id: int
    raw: int
    at: datetime
    unchanged_until: datetime | None = None
    boundary: datetime | None = None
