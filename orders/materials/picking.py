"""What the warehouse is to take for an order, and from where: lots promised to it, then free ones, first expired first.

Read without a lock, for paper: by the time somebody stands at the shelf, a free lot may have gone to another order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from factoryos.kernel.actors import Actor
from factoryos.kernel.quantities import ZERO, exactly


@dataclass(frozen=True, slots=True)
class Pick:
    """So much from one lot (none: without a lot) in one place. Not `promised`: free, and nobody's until it is taken."""

    lot: str | None
    best_before: datetime | None
    place: str
    quantity: Decimal
    promised: bool


@dataclass(slots=True)
class Picking:
    """What is to be taken of one item. `picks` are the first ones; `more` others hold `more_quantity`."""

    used: Decimal = ZERO  # taken already, or said not to be needed
    reserved: Decimal = ZERO
    free: Decimal = ZERO  # in stock, promised to nobody
    missing: Decimal = ZERO  # neither reserved nor free
    picks: list[Pick] = field(default_factory=list)
    more: int = 0
    more_quantity: Decimal = ZERO


@dataclass(slots=True)
class _Found:
    """Some of the picks of one kind, and what all of them come to."""

    picks: list[Pick] = field(default_factory=list)
    lots: int = 0
    quantity: Decimal = ZERO
    available: Decimal = ZERO


_USED = """
SELECT item_id, sum(consumed + spared) FROM orders_ordercomponent WHERE order_id = %s AND item_id = ANY(%s) GROUP BY item_id
"""
# The order of manufacturing.stock.picking.turn, in which the ledger takes them too.
_TURN = "best_before NULLS LAST, coalesce(lot_id, 0), balance_id"
_PROMISED = f"""
WITH promised AS (
    SELECT balance.item_id, balance.id AS balance_id, balance.lot_id, lot.code, lot.best_before, place.code AS place,
        sum(reservation.quantity) AS quantity
    FROM orders_ordercomponent AS component
    JOIN manufacturing_reservation AS reservation ON reservation.component_id = component.id
    JOIN manufacturing_stockbalance AS balance ON balance.id = reservation.balance_id
    JOIN manufacturing_stocklocation AS place ON place.id = balance.location_id
    LEFT JOIN manufacturing_lot AS lot ON lot.id = balance.lot_id
    WHERE component.order_id = %s AND balance.factory_id = %s AND balance.item_id = ANY(%s)
    GROUP BY balance.item_id, balance.id, balance.lot_id, lot.code, lot.best_before, place.code
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY item_id ORDER BY {_TURN}) AS turn,
        count(*) OVER (PARTITION BY item_id) AS lots, sum(quantity) OVER (PARTITION BY item_id) AS total
    FROM promised
)
SELECT item_id, code, best_before, place, quantity, lots, total, total FROM ranked WHERE turn <= %s ORDER BY item_id, turn
"""
_FREE = f"""
WITH free AS (
    SELECT balance.item_id, balance.id AS balance_id, balance.lot_id, lot.code, lot.best_before, place.code AS place,
        balance.on_hand - balance.reserved AS free, wanted.rest
    FROM unnest(%s::bigint[], %s::numeric[]) AS wanted(item_id, rest)
    JOIN manufacturing_stockbalance AS balance ON balance.item_id = wanted.item_id AND balance.has_free
    JOIN manufacturing_stocklocation AS place ON place.id = balance.location_id
    LEFT JOIN manufacturing_lot AS lot ON lot.id = balance.lot_id
    WHERE balance.factory_id = %s
), ranked AS (
    SELECT *, row_number() OVER turn AS turn, sum(free) OVER turn - free AS before,
        sum(free) OVER (PARTITION BY item_id) AS available
    FROM free WINDOW turn AS (PARTITION BY item_id ORDER BY {_TURN} ROWS UNBOUNDED PRECEDING)
), counted AS (
    SELECT *, count(*) FILTER (WHERE before < rest) OVER (PARTITION BY item_id) AS lots FROM ranked
)
SELECT item_id, code, best_before, place, least(free, greatest(rest - before, 0)), lots, least(rest, available), available
FROM counted WHERE turn <= %s AND (before < rest OR turn = 1) ORDER BY item_id, turn
"""


@exactly()
def pickings_of(order_id: int, needs: Mapping[int, Decimal], *, by: Actor, most: int) -> dict[int, Picking]:
    """What is to be taken of each of these items, of which the order needs so much in all; at most `most` picks of each.

    Three statements, however many items. The order is the actor's: who asks has looked it up.
    """
    items = list(needs)
    found = {item: Picking(used=used) for item, used in _used(order_id, items).items()}
    promised = _read(_PROMISED, [order_id, by.factory.id, items, most], promised=True)
    rests = {
        item: max(need - found.setdefault(item, Picking()).used - promised.get(item, _Found()).quantity, ZERO)
        for item, need in needs.items()
    }
    free = _read(_FREE, [list(rests), list(rests.values()), by.factory.id, most], promised=False)
    for item, picking in found.items():
        _fill(picking, promised.get(item, _Found()), free.get(item, _Found()), rest=rests[item], most=most)
    return found


def _fill(picking: Picking, promised: _Found, free: _Found, *, rest: Decimal, most: int) -> None:
    picks = [pick for pick in (*promised.picks, *free.picks) if pick.quantity]
    picking.reserved, picking.free = promised.quantity, free.available
    picking.missing = rest - free.quantity
    picking.picks = picks[:most]
    picking.more = promised.lots + free.lots - len(picking.picks)
    picking.more_quantity = promised.quantity + free.quantity - sum((pick.quantity for pick in picking.picks), ZERO)


def _used(order_id: int, items: list[int]) -> dict[int, Decimal]:
    with connection.cursor() as cursor:
        cursor.execute(_USED, [order_id, items])
        return dict(cursor.fetchall())


def _read(sql: str, values: list[Any], *, promised: bool) -> dict[int, _Found]:
    found: dict[int, _Found] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for item, lot, best_before, place, quantity, lots, total, available in cursor.fetchall():
            of_item = found.setdefault(item, _Found(lots=lots, quantity=total, available=available))
            of_item.picks.append(Pick(lot, best_before, place, quantity, promised))
    return found
