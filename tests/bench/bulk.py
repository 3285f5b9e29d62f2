"""`python -m tests.bench bulk`: an operation on many orders beside the same verbs called bare, without its bookkeeping."""

import logging
import os
import subprocess
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from factoryos.kernel import embedded_postgres
from tests.bench import database

INLINE, JOB, PROCESSES = 200, 10_000, 2
INLINE_SECONDS, JOB_SECONDS = 2, 60  # what they may take

# The same verb, one transaction an order, nothing else.
_BARE = """
import sys
import django
django.setup()
from factoryos.kernel import transactions
from factoryos.kernel.models import Factory
from factoryos.kernel.transactions import Answer
from orders import actions
from orders.models import ProductionOrder
from tests.floor import an_actor
first, last = int(sys.argv[1]), int(sys.argv[2])
ids = list(ProductionOrder.objects.filter(pk__range=(first, last)).order_by("pk").values_list("pk", flat=True))
by = an_actor(Factory.objects.get(pk=int(sys.argv[3])))
for pk in ids:
    transactions.run(lambda: actions.submit(order_id=pk, by=by) and Answer(200, b""), refuse=str)
"""


def measure() -> int:
    logging.disable(logging.INFO)
    if not os.environ.get("DATABASE_URL", "").strip():
        embedded_postgres.ensure_running(settings.FACTORYOS_HOME)
    with database.made(settings.DATABASES["default"]) as conninfo:
        call_command("migrate", verbosity=0)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            rows = [_inline(), _job(connection)]
        connections.close_all()
    print(f"{'':26}{'bulk':>9}{'bare verbs':>12}{'×':>7}{'may take':>10}")
    for name, bulk, bare, most in rows:
        print(f"{name:26}{bulk:8.2f}s{bare:11.2f}s{bulk / bare:7.2f}{most:9}s")
    return 0 if all(bulk <= most for _, bulk, _, most in rows) else 1


def _inline() -> tuple[str, float, float, float]:
    """The apply request, over Django's client, beside bare calls in the same process."""
    from tests.ops.bulk.desk import Desk

    desk = Desk()
    _warm_up(desk)
    desk.many(INLINE, customer="Inline")
    orders = _ids(desk, "Inline")
    sent = desk.confirms(desk.preview("submit", {"ids": [uuid for _, uuid in orders], "factory": desk.factory.slug}))
    began = time.perf_counter()
    operation = desk.operation(desk.apply(sent))
    bulk = time.perf_counter() - began
    assert desk.counts(operation) == (INLINE, 0, 0, 0)
    desk.many(INLINE, reference="bare", customer="Bare")
    return f"{INLINE} orders inline", bulk, _bare_here(desk, [pk for pk, _ in _ids(desk, "Bare")]), INLINE_SECONDS


def _warm_up(desk: Any) -> None:
    desk.does("submit", desk.selects(*desk.several(3)))


def _ids(desk: Any, customer: str) -> Sequence[tuple[int, str]]:
    from orders.models import ProductionOrder

    found = ProductionOrder.objects.filter(factory=desk.factory, customer_name=customer)
    return [(pk, str(uuid)) for pk, uuid in found.values_list("pk", "uuid")]


def _bare_here(desk: Any, ids: Sequence[int]) -> float:
    from factoryos.kernel import transactions
    from factoryos.kernel.transactions import Answer
    from orders import actions

    def submit(pk: int) -> Answer:
        actions.submit(order_id=pk, by=desk.by)
        return Answer(200, b"")

    began = time.perf_counter()
    for pk in ids:
        transactions.run(lambda pk=pk: submit(pk), refuse=_raised)  # type: ignore[misc]
    return time.perf_counter() - began


def _raised(problem: Exception) -> Any:
    raise problem


def _job(connection: "psycopg.Connection[Any]") -> tuple[str, float, float, float]:
    """From the confirming request to the last row, with two worker processes; beside two that call the verbs bare."""
    from tests.ops.bulk import workers
    from tests.ops.bulk.desk import Desk

    desk = Desk()
    desk.many(JOB)
    connection.execute("VACUUM (ANALYZE) orders_productionorder")
    began = time.perf_counter()
    operation = desk.does("submit", desk.selects_all())
    _wait([workers.worker() for _ in range(PROCESSES)])
    bulk = time.perf_counter() - began
    assert desk.counts(operation) == (JOB, 0, 0, 0)
    other = Desk()
    other.many(JOB)
    first = connection.execute("SELECT max(id) FROM orders_productionorder").fetchone()[0] - JOB + 1  # type: ignore[index]
    share = JOB // PROCESSES
    began = time.perf_counter()
    _wait([
        workers.process(_BARE, str(first + n * share), str(first + (n + 1) * share - 1), str(other.factory.pk))
        for n in range(PROCESSES)
    ])  # fmt: skip
    moved = connection.execute("SELECT count(*) FROM orders_orderevent WHERE factory_id = %s", [other.factory.pk])
    assert moved.fetchone() == (JOB,)
    return f"{JOB:,} as a job, {PROCESSES} workers", bulk, time.perf_counter() - began, JOB_SECONDS


def _wait(processes: Sequence["subprocess.Popen[str]"]) -> None:
    assert [process.wait(600) for process in processes] == [0] * len(processes)
