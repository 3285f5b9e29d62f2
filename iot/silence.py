"""Silence: a machine of which nothing has been heard for a while has no data, since it was last heard of.

Heard of is a machine when a poller is at work on a connection that answers, when a telemetry sample comes, and when its
state is told. Nothing of that ever makes it idle or down: who says nothing says nothing about that either. A machine
whose state nobody ever told has none to lose. The downtime that people log is theirs and stays.
"""

from datetime import datetime
from functools import partial

import structlog
from django.db import connection

from factoryos.kernel.locks import lock_one
from factoryos.kernel.problems import Problem
from factoryos.kernel.transactions import whole
from iot import machine_states
from manufacturing.models import Machine

log = structlog.get_logger(__name__)

POLLED_S = 30  # a machine that is polled speaks every second or so
SENDING_S = 120  # one that sends does so when it likes, but not more seldom
MOST = 1000  # a sweep, so that none lasts; the next one goes on

# One row a silent machine: when it was last heard of. A sample counts from when it came, for a device's clock may be
# wrong; the state ends at the sample's own time, as it began by that clock.
_SILENT = """
WITH polled AS (
    SELECT point.machine_id,
        max(CASE WHEN bus.health = 'ok' THEN shard.polled_at ELSE bus.health_since END) AS heard_at
    FROM iot_counterpoint AS point
    JOIN iot_connection AS bus ON bus.id = point.connection_id AND bus.active
    JOIN iot_pollshard AS shard ON shard.id = bus.shard_id
    WHERE point.active{of_polled}
    GROUP BY point.machine_id
)
SELECT machine.id, machine.factory_id,
    greatest(present.started_at, polled.heard_at, CASE WHEN sample.at < now() THEN sample.at ELSE sample.received_at END)
FROM manufacturing_machine AS machine
JOIN iot_machinestateinterval AS present ON present.machine_id = machine.id AND present.ended_at IS NULL
LEFT JOIN polled ON polled.machine_id = machine.id AND machine.active
LEFT JOIN LATERAL (
    SELECT at, received_at FROM iot_telemetrysample WHERE machine_id = machine.id ORDER BY at DESC LIMIT 1
) AS sample ON true
WHERE present.state <> 'no_data'{of_machines}
  AND greatest(present.started_at, polled.heard_at) < now()
      - CASE WHEN polled.machine_id IS NULL THEN interval '{sending} s' ELSE interval '{polled} s' END
  AND (sample.received_at IS NULL OR sample.received_at < now() - interval '{sending} s')
ORDER BY machine.id LIMIT {most}
"""
# Two texts, as the database plans a text once: one for few rows of many, one for all.
_BOUNDS = {"polled": POLLED_S, "sending": SENDING_S, "most": MOST}
_ALL = _SILENT.format(**_BOUNDS, of_polled="", of_machines="")
_ONE = _SILENT.format(**_BOUNDS, of_polled=" AND point.machine_id = %(only)s", of_machines=" AND machine.id = %(only)s")


def sweep() -> int:
    """Say of every machine that has fallen silent that there is no data; gives how many, at most MOST. Two at once do no harm."""
    found = 0
    for machine_id, factory_id, _ in _silent():
        try:
            found += whole(partial(_tell, machine_id, factory_id))
        except Problem as problem:  # the next sweep finds it again
            log.warning("silence_not_told", machine_id=machine_id, code=problem.code)
    return found


def _tell(machine_id: int, factory_id: int) -> bool:
    """Under the machine's lock it is asked once more: whatever it said meanwhile has ended the silence."""
    machine = lock_one(Machine, row_id=machine_id, factory_id=factory_id)
    still = _silent(machine_id)
    if machine is None or not still:
        return False
    machine_states.report(machine=machine, state=machine_states.State.NO_DATA, at=still[0][2])
    return True


def _silent(only: int | None = None) -> list[tuple[int, int, datetime]]:
    """Machine, its factory, and when it was last heard of; of all machines, or of this one."""
    with connection.cursor() as cursor:
        cursor.execute(*((_ALL,) if only is None else (_ONE, {"only": only})))
        return cursor.fetchall()
