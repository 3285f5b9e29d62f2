"""What a poller writes that is no count: how its connections fare, and what machines do. Each write holds its fence."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import connection

from factoryos.kernel.transactions import whole
from iot import machine_states, shards
from iot.engine.health import HealthChange
from iot.models import Connection
from iot.poller.states import Told
from iot.shards import Lease
from manufacturing.models import Machine

_FARE = """
UPDATE iot_connection AS bus SET health = new.health, last_error = new.text,
    health_since = CASE WHEN bus.health = new.health THEN bus.health_since ELSE new.at END
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::text[]) AS new(id, health, at, text)
WHERE bus.id = new.id AND bus.shard_id = %s AND (bus.health, bus.last_error) IS DISTINCT FROM (new.health, new.text)
"""
_ELSEWHERE = """
SELECT DISTINCT point.machine_id FROM iot_counterpoint AS point JOIN iot_connection AS bus ON bus.id = point.connection_id
WHERE point.machine_id = ANY(%s) AND point.active AND bus.active AND bus.id <> ALL(%s)
  AND bus.health NOT IN ('failing', 'probing')
"""
_VERSIONS = """
SELECT bus.id, bus.version, count(point.id) FROM iot_connection AS bus
JOIN iot_counterpoint AS point ON point.connection_id = bus.id AND point.active
JOIN manufacturing_machine AS machine ON machine.id = point.machine_id AND machine.active
WHERE bus.shard_id = ANY(%s) AND bus.active GROUP BY bus.id
"""


def write_health(changes: Sequence[HealthChange], *, lease: Lease) -> None:
    """Keep how these connections fare. Problems: LeaseLost, Busy."""
    longest = Connection._meta.get_field("last_error").max_length
    rows = [(one.bus_id, str(one.health), one.at, one.text[:longest]) for one in changes]

    def write() -> None:
        shards.hold(lease)
        _ask(_FARE, [*map(list, zip(*rows, strict=True)), lease.shard_id])

    whole(write)


def heard_elsewhere(machine_ids: Collection[int], *, ours: Collection[int]) -> set[int]:
    """Those of the machines for which a connection that is none of `ours` can speak."""
    return {row[0] for row in _ask(_ELSEWHERE, [list(machine_ids), list(ours)])}


def tell_states(changes: Mapping[int, Sequence[Told]], *, lease: Lease) -> None:
    """Keep what machines did, each in a transaction of its own. Problems: LeaseLost, Busy; told twice, it does no harm."""
    for machine in Machine.objects.filter(pk__in=changes).order_by("pk"):

        def write(machine: Machine = machine) -> None:
            shards.hold(lease)
            machine_states.report_all(machine=machine, told=changes[machine.pk])

        whole(write)


def versions(shard_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Connection → version and number of points: whatever is changed about what is polled changes these."""
    return {row[0]: (row[1], row[2]) for row in _ask(_VERSIONS, [list(shard_ids)])}


def facts_of(machine_ids: Sequence[int]) -> dict[int, tuple[str, float | None]]:
    """Machine → its state as it was last told, and its ideal cycle in seconds."""
    rows = Machine.objects.filter(pk__in=machine_ids).values_list("pk", "state", "ideal_cycle_s")
    return {pk: (state, None if cycle is None else float(cycle)) for pk, state, cycle in rows}


def _ask(question: str, values: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchall() if cursor.description else []
