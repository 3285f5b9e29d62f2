"""Which call a path is: six spellings of one object, an order's number to the end of the path, one slash more or less."""

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import resolve

from factoryos.dialects.ingest.urls import SPELLINGS
from factoryos.dialects.registry import dialect_of
from tests.dialects.ingest.feed import OBJECT, Feed, kept, refused

pytestmark = pytest.mark.django_db

NAME = "INV_MANUFACTURING_ORDERS_OOTB"
METHODS = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


@pytest.fixture
def feed() -> Feed:
    return Feed()


ROUTES: dict[str, tuple[str, dict[str, str]]] = {
    "": ("Objects", {}),
    "/failed-rows": ("FailedRows", {}),
    "/failed-rows/x": ("Versions", {"order_number": "failed-rows/x"}),
    "/FAILED-ROWS": ("Versions", {"order_number": "FAILED-ROWS"}),
    "/MO-1": ("Versions", {"order_number": "MO-1"}),
    "/a/b/c": ("Versions", {"order_number": "a/b/c"}),
    "/a/": ("Versions", {"order_number": "a/"}),
    "//": ("Versions", {"order_number": "/"}),
    "/a\nb\n": ("Versions", {"order_number": "a\nb\n"}),
    "/\x00": ("Versions", {"order_number": "\x00"}),
    "X": ("Nowhere", {"place": f"ingest/object/{NAME}X"}),
    "\n": ("Nowhere", {"place": f"ingest/object/{NAME}\n"}),
}


@pytest.mark.parametrize("path", ROUTES)
def test_each_path_is_one_call(path: str) -> None:
    found: Any = resolve(OBJECT + path)
    assert (found.func.view_class.__name__, found.kwargs) == ROUTES[path]


def test_there_are_six_spellings() -> None:
    assert set(SPELLINGS) == {
        f"api/v2/ingest/object/{NAME}", f"api/v2/object/{NAME}", f"api/v2/objects/{NAME}",
        f"ingestion-api/api/v2/ingest/object/{NAME}", f"ingestion-api/api/v2/object/{NAME}",
        f"ingestion-api/api/v2/objects/{NAME}",
    }  # fmt: skip


@pytest.mark.parametrize("end", ["", "/"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_all_are_one_view_with_or_without_a_slash(feed: Feed, spelling: str, end: str) -> None:
    stated = feed.post(feed.row(), 7, path=f"/{spelling}{end}")
    assert (stated.status, stated["successRows"], stated["failedRows"]) == (200, 1, 1)
    assert feed.get(f"/{spelling}/MO-1{end}")["data"][0]["record"]["order_number"] == "MO-1"
    assert len(feed.get(f"/{spelling}/failed-rows{end}")["rows"]) == 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", [f"/{SPELLINGS[0]}", f"/{SPELLINGS[0]}/", f"/{SPELLINGS[-1]}"])
def test_only_post_is_possible_on_the_object(feed: Feed, path: str, method: str) -> None:
    reply = feed.send(method, path, feed.batch() if method != "GET" else None)
    assert (reply.status, reply.headers["Allow"]) == (405, "POST")
    if method != "HEAD":
        refused(reply, 405, "DI_E_10203")
    assert set(kept().values()) == {0}


@pytest.mark.parametrize("path", [f"{OBJECT}/MO-1", f"{OBJECT}/failed-rows", f"{OBJECT}/failed-rows/", f"{OBJECT}//"])
def test_only_reading_is_possible_below_it(feed: Feed, path: str) -> None:
    for method in set(METHODS) - {"GET", "HEAD"} | {"POST"}:
        reply = feed.send(method, path, feed.batch())
        refused(reply, 405, "DI_E_10203")
        assert reply.headers["Allow"] == "GET"
    assert set(kept().values()) == {0}


ELSEWHERE = (
    "/api/v2/ingest/object/INV_SALES_OOTB", f"/api/v2/ingest/object/{NAME.lower()}", f"/api/v2/ingest/object/{NAME}X",
    f"/api/v2/ingest/object//{NAME}", f"/api/v2/ingest/object/%20{NAME}", f"/api/v2/ingest/object/{NAME}%00",
    f"/api/v2/ingest/objects/{NAME}", f"/api/v2/ingest/{NAME}", f"/api/v2/{NAME}", "/api/v2/ingest/object", "/api/v2",
    "/api/v2/", "/ingestion-api", "/ingestion-api/", f"/ingestion-api/{SPELLINGS[3]}", f"/ingestion-api/api/v3/object/{NAME}",
    f"/api/v2/Object/{NAME}", "/ingestion-api/api/factories", "/ingestion-api/v1/production_orders", "/ingestion-api/ops",
)  # fmt: skip


@pytest.mark.parametrize("path", ELSEWHERE)
def test_another_name_is_told_to_whoever_is_believed(feed: Feed, path: str) -> None:
    for method in ("POST", "GET", "OPTIONS", "DELETE"):
        refused(feed.send(method, path, feed.batch()), 404, "DI_E_10201")
        refused(feed.send(method, path, feed.batch(), authorization="x"), 401, "DI_E_10101")
    assert set(kept().values()) == {0}


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("/api/v2x/object", None), ("/api/v20", None), ("/ingestion-apix", None), ("/ingestion", None),
        ("/api/factories", "factory"), ("/api/manufacturing/orders", "erp"), ("/v1/production_orders", "store"),
        (f"/api/v1/object/{NAME}", None), (f"/API/V2/object/{NAME}", None), (f"//api/v2/object/{NAME}", None),
        ("/api/v2", "ingest"), ("/ingestion-api", "ingest"),
    ],
)  # fmt: skip
def test_nothing_is_taken_from_others(path: str, owner: str | None) -> None:
    found = dialect_of(path)
    assert (found.name if found else None) == owner


