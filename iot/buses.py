"""What a poller polls: the buses of its shards with their points, read from the tables at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iot.drivers.protocol import Point
from iot.models import Connection, CounterPoint
from iot.registers import Encoding, Layout


@dataclass(frozen=True, slots=True)
class PolledPoint:
    """A point with the machine it belongs to. `states` says what a raw value of a state point means."""

    point: Point
    machine_id: int
    role: str
    states: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Bus:
    """A connection as the engine needs it. Another `version` means that something about it was changed."""

    id: int
    shard_id: int
    code: str
    driver: str
    address: Mapping[str, Any]
    every_s: float
    version: int
    points: tuple[PolledPoint, ...]


def buses_of(shard_ids: Sequence[int]) -> list[Bus]:
    """The active connections of these shards that have something to read."""
    points: dict[int, list[PolledPoint]] = {}
    for row in CounterPoint.objects.filter(
        connection__shard_id__in=shard_ids, connection__active=True, active=True, machine__active=True
    ).order_by("id"):
        points.setdefault(row.connection_id, []).append(
            PolledPoint(driver_point(row), machine_id=row.machine_id, role=row.role, states=row.states)
        )
    connections = Connection.objects.filter(pk__in=points).order_by("id")
    return [
        Bus(
            one.pk,
            one.shard_id,
            one.code,
            one.driver,
            one.address,
            one.poll_every_s,
            one.version,
            tuple(points[one.pk]),
        )
        for one in connections
    ]


def driver_point(row: CounterPoint) -> Point:
    """A row as drivers know it."""
    layout = Layout(Encoding(row.encoding), word_order=row.word_order, byte_order=row.byte_order)
    return Point(id=row.pk, layout=layout, where=row.where)
