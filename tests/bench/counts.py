"""`python -m tests.bench counts`: what machines counted, booked together, beside one report after the other and bare rows.

A thousand orders run, each on a machine of its own, and use two components that they share; the pieces of each go into
a lot of their own. Bare rows are the same rows by as few statements as SQL needs, with nothing asked and nothing hashed.
"""

import logging
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from factoryos.kernel import clock, embedded_postgres
from tests.bench import database
from tests.bench import plant as plants
from tests.bench.plant import Plant

ORDERS, TOGETHER, ONE_BY_ONE, ROUNDS = 1000, 200, 200, 5
PARTS, RESERVED = 2, Decimal(10**6)  # of each part for each order

_RUNNING = """
    UPDATE orders_productionorder SET actual_start = now() - interval '1 hour' WHERE id BETWEEN %(first)s AND %(last)s;
    UPDATE orders_assignment SET active = true, active_from = now() - interval '1 hour'
    WHERE id BETWEEN %(first)s AND %(last)s;
    INSERT INTO orders_ordercomponent (order_id, line_id, item_id, position, uom, numerator, denominator)
    SELECT id, id, part, place - 1, '', place, 3 FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS id,
        unnest(%(parts)s::bigint[]) WITH ORDINALITY AS parts(part, place);
    INSERT INTO manufacturing_reservation (component_id, balance_id, quantity)
    SELECT component.id, balance.id, %(reserved)s::numeric FROM orders_ordercomponent AS component
    JOIN manufacturing_stockbalance AS balance ON balance.item_id = component.item_id
    WHERE component.order_id BETWEEN %(first)s AND %(last)s;
    UPDATE manufacturing_stockbalance AS balance SET reserved = promised.quantity
    FROM (SELECT balance_id, sum(quantity) AS quantity FROM manufacturing_reservation GROUP BY balance_id) AS promised
    WHERE promised.balance_id = balance.id;
"""
_TABLES = (
    "orders_productionorder", "orders_orderline", "orders_assignment", "orders_ordercomponent", "orders_quantityentry",
    "orders_orderevent", "manufacturing_machine", "manufacturing_reservation", "manufacturing_stockbalance",
    "manufacturing_stockmove", "manufacturing_lot", "quality_consumption", "quality_output",
)  # fmt: skip

