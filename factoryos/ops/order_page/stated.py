"""What a planning system states of the order, where one does: who sent it, in whose words, and whether the order follows."""

from datetime import datetime
from typing import NamedTuple

from django.db import connection

from factoryos.kernel.actors import Actor
from factoryos.ops.ingest.words import LOOKED_AT, WORDS, Word


class Stated(NamedTuple):
    """The newest version, and how far this order follows it."""

    head_id: int
    state: str
    reason: str | None
    due_at: datetime | None
    source_id: str
    status: str | None
    ordered_at: datetime
    updated_at: datetime

    @property
    def word(self) -> Word:
        return WORDS[self.state]

    @property
    def told(self) -> bool:
        """Whether the page has to say that the order does not follow."""
        return self.state in LOOKED_AT


_STATED = """
    SELECT head.id, head.state, head.reason, head.due_at, version.source_id, version.status, version.ordered_at,
        version.updated_at
    FROM orders_ingesthead AS head JOIN orders_manufacturingorderversion AS version
        ON version.factory_id = head.factory_id AND version.order_number = head.order_number
        AND version.product_id = head.product_id AND version.updated_at = head.updated_at
    WHERE head.order_id = %s AND head.factory_id = %s
"""


def stated_of(order_id: int, *, by: Actor) -> Stated | None:
    """None for an order that no planning system knows. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_STATED, [order_id, by.factory.id])
        row = cursor.fetchone()
    return Stated(*row) if row else None
