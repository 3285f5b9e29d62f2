"""Which order ran on a machine at some instant, and as whom the machine then acts."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from factoryos.kernel.actors import Actor
from factoryos.kernel.directory import TENANT_COLUMNS, tenant_of
from orders.machine_counts import MachineCount

_NAME = 150  # characters of a name that the history keeps

# The last run that had begun by then, unless it was over; or the one before a run that began later. Each is one step into
# the index assignment_runs, as few runs begin after what is booked now was counted.
_RUNS = """
FROM unnest(%s::bigint[], %s::timestamptz[]) WITH ORDINALITY AS wanted(machine_id, as_of, place)
JOIN LATERAL (
    (SELECT id, order_id, line_id FROM (
        SELECT id, order_id, line_id, active, active_until FROM orders_assignment
        WHERE machine_id = wanted.machine_id AND active_from <= wanted.as_of ORDER BY active_from DESC LIMIT 1
    ) AS last WHERE last.active OR wanted.as_of < last.active_until)
    UNION ALL
    SELECT id, order_id, line_id FROM orders_assignment
    WHERE machine_id = wanted.machine_id AND active_from > wanted.as_of
        AND before_from <= wanted.as_of AND wanted.as_of < before_until
    LIMIT 1
) AS run ON true
"""
_ORDERS = f"SELECT DISTINCT run.order_id {_RUNS}"
_WITH_MACHINES = f"""
SELECT wanted.place, run.id, run.order_id, run.line_id, machine.id, machine.code, machine.name, {TENANT_COLUMNS} {_RUNS}
JOIN manufacturing_machine AS machine ON machine.id = wanted.machine_id
JOIN kernel_factory AS factory ON factory.id = machine.factory_id
"""


@dataclass(frozen=True, slots=True)
class Run:
    """An order on a machine: the assignment, the line it makes (none: the first unfinished one), and the machine as actor."""

    assignment_id: int
    order_id: int
    line_id: int | None
    machine_id: int
    by: Actor


def orders_that_ran(counts: Sequence[MachineCount]) -> list[int]:
    """The orders that these counts belong to, as far as is known without any lock."""
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS, _wanted(counts))
        return [row[0] for row in cursor.fetchall()]


def runs_at(counts: Sequence[MachineCount]) -> list[Run | None]:
    """The run that each count belongs to. It stays so while its order is locked, as runs change under that lock only."""
    found: list[Run | None] = [None] * len(counts)
    with connection.cursor() as cursor:
        cursor.execute(_WITH_MACHINES, _wanted(counts))
        for place, assignment_id, order_id, line_id, machine_id, code, name, *tenant in cursor.fetchall():
            by = Actor(
                kind="device",
                id=code,
                name=name[:_NAME],
                factory=tenant_of(tenant),
                face="machine",
                credential="device",
            )
            found[place - 1] = Run(assignment_id, order_id, line_id, machine_id, by)
    return found


def _wanted(counts: Sequence[MachineCount]) -> list[list[object]]:
    return [[count.machine_id for count in counts], [count.as_of for count in counts]]
