"""Rate limits: one atomic token bucket or window a credential, in a row that any process shares.

DRF's cache throttle is not used: forty parallel calls pass a limit of ten, and it believes X-Forwarded-For.
"""

import math
import time
from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a limit. `reset`: Unix seconds at which the bucket is full again; `retry_after`: whole seconds."""

    limit: int
    remaining: int
    reset: int
    retry_after: int

    @property
    def exceeded(self) -> bool:
        return self.retry_after > 0


def untouched(*, limit: int) -> Allowance:
    """What to tell where nothing is counted: the whole limit, now."""
    return Allowance(limit, limit, math.ceil(time.time()), 0)


def take(*, key: str, limit: int, period_seconds: float, count: int = 1) -> Allowance:
    """Take `count` tokens from the bucket of `key`, which holds `limit` and refills evenly over `period_seconds`.

    All of them or none. More than the bucket holds are had from a full one, which then owes the rest: else they could
    never be had. One statement in its own implicit transaction; the table is unlogged, so nothing waits for the disk.
    """
    rate = limit / period_seconds
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO kernel_ratebucket AS bucket (key, tokens, updated_at)
            VALUES (%(key)s, %(limit)s - %(count)s, clock_timestamp())
            ON CONFLICT (key) DO UPDATE SET
                tokens = least(%(limit)s, bucket.tokens
                    + extract(epoch FROM clock_timestamp() - bucket.updated_at) * %(rate)s) - %(count)s,
                updated_at = clock_timestamp()
            WHERE least(%(limit)s, bucket.tokens
                    + extract(epoch FROM clock_timestamp() - bucket.updated_at) * %(rate)s) >= %(needed)s
            RETURNING tokens
            """,
            {"key": key, "limit": float(limit), "rate": rate, "count": float(count), "needed": min(count, limit)},
        )
        row = cursor.fetchone()
    if row is None:  # the bucket is left as it is, so that hammering it does not keep it empty
        return Allowance(limit, 0, math.ceil(time.time() + limit / rate), max(1, math.ceil(min(count, limit) / rate)))
    tokens = float(row[0])
    return Allowance(limit, max(0, math.floor(tokens)), math.ceil(time.time() + (limit - tokens) / rate), 0)


def take_in_window(*, key: str, limit: int, period_seconds: int) -> Allowance:
    """Count one call of `key` in its window, which opens at the first call and lasts `period_seconds`: `limit` in each.

    For limits that were published as so many a minute. The row is that of a bucket, but holds how many were counted and
    when the window opened; a refused call adds nothing. One statement and one reading of the clock: two readings might
    fall on both sides of the window's end.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO kernel_ratebucket AS bucket (key, tokens, updated_at) VALUES (%(key)s, 1, clock_timestamp())
            ON CONFLICT (key) DO UPDATE SET (tokens, updated_at) = (
                SELECT CASE WHEN still.open THEN least(bucket.tokens + 1, %(limit)s + 1) ELSE 1 END,
                       CASE WHEN still.open THEN bucket.updated_at ELSE excluded.updated_at END
                FROM (SELECT excluded.updated_at < bucket.updated_at + %(period)s * interval '1 second' AS open) AS still)
            RETURNING tokens, extract(epoch FROM updated_at), extract(epoch FROM clock_timestamp())
            """,
            {"key": key, "limit": limit, "period": period_seconds},
        )
        counted, opened, now = (float(value) for value in cursor.fetchone())
    ends = opened + period_seconds
    left = min(max(1, math.ceil(ends - now)), period_seconds)
    return Allowance(limit, max(0, limit - int(counted)), math.ceil(ends), left if counted > limit else 0)
