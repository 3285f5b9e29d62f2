"""Pieces that a machine counted by itself, booked on the order that runs on it."""

from datetime import datetime
from decimal import Decimal
from itertools import count

from factoryos.kernel import clock
from manufacturing.models import Machine
from orders.actions.report_counts import report_counts
from orders.machine_counts import MachineCount, Outcome
from orders.models import ProductionOrder, QuantityEntry
from tests import floor

_keys = count(1)


def counted(
    order: ProductionOrder, machine: Machine, *, good: int = 0, rejected: int = 0, at: datetime | None = None
) -> QuantityEntry:
    """The entry in the ledger; the machine is one that counts from now on."""
    Machine.objects.filter(pk=machine.pk).update(counted=True)
    now = at or clock.now()
    told = MachineCount(machine.pk, Decimal(good), Decimal(rejected), at=now, as_of=now, key=f"own-{next(_keys)}")
    (booked,) = floor.done(report_counts, counts=[told])
    assert booked.outcome == Outcome.BOOKED, booked
    entry = QuantityEntry.objects.get(pk=booked.entry_id)
    assert entry.order_id == order.pk
    return entry
