"""Stub items: what a planning system names and nobody has set up yet is an item all the same, to be completed by people."""

from collections.abc import Collection

from django.db import connection

from factoryos.kernel import clock
from factoryos.kernel.ids import uuid7
from factoryos.kernel.rows import as_columns, find_all
from manufacturing.models import Item

_WANTED = "(factory_id, sku) IN (SELECT * FROM unnest(%s::bigint[], %s::text[]))"
# Who is late finds nothing to insert, after waiting for whoever was first; so all insert in one order.
_MAKE = """
INSERT INTO manufacturing_item (uuid, factory_id, sku, name, unit, unit_decimals, tracking, stub, created_at, updated_at)
SELECT stub.uuid, stub.factory_id, stub.sku, stub.sku, 'pcs', 0, 'none', true, %s, %s
FROM unnest(%s::uuid[], %s::bigint[], %s::text[]) AS stub(uuid, factory_id, sku)
ON CONFLICT (factory_id, sku) DO NOTHING
"""


def find_or_make_stubs(wanted: Collection[tuple[int, str]]) -> dict[tuple[int, str], Item]:
    """The items of these (factory id, sku); one that is not known becomes a stub, once, whoever else asks for it."""
    if not wanted:
        return {}
    found = _find(wanted)
    if missing := sorted(set(wanted) - found.keys()):
        now = clock.now()
        rows = [(uuid7(), factory_id, sku) for factory_id, sku in missing]
        with connection.cursor() as cursor:
            cursor.execute(_MAKE, [now, now, *as_columns(rows)])
        found |= _find(missing)
    return found


def _find(wanted: Collection[tuple[int, str]]) -> dict[tuple[int, str], Item]:
    return {(item.factory_id, item.sku): item for item in find_all(Item, _WANTED, as_columns(wanted))}
