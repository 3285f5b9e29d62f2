"""Web servers side by side: requests and streams together, on this machine, in one run.

    python tests/bench/front.py [--rounds 12] [--seconds 0.5] [--connections 1,4,8] [--streams 200]

Every server serves the same stand-in (front_standin.py). All of them are started first and then measured in turn, in a
new order each round, so that a noisy machine is unfair to none. `cpu` is the processor time that the server spent on a
request: it hardly moves when others use the machine too. granian's WSGI is the upper limit: it has no streams, unless
each of them holds a thread.
"""

import argparse
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
STANDIN = "tests.bench.front_standin"
PYTHON = [sys.executable, "-m"]
GRANIAN = [*PYTHON, "granian", "--no-log", "--http", "1", "--no-ws"]
REQUEST = (
    b"POST /orders HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
    + b"x" * 120
    + b"\r\nContent-Type: application/json\r\nContent-Length: 300\r\n\r\n"
    + b"x" * 300
)


@dataclass
class Candidate:
    name: str
    streams: bool
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None
    rates: dict[tuple[int, int], list[float]] = field(default_factory=dict)
    costs: dict[tuple[int, int], list[float]] = field(default_factory=dict)
    waits: dict[tuple[int, int], list[float]] = field(default_factory=dict)
    events: list[float] = field(default_factory=list)

    def command(self, threads: int) -> list[str]:
        port = ["--port", str(self.port), "--workers", "2"]
        wsgi = [*GRANIAN, "--interface", "wsgi", "--blocking-threads"]
        if self.name == "factoryos.front":
            return [*PYTHON, self.name, *port, "--threads", str(threads), "--application", f"{STANDIN}:wsgi"]
        if self.name == "granian WSGI":
            return [*wsgi, str(threads), *port, f"{STANDIN}:wsgi"]
        return [*wsgi, "128", *port, f"{STANDIN}:wsgi_in_threads"]

    def tree(self) -> list[psutil.Process]:
        assert self.process is not None
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def cpu(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self.tree())


CANDIDATES = [
    Candidate("granian WSGI", streams=False),  # the upper limit: it has no streams
    Candidate("factoryos.front", streams=True),
    Candidate("granian WSGI, 128 threads", streams=True),
]


def calibrate() -> str:
    """How many turns of the stand-in's loop take 1.5 ms here."""
    from tests.bench import front_standin

    best = float("inf")
    for _ in range(40):
        started = time.thread_time()
        front_standin.burn()
        best = min(best, time.thread_time() - started)
    return str(int(front_standin.TURNS * 0.0015 / best))


def visit(port: int, seconds: float, waits: list[float]) -> None:
    """One connection that asks again as soon as it is answered."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end = time.perf_counter() + seconds
        while (started := time.perf_counter()) < end:
            client.sendall(REQUEST)
            answer = client.recv(65_536)
            head, _, body = answer.partition(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            assert head.startswith(b"HTTP/1.1 200"), head
            while len(body) < length:
                body += client.recv(65_536)
            waits.append(time.perf_counter() - started)


def measure(candidate: Candidate, *, connections: int, seconds: float, streams: int) -> None:
    key, waits = (streams, connections), []
    visitors = [threading.Thread(target=visit, args=(candidate.port, seconds, waits)) for _ in range(connections)]
    started, spent = time.perf_counter(), candidate.cpu()
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    candidate.rates.setdefault(key, []).append(len(waits) / (time.perf_counter() - started))
    candidate.costs.setdefault(key, []).append((candidate.cpu() - spent) / len(waits) * 1000)
    candidate.waits.setdefault(key, []).append(sorted(waits)[int(len(waits) * 0.99)] * 1000)


class Readers:
    """A process that keeps streams open and counts what comes; `events` gives events a second."""

    CODE = """
import asyncio, sys, time
async def read(port, seen):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /stream HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
    while line := await reader.readline():
        if line.startswith(b"data: "): seen.append(1)
async def main(port, count):
    seen = []
    readers = [asyncio.ensure_future(read(port, seen)) for _ in range(count)]
    await asyncio.sleep(1.5)
    seen.clear(); started = time.time()
    print("open", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    print(len(seen) / (time.time() - started), flush=True)
asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
"""

    def __init__(self, port: int, count: int) -> None:
        command = [sys.executable, "-c", self.CODE, str(port), str(count)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def end(self) -> float:
        events = float(self._process.communicate("\n")[0])
        return events


def start(candidate: Candidate, *, threads: int, turns: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        candidate.port = probe.getsockname()[1]
    environ = {**os.environ, "STANDIN_TURNS": turns}
    candidate.process = subprocess.Popen(candidate.command(threads), cwd=ROOT, env=environ)
    for _ in range(100):
        try:
            visit(candidate.port, 0.3, [])
            return
        except (OSError, AssertionError, IndexError):
            time.sleep(0.1)
    raise SystemExit(f"{candidate.name} does not answer")


def report(candidates: list[Candidate], conditions: list[tuple[int, int]]) -> None:
    first = candidates[0]
    for streams, connections in conditions:
        print(f"\n{connections} connections, {streams} streams")
        for candidate in candidates:
            rates = candidate.rates.get((streams, connections))
            if not rates:
                continue
            rate, reference = statistics.median(rates), statistics.median(first.rates[0, connections])
            cost = statistics.median(candidate.costs[streams, connections])
            wait = statistics.median(candidate.waits[streams, connections])
            print(
                f"  {candidate.name:28}{rate:6.0f}/s  {rate / reference:4.2f}  rounds {min(rates):4.0f} to {max(rates):4.0f}"
                f"  p99 {wait:6.1f} ms  cpu {cost:4.2f} ms"
            )
    print("\nmemory (resident, all processes), events a second of all streams")
    for candidate in candidates:
        memory = sum(process.memory_info().rss for process in candidate.tree()) / 2**20
        events = f"{statistics.mean(candidate.events):6.1f}" if candidate.events else "     –"
        print(f"  {candidate.name:28}{memory:6.0f} MB  {events}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--connections", default="1,4,8")
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--threads", type=int, default=4)
    args = parser.parse_args()
    levels = [int(level) for level in args.connections.split(",")]
    try:
        turns = calibrate()
        for candidate in CANDIDATES:
            start(candidate, threads=args.threads, turns=turns)
        for _ in range(args.rounds):
            for candidate in random.sample(CANDIDATES, len(CANDIDATES)):
                for level in levels:
                    measure(candidate, connections=level, seconds=args.seconds, streams=0)
                if candidate.streams and args.streams:
                    readers = Readers(candidate.port, args.streams)
                    for level in levels:
                        measure(candidate, connections=level, seconds=args.seconds, streams=args.streams)
                    candidate.events.append(readers.end())
        report(CANDIDATES, [(streams, level) for streams in dict.fromkeys((0, args.streams)) for level in levels])
    finally:
        processes = [candidate.process for candidate in CANDIDATES if candidate.process]
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(6)
            except subprocess.TimeoutExpired:
                process.kill()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
