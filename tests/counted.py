"""Counts as machines bring them, and booking them as a poller's transaction does."""

from datetime import datetime
from decimal import Decimal
from itertools import count

from django.db import transaction

from factoryos.kernel import clock
from manufacturing.models import Machine
from orders.actions.report_counts import report_counts
from orders.machine_counts import Booked, MachineCount, Outcome
from orders.models import ProductionOrder, QuantityEntry

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


def entry_of(outcome: Booked) -> QuantityEntry:
    """What a count that was booked left in the ledger."""
    assert outcome.outcome is Outcome.BOOKED, outcome
    return QuantityEntry.objects.get(pk=outcome.entry_id)


def good_of(order: ProductionOrder) -> Decimal:
    return ProductionOrder.objects.values_list("quantity_good", flat=True).get(pk=order.pk)


def counted(
    order: ProductionOrder, machine: Machine, *, good: int = 0, rejected: int = 0, at: datetime | None = None
) -> QuantityEntry:
    """The entry that the machine, which counts by itself from now on, leaves in the ledger of the order it runs."""
    Machine.objects.filter(pk=machine.pk).update(counted=True)
    (outcome,) = booked(a_count(machine, good, rejected, at=at))
    entry = entry_of(outcome)
    assert entry.order_id == order.pk
    return entry
