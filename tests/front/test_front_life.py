"""Who may hold up the web server (nobody), how work is dealt out, and how everything ends in time."""

import http.client
import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path

from tests.front.server import (
    ROOT,
    THREADS,
    WORKERS,
    Server,
    ask,
    command,
    eventually,
    free_port,
    open_stream,
    read_until,
    running,
)

# --- How connections are dealt out ---


def test_kept_connections_are_shared_by_the_processes() -> None:
    """On a server of its own, for what other tests left open would count.

    Without the fair loop one process takes all of them, or nearly; with it a busy machine may still let one have a few
    more than the other.
    """
    each = 8
    with running() as fresh, ExitStack() as stack:
        time.sleep(0.2)  # until the connections of its start are gone
        clients = [stack.enter_context(closing(fresh.client())) for _ in range(WORKERS * each)]
        pids: Counter[int] = Counter()
        for client in clients:
            client.connect()
            time.sleep(0.02)
        for client in clients:
            client.request("GET", "/")
            pids[json.load(client.getresponse())["pid"]] += 1
    assert len(pids) == WORKERS and min(pids.values()) >= each // 2, pids


# --- What nobody can hold up ------------------------------------------------------------------------------------------


def test_unfinished_requests_hold_no_thread(server: Server) -> None:
    with ExitStack() as stack:
        for _ in range(WORKERS * THREADS * 3):
            client = stack.enter_context(server.connect())
            client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")
        assert ask(server, "/still/there")["PATH_INFO"] == "/still/there"


def test_clients_that_read_slowly_hold_no_thread_and_get_everything(server: Server) -> None:
    size = 20_000_000
    with ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(WORKERS * THREADS * 2)]
        for client in clients:
            client.sendall(f"GET /large?bytes={size} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert ask(server, "/still/there")["PATH_INFO"] == "/still/there"
        answer = http.client.HTTPResponse(clients[-1])
        answer.begin()
        assert len(answer.read()) == size
        clients[-1].sendall(b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n")  # and its connection goes on
        read_until(clients[-1], b'"/next"')


def streams_open(server: Server) -> int:
    """In all processes: which one answers is the kernel's choice."""
    found: dict[int, int] = {}
    while len(found) < WORKERS:
        with ExitStack() as stack:
            for _ in range(8):  # at once, so that no process can take them all for long
                client = server.client()
                stack.callback(client.close)
                client.request("GET", "/count")
                answer = json.loads(client.getresponse().read())
                found[answer["pid"]] = answer["streams"]
    return sum(found.values())


def test_200_streams_leave_room_for_requests(mortal: Server) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(open_stream(mortal, "/stream?every=0.2")) for _ in range(200)]
        started = time.monotonic()
        for _ in range(20):
            assert ask(mortal, "/still/there")["PATH_INFO"] == "/still/there"
        assert time.monotonic() - started < 5
        assert streams_open(mortal) == 200
        for client in clients:
            assert b"data: " in client.recv(4096)
    eventually(lambda: streams_open(mortal) == 0)


def test_a_stream_ends_when_its_reader_leaves(mortal: Server, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    client = open_stream(mortal, f"/stream?every=60&trace={trace}")
    client.close()
    eventually(lambda: trace.exists() and trace.read_text() == "ended\n")


# --- How it ends ------------------------------------------------------------------------------------------------------


def test_sigterm_ends_streams_and_finishes_requests(mortal: Server, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    with ExitStack() as stack:
        clients = [stack.enter_context(open_stream(mortal, f"/stream?every=60&trace={trace}")) for _ in range(200)]
        idle = stack.enter_context(mortal.connect())
        late = stack.enter_context(mortal.connect())
        late.sendall(b"GET /slow?seconds=1 HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.3)
        started = time.monotonic()
        mortal.process.send_signal(signal.SIGTERM)
        read_until(late, b"done")
        assert mortal.process.wait(6) == 0
        assert time.monotonic() - started < 3
        assert idle.recv(1) == b""
        for client in clients:
            client.settimeout(2)
            while client.recv(4096):
                pass
    assert trace.read_text() == "ended\n" * 200


def test_sigterm_does_not_wait_for_ever(mortal: Server) -> None:
    with mortal.connect() as client:
        client.sendall(b"GET /slow?seconds=60 HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.3)
        started = time.monotonic()
        mortal.process.send_signal(signal.SIGTERM)
        assert mortal.process.wait(6) == 0
        assert time.monotonic() - started < 6


def test_a_dead_worker_is_replaced(mortal: Server) -> None:
    victims = mortal.workers()
    assert len(victims) == WORKERS
    for victim in victims:
        os.kill(victim.pid, signal.SIGKILL)
    eventually(lambda: ask(mortal, "/count")["pid"] not in {victim.pid for victim in victims})
    eventually(lambda: len(mortal.workers()) == WORKERS)


def test_no_worker_outlives_its_master(mortal: Server) -> None:
    workers = mortal.workers()
    with open_stream(mortal, "/stream?every=60"):
        os.kill(mortal.process.pid, signal.SIGKILL)
        eventually(lambda: not any(process.is_running() for process in workers), within=6)


def test_a_busy_port_is_said_and_not_served(server: Server) -> None:
    second = subprocess.run(command(server.port), cwd=ROOT, capture_output=True, timeout=20)
    assert second.returncode == 1
    assert b"Cannot listen on 127.0.0.1 port %d: Address already in use" % server.port in second.stderr


def test_an_application_that_does_not_load_ends_the_server() -> None:
    broken = subprocess.run(
        command(free_port(), application="tests.front.nowhere:application"), cwd=ROOT, capture_output=True, timeout=20
    )
    assert broken.returncode == 1
    assert b"No module named 'tests.front.nowhere'" in broken.stderr


def test_many_short_connections_at_once_are_all_served(server: Server) -> None:
    failures: list[Exception] = []

    def visit() -> None:
        try:
            for _ in range(10):
                ask(server, "/count")
        except Exception as error:
            failures.append(error)

    visitors = [threading.Thread(target=visit) for _ in range(30)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert failures == []
