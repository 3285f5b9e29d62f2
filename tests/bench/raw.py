"""The same transactions by hand: the product's own statements through psycopg, with no web server and no rules.

What is left out is what only a face needs: finding the caller, reading the body, reading the order again to show it.
"""

import hashlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from factoryos.environment import SESSION_LIMITS
from factoryos.kernel.ids import uuid7
from tests.bench.client import Run

Order = tuple[int, UUID]
Connection = psycopg.Connection[Any]
Verb = Callable[[Connection, Order, dict[str, Any]], None]

_EVENT = """INSERT INTO orders_orderevent (uuid, order_id, factory_id, seq, verb, moved, from_state, to_state, actor_kind,
    actor_id, actor_name, credential, face, data, at, previous_hash, hash)"""
_MESSAGE = "INSERT INTO kernel_outboxmessage (topic, factory_id, key, payload)"
_EVENT_PLACES = ", ".join(["%s"] * 17)
_ORDER = """INSERT INTO orders_productionorder (state, version, open_holds, uuid, factory_id, reference, origin, item_id,
    priority, batch_number, over_production, quantity_target, quantity_good, quantity_rejected, planned_start,
    planned_end, created_by_id, created_by_name, created_at, updated_at, chain_head, sealed_version)
    VALUES ('draft', 1, 0, %s, %s, %s, 'raw', %s, 'standard', %s, 'unlimited', %s, 0, 0, %s, %s, 'raw', 'Raw', %s, %s,
    %s, 0) RETURNING id"""
_LINE = """INSERT INTO orders_orderline (uuid, order_id, item_id, sort, target, good, rejected)
    VALUES (%s, %s, %s, 0, %s, 0, 0)"""
_ENTRY = """INSERT INTO orders_quantityentry (uuid, order_id, line_id, good, rejected, source, machine_id, serial_numbers,
    consumed_lots, short_consumption, actor_kind, actor_id, actor_name, face, occurred_at, at)
    VALUES (%s, %s, %s, 9, 1, 'manual', %s, '{}', '[]', '[]', 'user', 'raw', 'Raw', 'raw', %s, %s) RETURNING id"""
# Pieces of an item that is not tracked: one balance for all orders, made when the first come.
_STOCK = """
    WITH place AS (INSERT INTO manufacturing_stockbalance AS balance (factory_id, item_id, location_id, on_hand)
        SELECT factory_id, %(item)s, id, 9 FROM manufacturing_stocklocation
        WHERE factory_id = %(factory)s AND code = 'main'
        ON CONFLICT (item_id, lot_id, location_id) DO UPDATE SET on_hand = balance.on_hand + 9 RETURNING id),
    output AS (INSERT INTO quality_output (factory_id, order_id, run_id, item_id, quantity)
        VALUES (%(factory)s, %(order)s, %(entry)s, %(item)s, 9))
    INSERT INTO manufacturing_stockmove (factory_id, order_id, entry_id, run_id, actor_kind, actor_id, actor_name, face,
        at, uuid, balance_id, kind, quantity)
    SELECT %(factory)s, %(order)s, %(entry)s, %(entry)s, 'user', 'raw', 'Raw', 'raw', %(now)s, gen_random_uuid(), id,
        'production', 9 FROM place
"""


def create(connection: Connection, order: Order, plant: dict[str, Any]) -> None:
    uuid, now = uuid7(), datetime.now(UTC)
    head = _hash("", uuid, "create")
    (reference,) = one(connection, "SELECT orders_mint_reference(%s, %s, %s)", plant["factory"], "RAW-2026", 6)
    (order_id,) = one(
        connection,
        _ORDER,
        uuid,
        plant["factory"],
        reference,
        plant["item"],
        "M062026-UBH",
        1000,
        now,
        now,
        now,
        now,
        head,
    )
    event = _event(order_id, plant, seq=1, verb="create", before=None, after="draft", at=now, previous=None, head=head)
    connection.execute(
        f"WITH event AS ({_EVENT} VALUES ({_EVENT_PLACES})) {_MESSAGE} VALUES (%s, %s, %s, %s)",
        [*event, "order.created", plant["factory"], str(uuid), Jsonb({"orderId": str(uuid), "state": "draft"})],
    )
    connection.execute(_LINE, [uuid7(), order_id, plant["item"], 1000])


def start(connection: Connection, order: Order, plant: dict[str, Any]) -> None:
    found = lock(connection, order)
    shares = connection.execute(
        "SELECT share.machine_id FROM orders_assignment share JOIN manufacturing_machine machine"
        " ON machine.id = share.machine_id WHERE share.order_id = %s", [found[0]]
    ).fetchall()  # fmt: skip
    machines = [share[0] for share in shares]
    connection.execute(
        "SELECT id, active FROM manufacturing_machine WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [machines]
    ).fetchall()
    connection.execute(
        "SELECT order_id FROM orders_assignment WHERE machine_id = ANY(%s) AND active AND order_id <> %s",
        [machines, found[0]],
    ).fetchall()
    connection.execute(
        "UPDATE orders_assignment SET active = true, active_from = now(), active_until = NULL"
        " WHERE order_id = %s AND machine_id = ANY(%s)",
        [found[0], machines],
    )
    move(connection, found, plant, verb="start", after="in_production", sets="actual_start = now()")


