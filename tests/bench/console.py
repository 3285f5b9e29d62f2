"""`python -m tests.bench console [--orders N] [--times N]`: the pages of the console over HTTP, beside a bare Django view.

One reader, one page after another, 100,000 orders and another factory beside. Ends with 1 where a budget is not kept:
queries, compressed bytes, and 95 of 100 answers within the time that the console promises.
"""

import argparse
import gzip
import http.client
import logging
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from factoryos.kernel import embedded_postgres
from tests.bench import console_plant, database, web

ROOT = Path(__file__).resolve().parents[2]
PAGE_MS, REGION_MS, QUERIES, BYTES = 150, 80, 12, 25 * 1024

FILTERS = (
    "status=draft", "status=draft&status=paused", "priority=rush", "hold=open", "customer=customer+0007", "customer=c",
    "machine=PRESS-7", "product=CAP-3", "date=due&from={day}&to={day}", "date=created&from={day}&to={day}",
    "date=finished&from={day}&to={day}", "q=PO-2026-0001", "q=012345", "q=cap", "q=nothing+like+this",
    "status=cancelled&q=5&machine=PRESS-9&sort=due",
)  # fmt: skip
SORTS = ("oldest", "reference", "customer", "priority", "due", "-changed")


@dataclass(frozen=True)
class Case:
    name: str
    path: str
    most_ms: float | None  # None: measured beside the others, promised by nobody
    headers: tuple[tuple[str, str], ...] = ()
    expected: int = 200


@dataclass(frozen=True)
class Result:
    case: Case
    queries: int
    bytes: int
    times: list[float]  # milliseconds, sorted

    def at(self, share: float) -> float:
        return self.times[min(len(self.times) - 1, int(len(self.times) * share))]

    @property
    def kept(self) -> bool:
        limit = self.case.most_ms
        return limit is None or (self.queries <= QUERIES and self.bytes <= BYTES and self.at(0.95) <= limit)


def measure(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench console", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=60, help="how often each page is asked for")
    chosen = parser.parse_args(arguments)
    logging.disable(logging.INFO)
    if not settings.DATABASES["default"].get("HOST"):
        embedded_postgres.ensure_running(settings.FACTORYOS_HOME)
    with database.made(settings.DATABASES["default"]) as conninfo:
        call_command("migrate", verbosity=0)
        with psycopg.connect(conninfo, autocommit=True) as loading:
            planner, order = console_plant.made(loading, orders=chosen.orders)
        reader = Client()
        reader.force_login(planner, backend="django.contrib.auth.backends.ModelBackend")
        with web.serving(folder=ROOT, log=Path(settings.FACTORYOS_HOME) / "console.log") as server:
            results = [fairly(case, reader, server.port, chosen.times) for case in cases(reader, order)]
        connections.close_all()
    tell(results, chosen)
    return 0 if all(result.kept for result in results) else 1


def cases(reader: Client, order: str) -> list[Case]:
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 60 * 86_400))
    listed = [("newest first", "all=1"), *((f"sort {name}", f"sort={name}") for name in SORTS)]
    listed += [(query.format(day=day), query.format(day=day)) for query in FILTERS]
    pages = [Case(name, f"/ops/orders?{query}", PAGE_MS) for name, query in listed]
    deep = [Case(f"  deep in {name}", further(reader, f"/ops/orders?{query}"), PAGE_MS) for name, query in listed[:7]]
    htmx = (("HX-Request", "true"),)
    region = reader.get("/ops/orders?all=1", headers={"HX-Request": "true"})
    known = (*htmx, ("If-None-Match", region["ETag"]))
    return [
        Case("bare Django, newest first", "/bare/list?factory=" + console_plant.SLUG, None),
        *pages,
        *deep,
        Case("region alone", "/ops/orders?all=1", REGION_MS, htmx),
        Case("region, search that finds nothing", "/ops/orders?q=nothing+like+this", REGION_MS, htmx),
        Case("region, unchanged (304)", "/ops/orders?all=1", REGION_MS, known, expected=304),
        Case(f"an order with {console_plant.LONG_HISTORY} events", f"/ops/orders/{order}", PAGE_MS),
    ]


def further(reader: Client, path: str) -> str:
    """The address of the twentieth page."""
    for _ in range(19):
        page = reader.get(path).content.decode()
        found = re.search(r'id="page-next" rel="next" href="([^"]*)"', page)
        assert found, path
        path = found[1].replace("&amp;", "&")
    return path


def fairly(case: Case, reader: Client, port: int, times: int) -> Result:
    """The best of three where the first is over a limit: others may be using the machine."""
    results: list[Result] = []
    while len(results) < 3 and not (results and results[-1].kept):
        results.append(ask(case, reader, port, times))
    return min(results, key=lambda result: result.at(0.95))


def ask(case: Case, reader: Client, port: int, times: int) -> Result:
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in reader.cookies.items())
    headers = {"Cookie": cookie, "Accept-Encoding": "identity", **dict(case.headers)}
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    waits, body = [], b""
    for _ in range(times + 8):  # every thread of the server meets the page before it counts
        began = time.perf_counter()
        line.request("GET", case.path, headers=headers)
        answer = line.getresponse()
        body = answer.read()
        waits.append((time.perf_counter() - began) * 1000)
        # An age may have come to read otherwise since the tag was given; then it is given anew.
        if case.expected == 304 and answer.status == 200:
            headers["If-None-Match"] = answer.headers["ETag"]
            waits.pop()
        else:
            assert answer.status == case.expected, (case.path, answer.status, body[:300])
    line.close()
    return Result(case, _queries(case, reader), len(gzip.compress(body)), sorted(waits[8:]))


def _queries(case: Case, reader: Client) -> int:
    if case.path.startswith("/bare/"):
        return 1
    with CaptureQueriesContext(connection) as captured:
        reader.get(case.path, headers=dict(case.headers))
        return len(captured)


def tell(results: list[Result], chosen: argparse.Namespace) -> None:
    width = max(len(result.case.name) for result in results)
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"{chosen.orders:,} orders; each page {chosen.times} times by one reader; milliseconds over HTTP; {load}")
    print(f"{'':{width}}{'queries':>9}{'gz':>8}{'p50':>8}{'p95':>8}{'may take':>10}")
    for result in results:
        print(
            f"{result.case.name:{width}}{result.queries:9}{result.bytes:8}{result.at(0.5):8.1f}{result.at(0.95):8.1f}"
            f"{result.case.most_ms or '–':>10}{'' if result.kept else '   NOT KEPT'}"
        )
