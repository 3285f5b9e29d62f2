"""Who is measured and how: the same job to ours, bare Django and raw SQL in turn, so that noise hits all alike."""

import json
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from factoryos.dialects.base.paging import encode_cursor
from factoryos.kernel.running.programs import WEB_PROCESSES
from tests.bench import client, raw, raw_stock
from tests.bench.client import Run
from tests.bench.plant import SLUG, Order, Plant, scheduled
from tests.bench.stockroom import Shelf
from tests.bench.web import Web

PAGE = 50
MOST_CONNECTIONS = 8
VERBS = ("create", "start", "log", "complete")
STOCK_VERBS = ("confirm", "begin", "produce")
AGAIN = frozenset({"create", "log", "produce"})  # what one order, or none, is enough for
EVENTS = {
    "log": ("report",), "confirm": ("approve",), "begin": ("start", "report"), "produce": ("report",),
}  # fmt: skip
PLACES = ("first", "deepest", "every new")
OURS, BARE, RAW = "ours", "bare", "raw"
# More orders than anyone here can start, or confirm, in a second.
MOST_PER_SECOND = {OURS: 1500, BARE: 2500, RAW: 5000}
MOST_CONFIRMED = {OURS: 1000, BARE: 1000, RAW: 3000}

NONE: Order = (0, UUID(int=0))  # create needs no order

Key = tuple[Any, ...]


@dataclass
class Contest:
    """`results`: the runs by (what, who). `pool`: the processes that load comes from."""

    plant: Plant
    shelves: Sequence[Shelf]
    server: Web
    conninfo: str
    pool: ProcessPoolExecutor
    seconds: float
    results: dict[Key, list[Run]] = field(default_factory=dict)
    accepted: Counter[str] = field(default_factory=Counter)  # the events of accepted calls by verb, the warm-up's too

    def writes(self, connections: int) -> None:
        """One run of each verb by each: create orders; start, log on and complete others of its own."""
        for who in (OURS, BARE, RAW):
            self._keep(("create", connections, who), self._write(who, "create", connections, []))
        orders = {
            who: scheduled(self.plant, int(MOST_PER_SECOND[who] * self.seconds) + 50) for who in (OURS, BARE, RAW)
        }
        for verb in ("start", "log", "complete"):
            for who in (OURS, BARE, RAW):
                run = self._write(who, verb, connections, orders[who])
                if verb == "start":
                    orders[who] = run.done
                self._keep((verb, connections, who), run)

    def stock(self, shelf: Shelf, connections: int) -> None:
        """One run of each stock verb by each: confirm orders, begin to produce them, go on producing them."""
        orders: dict[str, list[Order]] = {
            who: shelf.drafts(int(MOST_CONFIRMED[who] * self.seconds) + 50) for who in (OURS, BARE, RAW)
        }
        for verb in STOCK_VERBS:
            for who in (OURS, BARE, RAW):
                run = self._write(who, verb, connections, orders[who])
                if verb not in AGAIN:
                    orders[who] = run.done
                self._keep((verb + shelf.suffix, connections, who), run)

    def _write(self, who: str, verb: str, connections: int, orders: Sequence[Order]) -> Run:
        run = self._run(who, verb, connections, orders)
        for event in EVENTS.get(verb, (verb,)):
            self.accepted[event] += run.count - run.errors
        return run

    def _run(self, who: str, verb: str, connections: int, orders: Sequence[Order]) -> Run:
        again = verb in AGAIN
        if who == RAW:
            return self._by_hand(verb, connections, orders or [NONE], again=again)
        requests = [_CALLS[who](self.plant, verb, order) for order in orders or [NONE]]
        run = self._over_http(connections, requests, again=again)
        run.done = list(orders[: run.count])
        return run

    def _over_http(self, connections: int, requests: Sequence[bytes], *, again: bool) -> Run:
        job = {"port": self.server.port, "connections": connections, "seconds": self.seconds, "again": again}
        before = self.server.cpu()
        run = self.pool.submit(client.load, requests=requests, **job).result()
        run.cpu = self.server.cpu() - before
        return run

    def _by_hand(self, verb: str, connections: int, orders: Sequence[Order], *, again: bool) -> Run:
        """In as many processes as the web server has, so that neither is held back by one interpreter."""
        processes = min(connections, WEB_PROCESSES)
        begin = time.time() + 0.1
        jobs = [
            self.pool.submit(
                raw.load, conninfo=self.conninfo, verb=_BY_HAND[verb], plant=self.plant.ids, again=again, begin=begin,
                connections=connections // processes, seconds=self.seconds,
                orders=orders if verb == "create" else orders[part::processes],
            )
            for part in range(processes)
        ]  # fmt: skip
        return raw.together([job.result() for job in jobs])

    def reads(self, connections: int, *, orders: int) -> None:
        """Pages by each: the first again and again, the deepest, and each page but once (ours: none rendered before)."""
        ends = self.plant.page_ends(PAGE)
        befores: dict[str, list[int | None]] = {
            "first": [None], "deepest": [self.plant.deepest(PAGE)], "every new": [None, *ends],
        }  # fmt: skip
        for place in PLACES:
            for who in (OURS, BARE):
                self.plant.forget_rendered_rows()
                requests = [_page(who, self.plant, before) for before in befores[place]]
                if place != "every new":
                    client.load(
                        port=self.server.port, connections=MOST_CONNECTIONS, seconds=0.1, requests=requests, again=True
                    )
                run = self._over_http(connections, requests, again=place != "every new")
                self._keep((place, orders, connections, who), run)

    def _keep(self, key: Key, run: Run) -> None:
        self.results.setdefault(key, []).append(run)

    def rate(self, *key: Any) -> float:
        return statistics.median(run.rate for run in self.results[key])

    def p95(self, *key: Any) -> float:
        return statistics.median(run.p95_ms for run in self.results[key])

    def warm_up(self) -> None:
        """Let every thread of the server connect and prepare its statements. Exits where something fails."""
        self.writes(MOST_CONNECTIONS)
        for shelf in self.shelves:
            self.stock(shelf, MOST_CONNECTIONS)
        if self.errors():
            raise SystemExit("\n".join(self.failures()))
        self.results = {key: runs for key, runs in self.results.items() if key[0] in PLACES}

    def failures(self) -> list[str]:
        return [f"{key}: {sample}" for key, runs in self.results.items() for run in runs for sample in run.samples]

    def cpu(self, *key: Any) -> float:
        return statistics.median(run.cpu_ms for run in self.results[key])

    def calls(self) -> int:
        return sum(run.count for runs in self.results.values() for run in runs)

    def errors(self) -> int:
        return sum(run.errors for runs in self.results.values() for run in runs)


