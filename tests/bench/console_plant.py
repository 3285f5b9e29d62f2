"""The factory whose order list is measured, with another one beside it: orders of every state, customers, notes, history."""

from typing import Any

import psycopg

from factoryos.kernel.models import Factory, Membership, User
from manufacturing.models import Item

SLUG, BESIDE = "bench-console", "bench-beside"
CUSTOMERS = 400
MACHINES = 200
LONG_HISTORY = 200  # events of the one order whose page is measured
TABLES = ("manufacturing_machine", "orders_productionorder", "orders_orderline", "orders_assignment", "orders_note",
          "orders_orderevent", "orders_ordertally", "quality_hold")  # fmt: skip

STATES = ["draft", "submitted", "approved", "scheduled", "in_production", "paused", "completed", "verified", "closed",
          "closed", "closed", "closed", "cancelled"]  # fmt: skip

# Time-ordered as the product makes them. `n` counts from 1 within the load; half of the ended orders are long past.
_UUID = "(lpad(to_hex(1700000000000 + id), 12, '0') || '70008000' || lpad(to_hex(id), 12, '0'))::uuid"
_ORDERS = f"""
    INSERT INTO orders_productionorder (id, uuid, factory_id, reference, origin, item_id, state, version, open_holds,
        priority, customer_name, batch_number, over_production, quantity_target, quantity_good, quantity_rejected,
        quantity_final, planned_start, planned_end, actual_start, actual_end, pause_reason, created_by_id,
        created_by_name, created_at, updated_at, chain_head, sealed_version)
    SELECT id, {_UUID}, %(factory)s, 'PO-2026-' || lpad(n::text, 6, '0'), 'factory', %(item)s + n %% 20, state, 1,
        CASE WHEN n %% 500 = 0 AND state NOT IN ('closed', 'cancelled') THEN 1 ELSE 0 END,
        CASE WHEN n %% 20 = 0 THEN 'rush' WHEN n %% 50 = 1 THEN 'hold' ELSE 'standard' END,
        CASE WHEN n %% 9 > 0 THEN 'Customer ' || lpad((n * 7919 %% {CUSTOMERS})::text, 4, '0') END,
        'M' || lpad((n %% 977)::text, 4, '0'), 'unlimited', 1000 + n %% 500, n %% 1000, 0,
        CASE WHEN state IN ('verified', 'closed') THEN 1000 END,
        created, CASE WHEN n %% 11 > 0 THEN created + interval '14 days' + n %% 40 * interval '6 hours' END, created,
        CASE WHEN state IN ('completed', 'verified', 'closed') THEN created + interval '12 days' END,
        CASE WHEN state = 'paused' THEN 'other' END, 'bench', 'Bench', created,
        created + n %% 13 * interval '1 day', '', 1
    FROM (SELECT id, n, now() - (%(count)s - n) * interval '200 days' / %(count)s AS created,
            (%(states)s::text[])[1 + n %% cardinality(%(states)s::text[])] AS state
        FROM (SELECT id, id - %(first)s + 1 AS n
            FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS id) AS counted) AS made
"""
_MADE = "FROM orders_productionorder WHERE id BETWEEN %(first)s AND %(last)s"
_STATEMENTS = (
    _ORDERS,
    f"""INSERT INTO orders_orderline (uuid, order_id, item_id, sort, target, good, rejected)
        SELECT uuid, id, item_id, 0, quantity_target, quantity_good, 0 {_MADE}""",
    f"""INSERT INTO orders_assignment (order_id, machine_id, sort, quantity, produced, active)
        SELECT id, %(machine)s + id %% {MACHINES}, 0, quantity_target, 0, false {_MADE}
            AND state NOT IN ('draft', 'submitted')""",
    f"""INSERT INTO orders_orderevent (uuid, order_id, factory_id, seq, verb, moved, to_state, actor_kind, actor_id,
            actor_name, credential, face, data, at, hash)
        SELECT uuid, id, factory_id, 1, 'create', true, state, 'user', 'bench', 'Somebody With A Name', 'session',
            'console', '{{}}', created_at, '' {_MADE}""",
    f"""INSERT INTO orders_note (uuid, order_id, factory_id, audience, text, actor_kind, actor_id, actor_name, face, at)
        SELECT uuid, id, factory_id, CASE WHEN id %% 10 = 0 THEN 'customer' ELSE 'internal' END,
            'Number ' || id || ': the colour was agreed by phone, the certificate follows with the delivery.',
            'user', 'bench', 'Bench', 'console', created_at {_MADE} AND id %% 4 = 0""",
    f"""INSERT INTO quality_hold (uuid, factory_id, order_id, reason, placed_by_id, placed_by_name, placed_at, release_notes)
        SELECT uuid, factory_id, id, 'burrs', 'bench', 'Bench', created_at, '' {_MADE} AND open_holds > 0""",
    f"INSERT INTO orders_ordertally (factory_id, state, orders) SELECT factory_id, state, count(*) {_MADE} GROUP BY 1, 2",
)  # fmt: skip
_HISTORY = f"""
    INSERT INTO orders_orderevent (uuid, order_id, factory_id, seq, verb, moved, from_state, to_state, actor_kind,
        actor_id, actor_name, credential, face, data, at, hash)
    SELECT gen_random_uuid(), id, factory_id, n, 'amend', false, state, state, 'user', 'bench', 'Bench', 'session',
        'console', '{{"before": {{"priority": "rush"}}, "after": {{"priority": "standard"}}}}', now(), ''
    FROM orders_productionorder, generate_series(2, {LONG_HISTORY}) AS n WHERE id = %(order)s
"""


