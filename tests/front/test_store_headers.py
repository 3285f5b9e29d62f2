"""The store API over a real connection: headers with underscores, ids with slashes, and the limit of calls, on two processes."""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from django.db import connection

from factoryos.kernel.models import RateBucket, UserToken
from tests.callers import a_member
from tests.dialects.store.credentials import NOWHERE, a_store, person, program
from tests.front.live_server import answer_of, real_server
from tests.front.server import Server
from tests.ops.shell.people import PASSWORD, with_password

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

LIMIT, CONNECTIONS, EACH = 200, 40, 7


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[Server]:
    with django_db_blocker.unblock(), real_server() as running:
        yield running


def status_of(server: Server, *lines: tuple[str, str], path: str = NOWHERE) -> int:
    """The status of a call with these header lines, each on its own, in this order."""
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    answer = server.exchange(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{head}\r\n".encode())
    return int(answer.split(b" ", 2)[1])


def test_headers_with_underscores_arrive_as_they_are_written(server: Server) -> None:
    store = a_store()
    for headers in (program(store), person(store), program(store) | person(store)):
        assert status_of(server, *headers.items()) == 404
        assert status_of(server, *((name.upper(), value) for name, value in headers.items())) == 404
        assert status_of(server, *((name.replace("_", "-"), value) for name, value in headers.items())) == 404


@pytest.mark.parametrize("name", ["api_key", "user_id", "user_token"])
def test_both_spellings_with_different_values_are_refused_whichever_comes_first(server: Server, name: str) -> None:
    store = a_store()
    headers = program(store) | person(store)
    twin = name.replace("_", "-")
    right, wrong = (twin, headers[name]), (twin, "something-else")
    assert status_of(server, *headers.items(), right) == 404
    assert status_of(server, *headers.items(), wrong) == 401
    assert status_of(server, wrong, *headers.items()) == 401
    assert status_of(server, *headers.items(), (name, "")) == 404, "a blank one is none"
    assert status_of(server, *headers.items(), (name, "something-else")) == 401


def test_an_article_s_slash_may_be_written_either_way(server: Server) -> None:
    """What the views make of it is told elsewhere: here it is the same path, decoded once."""
    headers = program(a_store())
    seen = {
        path: answer_of(server, f"/v1/production_orders/1/article/{path}", method="PATCH", **headers)[1]["Allow"]
        for path in ("CAP-28/BLUE", "CAP-28%2FBLUE", "CAP-28%252FBLUE", "a%0Ab", "%C3%85%201/", "a%00b", "%FF", "//")
    }
    assert set(seen.values()) == {"PUT, DELETE"}
    assert status_of(server, *headers.items(), path="/v1/production_orders%2F1") == 404


def test_somebody_signs_in_calls_and_signs_out(server: Server) -> None:
    store = a_store()
    user = with_password(a_member(store, "viewer"))
    with closing(server.client()) as client:
        body = json.dumps({"email": user.username, "password": PASSWORD})
        client.request("POST", "/v1/mobile/login", body, {"Content-Type": "application/json"})
        given = json.loads(client.getresponse().read())
        headers = {"store": "S-1001", "user_id": str(given["user_id"]), "user_token": given["user_token"]}
        assert status_of(server, *headers.items()) == 404
        client.request("POST", "/v1/logout", headers=headers)
        assert (client.getresponse().read(), UserToken.objects.get().revoked_at is None) == (b"{}", False)
    assert status_of(server, *headers.items()) == 401


# --- the limit


def many(server: Server, headers: dict[str, str], *, path: str = NOWHERE) -> list[tuple[int, Any]]:
    """(status, headers) of the answers to many calls at once, over as many connections."""
    start = threading.Barrier(CONNECTIONS)

    def some(number: int) -> list[tuple[int, Any]]:
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as client:
            client.connect()
            start.wait(30)
            found = []
            for call in range(EACH):
                client.request("GET", path, headers=headers | {"X-Forwarded-For": f"198.51.{number}.{call}"})
                answer = client.getresponse()
                answer.read()
                found.append((answer.status, answer.headers))
            return found

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return [answer for found in pool.map(some, range(CONNECTIONS)) for answer in found]


def one_minute_later() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_ratebucket SET updated_at = updated_at - interval '60 seconds'")


def test_of_many_calls_at_once_exactly_two_hundred_are_answered(server: Server) -> None:
    store = a_store()
    headers, other = program(store), program(store)
    answers = many(server, headers)
    assert Counter(status for status, _ in answers) == {404: LIMIT, 429: CONNECTIONS * EACH - LIMIT}
    left = sorted(int(told["X-RateLimit-Remaining"]) for status, told in answers if status == 404)
    assert left == list(range(LIMIT))
    for status, told in answers:
        assert told["X-RateLimit-Limit"] == str(LIMIT) and int(told["X-RateLimit-Reset"]) > 0
        assert (told["Retry-After"] is not None) == (status == 429)
        assert status != 429 or 1 <= int(told["Retry-After"]) <= 60
    assert status_of(server, *other.items()) == 404, "somebody else's calls are their own"
    assert status_of(server, *person(store).items()) == 404
    assert status_of(server) == 401, "and so are those of whoever has no credential"
    one_minute_later()
    assert status_of(server, *headers.items()) == 404


def test_who_is_not_believed_is_counted_by_the_address_that_the_connection_has(server: Server) -> None:
    store = a_store()
    answers = many(server, {"store": "S-1001", "api_key": "guessed"})
    assert Counter(status for status, _ in answers) == {401: LIMIT, 429: CONNECTIONS * EACH - LIMIT}
    assert RateBucket.objects.filter(key__startswith="store:address:").get().key == "store:address:127.0.0.1"
    assert status_of(server, *program(store).items()) == 404, "whoever is believed has calls of their own"
    one_minute_later()
    assert status_of(server) == 401
