"""Lines to examine, as they stand in the tables."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now

from iot.buses import driver_point
from iot.connection_rules import COUNTING, bus_of, driver_of
from iot.counting import Rules
from iot.diagnosis.findings import ExaminedPoint, Target
from iot.models import Connection, CounterPoint


def target_of(connection: Connection) -> Target:
    """A connection with its active points. Who may look at it is the caller's matter."""
    points = CounterPoint.objects.filter(connection=connection, active=True).select_related("machine").order_by("pk")
    return Target(
        name=connection.code, driver=connection.driver, address=connection.address,
        points=tuple(_tested(point) for point in points), every_s=connection.poll_every_s,
        polled_by=_poller_of(Connection.objects.filter(pk=connection.pk)),
    )  # fmt: skip


def poller_of_bus(driver: str, address: Mapping[str, Any]) -> str | None:
    """Who polls this bus now, for whichever factory: for those who keep the installation, not for a factory's people."""
    known = driver_of(driver)
    if known is None or known.check(address, ()):
        return None
    return _poller_of(Connection.objects.filter(bus=bus_of(driver, address)))


def _poller_of(connections: QuerySet[Connection]) -> str | None:
    polled = connections.filter(active=True, points__active=True, shard__lease_until__gt=Now())
    return polled.values_list("shard__lease_owner", flat=True).first()


def _tested(row: CounterPoint) -> ExaminedPoint:
    point = driver_point(row)
    modulus = point.layout.modulus if row.modulus is None else int(row.modulus)
    return ExaminedPoint(
        name=f"{row.machine.code} {row.role}", point=point, states=row.states,
        rules=Rules(modulus, row.max_rate) if row.role in COUNTING else None,
    )  # fmt: skip
