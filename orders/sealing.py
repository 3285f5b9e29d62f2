"""Sealing: each minute, the heads of all histories that grew, under one Merkle root chained to the root before it.

Who would rewrite an order's history unseen must also rewrite every seal since, and every root that was noted elsewhere.
"""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from factoryos.kernel import clock
from orders.chain import merkle_root, seal_hash
from orders.models import Seal

BATCH = 1000  # heads a seal: about a tenth of a second, for which these orders' verbs wait
SEALING = 0x0F05_0002  # advisory lock: one transaction at a time adds to the chain of seals


def seal_all(*, batch: int = BATCH, batches: int = 300) -> int:
    """Seal whatever grew, in transactions of their own; gives how many heads. Another sealer at work: nothing to do."""
    sealed = 0
    for _ in range(batches):
        count = seal_batch(batch)
        sealed += count
        if count < batch:
            break
    return sealed


def seal_batch(limit: int = BATCH) -> int:
    """Seal up to `limit` heads in one transaction; gives how many. An order that a verb holds is left for next time."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        if not _had_the_turn(cursor):
            return 0
        # From here on, statements see whatever the sealer before us committed.
        cursor.execute("SET LOCAL statement_timeout = '60s'")
        cursor.execute(
            """
            SELECT id, version, chain_head FROM orders_productionorder WHERE version <> sealed_version
            ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
            """,
            [limit],
        )
        heads = cursor.fetchall()
        if heads:
            _write(cursor, heads=heads, sealed_at=clock.now())
        return len(heads)


def _had_the_turn(cursor: Any) -> bool:
    """Whether we are the only one that adds to the chain until our transaction ends."""
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALING])
    return bool(cursor.fetchone()[0])


def _write(cursor: Any, *, heads: list[tuple[int, int, str]], sealed_at: datetime) -> None:
    """One seal with its leaves; no event and no new updated_at, for nothing happened to the orders."""
    orders, versions, hashes = (list(column) for column in zip(*heads, strict=True))
    previous = Seal.objects.order_by("-id").values_list("merkle_root", "seal_hash").first()
    root = merkle_root(hashes)
    seal = Seal.objects.create(
        sealed_at=sealed_at,
        leaves=len(heads),
        merkle_root=root,
        previous_root=previous[0] if previous else None,
        seal_hash=seal_hash(
            previous=previous[1] if previous else None, root=root, leaves=len(heads), sealed_at=sealed_at
        ),
    )
    cursor.execute(
        """
        INSERT INTO orders_sealleaf (seal_id, position, order_id, seq, head)
        SELECT %s, position - 1, order_id, seq, head
        FROM unnest(%s::bigint[], %s::int[], %s::text[]) WITH ORDINALITY AS leaf(order_id, seq, head, position)
        """,
        [seal.pk, orders, versions, hashes],
    )
    cursor.execute(
        """
        UPDATE orders_productionorder AS the_order SET sealed_version = leaf.version
        FROM unnest(%s::bigint[], %s::int[]) AS leaf(id, version) WHERE the_order.id = leaf.id
        """,
        [orders, versions],
    )
