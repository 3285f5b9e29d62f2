"""What the engine hands on: readings with what is known of their circumstances."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sample:
    """A point's raw value at the instant `at` (UTC).

    `previous` is the value before this one, and `unchanged_until` the last instant at which it was still seen: what
    was made since that value, was made since then. `boundary` is the instant of an order's start or stop that this
    reading was asked for: what was made up to it belongs to whoever ran before.
    """

    point_id: int
    raw: int
    at: datetime
    previous: int | None = None
    unchanged_until: datetime | None = None
    boundary: datetime | None = None
