"""Proving the history: every event's hash, every chain up to its order's head, every seal up to the newest."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from orders.chain import event_hash, merkle_root, seal_hash
from orders.history import hashed_fields
from orders.models import OrderEvent, ProductionOrder, Seal, SealLeaf
from orders.proofs import Fault

CHUNK = 2000  # rows fetched at a time from a cursor of the server: memory does not grow with the history
_EVENTS = OrderEvent._meta.db_table
_ORDERS = ProductionOrder._meta.db_table
_SEALS = Seal._meta.db_table
_LEAVES = SealLeaf._meta.db_table


@dataclass(slots=True)
class Counted:
    """How much was looked at."""

    orders: int = 0
    events: int = 0
    seals: int = 0


@dataclass(frozen=True, slots=True)
class _Order:
    id: int
    uuid: UUID
    reference: str
    version: int
    chain_head: str
    state: str


def first_fault(*, factory_id: int | None, counted: Counted) -> Fault | None:
    """The first altered row: of the events by order and seq, then of the leaves, then of the seals; else None.

    Call it within `one_snapshot`. Seals cover all factories, so all of them are proved even for one factory.
    """
    return (
        next(_chain_faults(factory_id, counted), None)
        or next(_leaf_faults(factory_id), None)
        or next(_seal_faults(counted), None)
    )


def _chain_faults(factory_id: int | None, counted: Counted) -> Iterator[Fault]:
    """Walk orders and events side by side, both in the order of the orders' ids."""
    events: QuerySet[OrderEvent] = OrderEvent.objects.order_by("order_id", "seq")
    orders = ProductionOrder.objects.order_by("id")
    if factory_id is not None:
        orders = orders.filter(factory_id=factory_id)
        events = events.filter(order_id__in=orders.order_by().values("id"))
    chains = groupby(events.iterator(chunk_size=CHUNK), key=lambda event: event.order_id)
    chain: tuple[int, Iterator[OrderEvent]] | None = next(chains, None)
    rows = orders.values_list("id", "uuid", "reference", "version", "chain_head", "state")
    for row in rows.iterator(chunk_size=CHUNK):
        order = _Order(*row)
        counted.orders += 1
        if chain is not None and chain[0] < order.id:
            break
        mine = chain[1] if chain is not None and chain[0] == order.id else iter(())
        yield from _chain_fault(order, events=mine, counted=counted)
        if chain is not None and chain[0] == order.id:
            chain = next(chains, None)
    if chain is not None:
        event = next(chain[1])
        yield Fault(_EVENTS, event.pk, None, event.seq, f"belongs to order {event.order_id}, which does not exist")


def _chain_fault(order: _Order, *, events: Iterator[OrderEvent], counted: Counted) -> Iterator[Fault]:
    last: OrderEvent | None = None
    for event in events:
        counted.events += 1
        expected = last.seq + 1 if last else 1
        if event.seq != expected:
            yield _fault(event, order, f"follows event {expected - 1}, so event {expected} is gone")
        if event_hash(fields=hashed_fields(event, order_uuid=order.uuid), previous=event.previous_hash) != event.hash:
            yield _fault(event, order, "its content does not give its hash: one of them was changed")
        if event.previous_hash != (last.hash if last else None):
            text = "its hash is not the one that the next event was chained to: it was rewritten"
            yield _fault(last, order, text) if last else _fault(event, order, "it follows an event that is gone")
        last = event
    if last is None:
        yield Fault(_ORDERS, order.id, order.reference, None, "it has no events at all")
    elif last.seq != order.version:
        text = f"the last event is {last.seq} but the order is at version {order.version}: the end of history is gone"
        yield Fault(_ORDERS, order.id, order.reference, last.seq, text)
    elif last.hash != order.chain_head:
        yield _fault(last, order, f"its hash is not the order's chain head ({_ORDERS} row {order.id})")
    elif last.to_state != order.state:
        text = f"the order is {order.state} but its last event left it {last.to_state}"
        yield Fault(_ORDERS, order.id, order.reference, last.seq, text)