def _http(method: str, path: str, *, token: str = "", body: Any = None) -> bytes:
    sent = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    head += f"Authorization: Bearer {token}\r\n" if token else ""
    head += f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n" if sent else ""
    return head.encode() + b"\r\n" + sent


_ERP_ORDERS = "/api/manufacturing/orders"
_ORDERS = f"/api/factories/{SLUG}/production-orders"
_NEW = {
    "quantityTarget": 1000, "batchNumber": "M062026-UBH", "plannedStart": "2026-04-20T08:00:00Z",
    "plannedEnd": "2026-04-20T16:00:00Z",
}  # fmt: skip
_COUNT = {"quantityProduced": 10, "quantityGood": 9, "quantityRejected": 1}


def call_of(plant: Plant, verb: str, order: Order) -> tuple[str, dict[str, Any]]:
    """The path and body of the factory API, for stock verbs of the ERP's."""
    return {
        "create": (_ORDERS, {"productId": plant.item_uuid, **_NEW}),
        "start": (f"{_ORDERS}/{order[1]}/transition", {"toState": "in_production"}),
        "log": (f"{_ORDERS}/{order[1]}/log-quantity", _COUNT),
        "complete": (f"{_ORDERS}/{order[1]}/transition", {"toState": "completed"}),
        "confirm": (f"{_ERP_ORDERS}/{order[1]}/confirm", {}),
        "begin": (f"{_ERP_ORDERS}/{order[1]}/produce", _piece(order)),
        "produce": (f"{_ERP_ORDERS}/{order[1]}/produce", _piece(order)),
    }[verb]


def credential_for(plant: Plant, verb: str) -> str:
    return plant.key if verb in STOCK_VERBS else plant.token


def _piece(order: Order) -> dict[str, Any]:
    return {"qty": 1, "lotNumber": f"LOT-{order[0]}"}


def _ours(plant: Plant, verb: str, order: Order) -> bytes:
    path, body = call_of(plant, verb, order)
    return _http("POST", path, token=credential_for(plant, verb), body=body)


def _bare(plant: Plant, verb: str, order: Order) -> bytes:
    if verb == "create":
        return _http("POST", "/bare/orders", body={**plant.ids, **_NEW})
    if verb in STOCK_VERBS:
        word = "confirm" if verb == "confirm" else "produce"
        return _http("POST", f"/bare/orders/{order[1]}/{word}", body=_piece(order))
    return _http("POST", f"/bare/orders/{order[1]}/{verb}", body=_COUNT)


_CALLS = {OURS: _ours, BARE: _bare}
_BY_HAND = {**raw.VERBS, **raw_stock.VERBS}


def _page(who: str, plant: Plant, before: int | None) -> bytes:
    if who == OURS:
        cursor = f"&cursor={encode_cursor((before,))}" if before is not None else ""
        return _http("GET", f"{_ORDERS}?limit={PAGE}{cursor}", token=plant.token)
    return _http("GET", f"/bare/orders?factory={plant.factory}" + (f"&before={before}" if before is not None else ""))
