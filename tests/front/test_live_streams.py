"""Streams of the real application, over real connections, on two processes."""

import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from factoryos.kernel import outbox
from factoryos.kernel.models import Membership, User
from factoryos.ops.access import LAST_FACTORY
from tests.callers import a_member
from tests.calls import Plant
from tests.front.live_server import Stream, answer_of, bearer, lines, real_server, status_of
from tests.front.server import WORKERS, Server, eventually, read_until
from tests.kernel.readers import cut_the_line

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[Server]:
    with django_db_blocker.unblock(), real_server() as running:
        yield running


def api(plant: Plant, query: str = "") -> str:
    return f"/api/factories/{plant.factory.slug}/stream{query}"


def somebody(plant: Plant) -> User:
    return a_member(plant.factory, "viewer")


def cookie_of(user: User) -> dict[str, str]:
    client = Client()
    client.force_login(user)
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"}


# --- The factory API --------------------------------------------------------------------------------------------------


def test_a_verb_is_told_to_whoever_listens_in_the_words_of_the_api(server: Server) -> None:
    plant = Plant()
    with closing(Stream(server, api(plant), bearer(somebody(plant)))) as stream:
        headers = stream.answer.headers
        assert headers["Content-Type"] == "text/event-stream"
        assert (headers["Cache-Control"], headers["X-Accel-Buffering"]) == ("no-cache", "no")
        assert headers["Content-Length"] is None
        assert headers["X-Request-Id"] and headers["X-RateLimit-Limit"] and headers["X-RateLimit-Remaining"]
        order = plant.order("in_production").split("/")[1]
        outbox.relay()
        heard = [stream.event() for _ in range(3)]
    names = [event[0] for event in heard if event]
    assert names == ["order.created", "order.moved", "order.moved"]
    assert [event[1]["state"] for event in heard if event] == ["draft", "scheduled", "in_production"]
    for event in heard:
        assert event and event[1]["orderId"] == order and set(event[1]) == {"type", "at", "orderId", "state"}
        assert event[1]["at"].endswith("Z") and len(event[1]["at"]) == 24


def test_only_the_events_and_the_order_asked_for_come_and_never_a_strangers(server: Server) -> None:
    here, there = Plant(), Plant()
    path = here.order()
    outbox.relay()
    reader = bearer(somebody(here))
    with ExitStack() as stack:
        moved, one, resumed = (
            stack.enter_context(closing(Stream(server, api(here, query), reader)))
            for query in ("?topics=order.moved,hold.changed", f"?orderId={path.split('/')[1]}", "")
        )
        there.order("in_production")
        here.order()
        here.take(path, "schedule")
        outbox.relay()
        assert moved.event()[1]["state"] == "scheduled"  # type: ignore[index]
        event = one.event()
        assert event and (event[0], event[1]["orderId"]) == ("order.moved", path.split("/")[1])
        assert [resumed.event()[0] for _ in range(2)] == ["order.created", "order.moved"]  # type: ignore[index]
        late = Stream(server, api(here), {**reader, "Last-Event-ID": resumed.first["id"]})  # type: ignore[index]
        with closing(late):
            assert [late.event()[0] for _ in range(2)] == ["order.created", "order.moved"]  # type: ignore[index]


@pytest.mark.parametrize(
    "query", ["?topics=order.noted", "?topics=orders", "?topics=order.moved,x", "?topic=order.moved"]
)
def test_what_is_no_event_is_refused_in_the_envelope(server: Server, query: str) -> None:
    plant = Plant()
    status, _, body = answer_of(server, api(plant, query), **bearer(somebody(plant)))
    assert (status, json.loads(body)["code"]) == (400, "validation_failed")


def test_a_strangers_order_is_as_missing_as_none(server: Server) -> None:
    here, there = Plant(), Plant()
    reader = bearer(somebody(here))
    bodies = [
        answer_of(server, api(here, f"?orderId={name}"), **reader)[::2]
        for name in (there.order().split("/")[1], str(uuid4()), "x")
    ]
    assert {status for status, _ in bodies} == {404} and len({body for _, body in bodies}) == 1
    assert status_of(server, api(there), **reader) == 404


def test_head_and_an_expired_token_open_no_stream(server: Server) -> None:
    plant = Plant()
    user = somebody(plant)
    status, headers, body = answer_of(server, api(plant), method="HEAD", **bearer(user))
    assert (status, headers["Content-Type"], body) == (200, "text/event-stream", b"")
    assert status_of(server, api(plant), **bearer(user, exp=int(time.time()) - 5)) == 401
    assert status_of(server, api(plant)) == 401


def test_the_stream_ends_with_the_membership_and_with_the_token(server: Server) -> None:
    plant = Plant()
    member, guest = somebody(plant), somebody(plant)
    with (
        closing(Stream(server, api(plant), bearer(member))) as stays,
        closing(Stream(server, api(plant), bearer(guest, exp=int(time.time()) + 2))) as ends,
    ):
        assert stays.block() == {"": ""}
        assert ends.event() is None
        Membership.objects.filter(user=member).delete()
        started = time.monotonic()
        assert stays.event() is None
        assert time.monotonic() - started < 3, "checked every second here"


def test_the_twenty_first_stream_of_a_person_is_refused_in_the_envelope(server: Server) -> None:
    plant = Plant()
    reader = bearer(somebody(plant))
    with ExitStack() as stack:
        for _ in range(WORKERS * 20 + 1):
            stream = stack.enter_context(closing(Stream(server, api(plant), reader)))
            if stream.answer.status != 200:
                break
        assert stream.answer.status == 429
        assert stream.answer.headers["Retry-After"] and json.load(stream.answer)["code"] == "rate_limited"
    eventually(lambda: closing_status(server, plant, reader) == 200)


