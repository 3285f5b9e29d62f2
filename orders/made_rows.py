"""What came of each line of an order: good units by batch and serial number, as the genealogy knows them.

A correction lowers what its run made, so what was taken back is gone from here, lot by lot. Of pieces that are not kept
by lot or number, batch and number are what was told of them.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import NotFound


class MadeRow(NamedTuple):
    """Good units of one batch, of one serial number, or of one number that was told of them.

    `single`: kept in stock under this number as one piece. `batch` and `serial` are never both None.
    """

    batch: str | None
    serial: str | None
    single: bool
    quantity: Decimal
    best_before: datetime | None


@dataclass(frozen=True, slots=True)
class MadeLine:
    """A line, with what was made of it, the earliest run first."""

    id: int
    sku: str
    target: Decimal
    rows: list[MadeRow] = field(default_factory=list)


_LINES = """
SELECT o.id, line.id, item.sku, line.target FROM orders_productionorder AS o
LEFT JOIN orders_orderline AS line ON line.order_id = o.id LEFT JOIN manufacturing_item AS item ON item.id = line.item_id
WHERE o.id = %s AND o.factory_id = %s ORDER BY line.sort
"""
_ROWS = """
SELECT line_id, batch, serial, single, sum(quantity), best_before FROM (
    SELECT run.line_id, run.id AS run_id, output.quantity, lot.best_before, coalesce(lot.serial, false) AS single,
        CASE WHEN lot.serial OR lot.id IS NULL THEN run.lot_number ELSE lot.code END AS batch,
        CASE WHEN lot.serial THEN lot.code ELSE run.serial_label END AS serial
    FROM quality_output AS output JOIN orders_quantityentry AS run ON run.id = output.run_id
    LEFT JOIN manufacturing_lot AS lot ON lot.id = output.lot_id
    WHERE output.order_id = %s AND output.quantity > 0
) AS made
WHERE batch IS NOT NULL OR serial IS NOT NULL
GROUP BY line_id, batch, serial, single, best_before ORDER BY min(run_id), batch, serial
"""


def made_lines(order_id: int, *, by: Actor) -> list[MadeLine]:
    """The lines of an order of the actor's factory, in their order. Two queries. Problem: NotFound."""
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [order_id, by.factory.id])
        found = cursor.fetchall()
        if not found:
            raise NotFound(thing="Production order")
        lines = {line_id: MadeLine(line_id, sku, target) for _, line_id, sku, target in found if line_id is not None}
        cursor.execute(_ROWS, [order_id])
        for line_id, batch, serial, single, quantity, best_before in cursor.fetchall():
            lines[line_id].rows.append(MadeRow(batch, serial, single, quantity, best_before))
    return list(lines.values())
