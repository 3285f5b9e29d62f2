"""`python -m tests.bench streams`: open streams on two web processes, orders moved through the API meanwhile.

    python -m tests.bench streams [--streams 200] [--seconds 4] [--rounds 3] [--rate 8]

Orders are started at `--rate` a second in both conditions, with the streams and without, in turn. `delay`: from the
API's answer to the event at a reader, over the real worker and its broker (`relayed` is when the outbox gave the event its
position). `pages`: ordinary requests of 4 connections at the same time.
"""

import argparse
import asyncio
import multiprocessing
import os
import re
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import psycopg

from factoryos.kernel.running.children import end_with_parent

CONNECTIONS = 4
STREAMS_OF_A_PERSON = 10
SETTLE_S = 5.0  # for the last events to arrive
_MOVED = re.compile(rb'"orderId":"([0-9a-f-]{36})","state":"in_production"')


class Ear(asyncio.Protocol):
    """One open stream: notes when which order was heard of."""

    def __init__(self, request: bytes, heard: list[tuple[str, float]], opened: asyncio.Event) -> None:
        self.request, self.heard, self.opened, self.rest = request, heard, opened, b""

    def connection_made(self, transport: Any) -> None:
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        seen = self.rest + data
        if b"retry: " in seen:
            self.opened.set()
        self.heard += [(found.decode(), now) for found in _MOVED.findall(seen)]
        self.rest = seen[seen.rfind(b"\n\n") + 2 :] if b"\n\n" in seen else seen


async def _listen(pipe: Connection, port: int, requests: Sequence[bytes]) -> None:
    loop = asyncio.get_running_loop()
    heard: list[tuple[str, float]] = []
    opened = [asyncio.Event() for _ in requests]
    ears = [
        await loop.create_connection(lambda r=request, e=event: Ear(r, heard, e), "127.0.0.1", port)  # type: ignore[misc]
        for request, event in zip(requests, opened, strict=True)
    ]
    async with asyncio.timeout(30):
        await asyncio.gather(*(event.wait() for event in opened))
    pipe.send("open")
    await loop.run_in_executor(None, pipe.recv)
    pipe.send(heard)
    for transport, _ in ears:
        transport.close()


def listen(pipe: Connection, parent: int, port: int, requests: Sequence[bytes]) -> None:
    """The readers' own process, so that neither writer nor web server waits for them."""
    end_with_parent(signal.SIGKILL, parent=parent)
    asyncio.run(_listen(pipe, port, requests))


