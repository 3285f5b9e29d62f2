"""Which shards a poller takes: its fair share of them all, and whatever nobody else looks after."""

import math
import os
import socket
from uuid import uuid4

from django.db import connection

from iot import shards, silence
from iot.shards import Lease

LISTENER = "factoryos poller"  # the name of a poller's listening session: by it pollers know how many they are
OVERDUE_S = 4  # two ticks: an idle poller would have taken it by then
KEPT_S = 5  # between two stints, in which nobody else need open our lines anew

_COUNTED = """
SELECT count(*), count(*) FILTER (WHERE lease_until IS NULL OR lease_until < now() - make_interval(secs => %s)),
    count(*) FILTER (WHERE polled_at < now() - make_interval(secs => %s)) > 0,
    (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s)
FROM iot_pollshard AS shard WHERE EXISTS (SELECT FROM iot_connection WHERE shard_id = shard.id AND active)
"""


def owner_of_this_process() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"


def claim(*, owner: str, had: list[Lease]) -> list[Lease]:
    """The leases of the next stint. What we had and do not take again is for others at once.

    A poller that is frozen still counts as one. Its shards come to the others all the same, for they are overdue. Where
    nobody polled for a while, that is written down first: afterwards nobody could see it any more.
    """
    total, overdue, was_silent, pollers = _counted()
    if was_silent:
        silence.sweep()
    share = math.ceil(total / max(1, pollers)) + overdue
    leases = shards.claim(owner=owner, most=share)
    left = _without(leases, had)
    if left and len(leases) < share:
        # A claim waits for nobody, and readings of ours may just be booked there: wait for that, and claim once more.
        shards.renew(left)
        leases += shards.claim(owner=owner, most=share - len(leases), among=[lease.shard_id for lease in left])
    shards.give_back(_without(leases, left))
    return leases


def _without(leases: list[Lease], had: list[Lease]) -> list[Lease]:
    """What we had that is not among these."""
    ours = {lease.shard_id for lease in leases}
    return [lease for lease in had if lease.shard_id not in ours]


def somebody_is_missing() -> bool:
    """Whether a shard waits for a poller for so long that no idle one can be there."""
    return _counted()[1] > 0


def _counted() -> tuple[int, int, bool, int]:
    """Shards with something to poll, those of them that are overdue, whether any was long not polled; and pollers."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, [OVERDUE_S, silence.POLLED_S, LISTENER])
        total, overdue, was_silent, pollers = cursor.fetchone()
    return total, overdue, was_silent, pollers
