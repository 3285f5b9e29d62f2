"""`python -m tests.bench projection`: new orders made of what planning systems stated, beside bare rows of the same kind.

Each statement is of an order in production that nobody knew: an order, its line, four events with their announcements, one
entry and what the face keeps. Bare rows are these by one statement for as many orders as one of our transactions takes,
with nothing asked and nothing hashed.
"""

import logging
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from factoryos.kernel import embedded_postgres
from tests.bench import database
from tests.bench import plant as plants
from tests.bench.plant import Plant

ORDERS, ROUNDS, TARGET = 6000, 3, 2000  # TARGET: orders a second
EVENTS = ("create", "schedule", "start", "report")
_TABLES = (
    "orders_productionorder", "orders_orderline", "orders_quantityentry", "orders_orderevent", "orders_orderfacts",
    "orders_ingesthead", "orders_manufacturingorderversion", "manufacturing_item",
)  # fmt: skip

# Says when it is ready, waits for its turn, and works until nothing is due.
_WORKER = """
import sys
import django
django.setup()
from django.db import connection
from factoryos.dialects.ingest import projection
connection.ensure_connection()
print("ready", flush=True)
sys.stdin.readline()
while projection.project(seconds=60):
    pass
"""
_STATED = """
    WITH request AS (
        INSERT INTO orders_ingestrequest (id, actor_kind, actor_id, actor_name, credential, operation_type)
        VALUES (gen_random_uuid(), 'user', 'bench', 'Bench', 'token', 'UPSERT') RETURNING id
    ), stated AS (
        INSERT INTO orders_manufacturingorderversion (factory_id, order_number, product_id, updated_at, source_id,
            ordered_at, ordered_units, expected_start_date, expected_end_date, actual_start_date, produced_units, status,
            content, received_at, request_id)
        SELECT %(factory)s, %(name)s || '-' || lpad(n::text, 8, '0'), 'LID-' || n %% 100, now(), 'LINE-001', now(), 500,
            now(), now(), now() - interval '1 hour', 498, 'in_progress', md5(n::text)::uuid, now(), request.id
        FROM request, generate_series(1, %(count)s) AS n RETURNING order_number, product_id, updated_at, content
    )
    INSERT INTO orders_ingesthead (factory_id, order_number, product_id, updated_at, content)
    SELECT %(factory)s, * FROM stated
"""
# Ordered in time, as our own are.
_UUID = "(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || left(md5(random()::text), 20))::uuid"
_EVENTS = ", ".join(f"({place}, '{verb}')" for place, verb in enumerate(EVENTS, start=1))
_BARE = f"""
WITH head AS (
    SELECT this.id, order_number, item.id AS item_id, ordered_units, produced_units, expected_start_date,
        expected_end_date, actual_start_date
    FROM orders_ingesthead AS this
    JOIN orders_manufacturingorderversion AS version USING (factory_id, order_number, product_id, updated_at)
    JOIN manufacturing_item AS item ON item.factory_id = this.factory_id AND item.sku = this.product_id
    WHERE this.due_at <= now() ORDER BY this.due_at LIMIT %(most)s FOR NO KEY UPDATE OF this SKIP LOCKED
), made AS (
    INSERT INTO orders_productionorder (uuid, factory_id, reference, origin, item_id, state, version, open_holds,
        priority, over_production, quantity_target, quantity_good, planned_start, planned_end, actual_start,
        created_by_id, created_by_name, chain_head)
    SELECT {_UUID}, %(factory)s, ordered.order_number, 'ingest', item_id, 'in_production', 4, 0, 'standard',
        'unlimited', ordered_units, produced_units, expected_start_date, expected_end_date, actual_start_date, 'bench',
        'Bench', repeat('0', 64)
    FROM (SELECT * FROM head ORDER BY order_number) AS ordered RETURNING id, uuid, reference
), both_of_them AS (
    SELECT made.id, made.uuid, head.id AS head_id, item_id, ordered_units, produced_units
    FROM made JOIN head ON head.order_number = made.reference
), line AS (
    INSERT INTO orders_orderline (uuid, order_id, item_id, sort, target, good, rejected, imported_good)
    SELECT {_UUID}, id, item_id, 0, ordered_units, produced_units, 0, produced_units FROM both_of_them
    RETURNING id, order_id, good
), entry AS (
    INSERT INTO orders_quantityentry (uuid, order_id, line_id, good, rejected, imported_good, source, serial_numbers,
        consumed_lots, short_consumption, actor_kind, actor_id, actor_name, face, occurred_at, at, idempotency_key)
    SELECT {_UUID}, order_id, id, good, 0, good, 'ingest', '{{}}', '[]', '[]', 'user', 'bench', 'Bench', 'ingest', now(),
        now(), 'ingest:' || id || ':2025-01-12T18:00:00+00:00:0123456789abcdef0123456789abcdef:1' FROM line
), event AS (
    INSERT INTO orders_orderevent (uuid, order_id, factory_id, seq, verb, moved, from_state, to_state, actor_kind,
        actor_id, actor_name, credential, face, data, at, previous_hash, hash)
    SELECT {_UUID}, id, %(factory)s, seq, verb, verb <> 'report', CASE WHEN seq > 1 THEN 'scheduled' END, 'in_production',
        'user', 'bench', 'Bench', 'token', 'ingest', %(data)s, now(), CASE WHEN seq > 1 THEN repeat('0', 64) END,
        repeat('0', 64)
    FROM both_of_them, (VALUES {_EVENTS}) AS told(seq, verb)
), facts AS (
    INSERT INTO orders_orderfacts (order_id, face, data) SELECT id, 'ingest', %(data)s FROM both_of_them
), message AS (
    INSERT INTO kernel_outboxmessage (topic, factory_id, key, payload)
    SELECT 'order.moved', %(factory)s, uuid, %(data)s FROM both_of_them, (VALUES {_EVENTS}) AS told
)
UPDATE orders_ingesthead AS this SET state = 'done', order_id = both_of_them.id, projected_revision = 1,
    booked_revision = 1, projected_at = now(), due_at = NULL FROM both_of_them WHERE this.id = both_of_them.head_id
"""
_DATA = '{"orderId": "01a1fdd6-88d5-75f8-b58a-6770d9d86ee3", "state": "in_production", "version": 1, "imported": true}'


