"""Writing genealogy: what each report of production used and made, by item and lot."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from factoryos.kernel.rows import as_columns
from quality.models import Consumption, Output


class Key(NamedTuple):
    """What a link is about: the run (a quantity entry) of an order, and the item, of a lot or of none."""

    factory_id: int
    order_id: int
    run_id: int
    item_id: int
    lot_id: int | None


_ADD = """
INSERT INTO {table} AS link (factory_id, order_id, run_id, item_id, lot_id, quantity)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::numeric[])
ON CONFLICT (run_id, item_id, lot_id) DO UPDATE SET quantity = link.quantity + excluded.quantity
"""
_TAKE_BACK = """
UPDATE {table} AS link SET quantity = link.quantity + change.quantity
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::numeric[]) AS change(run_id, item_id, lot_id, quantity)
WHERE link.run_id = change.run_id AND link.item_id = change.item_id AND link.lot_id IS NOT DISTINCT FROM change.lot_id
"""


def statements(*, used: Mapping[Key, Decimal], made: Mapping[Key, Decimal]) -> list[tuple[str, list[Any]]]:
    """What adds these quantities to the links of their runs; negative ones (a correction) are taken back.

    [(sql, values)], to be run as parts of the statement that writes the moves, so that neither goes without the other.
    """
    found: list[tuple[str, list[Any]]] = []
    for model, changes in ((Consumption, used), (Output, made)):
        table = model._meta.db_table
        more = [(*key, quantity) for key, quantity in changes.items() if quantity > 0]
        less = [(key.run_id, key.item_id, key.lot_id, quantity) for key, quantity in changes.items() if quantity < 0]
        if more:
            found.append((_ADD.format(table=table), as_columns(more)))
        if less:
            found.append((_TAKE_BACK.format(table=table), as_columns(less)))
    return found