# --- an order's number is the rest of the path

NUMBERS = (
    "MO/2025/001", "a b", "100%", "%2F", "%252F", "a%2Fb", "ü", "工場", "a//b", "x/", "/x", "/", "//", "failed-rows/x",
    "failed-rows//", "?", "#", "a?b=c", "+", ";", "..", "../x", ".", "a\\b", "'", '"', "x" * 255, "'; DROP TABLE x; --",
)  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
def test_any_order_number_is_read_raw_and_escaped_and_decoded_once(feed: Feed, name: str) -> None:
    feed.post(feed.row(order_number=name), feed.row(order_number="another"))
    for spelt in {quote(name, safe=""), quote(name, safe="/"), quote(name, safe="/;'+")}:
        reply = feed.get(f"{OBJECT}/{spelt}")
        assert reply.status == 200, spelt
        assert [found["record"]["order_number"] for found in reply["data"]] == [name]


def test_the_number_that_is_there_wins_over_the_one_without_its_last_slash(feed: Feed) -> None:
    feed.post(feed.row(order_number="x"), feed.row(order_number="x/"), feed.row(order_number="y"))

    def found(rest: str) -> str:
        return str(feed.get(f"{OBJECT}/{rest}")["data"][0]["record"]["order_number"])

    assert [found(rest) for rest in ("x", "x/", "x//", "y", "y/")] == ["x", "x/", "x/", "y", "y"]
    assert feed.get(f"{OBJECT}/y//").status == 404


def test_failed_rows_wins_over_an_order_of_that_name(feed: Feed) -> None:
    feed.post(feed.row(order_number="failed-rows"))
    for end in ("", "/"):
        assert feed.get(f"{OBJECT}/failed-rows{end}")["rows"] == []
    assert feed.get(f"{OBJECT}/failed%2Drows")["rows"] == []


@pytest.mark.parametrize("rest", ["%00", "a%0Ab", "%7F", "%FF", "x" * 256, "x" * 5000, "%EF%BF%BD", "%C2%85"])
def test_what_no_order_can_be_called_is_not_looked_up(feed: Feed, rest: str) -> None:
    refused(feed.get(f"{OBJECT}/{rest}"), 404, "DI_E_10204")


# --- whatever is asked for, the answer is JSON


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "text/*;q=0.1", "image/png", "nonsense", ""])
def test_every_answer_is_json_with_a_number(feed: Feed, accept: str) -> None:
    replies = [
        feed.post(headers={"accept": accept}), feed.read("MO-1", accept=accept), feed.get(accept=accept),
        feed.get(f"{OBJECT}/failed-rows", accept=accept), feed.get("/api/v2/x", accept=accept),
        feed.send("POST", OBJECT, "{", accept=accept), feed.get(accept=accept, authorization=None),
    ]  # fmt: skip
    assert [reply.status for reply in replies] == [200, 200, 405, 200, 404, 400, 401]
    assert {reply.headers["Content-Type"] for reply in replies} == {"application/json"}
    assert len({reply.headers["X-Request-Id"] for reply in replies}) == len(replies)


def test_a_broken_host_is_told_in_the_envelope(feed: Feed) -> None:
    answer = Client(raise_request_exception=False).post(OBJECT, headers={"host": "not a host"})
    assert answer.headers["Content-Type"] == "application/json" and answer.status_code in (400, 401)
    assert list(answer.json()) == ["errors"]
