"""Reading heads: how many stand in each state, a page of them, and what a row shows. Nothing here costs more with more heads.

Each state is read by itself from the index of what is not done, newest change first, and no further than a page needs; so
three conflicts are found at once beside a million that wait for their turn. States stand in the statements as words of
their own: the planner sees then, whatever it has prepared, that the index holds them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.ops.ingest.words import LOOKED_AT, NOT_DONE, WORDS, Word
from orders.listing import Position, planned_afresh

COUNTED = 1000  # of each state; beyond that "1 000+" says enough
_OLDEST = 200  # of what is in the queue, by change; one of them has waited longest, or nearly so


class HeadRow(NamedTuple):
    """The newest statement about one order, and what has become of it."""

    id: int
    order_number: str
    product_id: str
    product_name: str | None
    source_id: str | None
    status: str | None
    state: str
    reason: str | None
    updated_at: datetime
    received_at: datetime | None
    changed_at: datetime
    projected_at: datetime | None
    attempts: int
    due_at: datetime | None
    order_uuid: UUID | None
    reference: str | None
    order_state: str | None
    open_holds: int | None

    @property
    def word(self) -> Word:
        return WORDS[self.state]

    @property
    def later(self) -> bool:
        """Whether it is looked at again at a time that is still to come."""
        return self.due_at is not None and self.due_at > clock.now()

    @property
    def retried(self) -> bool:
        """Whether somebody may have it looked at again."""
        return self.state in LOOKED_AT


@dataclass(frozen=True, slots=True)
class Standing:
    """How many there are in each state that is not done, at most COUNTED + 1; since when the oldest of the queue waits."""

    counts: dict[str, int]
    waits_since: datetime | None


_STANDING = (
    ", ".join(
        f"(SELECT count(*) FROM (SELECT FROM orders_ingesthead WHERE factory_id = %(factory)s AND state = '{state}'"
        f" LIMIT {COUNTED + 1}) AS found)"
        for state in NOT_DONE
    )
    + f""", (SELECT min(due_at) FROM (SELECT due_at FROM orders_ingesthead WHERE factory_id = %(factory)s
    AND state = 'pending' ORDER BY changed_at, id LIMIT {_OLDEST}) AS first)"""
)

# What a row shows of its version, order and product is looked up for that row alone, however many others there are.
_ROWS = """
    SELECT head.id, head.order_number, head.product_id,
        (SELECT item.name FROM manufacturing_item AS item
            WHERE item.factory_id = head.factory_id AND item.sku = head.product_id),
        version.source_id, version.status, head.state, head.reason, head.updated_at, version.received_at,
        head.changed_at, head.projected_at, head.attempts, head.due_at, made.uuid, made.reference, made.state,
        made.open_holds
    FROM orders_ingesthead AS head
    LEFT JOIN LATERAL (
        SELECT source_id, status, received_at FROM orders_manufacturingorderversion AS kept
        WHERE kept.factory_id = head.factory_id AND kept.order_number = head.order_number
            AND kept.product_id = head.product_id AND kept.updated_at = head.updated_at LIMIT 1
    ) AS version ON true
    LEFT JOIN LATERAL (
        SELECT uuid, reference, state, open_holds FROM orders_productionorder
        WHERE id = head.order_id AND factory_id = head.factory_id LIMIT 1
    ) AS made ON true
    WHERE head.id = ANY(%s) AND head.factory_id = %s ORDER BY head.changed_at DESC, head.id DESC
"""


def standing(*, by: Actor) -> Standing:
    """One statement for all states."""
    *counts, since = _read(f"SELECT {_STANDING}", {"factory": by.factory.id})[0]
    return Standing(dict(zip(map(str, NOT_DONE), counts, strict=True)), since)


def is_empty(*, by: Actor) -> bool:
    """Whether no planning system has ever stated anything here."""
    return not _read("SELECT FROM orders_ingesthead WHERE factory_id = %s LIMIT 1", [by.factory.id])


def positions(
    states: Iterable[str], *, by: Actor, start: Position | None = None, backwards: bool = False, limit: int
) -> list[Position]:
    """Up to `limit` heads in these states (not the done ones), newest change first, from behind `start` or backwards from it."""
    order, beyond, values = direction(start, backwards=backwards)
    parts, all_values = [], []
    for state in states:
        assert state in NOT_DONE, "no index knows the others"
        parts.append(
            f"(SELECT changed_at, id FROM orders_ingesthead WHERE factory_id = %s AND state = '{state!s}'{beyond}"
            f" ORDER BY {order} LIMIT {limit:d})"
        )
        all_values += [by.factory.id, *values]
    with planned_afresh():
        query = f"SELECT changed_at, id FROM ({' UNION ALL '.join(parts)}) AS found ORDER BY {order} LIMIT {limit:d}"
        rows = _read(query, all_values)
    return [Position(*row) for row in rows]


def direction(start: Position | None, *, backwards: bool) -> tuple[str, str, list[Any]]:
    """(ORDER BY, a condition to add, its values) of a walk over (changed_at, id)."""
    order = "changed_at, id" if backwards else "changed_at DESC, id DESC"
    if start is None:
        return order, "", []
    return order, f" AND (changed_at, id) {'>' if backwards else '<'} (%s, %s)", [start.key, start.id]


def rows_of(ids: Sequence[int], *, by: Actor) -> list[HeadRow]:
    """What the list shows of these, newest change first; of other factories' nothing."""
    return [HeadRow(*row) for row in _read(_ROWS, [list(ids), by.factory.id])]


def _read(query: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()