def log(connection: Connection, order: Order, plant: dict[str, Any]) -> None:
    found, now = lock(connection, order), datetime.now(UTC)
    (line,) = one(connection, "SELECT id FROM orders_orderline WHERE order_id = %s", found[0])
    share, machine = one(connection, "SELECT id, machine_id FROM orders_assignment WHERE order_id = %s", found[0])
    (entry,) = one(connection, _ENTRY, uuid7(), found[0], line, machine, now, now)
    connection.execute("UPDATE orders_orderline SET good = good + 9, rejected = rejected + 1 WHERE id = %s", [line])
    connection.execute("UPDATE orders_assignment SET produced = produced + 10 WHERE id = %s", [share])
    connection.execute(_STOCK, {**plant, "order": found[0], "entry": entry, "now": now})
    sets = "quantity_good = quantity_good + 9, quantity_rejected = quantity_rejected + 1"
    move(connection, found, plant, verb="report", after=found[2], sets=sets)


def complete(connection: Connection, order: Order, plant: dict[str, Any]) -> None:
    found = lock(connection, order)
    connection.execute(
        "UPDATE orders_assignment SET active = false, active_until = now() WHERE order_id = %s AND active", [found[0]]
    )
    move(connection, found, plant, verb="complete", after="completed", sets="actual_end = now()")


VERBS: dict[str, Verb] = {
    "create": create, "start": start, "log": log, "complete": complete,
}  # fmt: skip


def one(connection: Connection, statement: str, *values: Any) -> Any:
    return connection.execute(statement, values).fetchone()


def _hash(previous: str, uuid: UUID, verb: str) -> str:
    return hashlib.sha256(f"{previous}{uuid}{verb}".encode()).hexdigest()


def _event(order_id: int, plant: dict[str, Any], *, seq: int, verb: str, before: str | None, after: str, at: datetime,
           previous: str | None, head: str) -> list[Any]:  # fmt: skip
    return [
        uuid7(), order_id, plant["factory"], seq, verb, verb != "report", before, after, "user", "raw", "Raw", "none",
        "raw", Jsonb({}), at, previous, head,
    ]  # fmt: skip


def lock(connection: Connection, order: Order) -> Any:
    return one(
        connection,
        "SELECT id, uuid, state, version, chain_head FROM orders_productionorder WHERE id = %s FOR NO KEY UPDATE",
        order[0],
    )


def move(connection: Connection, found: Any, plant: dict[str, Any], *, verb: str, after: str, sets: str) -> None:
    order_id, uuid, before, version, previous = found
    now, head = datetime.now(UTC), _hash(previous, uuid, verb)
    event = _event(
        order_id, plant, seq=version + 1, verb=verb, before=before, after=after, at=now, previous=previous, head=head
    )
    connection.execute(
        f"""WITH moved AS (UPDATE orders_productionorder SET version = version + 1, state = %s, chain_head = %s,
            updated_at = %s, {sets} WHERE id = %s AND state = %s AND version = %s RETURNING id),
        event AS ({_EVENT} SELECT {_EVENT_PLACES} FROM moved), message AS ({_MESSAGE} SELECT %s, %s, %s, %s FROM moved)
        SELECT count(*) FROM moved""",
        [after, head, now, order_id, before, version, *event, "order.moved", plant["factory"], str(uuid),
         Jsonb({"orderId": str(uuid), "state": after, "version": version + 1})],
    ).fetchone()  # fmt: skip


def load(*, conninfo: str, verb: Verb, plant: dict[str, Any], connections: int, orders: Sequence[Order], again: bool,
         begin: float, seconds: float) -> Run:  # fmt: skip
    """Run `verb` on `orders` from the instant `begin` on, in as many threads as connections, each with its own.

    Each makes one call at least, however late the machine lets it begin.
    """
    feed: Iterator[Order] = itertools.cycle(orders) if again else iter(orders)
    runs = [Run() for _ in range(connections)]
    opened = [psycopg.connect(conninfo, autocommit=True, prepare_threshold=2, options=SESSION_LIMITS) for _ in runs]
    threads = [
        threading.Thread(target=_work, args=(verb, connection, plant, feed, run, begin, begin + seconds))
        for connection, run in zip(opened, runs, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for connection in opened:
        connection.close()
    return together(runs)


def _work(
    verb: Verb, connection: Connection, plant: dict[str, Any], feed: Iterator[Order], run: Run, begin: float,
    until: float,
) -> None:  # fmt: skip
    time.sleep(max(0.0, begin - time.time()))
    began = time.time()
    while ((now := time.time()) < until or not run.count) and (order := next(feed, None)) is not None:
        run.count += 1
        run.done.append(order)
        try:
            with connection.transaction():
                verb(connection, order, plant)
        except psycopg.Error as error:
            run.fail(str(error))
        run.waits.append(time.time() - now)
    run.seconds = time.time() - began


def together(runs: Sequence[Run]) -> Run:
    """Runs that went on side by side as one."""
    return Run(
        count=sum(run.count for run in runs),
        seconds=max(run.seconds for run in runs),
        errors=sum(run.errors for run in runs),
        waits=[wait for run in runs for wait in run.waits],
        samples=[sample for run in runs for sample in run.samples],
        done=[order for run in runs for order in run.done],
    )
