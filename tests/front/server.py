"""How the tests start the web server as a real process, and talk to it."""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
WORKERS, THREADS = 2, 2
APPLICATION = "tests.front.standin:application"


class Server:
    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.process, self.port = process, port

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def client(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def workers(self) -> list[psutil.Process]:
        """The processes that serve; beside them Python keeps one that tidies up after multiprocessing."""
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if any("spawn_main" in word for word in child.cmdline())]

    def exchange(self, request: bytes) -> bytes:
        """Send bytes and read until the server closes."""
        with self.connect() as client:
            client.sendall(request)
            return b"".join(iter(lambda: client.recv(65_536), b""))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def command(port: int, *, application: str = APPLICATION) -> list[str]:
    options = ["--port", str(port), "--workers", str(WORKERS), "--threads", str(THREADS), "--application", application]
    return [sys.executable, "-m", "factoryos.front", *options]


@contextmanager
def running() -> Iterator[Server]:
    port = free_port()
    process = subprocess.Popen(command(port), cwd=ROOT, stderr=subprocess.DEVNULL)
    server = Server(process, port)
    try:
        eventually(lambda: ask(server, "/") is not None, within=20)
        yield server
    finally:
        process.terminate()
        process.wait(10)


def eventually(condition: Callable[[], Any], *, within: float = 10) -> None:
    deadline = time.monotonic() + within
    while True:
        try:
            if condition():
                return
        except (OSError, http.client.HTTPException):
            pass
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def ask(server: Server, target: str, **options: Any) -> dict[str, Any]:
    client = server.client()
    try:
        client.request(options.pop("method", "GET"), target, **options)
        answer: dict[str, Any] = json.loads(client.getresponse().read())
        return answer
    finally:
        client.close()


def open_stream(server: Server, target: str = "/stream") -> socket.socket:
    client = server.connect()
    client.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert b"text/event-stream" in read_until(client, b"data: ")
    return client


def read_until(client: socket.socket, end: bytes) -> bytes:
    """What comes up to and with `end`; head and body of an answer may come apart."""
    seen = b""
    while end not in seen:
        more = client.recv(65_536)
        assert more, f"closed after {seen!r}"
        seen += more
    return seen