def made(connection: psycopg.Connection[Any], *, orders: int) -> tuple[User, str]:
    """A factory with so many orders, and one with a fifth of them; gives its planner and the uuid of the longest history."""
    planner = User.objects.create(username="bench-planner", name="Bench Planner")
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")  # no triggers: for a superuser alone
        first = _fill(connection, SLUG, count=orders, planner=planner)
        _fill(connection, BESIDE, count=orders // 5, planner=None)
        connection.execute(_HISTORY, {"order": first})
        connection.execute(
            "UPDATE orders_productionorder SET version = %s WHERE id = %s RETURNING uuid", [LONG_HISTORY, first]
        )
    for table in TABLES:
        connection.execute(f"VACUUM (ANALYZE) {table}")
    row = connection.execute("SELECT uuid FROM orders_productionorder WHERE id = %s", [first]).fetchone()
    assert row is not None
    return planner, str(row[0])


def _fill(connection: psycopg.Connection[Any], slug: str, *, count: int, planner: User | None) -> int:
    factory = Factory.objects.create(slug=slug, name=slug.title())
    if planner is not None:
        Membership.objects.create(user=planner, factory=factory, roles=["planner", "qa"])
    items = [Item.objects.create(factory=factory, sku=f"CAP-{n}", name=f"Bottle Cap {n} mm") for n in range(20)]
    machine = _one(
        connection,
        "WITH made AS (INSERT INTO manufacturing_machine (uuid, factory_id, code, name, active, state)"
        f" SELECT gen_random_uuid(), %s, 'PRESS-' || n, 'Press ' || n, true, 'no_data' FROM generate_series(1, {MACHINES}) AS n"
        " RETURNING id) SELECT min(id) FROM made",
        [factory.pk],
    )
    first = 1 + _one(connection, "SELECT coalesce(max(id), 0) FROM orders_productionorder", [])
    values = {"factory": factory.pk, "item": items[0].pk, "machine": machine, "states": STATES, "first": first,
              "last": first + count - 1, "count": count}  # fmt: skip
    for statement in _STATEMENTS:
        connection.execute(statement, values)
    connection.execute("SELECT setval(pg_get_serial_sequence('orders_productionorder', 'id'), %s)", [first + count - 1])
    return first


def _one(connection: psycopg.Connection[Any], statement: str, values: list[Any]) -> int:
    row = connection.execute(statement, values).fetchone()
    assert row is not None
    return int(row[0])