def measure(*, orders: int = ORDERS, rounds: int = ROUNDS) -> int:
    logging.disable(logging.INFO)
    if not os.environ.get("DATABASE_URL", "").strip():
        embedded_postgres.ensure_running(settings.FACTORYOS_HOME)
    with database.made(settings.DATABASES["default"]) as conninfo:
        call_command("migrate", verbosity=0)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            plant = plants.open_plant(connection)
            _make_items(plant)
            rates = [_round(plant, orders, number) for number in range(rounds)]
            wrong = _unlike(plant)
        connections.close_all()
    bare, one, two = (statistics.median(column) for column in zip(*rates, strict=True))
    print(f"\n{'new orders a second':44}{'median':>8}{'× bare':>8}")
    print(f"{'bare rows, one connection':44}{bare:8,.0f}{1:8.2f}")
    print(f"{'projection, one process':44}{one:8,.0f}{one / bare:8.2f}")
    print(f"{f'projection, two processes (aim: {TARGET:,})':44}{two:8,.0f}{two / bare:8.2f}")
    print(f"{rounds} rounds of {orders:,} orders; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("wrong:", "; ".join(wrong) or "nothing, and every order is there once")
    return 1 if wrong else 0


def _make_items(plant: Plant) -> None:
    from manufacturing.models import Item

    Item.objects.bulk_create(Item(factory_id=plant.factory, sku=f"LID-{n}", name="Lid") for n in range(100))


def _round(plant: Plant, orders: int, number: int) -> tuple[float, float, float]:
    rates = []
    for kind in ("bare", "one", "two"):
        values = {"factory": plant.factory, "name": f"{kind}-{number}", "count": orders}
        plant.connection.execute(_STATED, values)
        for table in _TABLES:
            plant.connection.execute(f"VACUUM (ANALYZE) {table}")
        seconds = _bare(plant) if kind == "bare" else _ours(processes=1 if kind == "one" else 2)
        rates.append(orders / seconds)
    return rates[0], rates[1], rates[2]


def _bare(plant: Plant) -> float:
    from factoryos.dialects.ingest.projection import BATCH

    values = {"factory": plant.factory, "most": BATCH, "data": _DATA}
    began, written = time.perf_counter(), 1
    while written:
        written = plant.connection.execute(_BARE, values).rowcount
    return time.perf_counter() - began


def _ours(*, processes: int) -> float:
    workers = [_worker() for _ in range(processes)]
    for worker in workers:
        assert worker.stdout is not None and worker.stdout.readline() == "ready\n"
    began = time.perf_counter()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    assert [worker.wait(600) for worker in workers] == [0] * processes
    return time.perf_counter() - began


def _worker() -> "subprocess.Popen[str]":
    from tests.ops.bulk.workers import address

    return subprocess.Popen(
        [sys.executable, "-c", _WORKER], env={**os.environ, "DATABASE_URL": address()},
        cwd=Path(__file__).resolve().parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def _unlike(plant: Plant) -> Sequence[str]:
    """What differs between an order of ours and the bare rows of one, and what is not done."""
    wrong = []
    if (left := _one(plant, "SELECT count(*) FROM orders_ingesthead WHERE state <> 'done'")) != 0:
        wrong.append(f"{left} heads are not done")
    counts = {
        kind: plant.connection.execute(
            """
            SELECT count(*), sum(version), sum(quantity_good), sum((SELECT count(*) FROM orders_orderevent AS event
                WHERE event.order_id = this.id)), sum((SELECT count(*) FROM orders_quantityentry AS entry
                WHERE entry.order_id = this.id)), sum((SELECT count(*) FROM orders_orderfacts AS facts
                WHERE facts.order_id = this.id))
            FROM orders_productionorder AS this WHERE reference LIKE %s AND state = 'in_production'
            """,
            [f"{kind}-%"],
        ).fetchone()
        for kind in ("bare", "one", "two")
    }
    if len(set(counts.values())) != 1:
        wrong.append(f"not the same was written: {counts}")
    return wrong


def _one(plant: Plant, statement: str) -> Any:
    row = plant.connection.execute(statement).fetchone()
    assert row is not None
    return row[0]
