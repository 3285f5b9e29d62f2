"""Confirm and produce by hand: the rows of stock that an approved and a reported order write, in as few statements.

What the rules would ask is left out (amounts beyond counting, holds, over-production, a second name for a lot); stock is
plenty, so that the first-expired lot of each component always covers what is wanted.
"""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from factoryos.kernel.ids import uuid7
from orders.materials import amounts
from tests.bench import raw
from tests.bench.raw import Connection, Order, Verb

_NEEDS = """
    SELECT component.id, component.item_id, component.numerator, component.denominator, line.id, line.target,
        line.good + line.rejected, component.consumed, reservation.balance_id, reservation.quantity, line.item_id
    FROM orders_ordercomponent AS component JOIN orders_orderline AS line ON line.id = component.line_id
    LEFT JOIN manufacturing_reservation AS reservation ON reservation.component_id = component.id
    WHERE component.order_id = %s ORDER BY component.position
"""
_FREE = """
    SELECT balance.id, balance.item_id, balance.lot_id, lot.best_before
    FROM manufacturing_stockbalance AS balance LEFT JOIN manufacturing_lot AS lot ON lot.id = balance.lot_id
    WHERE balance.item_id = ANY(%s) AND balance.on_hand > balance.reserved ORDER BY balance.id
    FOR NO KEY UPDATE OF balance
"""
_RESERVE = """
    WITH balance AS (UPDATE manufacturing_stockbalance AS balance SET reserved = reserved + part.quantity
        FROM unnest(%(balances)s::bigint[], %(quantities)s::numeric[]) AS part(balance_id, quantity)
        WHERE balance.id = part.balance_id)
    INSERT INTO manufacturing_reservation (component_id, balance_id, quantity)
    SELECT * FROM unnest(%(components)s::bigint[], %(balances)s::bigint[], %(quantities)s::numeric[])
"""
_LOT = """
    INSERT INTO manufacturing_lot (uuid, factory_id, item_id, code, serial) VALUES (%s, %s, %s, %s, false)
    ON CONFLICT (item_id, code) DO NOTHING
"""
_PLACE = """
    INSERT INTO manufacturing_stockbalance (factory_id, item_id, lot_id, location_id)
    SELECT %s, lot.item_id, lot.id, location.id FROM manufacturing_lot AS lot
    JOIN manufacturing_stocklocation AS location ON location.factory_id = lot.factory_id AND location.code = 'main'
    WHERE lot.item_id = %s AND lot.code = %s ON CONFLICT DO NOTHING
"""
_FIND_PLACE = """
    SELECT balance.id, balance.lot_id FROM manufacturing_lot AS lot
    JOIN manufacturing_stockbalance AS balance ON balance.item_id = lot.item_id AND balance.lot_id = lot.id
    WHERE lot.item_id = %s AND lot.code = %s
"""
_LOCK = "SELECT id, lot_id FROM manufacturing_stockbalance WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
_ENTRY = """INSERT INTO orders_quantityentry (uuid, order_id, line_id, good, rejected, source, lot_number, serial_numbers,
    consumed_lots, short_consumption, actor_kind, actor_id, actor_name, face, occurred_at, at)
    VALUES (%s, %s, %s, 1, 0, 'manual', %s, '{}', '[]', '[]', 'user', 'raw', 'Raw', 'raw', %s, %s) RETURNING id"""
