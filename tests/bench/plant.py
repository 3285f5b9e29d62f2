"""The factory that is measured: its person, its API key, its item, and as many orders as asked for, loaded by plain SQL."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import jwt
import psycopg
from django.conf import settings

from factoryos.kernel.api_keys import create_api_key
from factoryos.kernel.ids import uuid7
from factoryos.kernel.models import ApiKey, Factory, Membership, User
from manufacturing.models import Item

SLUG = "bench"
TABLES = ("manufacturing_machine", "orders_productionorder", "orders_orderline", "orders_assignment")
TOTALS = "orders_ordertally"
SHARED_MACHINES = 20  # of orders that are only looked at
OWN, SHARED = "id", f"1 + id %% {SHARED_MACHINES}"  # the machine of the order `id`

Order = tuple[int, UUID]


@dataclass(frozen=True)
class Plant:
    """`connection` is the benchmark's own, without the limits that requests have. `token` and `key` let one in."""

    connection: psycopg.Connection[Any]
    factory: int
    item: int
    item_uuid: str
    token: str
    key: str

    @property
    def ids(self) -> dict[str, int]:
        return {"factory": self.factory, "item": self.item}

    def orders(self) -> int:
        return int(self._one("SELECT count(*) FROM orders_productionorder"))

    def page_ends(self, page: int) -> list[int]:
        """The id before which each page begins, newest first; the first page, which needs none, is left out."""
        rows = self.connection.execute(
            "SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id DESC) AS place FROM orders_productionorder) AS o"
            " WHERE place %% %s = 0 ORDER BY id DESC", [page]
        ).fetchall()  # fmt: skip
        return [row[0] for row in rows]

    def deepest(self, page: int) -> int:
        """The id below which the last page lies, a full one."""
        return int(self._one(f"SELECT id FROM orders_productionorder ORDER BY id LIMIT 1 OFFSET {page:d}"))

    def forget_rendered_rows(self) -> None:
        """Whatever the web server keeps of rendered orders is void from now on, as after a product was renamed."""
        self.connection.execute("UPDATE kernel_factory SET masters_version = masters_version + 1")

    def server(self) -> str:
        return str(self._one("SHOW server_version")).split()[0]

    def events(self) -> dict[str, int]:
        """How many events of each verb there are."""
        return dict(self.connection.execute("SELECT verb, count(*) FROM orders_orderevent GROUP BY verb").fetchall())

    def announcements(self) -> int:
        return int(self._one("SELECT count(*) FROM kernel_outboxmessage"))

    def _one(self, statement: str) -> Any:
        row = self.connection.execute(statement).fetchone()
        assert row is not None, statement
        return row[0]


def open_plant(connection: psycopg.Connection[Any]) -> Plant:
    factory = Factory.objects.create(slug=SLUG, name="Bench")
    user = User.objects.create(username="bench", name="Bench", supabase_id=uuid7())
    Membership.objects.create(user=user, factory=factory, roles=["admin"])
    item = Item.objects.create(factory=factory, sku="CAP-28", name="Bottle Cap 28mm")
    claims = {
        "sub": str(user.supabase_id),
        "aud": settings.SUPABASE_JWT_AUDIENCE,
        "iss": settings.SUPABASE_JWT_ISSUER,
        "exp": int(time.time()) + 86_400,
        "role": "authenticated",
    }
    token = jwt.encode(claims, settings.SUPABASE_JWT_SECRETS[0], algorithm="HS256")
    _, key = create_api_key(
        kind=ApiKey.Kind.API_KEY, name="Bench", roles=["planner", "technician", "engineer"], factory=factory
    )
    connection.execute(
        "INSERT INTO manufacturing_machine (uuid, factory_id, code, name, active, state)"
        " SELECT gen_random_uuid(), %s, 'SHARED-' || n, 'Press', true, 'no_data' FROM generate_series(1, %s) AS n",
        [factory.pk, SHARED_MACHINES],
    )
    return Plant(connection, factory=factory.pk, item=item.pk, item_uuid=str(item.uuid), token=token, key=key)


