"""The ingest API over a real connection: bodies without a length, two tokens in one request, slashes in an order's number."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from orders.models import ManufacturingOrderVersion
from tests.dialects.ingest.feed import OBJECT, Feed
from tests.front.live_server import real_server
from tests.front.server import Server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[Server]:
    with django_db_blocker.unblock(), real_server() as running:
        yield running


def asked(server: Server, head: str, *lines: str, body: bytes = b"") -> tuple[int, dict[str, Any]]:
    """The status and the JSON of a request with these header lines, each on its own."""
    start = "\r\n".join([f"{head} HTTP/1.1", "Host: a", "Connection: close", *lines]).encode()
    answer = server.exchange(start + b"\r\n\r\n" + body)
    told, _, content = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/json" in told.lower() and b"x-request-id" in told.lower()
    return int(told.split(b" ", 2)[1]), json.loads(content)


def in_chunks(body: bytes, *, size: int = 60_000) -> bytes:
    pieces = [body[place : place + size] for place in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def test_a_body_in_chunks_is_read_and_bounded(server: Server) -> None:
    feed = Feed()
    sound = json.dumps(feed.batch()).encode()
    lines = (f"Authorization: {feed.token}", "Content-Type: application/json", "Transfer-Encoding: chunked")
    status, told = asked(server, f"POST {OBJECT}", *lines, body=in_chunks(sound))
    assert (status, told["successRows"]) == (200, 1)
    exactly = sound + b" " * (1_048_576 - len(sound))
    assert asked(server, f"POST {OBJECT}", *lines, body=in_chunks(exactly))[0] == 200
    status, told = asked(server, f"POST {OBJECT}", *lines, body=in_chunks(exactly + b" "))
    assert (status, told["errors"][0]["code"]) == (413, "DI_E_10301")


def test_a_length_alone_is_enough_to_refuse(server: Server) -> None:
    """Nothing of the body is sent: who is too long hears it before."""
    feed = Feed()
    lines = (f"Authorization: {feed.token}", "Content-Type: application/json", "Content-Length: 99999999999")
    status, told = asked(server, f"POST {OBJECT}", *lines)
    assert (status, told["errors"][0]["code"]) == (413, "DI_E_10301")


def test_two_authorization_lines_are_no_token(server: Server) -> None:
    feed = Feed()
    right, path = f"Authorization: {feed.token}", f"GET {OBJECT}/failed-rows"
    assert asked(server, path, right)[0] == 200
    assert asked(server, path, f"authorization:\t Bearer {feed.token} ")[0] == 200
    for lines in (
        (right, right),
        (right, "Authorization: x"),
        ("Authorization:", right),
        (f"Authorization_: {feed.token}",),
    ):
        assert asked(server, path, *lines)[0] == 401


def test_an_order_s_number_may_hold_slashes_either_way(server: Server) -> None:
    feed = Feed()
    body = json.dumps(feed.batch(*(feed.row(order_number=name) for name in ("a/b", "a%2Fb", "x/", "ü")))).encode()
    lines = (f"Authorization: {feed.token}", "Content-Type: application/json", f"Content-Length: {len(body)}")
    assert asked(server, f"POST {OBJECT}/", *lines, body=body)[1]["successRows"] == 4
    assert ManufacturingOrderVersion.objects.count() == 4
    for spelt, name in (
        ("a/b", "a/b"),
        ("a%2Fb", "a/b"),
        ("a%2fb/", "a/b"),
        ("a%252Fb", "a%2Fb"),
        ("x%2F", "x/"),
        ("%C3%BC", "ü"),
    ):
        status, told = asked(server, f"GET {OBJECT}/{spelt}", lines[0])
        assert (status, told["data"][0]["record"]["order_number"]) == (200, name)
