"""Counts as machines bring them, and booking them as a poller's transaction does."""

from datetime import datetime
from decimal import Decimal
from itertools import count

from django.db import transaction

from factoryos.kernel import clock
from manufacturing.models import Machine
from orders.actions.report_counts import report_counts
from orders.machine_counts import Booked, MachineCount

_keys = count(1)


def a_count(
    machine: Machine, good: int | str | Decimal = 1, rejected: int | str | Decimal = 0, *, at: datetime | None = None,
    as_of: datetime | None = None, key: str | None = None,
) -> MachineCount:  # fmt: skip
    """Pieces that a machine counted just now, unless told otherwise."""
    now = clock.now()
    return MachineCount(
        machine.pk,
        Decimal(good),
        Decimal(rejected),
        at=at or now,
        as_of=as_of or at or now,
        key=key or f"c{next(_keys)}",
    )


def booked(*counts: MachineCount) -> list[Booked]:
    with transaction.atomic():
        return report_counts(counts)