# Time-ordered like the product's own, for random ones would make the index that finds an order needlessly slow.
_UUID = "(lpad(to_hex(1700000000000 + id), 12, '0') || '70008000' || lpad(to_hex(id), 12, '0'))::uuid"
_ORDERS = f"""
    INSERT INTO orders_productionorder (id, uuid, factory_id, reference, origin, item_id, state, version, open_holds,
        priority, batch_number, over_production, quantity_target, quantity_good, quantity_rejected, quantity_final,
        planned_start, planned_end, actual_start, actual_end, created_by_id, created_by_name, chain_head, sealed_version)
    SELECT id, {_UUID}, %(factory)s, 'LOADED-' || id, 'factory', %(item)s, state, 1, 0, 'standard', 'M062026-UBH',
        'unlimited', 1000, 0, 0, CASE WHEN state = 'verified' THEN 1000 END, now(), now() + interval '8 hours',
        CASE WHEN state IN ('completed', 'verified') THEN now() END,
        CASE WHEN state IN ('completed', 'verified') THEN now() END, 'bench', 'Bench', '', 1
    FROM (SELECT id, (%(states)s::text[])[1 + id %% cardinality(%(states)s::text[])] AS state
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS id) AS made
"""
_LINES = f"""
    INSERT INTO orders_orderline (id, uuid, order_id, item_id, bom_version_id, sort, target, good, rejected)
    SELECT id, {_UUID}, id, %(item)s, %(bom_version)s::bigint, 0, 1000, 0, 0
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS id
"""
_MACHINES = f"""
    INSERT INTO manufacturing_machine (id, uuid, factory_id, code, name, active, state)
    SELECT id, {_UUID}, %(factory)s, 'OWN-' || id, 'Press', true, 'no_data'
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS id
"""
_ASSIGNMENTS = """
    INSERT INTO orders_assignment (id, order_id, machine_id, sort, quantity, produced, active)
    SELECT id, id, {machine}, 0, 1000, 0, false FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS id
"""
_TALLY = f"""
    INSERT INTO {TOTALS} (factory_id, state, orders) SELECT factory_id, state, count(*) FROM orders_productionorder
    WHERE id BETWEEN %(first)s AND %(last)s GROUP BY factory_id, state
"""


def _load(
    plant: Plant,
    count: int,
    *,
    states: list[str],
    machine: str | None = None,
    item: int | None = None,
    bom_version: int | None = None,
) -> tuple[int, int]:
    """`count` orders with a line each, and an assignment to `machine` (SQL); gives their first and last id."""
    connection = plant.connection
    tops = [f"(SELECT coalesce(max(id), 0) FROM {table})" for table in TABLES]
    first = int(connection.execute(f"SELECT 1 + greatest({', '.join(tops)})").fetchone()[0])  # type: ignore[index]
    values = {**plant.ids, "first": first, "last": first + count - 1, "states": states, "bom_version": bom_version}
    values["item"] = item or plant.item
    with connection.transaction():
        # A superuser may leave out triggers and foreign keys; the tally, which a trigger keeps, is then added to by hand.
        superuser = connection.execute("SHOW is_superuser").fetchone() == ("on",)
        if superuser:
            connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(_ORDERS, values)
        connection.execute(_LINES, values)
        if machine == OWN:
            connection.execute(_MACHINES, values)
        if machine:
            connection.execute(_ASSIGNMENTS.format(machine=machine), values)
        if superuser:
            connection.execute(_TALLY, values)
        for table in TABLES:
            connection.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {first + count - 1})")
    return first, first + count - 1


def fill(plant: Plant, orders: int) -> None:
    """Load orders until there are so many, and tidy up as an evening's autovacuum would have done."""
    missing = orders - plant.orders()
    if missing > 0:
        _load(plant, missing, states=["draft", "scheduled", "completed", "verified"], machine=SHARED)
    tidy(plant)


def tidy(plant: Plant) -> None:
    for table in (*TABLES, TOTALS):
        plant.connection.execute(f"VACUUM (ANALYZE) {table}")
    if plant.connection.execute("SHOW is_superuser").fetchone() == ("on",):
        plant.connection.execute("CHECKPOINT")


def scheduled(plant: Plant, count: int) -> list[Order]:
    """So many orders ready to start, each on a machine of its own."""
    return _ready(plant, _load(plant, count, states=["scheduled"], machine=OWN))


def running(plant: Plant, count: int, *, item: int) -> list[Order]:
    """So many orders of an item in production, each with a machine of its own (on which it does not run yet)."""
    return _ready(plant, _load(plant, count, states=["in_production"], machine=OWN, item=item))


def drafts(plant: Plant, count: int, *, item: int, bom_version: int) -> list[Order]:
    """So many drafts of an item, on no machine."""
    return _ready(plant, _load(plant, count, states=["draft"], item=item, bom_version=bom_version))


def _ready(plant: Plant, ids: tuple[int, int]) -> list[Order]:
    for table in TABLES:  # as autovacuum would soon; until then PostgreSQL plans for the few rows it knew of
        plant.connection.execute(f"ANALYZE {table}")
    return plant.connection.execute(
        "SELECT id, uuid FROM orders_productionorder WHERE id BETWEEN %s AND %s ORDER BY id", list(ids)
    ).fetchall()