# The rows of as many reports as there are orders asked for: one piece, two components, from where they are reserved.
_BARE = """
WITH wanted AS (
    SELECT this.id, this.version, this.state, this.chain_head, this.uuid, line.item_id, machine.id AS machine_id
    FROM orders_productionorder AS this JOIN orders_orderline AS line ON line.order_id = this.id
    JOIN orders_assignment AS share ON share.order_id = this.id
    JOIN manufacturing_machine AS machine ON machine.id = share.machine_id
    WHERE this.id = ANY(%(orders)s) ORDER BY this.id FOR NO KEY UPDATE OF this
), entry AS (
    INSERT INTO orders_quantityentry (uuid, order_id, line_id, good, rejected, source, machine_id, serial_numbers,
        consumed_lots, short_consumption, actor_kind, actor_id, actor_name, face, occurred_at, at, idempotency_key)
    SELECT gen_random_uuid(), id, id, 1, 0, 'machine', machine_id, '{}', '[]', '[]', 'device', 'raw', 'Raw', 'machine',
        now(), now(), %(key)s FROM wanted RETURNING id, order_id
), place AS (
    SELECT wanted.id AS order_id, balance.id, balance.item_id, balance.lot_id FROM wanted
    JOIN manufacturing_lot AS lot ON lot.item_id = wanted.item_id AND lot.code = 'LOADED-' || wanted.id
    JOIN manufacturing_stockbalance AS balance ON balance.lot_id = lot.id
), used AS (
    SELECT component.id, component.order_id, component.item_id, reservation.balance_id,
        round(component.numerator / component.denominator, 15) AS quantity FROM wanted
    JOIN orders_ordercomponent AS component ON component.order_id = wanted.id
    JOIN manufacturing_reservation AS reservation ON reservation.component_id = component.id
), moves AS (
    INSERT INTO manufacturing_stockmove (uuid, factory_id, order_id, entry_id, run_id, balance_id, kind, quantity,
        component_id, actor_kind, actor_id, actor_name, face)
    SELECT gen_random_uuid(), %(factory)s, order_id, entry.id, entry.id, move.balance_id, kind, quantity, component_id,
        'device', 'raw', 'Raw', 'machine'
    FROM (SELECT order_id, balance_id, 'consumption' AS kind, -quantity AS quantity, id AS component_id FROM used
        UNION ALL SELECT order_id, id, 'production', 1, NULL FROM place) AS move JOIN entry USING (order_id)
), put AS (UPDATE manufacturing_stockbalance AS balance SET on_hand = on_hand + 1 FROM place WHERE place.id = balance.id),
taken AS (
    UPDATE manufacturing_stockbalance AS balance SET on_hand = on_hand - quantity, reserved = reserved - quantity
    FROM (SELECT balance_id, sum(quantity) AS quantity FROM used GROUP BY balance_id) AS gone
    WHERE gone.balance_id = balance.id
), kept AS (
    UPDATE manufacturing_reservation AS reservation SET quantity = reservation.quantity - used.quantity
    FROM used WHERE reservation.component_id = used.id
), component AS (
    UPDATE orders_ordercomponent AS component SET consumed = consumed + quantity FROM used WHERE used.id = component.id
), consumption AS (
    INSERT INTO quality_consumption (factory_id, order_id, run_id, item_id, quantity)
    SELECT %(factory)s, order_id, entry.id, item_id, quantity FROM used JOIN entry USING (order_id)
), output AS (
    INSERT INTO quality_output (factory_id, order_id, run_id, item_id, lot_id, quantity)
    SELECT %(factory)s, order_id, entry.id, item_id, lot_id, 1 FROM place JOIN entry USING (order_id)
), line AS (UPDATE orders_orderline AS line SET good = good + 1 FROM wanted WHERE line.id = wanted.id),
share AS (UPDATE orders_assignment AS share SET produced = produced + 1 FROM wanted WHERE share.order_id = wanted.id),
head AS (
    UPDATE orders_productionorder AS this SET version = this.version + 1, quantity_good = quantity_good + 1,
        chain_head = repeat('0', 64), updated_at = now() FROM wanted WHERE this.id = wanted.id
), event AS (
    INSERT INTO orders_orderevent (uuid, order_id, factory_id, seq, verb, moved, from_state, to_state, actor_kind,
        actor_id, actor_name, credential, face, data, at, previous_hash, hash)
    SELECT gen_random_uuid(), id, %(factory)s, version + 1, 'report', false, state, state, 'device', 'raw', 'Raw',
        'device', 'machine', %(data)s, now(), chain_head, repeat('0', 64) FROM wanted
)
INSERT INTO kernel_outboxmessage (topic, factory_id, key, payload)
SELECT 'order.quantity', %(factory)s, uuid, %(data)s FROM wanted
"""
_DATA = '{"entry": "01a1fdd6-88d5-75f8-b58a-6770d9d86ee3", "good": "1", "rejected": "0", "source": "machine"}'


@dataclass(frozen=True)
class Hall:
    """Machines that run, each with its order and a counter. `read` are the counters' values, which are all the same."""

    plant: Plant
    orders: list[int]
    machines: list[int]
    points: list[int]
    read: "count[int]" = field(default_factory=count)


def open_hall(connection: "psycopg.Connection[Any]", *, orders: int = ORDERS) -> Hall:
    """So many orders running, with the two parts of their product in stock and reserved."""
    from django.db import transaction

    from factoryos.kernel.models import Factory
    from manufacturing.models import Item
    from manufacturing.stock.receipts import Delivery, receive
    from tests.floor import an_actor

    plant = plants.open_plant(connection)
    factory = Factory.objects.get(pk=plant.factory)
    made = Item.objects.create(factory=factory, sku="BOX", name="Box", tracking=Item.Tracking.LOT)
    parts = [Item.objects.create(factory=factory, sku=f"PART-{n}", name=f"Part {n}") for n in range(PARTS)]
    with transaction.atomic():
        for part in parts:
            receive(Delivery(item=part, quantity=Decimal(10**9)), by=an_actor(factory))
            receive(Delivery(item=part, quantity=Decimal(10**9)), by=an_actor(factory))
    ids = [order for order, _ in plants.running(plant, orders, item=made.pk)]
    values = {"first": ids[0], "last": ids[-1], "parts": [part.pk for part in parts], "reserved": RESERVED}
    with connection.transaction():
        for statement in _RUNNING.split(";")[:-1]:
            connection.execute(statement, values)
    _tidy(plant)
    return Hall(plant, ids, ids, _counters(factory, ids))


def _counters(factory: Any, machines: Sequence[int]) -> list[int]:
    """A counter of each machine, all on one connection."""
    from iot.models import CounterBaseline, CounterPoint
    from tests.polling.wiring import a_connection

    connection = a_connection(factory)
    points = CounterPoint.objects.bulk_create(
        CounterPoint(connection=connection, machine_id=machine, role="good", max_rate=10**6) for machine in machines
    )
    CounterBaseline.objects.bulk_create(CounterBaseline(point=point) for point in points)
    return [point.pk for point in points]


