"""Pieces that a machine counted by itself, on the order that runs on it."""

from decimal import Decimal

from django.db import transaction

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import Factory
from manufacturing.models import Machine
from orders import ledger, lifecycle
from orders.locks import assignments_of, lines_of, lock_order
from orders.models import ProductionOrder, QuantityEntry
from orders.specs import Count


def as_device(machine: Machine) -> Actor:
    tenant = Factory.objects.get(pk=machine.factory_id).tenant()
    return Actor(kind="device", id=machine.code, name=machine.name, factory=tenant, face="machine", credential="device")


@transaction.atomic
def counted(order: ProductionOrder, machine: Machine, *, good: int = 0, rejected: int = 0) -> QuantityEntry:
    """The entry in the ledger of what the machine counted for the first line of the order."""
    Machine.objects.filter(pk=machine.pk).update(counted=True)
    by, count = as_device(machine), Count(Decimal(good), Decimal(rejected))
    order = lock_order(order.pk, by=by)
    share = next(share for share in assignments_of(order) if share.machine_id == machine.pk)
    entry = ledger.book(
        order, lines_of(order)[0], count=count, by=by, source=QuantityEntry.Source.MACHINE, assignment=share
    )
    told = {"entry": entry.uuid, "good": count.good, "rejected": count.rejected, "source": entry.source}
    lifecycle.move(order, "report", by=by, increments=ledger.increments_of(count), data=told)
    return entry
