"""Rows that failed, as they are read back: newest first, page by page, by time, code and location; kept for thirty days."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from factoryos.dialects.base.paging import encode_cursor
from factoryos.kernel import clock
from factoryos.kernel.models import Membership
from orders.ingest.forgetting import forget_failed_rows
from orders.models import IngestFailedRow
from tests.callers import a_member
from tests.dialects.ingest.feed import Feed, a_token, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed() -> Feed:
    return Feed()


def numbers(reply: Any) -> list[int]:
    assert reply.status == 200, reply.content
    return [row["row"]["order_number"] for row in reply["rows"]]


def fail(feed: Feed, *numbered: int, **columns: Any) -> None:
    """One row a request, which its number makes fail."""
    for number in numbered:
        feed.post(feed.row(order_number=number, **columns))


def received(*instants: str) -> None:
    """Let the kept rows, oldest first, have been received then."""
    rows = IngestFailedRow.objects.order_by("id")
    for row, instant in zip(rows, instants, strict=True):
        IngestFailedRow.objects.filter(pk=row.pk).update(received_at=datetime.fromisoformat(f"{instant}+00:00"))


def test_it_is_told_in_these_fields_and_this_order(feed: Feed) -> None:
    row = {"order_number": "MO-2", "sent": [1, {"a": None}, "\u2028"]}
    sent = feed.post(feed.row(), row, operationType="APPEND")
    reply = feed.failed()
    assert list(reply.json) == ["objectName", "rows", "nextCursor"]
    (found,) = reply["rows"]
    assert list(found) == ["requestId", "receivedAt", "operationType", "index", "row", "errors"]
    assert (found["requestId"], found["operationType"], found["index"]) == (
        sent.headers["X-Request-Id"], "APPEND", 1
    )  # fmt: skip
    assert (found["row"], found["errors"]) == (row, sent["failed"][0]["errors"])
    received("2025-01-12 18:00:07.999")
    assert feed.failed()["rows"][0]["receivedAt"] == "2025-01-12 18:00:07"


def test_nothing_is_an_empty_list(feed: Feed) -> None:
    assert feed.failed().content == b'{"objectName":"INV_MANUFACTURING_ORDERS_OOTB","rows":[],"nextCursor":null}'


def test_the_newest_come_first_and_pages_neither_repeat_nor_lose_one(feed: Feed) -> None:
    fail(feed, *range(7))
    seen, query = [], "?limit=3"
    for _ in range(3):
        page = feed.failed(query)
        seen.append(numbers(page))
        fail(feed, 100)  # what comes in meanwhile is on none of the older pages
        query = f"?limit=3&cursor={page['nextCursor']}"
    assert seen == [[6, 5, 4], [3, 2, 1], [0]]
    assert page["nextCursor"] is None


def test_a_page_that_holds_all_there_is_has_no_next_one(feed: Feed) -> None:
    fail(feed, 1, 2)
    assert feed.failed("?limit=2")["nextCursor"] is None
    assert feed.failed("?limit=1")["nextCursor"] is not None


def test_rows_of_one_request_stay_apart_at_the_edge_of_a_page(feed: Feed) -> None:
    feed.post(*({"order_number": number} for number in range(5)))
    first = feed.failed("?limit=3")
    rest = feed.failed(f"?limit=3&cursor={first['nextCursor']}")
    assert sorted(numbers(first) + numbers(rest)) == list(range(5))


def test_a_hundred_unless_told_and_never_more_than_a_thousand(feed: Feed) -> None:
    feed.post(*({"order_number": number} for number in range(1_050)))
    for query, rows in (
        ("", 100),
        ("?limit=1", 1),
        ("?limit=1000", 1000),
        ("?limit=1001", 1000),
        ("?limit=9" + "9" * 30, 1000),
    ):
        assert len(feed.failed(query)["rows"]) == rows


def test_by_the_time_of_receipt_from_inclusive_to_exclusive(feed: Feed) -> None:
    fail(feed, 1, 2, 3)
    received("2025-01-12 10:00:00", "2025-01-12 11:00:00", "2025-01-12 12:00:00")
    for query, found in (
        ("?from=2025-01-12 11:00:00", [3, 2]), ("?to=2025-01-12 11:00:00", [1]),
        ("?from=2025-01-12 11:00:00&to=2025-01-12 12:00:00", [2]), ("?from=2025-01-12 11:00:01&to=2025-01-12 12:00:00", []),
        ("?from=2025-01-12 13:00:00%2B02:00", [3, 2]), ("?from=2025-01-12 11:00:00&to=2025-01-12 11:00:00", []),
        ("?from=0001-01-01 00:00:00&to=9999-12-31 23:59:59", [3, 2, 1]),
    ):  # fmt: skip
        assert numbers(feed.failed(query.replace(" ", "%20"))) == found, query


def test_by_code_whichever_of_a_row_s_errors_has_it(feed: Feed) -> None:
    fail(feed, 1)
    fail(feed, 2, ordered_at="2025-02-30 08:00:00")
    assert numbers(feed.failed("?code=DI_E_20003")) == [2, 1]
    assert numbers(feed.failed("?code=DI_E_20202")) == [2]
    assert numbers(feed.failed("?code=DI_E_30001")) == []


def test_by_the_location_that_a_row_names_whosever_it_is(feed: Feed) -> None:
    fail(feed, 1)
    fail(feed, 2, location_id="a ü+b")
    fail(feed, 3, location_id=7)
    assert numbers(feed.failed(f"?location_id={feed.location}")) == [1]
    assert numbers(feed.failed("?location_id=a%20%C3%BC%2Bb")) == [2]
    assert numbers(feed.failed("?location_id=7")) == []


def test_filters_and_pages_go_together(feed: Feed) -> None:
    for number in range(6):
        fail(feed, number, **({"ordered_units": "x"} if number % 2 else {"ordered_at": "x"}))
    page = feed.failed("?code=DI_E_20201&limit=2")
    assert numbers(page) == [4, 2]
    assert numbers(feed.failed(f"?code=DI_E_20201&limit=2&cursor={page['nextCursor']}")) == [0]


WRONG = {
    "?limit=0": "limit", "?limit=-1": "limit", "?limit=x": "limit", "?limit=": "limit", "?limit=1.5": "limit",
    "?limit=%00": "limit", "?limit=1&limit=2": "limit", "?cursor=": "cursor", "?cursor=x": "cursor", "?cursor=W10": "cursor",
    f"?cursor={encode_cursor(('a',))}": "cursor", f"?cursor={encode_cursor((1, 2))}": "cursor",
    f"?cursor={encode_cursor((1,))}A": "cursor", f"?cursor={'A' * 5000}": "cursor", "?from=yesterday": "from",
    "?from=2025-02-30%2008:00:00": "from", "?to=2025-01-05T08:00:00Z": "to", "?to=": "to", "?to=2025-01-05": "to",
    "?from=2025-01-02%2000:00:00&to=2025-01-01%2000:00:00": "from", "?code=": "code", "?code=20002": "code",
    "?code=DI_W_00001": "code", "?code=di_e_20002": "code", "?location_id=": "location_id", "?location_id=%00": "location_id",
    "?code=DI_E_٢٠٠٠٢": "code",
    "?offset=5": "offset", "?Limit=5": "Limit", "?from_=2025-01-01%2000:00:00": "from_",
}  # fmt: skip


@pytest.mark.parametrize("query", WRONG)
def test_a_parameter_that_is_wrong_is_named(feed: Feed, query: str) -> None:
    fail(feed, 1)
    assert WRONG[query] in refused(feed.failed(query), 400, "DI_E_10204", WRONG[query])


def test_rows_belong_to_whoever_sent_them_not_to_the_location_they_name(feed: Feed) -> None:
    stranger = Feed()
    fail(feed, 1, location_id=stranger.location)
    fail(stranger, 2, location_id=feed.location)
    assert numbers(feed.failed()) == [1]
    assert numbers(feed.failed(f"?location_id={feed.location}")) == []
    assert numbers(stranger.failed()) == [2]


def test_a_stranger_s_cursor_leads_to_no_row_of_theirs(feed: Feed) -> None:
    stranger = Feed()
    fail(stranger, 1, 2, 3)
    cursor = stranger.failed("?limit=1")["nextCursor"]
    fail(feed, 4)
    assert numbers(feed.failed(f"?cursor={cursor}")) == []
    assert numbers(feed.failed(f"?cursor={encode_cursor((2**63 - 1,))}")) == [4]


def test_whoever_only_reads_reads_them_too(feed: Feed) -> None:
    fail(feed, 1)
    assert numbers(feed.as_(a_token(feed.factory, "operator")).failed()) == [1]


def test_an_answer_of_a_row_too_large_to_keep_has_null(feed: Feed) -> None:
    reply = feed.post({str(number): "x" * 900 for number in range(10)}, {"long": "y" * 5_000})
    assert [failed["row"] for failed in reply["failed"]] == [None, {"long": "y" * 1_000}]
    assert [row["row"] for row in reversed(feed.failed()["rows"])] == [None, {"long": "y" * 1_000}]


# --- forgetting


def test_rows_are_kept_for_thirty_days_and_not_longer(feed: Feed) -> None:
    fail(feed, 1, 2, 3)
    now = clock.now().replace(microsecond=0)
    days = (31, 30, 29)
    received(*(f"{now - timedelta(days=day) + timedelta(minutes=day == 30):%Y-%m-%d %H:%M:%S}" for day in days))
    assert forget_failed_rows() == 1
    assert numbers(feed.failed()) == [3, 2]
    assert forget_failed_rows() == 0


def test_many_are_forgotten_some_at_a_time(feed: Feed) -> None:
    feed.post(*({"order_number": number} for number in range(25)))
    IngestFailedRow.objects.update(received_at=datetime(2020, 1, 1, tzinfo=UTC))
    fail(feed, 99)
    assert forget_failed_rows(at_a_time=10) == 25
    assert numbers(feed.failed()) == [99]


def test_what_is_kept_is_plain_ascii(feed: Feed) -> None:
    """So that neither NUL nor half a surrogate pair, which may be what was wrong, can keep a row from being kept."""
    reply = feed.post({"order_number": "a\u0000\ud800ü"}, {"\u0000\udfff": 1})
    assert (reply.status, reply["failedRows"]) == (200, 2)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_and(octet_length(row || errors) = length(row || errors)) FROM orders_ingestfailedrow"
        )
        assert cursor.fetchone() == (True,)
    assert json.loads(feed.failed().content)["rows"][1]["row"] == {"order_number": "a\u0000\ud800ü"}


def test_a_row_of_somebody_in_several_factories_belongs_to_the_one_that_it_names(feed: Feed) -> None:
    """Who may read one factory only never learns by it what the sender's other one makes."""
    other = Feed()
    person = a_member(feed.factory, "planner")
    Membership.objects.create(user=person, factory=other.factory, roles=["planner"])
    both = feed.as_(a_token(None, user=person))
    here, there = feed.location, other.location

    both.post(*(feed.row(order_number=n, location_id=name) for n, name in enumerate((there, here, "LOC-?", there))))
    both.post(feed.row(location_id=there))
    both.post(feed.row(location_id=there, ordered_units=1), operationType="APPEND")

    assert numbers(feed.failed()) == [2, 1]
    assert numbers(other.failed()) == ["MO-1", 3, 0]
    assert numbers(both.failed()) == ["MO-1", 3, 2, 1, 0]
