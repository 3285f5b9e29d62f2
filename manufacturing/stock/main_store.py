"""Where finished pieces go: the balances of the main store, found or made with their lots, for any number of items at once."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from factoryos.kernel.ids import uuid7
from manufacturing.models import MAIN, Item
from manufacturing.stock.balances import Place, find_places
from manufacturing.stock.lots import lots_for

Wanted = tuple[Item, str | None]  # the item, and its lot's code or none
Key = tuple[int, str | None]  # the item's id, and the same

# A lot and its balance are made together where the lot is new, in one order, so that two never wait crosswise. Gives
# nothing where somebody else makes the same in this instant, or where a lot that is known lies somewhere else only.
_FIND_OR_MAKE = """
WITH wanted AS (
    SELECT wanted.*, main.id AS location_id
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::uuid[]) AS wanted(factory_id, item_id, code, uuid)
    JOIN manufacturing_stocklocation AS main ON main.factory_id = wanted.factory_id AND main.code = %s
), known AS (
    SELECT wanted.item_id, wanted.code, wanted.location_id, lot.id AS lot_id FROM wanted
    JOIN manufacturing_lot AS lot ON lot.item_id = wanted.item_id AND lot.code = wanted.code
), lot AS (
    INSERT INTO manufacturing_lot (uuid, factory_id, item_id, code, serial)
    SELECT uuid, factory_id, item_id, code, false FROM wanted
    WHERE code IS NOT NULL AND (item_id, code) NOT IN (SELECT item_id, code FROM known)
    ORDER BY item_id, code
    ON CONFLICT (item_id, code) DO NOTHING RETURNING id, item_id, code
), place AS (
    INSERT INTO manufacturing_stockbalance (factory_id, item_id, lot_id, location_id)
    SELECT wanted.factory_id, lot.item_id, lot.id, wanted.location_id
    FROM lot JOIN wanted ON wanted.item_id = lot.item_id AND wanted.code = lot.code RETURNING id, lot_id
), loose AS (
    SELECT wanted.factory_id, wanted.item_id, wanted.location_id, balance.id FROM wanted
    LEFT JOIN manufacturing_stockbalance AS balance ON balance.item_id = wanted.item_id AND balance.lot_id IS NULL
        AND balance.location_id = wanted.location_id
    WHERE wanted.code IS NULL
), new_loose AS (
    INSERT INTO manufacturing_stockbalance (factory_id, item_id, location_id)
    SELECT factory_id, item_id, location_id FROM loose WHERE id IS NULL ORDER BY item_id
    ON CONFLICT DO NOTHING RETURNING item_id, id
)
SELECT lot.item_id, lot.code, place.id FROM place JOIN lot ON lot.id = place.lot_id
UNION ALL
SELECT known.item_id, known.code, balance.id FROM known
JOIN manufacturing_stockbalance AS balance ON balance.item_id = known.item_id AND balance.lot_id = known.lot_id
    AND balance.location_id = known.location_id
UNION ALL
SELECT item_id, NULL, id FROM loose WHERE id IS NOT NULL
UNION ALL
SELECT item_id, NULL, id FROM new_loose
"""


def find_main_places(wanted: Sequence[Wanted]) -> list[int]:
    """The balances in the main store of these items, of a lot or of none, in their order; lots and balances are made.

    To be asked before anything is locked, for the reason that `find_places` gives.
    """
    items = {(item.pk, code): item for item, code in wanted}
    if not items:
        return []
    keys = sorted(items, key=str)
    values: list[Any] = [
        [items[key].factory_id for key in keys],
        [item_id for item_id, _ in keys],
        [code for _, code in keys],
        [uuid7() for _ in keys],
        MAIN,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_FIND_OR_MAKE, values)
        found: dict[Key, int] = {(item_id, code): balance for item_id, code, balance in cursor.fetchall()}
    _make_what_is_missing(found, items=items)
    return [found[item.pk, code] for item, code in wanted]


def _make_what_is_missing(found: dict[Key, int], *, items: dict[Key, Item]) -> None:
    missing: dict[int, list[tuple[Key, Place]]] = {}
    for key, item in items.items():
        if key not in found:
            lot = lots_for(item, [key[1]])[0] if key[1] is not None else None
            missing.setdefault(item.factory_id, []).append((key, Place(item.pk, lot)))
    for factory_id, places in missing.items():
        made = find_places([place for _, place in places], factory_id=factory_id)
        found |= zip((key for key, _ in places), made, strict=True)
