"""Who polls what: shards of connections, each leased to one poller at a time.

The database owns the work. A lease has an owner, an end and a fence; whoever writes what it polled holds the fence in
the same transaction, so a poller that was frozen and comes back writes nothing any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models.functions import Now

from iot.models import PollShard

LEASE_S = 10  # after so long without a sign of life another poller may take over
SHARD_SIZE = 250  # connections


class LeaseLost(Exception):
    """Another poller took the shard over: what we read must not stand."""


@dataclass(frozen=True, slots=True)
class Lease:
    shard_id: int
    owner: str
    fence: int


def claim(*, owner: str, most: int, among: Sequence[int] | None = None) -> list[Lease]:
    """Take up to `most` shards (of all, or of those `among` which they must be) that have something to poll.

    Those we had come first, then those whose lease has run out.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH free AS MATERIALIZED ( -- once: asked anew for each row, it would find other ones each time
                SELECT id FROM iot_pollshard AS shard
                WHERE (lease_until IS NULL OR lease_until <= now() OR lease_owner = %(owner)s)
                  AND EXISTS (SELECT FROM iot_connection WHERE shard_id = shard.id AND active)
                  AND (%(among)s::bigint[] IS NULL OR id = ANY(%(among)s::bigint[]))
                ORDER BY lease_owner IS DISTINCT FROM %(owner)s, polled_at NULLS FIRST, id LIMIT %(most)s
                FOR NO KEY UPDATE SKIP LOCKED
            )
            UPDATE iot_pollshard AS shard SET lease_owner = %(owner)s,
                lease_until = now() + make_interval(secs => %(lasting)s), fence = fence + 1, polled_at = now()
            FROM free WHERE shard.id = free.id RETURNING shard.id, lease_owner, fence
            """,
            {"owner": owner, "lasting": LEASE_S, "most": most, "among": None if among is None else list(among)},
        )
        return [Lease(*row) for row in cursor.fetchall()]


def renew(leases: Sequence[Lease]) -> list[Lease]:
    """Say that we are still at it; gives those that are still ours."""
    return _change(leases, "lease_until = now() + make_interval(secs => %s), polled_at = now()", [LEASE_S])


def give_back(leases: Sequence[Lease], *, kept_for: float = 0) -> None:
    """Let others take them, at once or in `kept_for` seconds, in which the same owner may come back to its open lines."""
    _change(leases, "lease_until = now() + make_interval(secs => %s)", [kept_for])


def hand_over(leases: Sequence[Lease], *, to: str) -> None:
    """Let this owner have them and nobody else; `claim` gives them to it."""
    _change(
        leases,
        "lease_owner = %s, lease_until = now() + make_interval(secs => %s), fence = shard.fence + 1",
        [to, LEASE_S],
    )


def _change(leases: Sequence[Lease], what: str, values: list[float | str]) -> list[Lease]:
    if not leases:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE iot_pollshard AS shard SET {what} FROM unnest(%s::bigint[], %s::bigint[]) AS mine(id, fence)
            WHERE shard.id = mine.id AND shard.fence = mine.fence AND shard.lease_owner = %s RETURNING shard.id
            """,
            [*values, [lease.shard_id for lease in leases], [lease.fence for lease in leases], leases[0].owner],
        )
        ours = {row[0] for row in cursor.fetchall()}
    return [lease for lease in leases if lease.shard_id in ours]


def hold(lease: Lease) -> None:
    """Make sure, until the transaction ends, that nobody takes the shard over. Problem: LeaseLost."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM iot_pollshard WHERE id = %s AND fence = %s AND lease_owner = %s FOR SHARE",
            [lease.shard_id, lease.fence, lease.owner],
        )
        if cursor.fetchone() is None:
            raise LeaseLost()


def are_polled(*, by: str | None = None) -> bool:
    """Whether any poller, or this one, is at work, as far as leases tell."""
    leased = PollShard.objects.filter(lease_until__gt=Now())
    return (leased if by is None else leased.filter(lease_owner=by)).exists()


def shard_with_room() -> int:
    """A shard for one more connection; a new one where all are full."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT shard.id FROM iot_pollshard AS shard LEFT JOIN iot_connection AS bus ON bus.shard_id = shard.id
            GROUP BY shard.id HAVING count(bus.id) < %s ORDER BY shard.id LIMIT 1
            """,
            [SHARD_SIZE],
        )
        if row := cursor.fetchone():
            return int(row[0])
    return PollShard.objects.create().pk
