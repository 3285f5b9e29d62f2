"""Writing genealogy: what each report of production used and made, by item and lot."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import connection

from quality.models import Consumption, Output

Key = tuple[int, int, int | None]  # run (a quantity entry), item, lot or none

_ADD = """
INSERT INTO {table} AS link (factory_id, order_id, run_id, item_id, lot_id, quantity)
SELECT %s, %s, * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::numeric[])
ON CONFLICT (run_id, item_id, lot_id) DO UPDATE SET quantity = link.quantity + excluded.quantity
"""
_TAKE_BACK = """
UPDATE {table} AS link SET quantity = link.quantity + change.quantity
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::numeric[]) AS change(run_id, item_id, lot_id, quantity)
WHERE link.run_id = change.run_id AND link.item_id = change.item_id AND link.lot_id IS NOT DISTINCT FROM change.lot_id
"""


def record(*, factory_id: int, order_id: int, used: Mapping[Key, Decimal], made: Mapping[Key, Decimal]) -> None:
    """Add these quantities to the links of their runs; negative ones (a correction) are taken back. One statement."""
    parts: list[str] = []
    values: list[Any] = []
    for model, changes in ((Consumption, used), (Output, made)):
        table = model._meta.db_table
        more = [(*key, quantity) for key, quantity in changes.items() if quantity > 0]
        less = [(*key, quantity) for key, quantity in changes.items() if quantity < 0]
        if more:
            parts.append(_ADD.format(table=table))
            values += [factory_id, order_id, *(list(column) for column in zip(*more, strict=True))]
        if less:
            parts.append(_TAKE_BACK.format(table=table))
            values += [list(column) for column in zip(*less, strict=True)]
    if parts:
        named = ", ".join(f"part_{place} AS ({sql})" for place, sql in enumerate(parts))
        with connection.cursor() as cursor:
            cursor.execute(f"WITH {named} SELECT", values)
