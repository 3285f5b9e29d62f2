"""The load client: one process, one loop, as many keep-alive connections as asked for, each with one call at a time."""

import itertools
import select
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from factoryos.kernel.running.children import end_with_parent

PATIENCE_S = 20.0
SAMPLES = 3


@dataclass
class Run:
    """What one run came to. `count`: calls sent, on the orders `done`; `waits`: seconds of each; `cpu`: processor seconds
    of the web server."""

    count: int = 0
    seconds: float = 0.0
    errors: int = 0
    cpu: float = 0.0
    waits: list[float] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)
    done: list[Any] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return (self.count - self.errors) / self.seconds if self.seconds else 0.0

    @property
    def p95_ms(self) -> float:
        return sorted(self.waits)[int(len(self.waits) * 0.95)] * 1000 if self.waits else 0.0

    @property
    def cpu_ms(self) -> float:
        return self.cpu / self.count * 1000 if self.count else 0.0

    def fail(self, why: str) -> None:
        self.errors += 1
        if len(self.samples) < SAMPLES:
            self.samples.append(why)


class Line:
    """One connection and the answer that is coming in on it."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began, self.need, self.answer = 0.0, 0, b""

    def send(self, request: bytes) -> None:
        self.need, self.answer, self.began = 0, b"", time.perf_counter()
        self.socket.sendall(request)

    def complete(self) -> bool:
        """Take in what has come; whether the answer is whole. Raises ConnectionError at the end of the stream."""
        part = self.socket.recv(262_144)
        if not part:
            raise ConnectionError("closed by the server")
        self.answer = self.answer + part if self.answer else part
        if not self.need:
            end = self.answer.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = self.answer[:end].lower()
            length = head.index(b"content-length:") + 15
            self.need = end + 4 + int(head[length : (head + b"\r\n").index(b"\r\n", length)])
        return len(self.answer) >= self.need


def end_with(parent: int) -> None:
    """Run first in a process that load comes from: it does not outlive the benchmark, even when that is killed."""
    end_with_parent(signal.SIGKILL, parent=parent)


def load(*, port: int, connections: int, seconds: float, requests: Sequence[bytes], again: bool) -> Run:
    """Send `requests` one after another for so many seconds, or until all are sent; `again`: begin anew then."""
    run, poller = Run(), select.poll()
    feed: Iterator[bytes] = itertools.cycle(requests) if again else iter(requests)
    lines = {line.socket.fileno(): line for line in (Line(port) for _ in range(connections))}
    began = time.perf_counter()
    until = began + seconds
    waiting: set[int] = set()

    def next_on(number: int) -> None:
        request = next(feed, None) if time.perf_counter() < until else None
        if request is None:
            waiting.discard(number)
            return
        waiting.add(number)
        run.count += 1
        lines[number].send(request)

    for number in lines:
        poller.register(number, select.POLLIN)
        next_on(number)
    while waiting:
        ready = poller.poll(PATIENCE_S * 1000)
        if not ready:
            for _ in waiting:
                run.fail(f"no answer in {PATIENCE_S:.0f} s")
            break
        for number, _ in ready:
            if _take(run, lines[number], number, waiting=waiting, poller=poller):
                next_on(number)
    run.seconds = time.perf_counter() - began
    for line in lines.values():
        line.socket.close()
    return run


def _take(run: Run, line: Line, number: int, *, waiting: set[int], poller: Any) -> bool:
    """Whether the line is free for its next call."""
    try:
        if not line.complete():
            return False
    except (OSError, ValueError) as error:
        poller.unregister(number)
        if number in waiting:
            waiting.discard(number)
            run.fail(f"connection lost: {error}")
        return False
    run.waits.append(time.perf_counter() - line.began)
    if line.answer[9:10] != b"2":
        run.fail(line.answer[:400].decode("latin-1"))
    return True