_BOOK = """
    WITH used AS (SELECT * FROM unnest(%(components)s::bigint[], %(items)s::bigint[], %(balances)s::bigint[],
            %(lots)s::bigint[], %(quantities)s::numeric[]) AS used(component_id, item_id, balance_id, lot_id, quantity)),
    balance AS (UPDATE manufacturing_stockbalance AS balance
        SET on_hand = on_hand - used.quantity, reserved = reserved - used.quantity
        FROM used WHERE balance.id = used.balance_id),
    place AS (UPDATE manufacturing_stockbalance SET on_hand = on_hand + 1 WHERE id = %(place)s),
    reservation AS (UPDATE manufacturing_reservation AS reservation SET quantity = reservation.quantity - used.quantity
        FROM used WHERE reservation.component_id = used.component_id AND reservation.balance_id = used.balance_id),
    component AS (UPDATE orders_ordercomponent AS component SET consumed = consumed + used.quantity
        FROM used WHERE component.id = used.component_id),
    line AS (UPDATE orders_orderline SET good = good + 1 WHERE id = %(line)s),
    consumption AS (INSERT INTO quality_consumption (factory_id, order_id, run_id, item_id, lot_id, quantity)
        SELECT %(factory)s, %(order)s, %(entry)s, used.item_id, used.lot_id, used.quantity FROM used),
    output AS (INSERT INTO quality_output (factory_id, order_id, run_id, item_id, lot_id, quantity)
        VALUES (%(factory)s, %(order)s, %(entry)s, %(item)s, %(lot)s, 1))
    INSERT INTO manufacturing_stockmove (factory_id, order_id, entry_id, run_id, actor_kind, actor_id, actor_name, face,
        at, uuid, balance_id, kind, quantity, component_id)
    SELECT %(factory)s, %(order)s, %(entry)s, %(entry)s, 'user', 'raw', 'Raw', 'raw', %(now)s, gen_random_uuid(), move.*
    FROM (SELECT balance_id, 'consumption', -quantity, component_id FROM used
        UNION ALL VALUES (%(place)s::bigint, 'production', 1::numeric, NULL::bigint)) AS move
"""


def confirm(connection: Connection, order: Order, plant: dict[str, Any]) -> None:
    found = raw.lock(connection, order)
    needs = connection.execute(_NEEDS, [found[0]]).fetchall()
    free = connection.execute(_FREE, [[need[1] for need in needs]]).fetchall()
    first: dict[int, Any] = {}
    for balance in sorted(free, key=lambda row: (row[3] is None, row[3] or row[2] or 0, row[0])):
        first.setdefault(balance[1], balance[0])
    connection.execute(
        _RESERVE,
        {
            "components": [need[0] for need in needs],
            "balances": [first[need[1]] for need in needs],
            "quantities": [
                amounts.as_reserved(Fraction(int(need[2]), int(need[3])) * int(need[5]), decimals=0) for need in needs
            ],
        },
    )
    raw.move(connection, found, plant, verb="approve", after="approved", sets="planned_start = planned_start")


def begin(connection: Connection, order: Order, plant: dict[str, Any]) -> None:
    """The first produce: the order is started, its lot is new."""
    found = raw.lock(connection, order)
    raw.move(connection, found, plant, verb="start", after="in_production", sets="actual_start = now()")
    produce(connection, order, plant)


def produce(connection: Connection, order: Order, plant: dict[str, Any]) -> None:
    found, now, code = raw.lock(connection, order), datetime.now(UTC), f"LOT-{order[0]}"
    needs = connection.execute(_NEEDS, [found[0]]).fetchall()
    line, made, item = needs[0][4], needs[0][6], needs[0][10]
    place = _place(connection, item, code, plant)
    balances = {need[8] for need in needs} | {place[0]}
    lots = dict(connection.execute(_LOCK, [sorted(balances)]).fetchall())
    (entry,) = raw.one(connection, _ENTRY, uuid7(), found[0], line, code, now, now)
    connection.execute(
        _BOOK,
        {
            "components": [need[0] for need in needs], "items": [need[1] for need in needs],
            "balances": [need[8] for need in needs], "lots": [lots[need[8]] for need in needs],
            "quantities": [_used(need, produced=made + 1) for need in needs], "place": place[0], "lot": place[1],
            "line": line, "item": item, "factory": plant["factory"], "order": found[0], "entry": entry, "now": now,
        },
    )  # fmt: skip
    raw.move(connection, found, plant, verb="report", after=found[2], sets="quantity_good = quantity_good + 1")


def _used(need: Any, *, produced: Decimal) -> Decimal:
    used: Decimal = amounts.as_used(Fraction(int(need[2]), int(need[3])) * Fraction(produced)) - need[7]
    return used


def _place(connection: Connection, item: int, code: str, plant: dict[str, Any]) -> Any:
    """Where the pieces go: (balance, lot), made where they are new."""
    found = raw.one(connection, _FIND_PLACE, item, code)
    if found is None:
        connection.execute(_LOT, [uuid7(), plant["factory"], item, code])
        connection.execute(_PLACE, [plant["factory"], item, code])
        found = raw.one(connection, _FIND_PLACE, item, code)
    return found


VERBS: dict[str, Verb] = {"confirm": confirm, "begin": begin, "produce": produce}
