"""The newest version of an order as it is read back: what was stated, how often, and what became of it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from orders.ingest import reading
from orders.models import IngestHead, ManufacturingOrderVersion, ProductionOrder
from tests import floor
from tests.dialects.ingest.feed import OBJECT, Feed, a_token, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed() -> Feed:
    return Feed()


def only(reply: Any) -> Any:
    assert reply.status == 200, reply.content
    (found,) = reply["data"]
    return found


def follow(feed: Feed, **facts: Any) -> ProductionOrder:
    """Let an order of this factory follow the only head."""
    order = floor.an_order(floor.an_actor(feed.factory), target=500)
    IngestHead.objects.update(order=order, **facts)
    return order


def test_it_is_told_in_these_fields_and_this_order(feed: Feed) -> None:
    sent = feed.post(
        feed.row(updated_at="2025-01-06 08:00:00 +02:00", status=" In Progress ", produced_units=2**63 - 1)
    )
    reply = feed.read("MO-1")
    assert list(reply.json) == ["objectName", "data"]
    found = only(reply)
    assert list(found) == ["record", "versions", "receivedAt", "requestId", "projection"]
    assert found["record"] == {
        "product_id": "PROD-1", "location_id": feed.location, "order_number": "MO-1",
        "updated_at": "2025-01-06 06:00:00", "source_id": "LINE-1", "ordered_at": "2025-01-05 08:00:00",
        "ordered_units": 500, "expected_start_date": "2025-01-10 06:00:00", "expected_end_date": "2025-01-12 18:00:00",
        "actual_start_date": None, "actual_end_date": None, "produced_units": 2**63 - 1, "status": " In Progress ",
    }  # fmt: skip
    assert list(found["record"]) == [
        "product_id", "location_id", "order_number", "updated_at", "source_id", "ordered_at", "ordered_units",
        "expected_start_date", "expected_end_date", "actual_start_date", "actual_end_date", "produced_units", "status",
    ]  # fmt: skip
    assert (found["versions"], found["requestId"]) == (1, sent.headers["X-Request-Id"])
    received = ManufacturingOrderVersion.objects.get().received_at
    assert found["receivedAt"] == f"{received:%Y-%m-%d %H:%M:%S}"
    assert found["projection"] == {
        "state": "pending", "reason": None, "projectedAt": None, "orderId": None, "reference": None, "orderState": None,
        "goodUnits": None,
    }  # fmt: skip
    assert list(found["projection"]) == [
        "state", "reason", "projectedAt", "orderId", "reference", "orderState", "goodUnits"
    ]  # fmt: skip


def test_the_order_that_follows_is_told(feed: Feed) -> None:
    feed.post()
    order = follow(feed, state="done", due_at=None, projected_at=datetime(2025, 1, 12, 18, 0, 9, 999_000, tzinfo=UTC))
    told = only(feed.read("MO-1"))["projection"]
    assert told == {
        "state": "done", "reason": None, "projectedAt": "2025-01-12 18:00:09", "orderId": str(order.uuid),
        "reference": order.reference, "orderState": "draft", "goodUnits": 0,
    }  # fmt: skip
    ProductionOrder.objects.filter(pk=order.pk).update(quantity_good=Decimal("498.500000"))
    assert only(feed.read("MO-1"))["projection"]["goodUnits"] == Decimal("498.5")
    ProductionOrder.objects.filter(pk=order.pk).update(quantity_good=Decimal(498))
    assert b'"goodUnits":498}' in feed.read("MO-1").content


def test_why_it_does_not_follow_is_told(feed: Feed) -> None:
    feed.post()
    follow(feed, state="conflict", due_at=None, reason="the order is completed")
    told = only(feed.read("MO-1"))["projection"]
    assert (told["state"], told["reason"]) == ("conflict", "the order is completed")


def test_the_newest_is_shown_whatever_came_last_and_all_are_counted(feed: Feed) -> None:
    for day, units in ((8, 1), (9, 2), (7, 3)):
        feed.post(feed.row(updated_at=f"2025-01-0{day} 08:00:00", produced_units=units))
    found = only(feed.read("MO-1"))
    assert (found["versions"], found["record"]["produced_units"]) == (3, 2)


@pytest.mark.parametrize("year", ["0001-01-01 00:00:00", "0999-12-31 23:59:59", "9999-12-31 23:59:59"])
def test_a_year_has_four_digits(feed: Feed, year: str) -> None:
    feed.post(feed.row(ordered_at=year, updated_at=year))
    record = only(feed.read("MO-1"))["record"]
    assert (record["ordered_at"], record["updated_at"]) == (year, year)


def test_a_record_can_be_sent_back_as_it_was_read(feed: Feed) -> None:
    feed.post(feed.row(status="completed", actual_end_date="2025-01-12 18:00:00 -05:00"))
    again = feed.post(only(feed.read("MO-1"))["record"])
    assert [warning["code"] for warning in again["warnings"]] == ["DI_W_00002"]


def test_several_products_come_by_product_and_each_can_be_asked_for(feed: Feed) -> None:
    feed.post(*(feed.row(product_id=name) for name in ("b", "a ", "B", "a")))
    found = [row["record"]["product_id"] for row in feed.read("MO-1")["data"]]
    assert found == ["B", "a", "a ", "b"]
    assert only(feed.read("MO-1", "?product_id=a%20"))["record"]["product_id"] == "a "
    assert only(feed.read("MO-1", f"?product_id=B&location_id={feed.location}"))["record"]["product_id"] == "B"


def test_at_most_a_hundred_are_shown(feed: Feed) -> None:
    feed.post(*(feed.row(product_id=f"P-{number:03}") for number in range(130)))
    found = [row["record"]["product_id"] for row in feed.read("MO-1")["data"]]
    assert found == [f"P-{number:03}" for number in range(100)]


def test_what_is_not_there_and_what_is_a_stranger_s_answer_alike(feed: Feed) -> None:
    stranger = Feed()
    stranger.post(stranger.row(order_number="THEIRS"))
    feed.post()
    queries = [
        ("NONE", ""), ("THEIRS", ""), ("THEIRS", f"?location_id={stranger.location}"), ("mo-1", ""), ("MO-1 ", ""),
        ("MO-1", f"?location_id={stranger.location}"), ("MO-1", "?location_id=NOWHERE"), ("MO-1", "?product_id=prod-1"),
    ]  # fmt: skip
    replies = [feed.read(*query) for query in queries]
    assert len({reply.content for reply in replies}) == 1
    refused(replies[0], 404, "DI_E_10204")


def test_two_factories_of_one_order_number_show_each_their_own(feed: Feed) -> None:
    stranger = Feed()
    for number in range(3):
        stranger.post(stranger.row(updated_at=f"2025-02-0{number + 1} 08:00:00", source_id="theirs"))
    feed.post()
    found = only(feed.read("MO-1"))
    assert (found["versions"], found["record"]["source_id"]) == (1, "LINE-1")


def test_an_order_of_another_factory_is_not_shown_even_if_a_head_names_it(feed: Feed) -> None:
    """Nothing links them; the question itself does not cross over."""
    feed.post()
    follow(Feed(), state="done", due_at=None)
    assert only(feed.read("MO-1"))["projection"]["orderId"] is None


WRONG = {
    "?product=PROD-1": "product", "?PRODUCT_ID=PROD-1": "PRODUCT_ID", "?product_id=a&product_id=b": "product_id",
    "?product_id=": "product_id", "?product_id=%00": "product_id", f"?product_id={'x' * 256}": "product_id",
    "?location_id=%0A": "location_id", "?limit=5": "limit", "?%00=1": "\\x00", "?=": "",
}  # fmt: skip


@pytest.mark.parametrize("query", WRONG)
def test_a_parameter_that_is_wrong_is_named(feed: Feed, query: str) -> None:
    feed.post()
    for number in ("MO-1", "NONE"):
        reply = feed.read(number, query)
        assert reply.status == 400, reply.content
        assert (reply["errors"][0]["code"], reply["errors"][0]["field"] or "") == ("DI_E_10204", WRONG[query])


def test_head_is_get_without_a_body(feed: Feed) -> None:
    feed.post()
    assert (feed.send("HEAD", f"{OBJECT}/MO-1").status, feed.send("HEAD", f"{OBJECT}/MO-1").content) == (200, b"")


def test_whoever_only_reads_reads_the_same(feed: Feed) -> None:
    feed.post()
    assert feed.as_(a_token(feed.factory, "viewer")).read("MO-1").content == feed.read("MO-1").content


def test_the_question_is_asked_of_the_factories_it_names() -> None:
    here, there = Feed(), Feed()
    for feed in (here, there):
        feed.post()

    def found(*feeds: Feed, **facts: Any) -> list[str | None]:
        ids = [feed.factory.pk for feed in feeds]
        return [row.location_id for row in reading.current_versions("MO-1", factory_ids=ids, **facts)]

    assert found() == []
    assert (found(here), found(there)) == ([here.location], [there.location])
    assert found(here, there) == [here.location, there.location]
    assert found(here, there, location_id=there.location) == [there.location]
