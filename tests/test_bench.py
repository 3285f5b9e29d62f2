"""The benchmark itself: it runs, every call of it is accepted and booked, and one that is not would be seen."""

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.bench import client

ROOT = Path(__file__).resolve().parents[1]
SMALL = """
import sys
from tests.bench import __main__ as bench
bench.SMALL, bench.WRITERS, bench.STOCK_WRITERS, bench.READERS = 500, (1,), (1,), (1,)
sys.exit(bench.main())
"""
CALL = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Refusing(BaseHTTPRequestHandler):
    """Refuses every second call on a connection."""

    protocol_version = "HTTP/1.1"
    calls = 0

    def do_GET(self) -> None:
        self.calls += 1
        self.send_response(200 if self.calls % 2 else 503)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def refusing() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_the_client_sends_every_call_once_and_counts_those_refused(refusing: int) -> None:
    run = client.load(port=refusing, connections=2, seconds=30, requests=[CALL] * 12, again=False)

    assert (run.count, len(run.waits)) == (12, 12)
    assert 5 <= run.errors <= 6, "every second one on each of two connections"
    assert run.samples[0].startswith("HTTP/1.1 503")


@pytest.mark.slow
def test_the_benchmark_runs_and_every_call_is_accepted_and_booked() -> None:
    """With few orders, and one connection after the eight of its warm-up: the figures are no matter here."""
    command = [sys.executable, "-c", SMALL, "--quick", "--seconds", "0.05"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "errors: 0 of" in done.stdout
    assert "every accepted one is booked" in done.stdout
    for row in ("create", "confirm", "begin", "produce", "confirm, 8 lots", "produce, 8 lots"):
        assert f"\n{row} " in done.stdout
