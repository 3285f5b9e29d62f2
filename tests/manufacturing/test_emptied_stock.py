"""Balances stay when they are empty: a serial number used up years ago must cost today's confirm nothing."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from manufacturing.models import Item
from manufacturing.stock.balances import lock_balances, main_location
from manufacturing.stock.receipts import Delivery, receive
from tests import floor

pytestmark = pytest.mark.django_db

EMPTIED = 3000


def test_free_stock_is_locked_without_reading_emptied_balances() -> None:
    factory = floor.a_factory()
    motor = floor.an_item(factory, tracking=Item.Tracking.SERIAL)
    receive(Delivery(item=motor, quantity=Decimal(2), serial_numbers=("S-1", "S-2")), by=floor.an_actor(factory))
    _empty(motor)
    read: list[Any] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
            read.append(cursor.cursor.fetchone()[0])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        found = lock_balances(free_of_items=[motor.pk])

    assert {balance.lot_code for balance in found.values()} == {"S-1", "S-2"}
    plan = json.loads(read[0]) if isinstance(read[0], str) else read[0]
    assert sum(_rows(plan[0]["Plan"])) < 50, "a row for each piece that was ever used"


def _empty(item: Item) -> None:
    """Pieces that came and were used up, as their balances stand since."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH lot AS (INSERT INTO manufacturing_lot (uuid, factory_id, item_id, code, serial)"
            " SELECT gen_random_uuid(), %s, %s, 'USED-' || n, true FROM generate_series(1, %s) AS n RETURNING id)"
            " INSERT INTO manufacturing_stockbalance (factory_id, item_id, lot_id, location_id)"
            " SELECT %s, %s, lot.id, %s FROM lot",
            [item.factory_id, item.pk, EMPTIED, item.factory_id, item.pk, main_location(item.factory_id)],
        )
        cursor.execute("ANALYZE manufacturing_stockbalance, manufacturing_lot")


def _rows(node: dict[str, Any]) -> Iterator[float]:
    """The rows that each node of a plan touched, those it threw away too."""
    yield (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    for below in node.get("Plans", []):
        yield from _rows(below)
