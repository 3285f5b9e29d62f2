"""Balances as the ledger works on them: locked in one order, with what is free of each.

Every path that touches stock locks all the balances it may need at once, by ascending id, so that two of them never
wait for each other crosswise.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from factoryos.kernel.quantities import ZERO
from manufacturing.models import MAIN


@dataclass(slots=True)
class Balance:
    """A locked row: how much of an item (of a lot, or of none) lies in one place. Postings keep it up to date."""

    id: int
    item_id: int
    lot_id: int | None
    lot_code: str | None
    best_before: datetime | None
    on_hand: Decimal
    reserved: Decimal

    @property
    def free(self) -> Decimal:
        return self.on_hand - self.reserved


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is to be put: the item, of a lot or of none, in a location (none: the main one)."""

    item_id: int
    lot_id: int | None = None
    location_id: int | None = None


class Shelves:
    """Locked balances, by id and by item."""

    def __init__(self, balances: dict[int, Balance]) -> None:
        self.by_id = balances
        self._by_item: dict[int, list[Balance]] = {}
        for balance in balances.values():
            self._by_item.setdefault(balance.item_id, []).append(balance)

    def of_item(self, item_id: int) -> list[Balance]:
        return self._by_item.get(item_id, [])


# A lot is looked up for each row that is found (LATERAL, LIMIT): a plan for more rows than there are reads all lots.
_LOCK = """
SELECT balance.id, balance.item_id, balance.lot_id, lot.code, lot.best_before, balance.on_hand, balance.reserved
FROM manufacturing_stockbalance AS balance
LEFT JOIN LATERAL (SELECT code, best_before FROM manufacturing_lot WHERE id = balance.lot_id LIMIT 1) AS lot ON true
WHERE {wanted} ORDER BY balance.id FOR NO KEY UPDATE OF balance
"""


def lock_balances(
    *,
    ids: Iterable[int] = (),
    free_of_items: Iterable[int] = (),
    of_lots: Iterable[int] = (),
) -> dict[int, Balance]:
    """These balances, all that have something free of these items, and all of these lots; locked, by id."""
    wanted, values = [], []
    for clause, keys in (
        ("balance.id = ANY(%s)", list(ids)),
        ("(balance.item_id = ANY(%s) AND balance.has_free)", list(free_of_items)),
        ("balance.lot_id = ANY(%s)", list(of_lots)),
    ):
        if keys:
            wanted.append(clause)
            values.append(keys)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LOCK.format(wanted=" OR ".join(wanted)), values)
        return {row[0]: Balance(*row) for row in cursor.fetchall()}


def find_places(places: Sequence[Place], *, factory_id: int) -> list[int]:
    """The balances of these places, in their order; made, with nothing in them, where there are none yet.

    To be asked before anything is locked: new rows are no reason to wait for one another, locked ones would be.
    """
    location = main_location(factory_id)
    keys = [(place.item_id, place.lot_id, place.location_id or location) for place in places]
    found = _known(keys)
    if missing := sorted({key for key in keys if key not in found}, key=str):
        _make(missing, factory_id=factory_id)
        found = _known(keys)
    return [found[key] for key in keys]


Key = tuple[int, int | None, int]


def _columns(keys: Sequence[Key]) -> list[list[Any]]:
    return [list(column) for column in zip(*keys, strict=True)]


def _known(keys: Sequence[Key]) -> dict[Key, int]:
    """Which balance each of these keys has. Asked apart for lots and for none: an index serves no IS NOT DISTINCT."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT balance.item_id, balance.lot_id, balance.location_id, balance.id
            FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS wanted(item_id, lot_id, location_id)
            JOIN manufacturing_stockbalance AS balance ON balance.item_id = wanted.item_id
                AND balance.location_id = wanted.location_id
                AND (balance.lot_id = wanted.lot_id OR (balance.lot_id IS NULL AND wanted.lot_id IS NULL))
            """,
            _columns(keys),
        )
        return {(item, lot, location): balance for item, lot, location, balance in cursor.fetchall()}


def _make(keys: Sequence[Key], *, factory_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO manufacturing_stockbalance (factory_id, item_id, lot_id, location_id)
            SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) ON CONFLICT DO NOTHING
            """,
            [factory_id, *_columns(keys)],
        )


def main_location(factory_id: int) -> int:
    """The id of the factory's main location, which is made when it is first asked for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM manufacturing_stocklocation WHERE factory_id = %s AND code = %s", [factory_id, MAIN]
        )
        if row := cursor.fetchone():
            return int(row[0])
        cursor.execute(
            "INSERT INTO manufacturing_stocklocation (uuid, factory_id, code, name)"
            " VALUES (gen_random_uuid(), %s, %s, 'Main store') ON CONFLICT (factory_id, code) DO NOTHING",
            [factory_id, MAIN],
        )
    return main_location(factory_id)


def free_of(balances: Iterable[Balance], *, item_id: int) -> Decimal:
    """How much of an item is free in these balances."""
    return sum((balance.free for balance in balances if balance.item_id == item_id), ZERO)