def _fault(event: OrderEvent, order: _Order, text: str) -> Fault:
    return Fault(_EVENTS, event.pk, order.reference, event.seq, text)


def _leaf_faults(factory_id: int | None) -> Iterator[Fault]:
    """Leaves against the events they sealed, and orders that claim a seal they have not."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT leaf.id, event.id, the_order.reference, leaf.seq, leaf.seal_id
            FROM orders_sealleaf AS leaf
            LEFT JOIN orders_productionorder AS the_order ON the_order.id = leaf.order_id
            LEFT JOIN orders_orderevent AS event ON event.order_id = leaf.order_id AND event.seq = leaf.seq
            WHERE event.hash IS DISTINCT FROM leaf.head {"AND the_order.factory_id = %s" if factory_id else ""}
            ORDER BY leaf.order_id, leaf.seq LIMIT 1
            """,
            [factory_id] if factory_id else [],
        )
        if row := cursor.fetchone():
            leaf, event, reference, seq, seal = row
            text = f"is not what seal {seal} sealed ({_LEAVES} row {leaf})"
            yield Fault(_EVENTS, event or "–", reference, seq, text if event else f"is gone, but {text}")
        cursor.execute(
            f"""
            SELECT the_order.id, the_order.reference, the_order.sealed_version, coalesce(sealed.seq, 0)
            FROM orders_productionorder AS the_order
            LEFT JOIN (SELECT order_id, max(seq) AS seq FROM orders_sealleaf GROUP BY order_id) AS sealed
                ON sealed.order_id = the_order.id
            WHERE the_order.sealed_version <> coalesce(sealed.seq, 0)
                {"AND the_order.factory_id = %s" if factory_id else ""}
            ORDER BY the_order.id LIMIT 1
            """,
            [factory_id] if factory_id else [],
        )
        if row := cursor.fetchone():
            text = f"was sealed up to version {row[2]}, but its last leaf is of version {row[3]}: seals are gone"
            yield Fault(_ORDERS, row[0], row[1], row[3], text)


def _seal_faults(counted: Counted) -> Iterator[Fault]:
    """Roots from their leaves, and each seal chained to the one before it."""
    leaves = SealLeaf.objects.order_by("seal_id", "position")
    by_seal = groupby(
        leaves.values_list("seal_id", "position", "head").iterator(chunk_size=CHUNK), key=lambda leaf: leaf[0]
    )
    heap: tuple[int, Iterator[tuple[Any, ...]]] | None = next(by_seal, None)
    previous: Seal | None = None
    for seal in Seal.objects.order_by("id").iterator(chunk_size=CHUNK):
        counted.seals += 1
        if heap is not None and heap[0] < seal.pk:
            break
        mine = list(heap[1]) if heap is not None and heap[0] == seal.pk else []
        yield from _seal_fault(seal, previous=previous, leaves=mine)
        if heap is not None and heap[0] == seal.pk:
            heap = next(by_seal, None)
        previous = seal
    if heap is not None:
        yield Fault(_LEAVES, "–", None, None, f"seal {heap[0]} of these leaves is gone")


def _seal_fault(seal: Seal, *, previous: Seal | None, leaves: list[tuple[Any, ...]]) -> Iterator[Fault]:
    if [leaf[1] for leaf in leaves] != list(range(seal.leaves)):
        yield Fault(_SEALS, seal.pk, None, None, f"it says {seal.leaves} leaves and has {len(leaves)}: some are gone")
        return
    if merkle_root([leaf[2] for leaf in leaves]) != seal.merkle_root:
        yield Fault(_SEALS, seal.pk, None, None, "its leaves do not give its Merkle root")
    if seal.previous_root != (previous.merkle_root if previous else None):
        yield Fault(_SEALS, seal.pk, None, None, "it does not follow the seal before it: one was rewritten or is gone")
    expected = seal_hash(
        previous=previous.seal_hash if previous else None,
        root=seal.merkle_root, leaves=seal.leaves, sealed_at=seal.sealed_at,
    )  # fmt: skip
    if expected != seal.seal_hash:
        yield Fault(_SEALS, seal.pk, None, None, "its content does not give its hash: one of them was changed")
