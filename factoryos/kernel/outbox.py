"""The outbox: what happened is written with the change itself, and told afterwards, at least once, in order of commit.

The database owns the work. A worker claims rows with SKIP LOCKED under a lease and a fence; a Celery message is only a
wake-up. Killing a worker, flushing the broker or running two relays loses nothing and repeats no committed effect.
"""

import os
import socket
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import structlog
from django.db import connection, transaction

from factoryos.kernel import wakeup

log = structlog.get_logger(__name__)

BATCH = 500
LEASE_SECONDS = 60
MAX_ATTEMPTS = 10
CHANNEL = "factoryos"  # LISTEN/NOTIFY channel on which announcements go out
_POSITION_LOCK = 0x0F05_0001  # advisory lock: one transaction at a time hands out positions


@dataclass(frozen=True, slots=True)
class Message:
    id: int
    topic: str
    factory_id: int | None
    key: str
    payload: dict[str, Any]
    fence: int
    attempts: int


Handler = Callable[[list[Message]], None]
_handlers: dict[str, Handler] = {}


class LeaseLost(Exception):
    """Another worker took these messages over while ours was away: our effects must not stand."""


def handler(topic: str) -> Callable[[Handler], Handler]:
    """Register who does the work of `topic`; a topic without one is an announcement (see `announce`)."""

    def register(function: Handler) -> Handler:
        if topic in _handlers:
            raise ValueError(f"{topic} has a handler already: {_handlers[topic]}")
        _handlers[topic] = function
        return function

    return register


def put(
    *, topic: str, factory_id: int | None, key: str, payload: dict[str, Any], available_at: datetime | None = None
) -> None:
    """Write a message in the present transaction, and ring the relay when it commits.

    One that is `available_at` a later instant is found then by the relay's sweep.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO kernel_outboxmessage (topic, factory_id, key, payload, available_at)
            VALUES (%s, %s, %s, %s::jsonb, coalesce(%s::timestamptz, now()))
            """,
            [topic, factory_id, key, _dumps(payload), available_at],
        )
    if available_at is None:
        transaction.on_commit(wakeup.ring)


def put_all(*, topic: str, factory_id: int | None, key: str, payloads: Sequence[dict[str, Any]]) -> None:
    """Write several messages about one thing, in their order, as `put` writes one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO kernel_outboxmessage (topic, factory_id, key, payload)
            SELECT %s, %s, %s, payload FROM unnest(%s::jsonb[]) WITH ORDINALITY AS told(payload, place) ORDER BY place
            """,
            [topic, factory_id, key, [_dumps(payload) for payload in payloads]],
        )
    transaction.on_commit(wakeup.ring)


def _dumps(payload: dict[str, Any]) -> str:
    import orjson

    return orjson.dumps(payload, default=str).decode()


# Positions are handed out under one lock that lasts until commit: whoever has seen position n has been able to see every
# lower one, so a stream can resume from its last position without skipping a row that committed late. And one announcer
# at a time, oldest message first, means that what happened to one thing is told in the order in which it happened: two
# messages about it were written one after the other under its lock, so whoever sees the later one sees the earlier.
_ANNOUNCE = """
    WITH due AS (
        SELECT id FROM kernel_outboxmessage
        WHERE done_at IS NULL AND parked_at IS NULL AND available_at <= now() AND topic <> ALL(%s)
        ORDER BY id LIMIT %s FOR UPDATE
    ), numbered AS (
        SELECT id, nextval('kernel_outbox_position') AS position FROM (SELECT id FROM due ORDER BY id) AS ordered
    )
    UPDATE kernel_outboxmessage AS message SET position = numbered.position, done_at = now(), attempts = attempts + 1
    FROM numbered WHERE message.id = numbered.id RETURNING numbered.position
"""


def announce() -> int:
    """Tell what has no handler: give up to BATCH messages the next positions, and hint at the last on the channel."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_POSITION_LOCK])
        cursor.execute(_ANNOUNCE, [list(_handlers), BATCH])
        positions = [row[0] for row in cursor.fetchall()]
        if positions:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(max(positions))])
    return len(positions)


def relay(*, batches: int = 20) -> int:
    """Announce and handle due messages, a batch at a time; gives how many were done. Safe beside any number of others."""
    done = 0
    for _ in range(batches):
        announced = announce()
        done += announced
        if announced < BATCH:
            break
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
    for _ in range(batches if _handlers else 0):
        claimed = _claim(owner)
        by_topic: dict[str, list[Message]] = defaultdict(list)
        for message in claimed:
            by_topic[message.topic].append(message)
        for topic, messages in by_topic.items():
            done += _handle(_handlers[topic], messages, owner=owner)
        if len(claimed) < BATCH:
            break
    return done


def _claim(owner: str) -> list[Message]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH due AS MATERIALIZED ( -- once: asked anew for each row, it would find other ones each time
                SELECT id FROM kernel_outboxmessage
                WHERE done_at IS NULL AND parked_at IS NULL AND available_at <= now()
                  AND topic = ANY(%s) AND (lease_until IS NULL OR lease_until < now())
                ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
            )
            UPDATE kernel_outboxmessage AS message SET lease_owner = %s,
                lease_until = now() + make_interval(secs => %s), fence = fence + 1, attempts = attempts + 1
            FROM due WHERE message.id = due.id
            RETURNING message.id, topic, factory_id, key, payload, fence, attempts
            """,
            [list(_handlers), BATCH, owner, LEASE_SECONDS],
        )
        rows = [(*row[:4], _loads(row[4]), *row[5:]) for row in cursor.fetchall()]
    return sorted((Message(*row) for row in rows), key=lambda message: message.id)


def _loads(payload: Any) -> dict[str, Any]:
    import orjson

    return dict(orjson.loads(payload)) if isinstance(payload, (str, bytes)) else dict(payload)


def _handle(work: Handler, messages: list[Message], *, owner: str) -> int:
    """Do the work and mark it done in one transaction. One bad message in a batch must not hold up the others."""
    try:
        with transaction.atomic(durable=True):
            work(messages)
            _finish(messages, owner=owner)
        return len(messages)
    except LeaseLost:
        log.warning("outbox_lease_lost", topic=messages[0].topic, messages=len(messages))
        return 0
    except Exception as error:
        if len(messages) > 1:
            return sum(_handle(work, [message], owner=owner) for message in messages)
        log.exception("outbox_failed", topic=messages[0].topic, key=messages[0].key, attempts=messages[0].attempts)
        _postpone(messages[0], owner=owner, error=error)
        return 0


def _finish(messages: list[Message], *, owner: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE kernel_outboxmessage AS message SET done_at = now(), lease_until = NULL
            FROM unnest(%s::bigint[], %s::bigint[]) AS mine(id, fence)
            WHERE message.id = mine.id AND message.fence = mine.fence AND message.lease_owner = %s
              AND message.done_at IS NULL
            """,
            [[message.id for message in messages], [message.fence for message in messages], owner],
        )
        if cursor.rowcount != len(messages):
            raise LeaseLost()


def _postpone(message: Message, *, owner: str, error: Exception) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE kernel_outboxmessage SET lease_until = NULL, last_error = %s,
                available_at = now() + make_interval(secs => %s),
                parked_at = CASE WHEN attempts >= %s THEN now() END
            WHERE id = %s AND fence = %s AND lease_owner = %s
            """,
            [f"{type(error).__name__}: {error}"[:500], 2 ** min(message.attempts, 9), MAX_ATTEMPTS, message.id,
             message.fence, owner],
        )  # fmt: skip
