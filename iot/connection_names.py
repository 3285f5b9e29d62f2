"""What is taken already: codes, buses and roles. The unique index decides, here it is put into words."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from factoryos.kernel.database import violated_constraint
from factoryos.kernel.problems import Duplicate
from iot.models import Connection, CounterPoint
from iot.problems import BusTaken, RoleTaken


@contextmanager
def refused_if_taken(row: Connection | CounterPoint) -> Iterator[None]:
    """Write `row` inside. Problems: Duplicate (code), BusTaken, RoleTaken; the transaction stays usable.

    Only rows of the same factory are ever in the way, so what is told of them is no secret.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        constraint = violated_constraint(error)
        if isinstance(row, Connection) and constraint == "connection_code_once":
            raise Duplicate(field="code", value=row.code) from error
        if isinstance(row, Connection) and constraint == "connection_bus_once":
            raise bus_taken(row) from error
        if isinstance(row, CounterPoint) and constraint == "point_role_once_a_machine":
            raise role_taken(row) from error
        raise


def bus_taken(connection: Connection) -> BusTaken:
    """Who has the bus already. Gone by now, the name is left out."""
    same = Connection.objects.filter(factory_id=connection.factory_id, bus=connection.bus, active=True)
    other = same.exclude(pk=connection.pk).values_list("code", flat=True).first()
    return BusTaken(bus=connection.bus, other=other)


def role_taken(point: CounterPoint) -> RoleTaken:
    """Which connection reads that of the machine already."""
    same = CounterPoint.objects.filter(machine_id=point.machine_id, role=point.role, active=True)
    other = same.exclude(pk=point.pk).values_list("connection__code", flat=True).first()
    return RoleTaken(machine=point.machine.code, role=point.role, other=other)