@contextmanager
def readers(port: int, requests: Sequence[bytes]) -> Iterator[Connection]:
    """Open streams; a word through the pipe ends them and gives what was heard."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=listen, args=(theirs, os.getpid(), port, requests))
    process.start()
    try:
        assert ours.poll(60) and ours.recv() == "open", "not every stream was opened"
        yield ours
    finally:
        process.terminate()
        process.join(10)


@dataclass
class Result:
    """`answered`: when the API answered, by order; `heard`: (order, when) of every event at every reader."""

    waits: list[float] = field(default_factory=list)  # of ordinary requests, seconds
    answers: list[float] = field(default_factory=list)  # of the writer's calls, seconds
    answered: dict[str, float] = field(default_factory=dict)
    heard: list[tuple[str, float]] = field(default_factory=list)
    errors: int = 0
    memory: list[float] = field(default_factory=list)

    @property
    def delays(self) -> list[float]:
        return [when - self.answered[order] for order, when in self.heard if order in self.answered]


@contextmanager
def worker(folder: str, log: str) -> Iterator[None]:
    """The Celery worker that relays, as `manage.py run` starts it."""
    from factoryos.kernel.running.programs import worker_command

    with open(log, "wb") as written:
        process = subprocess.Popen(
            worker_command(), cwd=folder, stdout=written, stderr=written, stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": folder}, start_new_session=True,
        )  # fmt: skip
    try:
        time.sleep(4)
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def move(result: Result, port: int, requests: Sequence[tuple[str, bytes]], *, rate: float) -> None:
    """Start orders at an even pace, on one connection."""
    from tests.bench.client import Line

    line, began = Line(port), time.perf_counter()
    for number, (order, request) in enumerate(requests):
        time.sleep(max(0.0, began + number / rate - time.perf_counter()))
        line.send(request)
        while not line.complete():
            pass
        result.answers.append(time.perf_counter() - line.began)
        result.answered[order] = time.perf_counter()
        result.errors += line.answer[9:10] != b"2"
    line.socket.close()


def one_round(plant: Any, server: Any, args: argparse.Namespace, *, streams: Sequence[bytes]) -> Result:
    from tests.bench import client
    from tests.bench.contest import OURS, _ours, _page
    from tests.bench.plant import scheduled

    result = Result()
    orders = scheduled(plant, int(args.rate * args.seconds))
    requests = [(str(order[1]), _ours(plant, "start", order)) for order in orders]
    with readers(server.port, streams) as pipe:
        writer = threading.Thread(target=move, args=(result, server.port, requests), kwargs={"rate": args.rate})
        writer.start()
        run = client.load(
            port=server.port,
            connections=CONNECTIONS,
            seconds=args.seconds,
            requests=[_page(OURS, plant, None)],
            again=True,
        )
        writer.join()
        deadline = time.monotonic() + SETTLE_S
        while streams and untold(plant) and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(0.5 if streams else 0)
        result.memory = server.memory()
        pipe.send("enough")
        result.heard = pipe.recv()
    result.waits, result.errors = run.waits, result.errors + run.errors
    return result


def untold(plant: Any) -> bool:
    row = plant.connection.execute(
        "SELECT EXISTS (SELECT 1 FROM kernel_outboxmessage WHERE position IS NULL)"
    ).fetchone()
    return bool(row[0])


def relayed(plant: Any) -> list[float]:
    """Seconds from writing an event to giving it its position."""
    rows = plant.connection.execute(
        "SELECT extract(epoch FROM done_at - created_at)::float8 FROM kernel_outboxmessage WHERE topic = 'order.moved'"
    ).fetchall()
    return [row[0] for row in rows]


def people(plant: Any, count: int) -> list[str]:
    """Tokens of so many members of the plant."""
    import jwt
    from django.conf import settings

    from factoryos.kernel.ids import uuid7
    from factoryos.kernel.models import Membership, User

    claims = jwt.decode(plant.token, options={"verify_signature": False})
    tokens = []
    for number in range(count):
        user = User.objects.create(username=f"reader-{number}", supabase_id=uuid7())
        Membership.objects.create(user=user, factory_id=plant.factory, roles=["viewer"])
        own = claims | {"sub": str(user.supabase_id)}
        tokens.append(jwt.encode(own, settings.SUPABASE_JWT_SECRETS[0], algorithm="HS256"))
    return tokens


def openings(plant: Any, count: int) -> list[bytes]:
    from tests.bench.plant import SLUG

    tokens = people(plant, -(-count // STREAMS_OF_A_PERSON))
    return [
        f"GET /api/factories/{SLUG}/stream HTTP/1.1\r\nHost: a\r\n"
        f"Authorization: Bearer {tokens[number % len(tokens)]}\r\n\r\n".encode()
        for number in range(count)
    ]


def tell(results: dict[int, list[Result]], plant: Any, args: argparse.Namespace) -> int:
    everything = [result for runs in results.values() for result in runs]
    delays = [delay for result in results[args.streams] for delay in result.delays]
    moved = sum(len(result.answered) for result in results[args.streams])
    print(f"\n{args.streams} streams, {moved} orders moved, {len(delays):,} events heard of {moved * args.streams:,}\n")
    print(f"{'milliseconds':44}{'p50':>8}{'p95':>8}{'max':>8}")
    _line("from the API's answer to the event", delays)
    _line("  of which until the outbox told it", relayed(plant))
    for streams, runs in results.items():
        _line(f"pages at {CONNECTIONS} connections, {streams} streams", [wait for run in runs for wait in run.waits])
        _line(f"moving an order, {streams} streams", [wait for run in runs for wait in run.answers])
    for streams, runs in results.items():
        memory = runs[-1].memory
        each = " + ".join(f"{size:.0f}" for size in memory)
        print(f"web server with {streams} streams: {sum(memory):.0f} MB resident ({each})")
    errors = sum(result.errors for result in everything)
    lost = moved * args.streams - len(delays)
    print(f"errors: {errors}; events not heard: {lost}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return 1 if errors or lost else 0


def _line(name: str, seconds: Sequence[float]) -> None:
    ordered = sorted(seconds)
    figures = (statistics.median(ordered), ordered[int(len(ordered) * 0.95)], ordered[-1]) if ordered else (0.0,) * 3
    print(f"{name:44}" + "".join(f"{figure * 1000:8.1f}" for figure in figures))


def measure(argv: Sequence[str]) -> int:
    """On a database and a server of our own, which are put away afterwards."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from factoryos.kernel import embedded_postgres
    from tests.bench import database, plant, web
    from tests.bench.__main__ import HOME, ROOT, SMALL, say

    args = arguments(argv)
    if not os.environ.get("DATABASE_URL", "").strip():
        embedded_postgres.ensure_running(HOME)
    with database.made(settings.DATABASES["default"]) as conninfo:
        call_command("migrate", verbosity=0)
        with (
            psycopg.connect(conninfo, autocommit=True) as connection,
            web.serving(folder=ROOT, log=HOME / "web.log") as server,
            worker(str(ROOT), str(HOME / "worker.log")),
        ):
            floor = plant.open_plant(connection)
            plant.fill(floor, SMALL)
            requests = openings(floor, args.streams)
            one_round(floor, server, args, streams=[])  # every thread connects and prepares its statements
            results: dict[int, list[Result]] = {0: [], args.streams: []}
            for number in range(args.rounds):
                say(f"round {number + 1}")
                for streams in results:
                    results[streams].append(one_round(floor, server, args, streams=requests[:streams]))
            status = tell(results, floor, args)
        connections.close_all()
    return status


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench streams")
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=4.0, help="of one run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=float, default=8.0, help="orders moved a second")
    return parser.parse_args(argv)
