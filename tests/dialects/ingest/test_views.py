"""The call that writes: what it answers to the byte, what is stored with it, and that both are one."""

import json
from uuid import UUID

import pytest
from django.db import transaction

from factoryos.dialects.ingest import batches
from factoryos.dialects.ingest.responses import taken_answer
from factoryos.dialects.ingest.senders import Senders
from factoryos.kernel import api_keys
from factoryos.kernel.ids import uuid7
from factoryos.kernel.models import ApiKey
from factoryos.kernel.problems import Busy
from orders.models import IngestFailedRow, IngestHead, IngestRequest, ManufacturingOrderVersion
from tests.dialects.ingest.feed import OBJECT, Feed, kept, refused

pytestmark = pytest.mark.django_db

NOTHING = {"ManufacturingOrderVersion": 0, "IngestHead": 0, "IngestFailedRow": 0, "IngestRequest": 0}


@pytest.fixture
def feed() -> Feed:
    return Feed()


def test_a_sound_row_is_told_in_these_bytes(feed: Feed) -> None:
    assert feed.post().content == (
        b'{"solutionName":"INV_OOTB","objectName":"INV_MANUFACTURING_ORDERS_OOTB","operationType":"UPSERT","dryRun":false,'
        b'"totalRows":1,"successRows":1,"failedRows":0,"failed":[],"warnings":[]}'
    )
    assert kept() == {**NOTHING, "ManufacturingOrderVersion": 1, "IngestHead": 1, "IngestRequest": 1}


def test_a_bad_row_is_told_as_it_was_sent_with_every_fault_and_kept_in_the_same_words(feed: Feed) -> None:
    bad = feed.row(ordered_at="2025-02-30 08:00:00", ordered_units="500")
    reply = feed.post(feed.row(), bad, feed.row(order_number="MO-3"))
    assert (reply.status, reply["totalRows"], reply["successRows"], reply["failedRows"]) == (200, 3, 2, 1)
    errors = [
        {"code": "DI_E_20202", "category": "VALUE", "message": "ordered_at is not a calendar date and time",
         "field": "ordered_at"},
        {"code": "DI_E_20003", "category": "TYPE", "message": "ordered_units must be a whole number",
         "field": "ordered_units"},
    ]  # fmt: skip
    assert reply["failed"] == [{"index": 1, "row": bad, "errors": errors}]
    (row,) = IngestFailedRow.objects.all()
    assert (json.loads(row.row or ""), json.loads(row.errors), row.index) == (bad, errors, 1)
    assert (row.factory_id, row.location_id, row.codes) == (
        feed.factory.pk,
        feed.location,
        ["DI_E_20202", "DI_E_20003"],
    )


def test_the_request_s_number_stands_at_every_version_and_failed_row_of_it(feed: Feed) -> None:
    number = UUID(feed.post(feed.row(), None).headers["X-Request-Id"])
    assert ManufacturingOrderVersion.objects.get().request_id == number
    assert IngestFailedRow.objects.get().request_id == number
    (request,) = IngestRequest.objects.all()
    assert (request.id, request.actor_kind, request.operation_type) == (number, "api_key", "UPSERT")
    assert (request.actor_name, request.credential) == ("Feed", "api_key")


def test_two_hundred_also_where_every_row_failed(feed: Feed) -> None:
    reply = feed.post(None, 7, [])
    assert (reply.status, reply["successRows"], reply["failedRows"]) == (200, 0, 3)
    assert [failed["index"] for failed in reply["failed"]] == [0, 1, 2]
    assert kept() == {**NOTHING, "IngestFailedRow": 3, "IngestRequest": 1}


def test_what_no_encoder_takes_is_told_as_it_was_sent(feed: Feed) -> None:
    """Whole numbers beyond 64 bits, an endless one, a float's own digits, half a surrogate pair."""
    raw = '{"solutionName":"INV_OOTB","data":[{"a":18446744073709551616,"b":%s,"c":4.980e2,"d":"\\ud800","e":-0.0}]}'
    reply = feed.send("POST", OBJECT, raw % ("9" * 900))
    assert reply.status == 200
    assert b'{"a":18446744073709551616,"b":%s,"c":4.980e2,"d":"\\ud800","e":-0.0}' % (b"9" * 900) in reply.content
    (shown,) = feed.failed()["rows"]
    assert shown["row"]["d"] == "\ud800" and shown["row"]["a"] == 2**64
    assert b"4.980e2" in feed.failed().content


def test_the_answer_s_counts_are_those_of_the_database(feed: Feed) -> None:
    rows = [feed.row(order_number=f"MO-{number}") if number % 7 else {"order_number": number} for number in range(300)]
    reply = feed.post(*rows)
    assert (reply["successRows"], reply["failedRows"]) == (257, 43)
    assert ManufacturingOrderVersion.objects.count() == 257
    assert IngestFailedRow.objects.count() == 43


