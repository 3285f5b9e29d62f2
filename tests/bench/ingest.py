"""`python -m tests.bench ingest`: the ingest API's two doors beside the same rows copied and merged by hand.

    python -m tests.bench ingest [--quick] [--rows N] [--requests N]

A file of so many rows (five versions of each order) through `manage.py ingest` as CSV and as NDJSON, with the memory it
took along the way; then requests of 2,000 rows over HTTP on one and on two connections, answers included. By hand: the text
of COPY is ready and there are no heads, as in tests/bench/statements.py. Ends with 1 when a version or a head is missing.
"""

import argparse
import http.client
import io
import json
import os
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from factoryos.kernel import embedded_postgres
from tests.bench import database, raw_statements, web

VERSIONS, TOGETHER, A_REQUEST = 5, 10_000, 2_000
LOCATION, EMAIL = "BENCH", "bench@example.com"
PATH = "/api/v2/ingest/object/INV_MANUFACTURING_ORDERS_OOTB"
_BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
_TABLES = "orders_ingesthead, orders_manufacturingorderversion, orders_ingestrequest"


def rows(count: int, *, first: int = 0) -> Iterator[dict[str, Any]]:
    """Statements as the published example formats them: one hour after the other, all orders in each."""
    orders = max(count // VERSIONS, 1)
    for place in range(count):
        order, version = first + place % orders, place // orders
        began = _BEGIN + timedelta(minutes=order)
        at = f"{_BEGIN + timedelta(hours=version):%Y-%m-%d} {(version % 24):02}:{order // 60 % 60:02}:{order % 60:02}"
        yield {
            "order_number": f"MO-2025-{order:07}", "product_id": f"PROD-{order % 500:03}", "location_id": LOCATION,
            "source_id": f"LINE-{order % 20:03}", "ordered_at": f"{began:%Y-%m-%d %H:%M:%S}", "ordered_units": 500,
            "expected_start_date": f"{began:%Y-%m-%d %H:%M:00}", "expected_end_date": f"{began:%Y-%m-%d 23:59:59}",
            "produced_units": version * 100, "status": "in_progress", "updated_at": at,
        }  # fmt: skip


@dataclass
class Memory:
    """Resident megabytes of this process, looked at while something runs."""

    seen: list[float] = field(default_factory=list)

    @contextmanager
    def watched(self) -> Iterator[None]:
        over, process = threading.Event(), psutil.Process()

        def look() -> None:
            while not over.wait(0.2):
                self.seen.append(process.memory_info().rss / 1e6)

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def told(self) -> str:
        """The most in the second and in the last fifth of the time: what grew with the file would show."""
        fifth = max(len(self.seen) // 5, 1)
        early, late = self.seen[fifth : 2 * fifth] or self.seen, self.seen[-fifth:]
        return f"{max(early, default=0):.0f} MB early, {max(late, default=0):.0f} MB late"


def write_file(path: Path, count: int) -> None:
    with path.open("w") as file:
        for place, row in enumerate(rows(count)):
            if path.suffix == ".csv":
                if place == 0:
                    file.write(",".join(row) + "\n")
                file.write(",".join(map(str, row.values())) + "\n")
            else:
                file.write(json.dumps(row) + "\n")


def take_file(path: Path) -> tuple[float, Memory]:
    """Seconds that `manage.py ingest` takes, and the memory."""
    memory, began = Memory(), time.perf_counter()
    with memory.watched():
        call_command("ingest", str(path), email=EMAIL, restart=True, stdout=io.StringIO())
    return time.perf_counter() - began, memory


def by_hand(conninfo: str, factory_id: int, count: int) -> float:
    """Seconds that the server takes to copy and merge the same rows, whose text is ready."""
    from factoryos.dialects.ingest.rows import Checker

    checker = Checker({LOCATION: factory_id}, factory_id, _BEGIN)
    stated, spent = rows(count), 0.0
    with psycopg.connect(conninfo, autocommit=True) as connection:
        raw_statements.make_table(connection)
        while batch := list(islice(stated, TOGETHER)):
            text = raw_statements.text_of(checker.check(batch).good)
            began = time.perf_counter()
            raw_statements.keep(connection, text)
            spent += time.perf_counter() - began
        connection.execute(f"DROP TABLE {raw_statements.TABLE}")
    return spent


def send(port: int, token: str, bodies: Sequence[bytes], *, connections: int) -> tuple[float, list[float]]:
    """(seconds for all, seconds of each request)"""
    left, took = iter(bodies), []
    guard = threading.Lock()

    def one() -> None:
        caller = http.client.HTTPConnection("127.0.0.1", port)
        headers = {"Authorization": token, "Content-Type": "application/json"}
        while True:
            with guard:
                body = next(left, None)
            if body is None:
                return caller.close()
            began = time.perf_counter()
            caller.request("POST", PATH, body, headers)
            answer = caller.getresponse()
            told = json.loads(answer.read())
            took.append(time.perf_counter() - began)
            assert answer.status == 200 and told["successRows"] == A_REQUEST, told

    began = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        for work in [pool.submit(one) for _ in range(connections)]:
            work.result()
    return time.perf_counter() - began, took


def bodies(requests: int, *, first: int) -> list[bytes]:
    made = rows(requests * A_REQUEST, first=first)
    return [
        json.dumps({"solutionName": "INV_OOTB", "data": list(islice(made, A_REQUEST))}, separators=(",", ":")).encode()
        for _ in range(requests)
    ]


def measure(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench ingest", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few rows")
    parser.add_argument("--rows", type=int, help="of the file (default 1,000,000)")
    parser.add_argument("--requests", type=int, help="over HTTP, of 2,000 rows each (default 60)")
    args = parser.parse_args(argv)
    count, requests = args.rows or (20_000 if args.quick else 1_000_000), args.requests or (4 if args.quick else 60)
    if not os.environ.get("DATABASE_URL", "").strip():
        embedded_postgres.ensure_running(settings.FACTORYOS_HOME)
    with database.made(settings.DATABASES["default"]) as conninfo:
        call_command("migrate", verbosity=0)
        wrong = contest(conninfo, Path(settings.FACTORYOS_HOME), count=count, requests=requests)
        connections.close_all()
    print("; ".join(wrong) or "every version is there, and every head")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, each figure of one run")
    return 1 if wrong else 0


def contest(conninfo: str, home: Path, *, count: int, requests: int) -> list[str]:
    factory_id, token = _open()
    bare = count / by_hand(conninfo, factory_id, count)
    print(f"by hand: {bare:,.0f} rows/s copied and merged, {count:,} rows")
    wrong = []
    for kind in ("csv", "ndjson"):
        path = home / f"bench.{kind}"
        write_file(path, count)
        seconds, memory = take_file(path)
        path.unlink()
        rate = count / seconds
        print(f"manage.py ingest, {kind}: {rate:,.0f} rows/s, {rate / bare:.2f} × by hand; {memory.told()}", flush=True)
        wrong += _missing(count, kind)
    with web.serving(folder=Path(__file__).resolve().parents[2], log=home / "web.log") as server:
        for number in (1, 2):
            load = bodies(requests, first=number * 2_000_000)
            seconds, took = send(server.port, token, load, connections=number)
            rate, late = requests * A_REQUEST / seconds, statistics.quantiles(took, n=20)[-1] * 1000
            print(
                f"HTTP, {number} at once: {rate:,.0f} rows/s, {rate / bare:.2f} × by hand; p95 {late:.0f} ms, bodies of"
                f" {len(load[0]):,} bytes", flush=True,
            )  # fmt: skip
    return wrong + _missing(2 * requests * A_REQUEST, "HTTP")


def _open() -> tuple[int, str]:
    from factoryos.kernel.api_keys import create_api_key
    from factoryos.kernel.models import ApiKey
    from tests.callers import a_member
    from tests.floor import a_factory

    factory = a_factory(location_id=LOCATION)
    member = a_member(factory, "planner")
    member.email = EMAIL
    member.save()
    kind = ApiKey.Kind.PERSONAL_ACCESS_TOKEN
    return factory.pk, create_api_key(kind=kind, name="Bench", roles=["planner"], factory=factory)[1]


def _missing(count: int, who: str) -> list[str]:
    """What is not there of so many rows; then all of it is taken away."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM orders_manufacturingorderversion")
        seen = cursor.fetchone()[0]
        found = [f"{who}: {seen:,} versions of {count:,}"] if seen != count else []
        cursor.execute(
            "SELECT count(*) FROM orders_ingesthead AS head WHERE updated_at IS DISTINCT FROM (SELECT max(updated_at)"
            " FROM orders_manufacturingorderversion AS version WHERE (version.factory_id, version.order_number,"
            " version.product_id) = (head.factory_id, head.order_number, head.product_id))"
        )
        if behind := cursor.fetchone()[0]:
            found.append(f"{who}: {behind:,} heads are not the newest")
        cursor.execute(f"TRUNCATE {_TABLES}")
    return found