def _tidy(plant: Plant) -> None:
    for table in _TABLES:
        plant.connection.execute(f"VACUUM (ANALYZE) {table}")


def measure() -> int:
    logging.disable(logging.WARNING)
    if not os.environ.get("DATABASE_URL", "").strip():
        embedded_postgres.ensure_running(settings.FACTORYOS_HOME)
    with database.made(settings.DATABASES["default"]) as conninfo:
        call_command("migrate", verbosity=0)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            hall = open_hall(connection)
            from_readings(hall)  # where the counters begin
            from_readings(hall)
            together(hall)  # makes the lots, and warms up
            one_by_one(hall)
            bare(hall)
            figures = {name: [] for name in KINDS}  # type: dict[str, list[float]]
            for _ in range(ROUNDS):
                _tidy(hall.plant)
                for name, kind in KINDS.items():
                    figures[name].append(kind(hall))
        connections.close_all()
    print(f"\n{'counts a second, on 1 connection':60}{'median':>8}{'least':>8}{'most':>8}")
    for name, rates in figures.items():
        print(f"{name:60}{statistics.median(rates):8,.0f}{min(rates):8,.0f}{max(rates):8,.0f}")
    return 0


def together(hall: Hall) -> float:
    """Counts a second when they are booked TOGETHER at a time."""
    from factoryos.kernel.transactions import whole
    from orders.actions.report_counts import report_counts
    from orders.machine_counts import MachineCount, Outcome

    def counts(machines: Sequence[int]) -> list[MachineCount]:
        at = clock.now()
        return [
            MachineCount(machine, Decimal(1), Decimal(0), at=at, as_of=at, key=f"{machine}:{at.timestamp()}")
            for machine in machines
        ]

    def book(machines: Sequence[int]) -> None:
        outcomes = whole(lambda: report_counts(counts(machines)))
        assert {one.outcome for one in outcomes} == {Outcome.BOOKED}, outcomes[0]

    return _rate(book, [hall.machines[first : first + TOGETHER] for first in range(0, len(hall.machines), TOGETHER)])


def from_readings(hall: Hall) -> float:
    """Counters a second that have moved, from their readings: fence, judgement, counter ledger and all that is booked."""
    from iot.booking import book
    from iot.samples import Sample
    from tests.polling.wiring import a_lease

    lease, raw = a_lease(), next(hall.read)

    def take(points: Sequence[int]) -> None:
        at = clock.now()
        result = book([Sample(point, raw, at) for point in points], lease=lease)
        assert result.settled == set(points)
        assert result.booked == (len(points) if raw else 0)

    return _rate(take, [hall.points[first : first + TOGETHER] for first in range(0, len(hall.points), TOGETHER)])


def one_by_one(hall: Hall) -> float:
    """Reports a second, one transaction each."""
    from factoryos.kernel.models import Factory
    from factoryos.kernel.transactions import whole
    from orders.actions.report import report
    from orders.specs import Circumstances, Count
    from tests.floor import an_actor

    by = an_actor(Factory.objects.get(pk=hall.plant.factory))

    def book(orders: Sequence[int]) -> None:
        where = Circumstances(occurred_at=clock.now() - timedelta(seconds=1))
        whole(lambda: report(order_id=orders[0], by=by, count=Count(Decimal(1), Decimal(0)), where=where))

    return _rate(book, [[order] for order in hall.orders[:ONE_BY_ONE]])


def bare(hall: Hall) -> float:
    """Counts a second when their rows are only written, TOGETHER at a time."""
    connection = hall.plant.connection

    def book(orders: Sequence[int]) -> None:
        key = f"bare:{clock.now().timestamp()}"
        values = {"orders": list(orders), "factory": hall.plant.factory, "data": _DATA, "key": key}
        with connection.transaction():
            connection.execute(_BARE, values)

    return _rate(book, [hall.orders[first : first + TOGETHER] for first in range(0, len(hall.orders), TOGETHER)])


KINDS: dict[str, Callable[[Hall], float]] = {
    f"from readings to orders, {TOGETHER} a transaction": from_readings,
    f"report_counts, {TOGETHER} a transaction": together,
    "report, one a transaction": one_by_one,
    f"bare rows, {TOGETHER} a transaction, one statement": bare,
}


def _rate(book: Callable[[Sequence[int]], None], portions: Sequence[Sequence[int]]) -> float:
    began = time.perf_counter()
    for portion in portions:
        book(portion)
    return sum(map(len, portions)) / (time.perf_counter() - began)