def closing_status(server: Server, plant: Plant, reader: dict[str, str]) -> int:
    with closing(Stream(server, api(plant), reader)) as stream:
        return stream.answer.status


# --- The console ------------------------------------------------------------------------------------------------------


def test_the_console_gets_hints_of_its_factory(server: Server) -> None:
    here, there = Plant(), Plant()
    reader = cookie_of(somebody(here))
    with closing(Stream(server, "/ops/stream?topics=orders", reader)) as stream:
        assert stream.answer.headers["Cache-Control"] == "no-cache"
        there.order()
        order = here.order().split("/")[1]
        outbox.relay()
        hint = {"topic": "orders", "id": order, "version": 1, "type": "order.created"}
        assert stream.event() == ("hint", hint)
        assert stream.last_id.isdecimal()
    for query, status in (("?topics=machines", 400), (f"?factory={there.factory.slug}", 404), ("?factory=%00", 404)):
        assert status_of(server, f"/ops/stream{query}", **reader) == status
    assert status_of(server, "/ops/stream", method="HEAD", **reader) == 405
    assert status_of(server, "/ops/stream") == 302


def test_signing_out_ends_the_stream_and_says_so(server: Server) -> None:
    plant = Plant()
    with closing(Stream(server, "/ops/stream?topics=orders", cookie_of(somebody(plant)))) as stream:
        Session.objects.all().delete()
        assert stream.event() == ("gone", {})
        assert stream.event() is None


def test_a_stream_does_not_switch_the_factory_that_somebody_works_in(server: Server) -> None:
    here, there = Plant(), Plant()
    user = somebody(here)
    Membership.objects.create(user=user, factory=there.factory, roles=["viewer"])
    reader = cookie_of(user)
    session = Session.objects.get()
    for last in (None, here.factory.slug):
        data = session.get_decoded() | ({LAST_FACTORY: last} if last else {})
        Session.objects.update(session_data=Session.objects.encode(data))
        with closing(Stream(server, f"/ops/stream?factory={there.factory.slug}", reader)) as stream:
            there.order()
            outbox.relay()
            assert stream.event()
        assert Session.objects.get().get_decoded().get(LAST_FACTORY) == last


# --- The whole --------------------------------------------------------------------------------------------------------


def readers(stack: ExitStack, server: Server, plant: Plant, count: int) -> list[Stream]:
    people = [bearer(somebody(plant)) for _ in range(count // 10)]
    return [stack.enter_context(closing(Stream(server, api(plant), people[n % len(people)]))) for n in range(count)]


def test_200_streams_share_a_connection_a_process_and_survive_its_loss(server: Server) -> None:
    plant = Plant()
    user = bearer(somebody(plant))
    ordinary = f"/api/factories/{plant.factory.slug}/production-orders"
    quiet = median_of(server, ordinary, user)
    with ExitStack() as stack:
        streams = readers(stack, server, plant, 200)
        assert 1 <= lines() <= WORKERS
        assert median_of(server, ordinary, user) < quiet * 3 + 0.01
        for cut in (False, True):
            if cut:
                assert 1 <= cut_the_line() <= WORKERS
            order = plant.order().split("/")[1]
            outbox.relay()
            for stream in streams:
                event = stream.event()
                assert event and (event[0], event[1]["orderId"]) == ("order.created", order)
        assert lines() <= WORKERS
        _, _, numbers = answer_of(server, "/metrics")
        assert b'factoryos_live_streams{face="factory"} 200.0' in numbers


def median_of(server: Server, path: str, headers: dict[str, str]) -> float:
    waits = []
    for _ in range(21):
        started = time.perf_counter()
        assert status_of(server, path, **headers) == 200
        waits.append(time.perf_counter() - started)
    return sorted(waits)[10]


def test_sigterm_ends_200_streams_in_time(django_db_blocker: Any) -> None:
    plant = Plant()
    with real_server() as mortal, ExitStack() as stack:
        streams = readers(stack, mortal, plant, 200)
        started = time.monotonic()
        mortal.process.send_signal(signal.SIGTERM)
        for stream in streams:
            assert stream.event() is None
        assert mortal.process.wait(6) == 0
        assert time.monotonic() - started < 6
        eventually(lambda: lines() == 0)


def test_who_never_reads_costs_no_memory_and_is_told_to_start_anew(server: Server) -> None:
    plant = Plant()
    many = 40_000
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(20)
        slow.connect(("127.0.0.1", server.port))
        head = bearer(somebody(plant))["Authorization"]
        slow.sendall(f"GET {api(plant)} HTTP/1.1\r\nHost: a\r\nAuthorization: {head}\r\n\r\n".encode())
        read_until(slow, b"retry: 2000")
        before = sum(process.memory_info().rss for process in server.workers())
        order = plant.order().split("/")[1]
        outbox.relay()
        announce_again(many)
        time.sleep(3)  # until the processes have read them all
        grown = sum(process.memory_info().rss for process in server.workers()) - before
        assert grown < 40_000_000, f"{grown / 1e6:.0f} MB for one who does not read"
        assert order.encode() in read_until(slow, b"event: reset")


def announce_again(times: int) -> None:
    """The latest announcement so many times more, as a relay would have told it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO kernel_outboxmessage (topic, factory_id, key, payload, done_at, position)
            SELECT topic, factory_id, key, payload, now(), nextval('kernel_outbox_position')
            FROM (SELECT * FROM kernel_outboxmessage ORDER BY position DESC LIMIT 1) AS latest, generate_series(1, %s)
            """,
            [times],
        )
        cursor.execute("SELECT pg_notify(%s, '')", [outbox.CHANNEL])