def test_what_append_finds_with_other_content_fails_after_all(feed: Feed) -> None:
    feed.post(feed.row(source_id="a"), feed.row(order_number="MO-2"))
    other = feed.row(source_id="b")
    reply = feed.post({}, other, feed.row(order_number="MO-2"), operationType="append")
    assert (reply["operationType"], reply["successRows"], reply["failedRows"]) == ("APPEND", 1, 2)
    assert [failed["index"] for failed in reply["failed"]] == [0, 1]
    assert reply["failed"][1]["row"] == other
    assert [error["code"] for error in reply["failed"][1]["errors"]] == ["DI_E_30001"]
    assert [(told["index"], told["code"]) for told in reply["warnings"]] == [(2, "DI_W_00002")]
    stored = IngestFailedRow.objects.filter(codes=["DI_E_30001"]).get()
    assert (json.loads(stored.row or ""), stored.index, stored.operation_type) == (other, 1, "APPEND")
    assert ManufacturingOrderVersion.objects.get(order_number="MO-1").source_id == "a"


def test_a_hundred_warnings_and_how_many_more(feed: Feed) -> None:
    rows = [feed.row(order_number=f"MO-{number}", status="Waiting for Godot") for number in range(250)]
    warnings = feed.post(*rows)["warnings"]
    assert [warning["index"] for warning in warnings[:-1]] == list(range(100))
    assert {warning["code"] for warning in warnings[:-1]} == {"DI_W_00006"}
    assert (warnings[-1]["index"], warnings[-1]["count"], warnings[-1]["category"]) == (None, 150, "WARNING")


@pytest.mark.parametrize("part", ["keep_folded", "keep_failed"])
def test_what_fails_on_the_way_leaves_nothing(feed: Feed, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """Good rows and failed ones are one transaction: whichever part breaks, neither is there."""
    real = getattr(batches.store, part)

    def broken(*args: object, **named: object) -> None:
        real(*args, **named)
        raise ZeroDivisionError("the secret of the house")

    monkeypatch.setattr(batches.store, part, broken)
    reply = feed.post(feed.row(), None)
    message = refused(reply, 500, "DI_E_10901")
    assert reply.headers["X-Request-Id"] in message and "secret" not in message
    assert kept() == NOTHING


def test_busy_is_told_as_such_and_leaves_nothing(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*args: object, **named: object) -> None:
        raise Busy()

    monkeypatch.setattr(batches.store, "keep_failed", busy)
    reply = feed.post(feed.row(), None)
    refused(reply, 503, "DI_E_10304")
    assert reply.headers["Retry-After"] == "1"
    assert kept() == NOTHING


def test_a_batch_that_is_kept_twice_tells_the_same_again(feed: Feed) -> None:
    """As after a lost race: the first run was rolled back, with whatever it had found."""
    feed.post(feed.row(source_id="a"))
    actors = api_keys.actors_of(feed.token, kind=ApiKey.Kind.PERSONAL_ACCESS_TOKEN, face="ingest")
    batch = batches.Batch(
        [feed.row(source_id="b"), 7, feed.row(order_number="MO-2")],
        senders=Senders.believed(actors), request_id=uuid7(), append=True, dry_run=False,
    )  # fmt: skip
    with transaction.atomic():
        first = taken_answer(batch.keep())
        transaction.set_rollback(True)
    assert ManufacturingOrderVersion.objects.count() == 1
    again = taken_answer(batch.keep())
    assert again == first and [failed["index"] for failed in json.loads(again.body)["failed"]] == [0, 1]
    assert IngestFailedRow.objects.count() == 2 and IngestHead.objects.count() == 2


def test_a_repeated_key_has_the_first_answer_again_and_another_body_is_refused(feed: Feed) -> None:
    first = feed.post(feed.row(), 7, headers={"idempotency_key": "k"})
    again = feed.post(feed.row(), 7, headers={"idempotency_key": "k"})
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert IngestFailedRow.objects.count() == 1
    refused(feed.post(feed.row(), headers={"idempotency_key": "k"}), 422, "DI_E_10002", "Idempotency-Key")
    refused(feed.post(headers={"idempotency_key": "k" * 256}), 400, "DI_E_10002", "Idempotency-Key")


def test_a_key_is_not_good_for_the_same_request_with_a_column_less_twice(feed: Feed) -> None:
    """What was sent twice is gone from the value: still it is another request, and must not get the first one's refusal."""
    (once,) = (json.dumps(feed.batch(feed.row(status="new"))),)
    twice = once.replace('"status": "new"', '"status": "old", "status": "new"')
    assert feed.send("POST", body=twice, idempotency_key="k")["failedRows"] == 1
    assert feed.send("POST", body=twice, idempotency_key="k").headers["Idempotency-Replayed"] == "true"
    refused(feed.send("POST", body=once, idempotency_key="k"), 422, "DI_E_10002", "Idempotency-Key")
