"""The seed's own request, unmodified but for host and token, and what the other faces then know."""

import json
from decimal import Decimal

import pytest

from orders.models import IngestHead, ProductionOrder
from tests.callers import a_member, token
from tests.calls import Person
from tests.conformance.ingest.works import OBJECT, PATH, SEED_ROW, Works, codes_of, entries_of, followed, verbs_of

pytestmark = pytest.mark.django_db

# As it is printed there, character by character.
BODY = """{
"solutionName": "INV_OOTB",
"data": [
{
"order_number": "MO-2025-001",
"product_id": "PROD-001",
"location_id": "LOC-001",
"source_id": "LINE-001",
"ordered_at": "2025-01-05 08:00:00",
"ordered_units": 500,
"expected_start_date": "2025-01-10 06:00:00",
"actual_start_date": "2025-01-10 06:30:00",
"expected_end_date": "2025-01-12 18:00:00",
"actual_end_date": "2025-01-12 17:45:00",
"produced_units": 498,
"status": "completed",
"updated_at": "2025-01-12 18:00:00"
}
],
"operationType": "UPSERT"
}"""
ANSWER = {
    "solutionName": "INV_OOTB", "objectName": OBJECT, "operationType": "UPSERT", "dryRun": False, "totalRows": 1,
    "successRows": 1, "failedRows": 0, "failed": [], "warnings": [],
}  # fmt: skip


@pytest.fixture
def works() -> Works:
    return Works()


@pytest.mark.parametrize("prefix", ["", "/ingestion-api"])
@pytest.mark.parametrize("path", ["ingest/object", "object", "objects"])
@pytest.mark.parametrize("end", ["", "/"])
def test_the_seed_s_request_is_taken_under_each_spelling(works: Works, prefix: str, path: str, end: str) -> None:
    reply = works.call("POST", f"{prefix}/api/v2/{path}/{OBJECT}{end}", BODY)

    assert reply.status == 200
    assert json.dumps(reply.json) == json.dumps(ANSWER)
    assert reply.headers["Content-Type"].startswith("application/json")
    assert works.versions() == 1


def test_the_order_is_live_on_the_other_faces(works: Works) -> None:
    works.call("POST", PATH, BODY)
    followed()

    person = Person(token(a_member(works.factory, "viewer")), slug=works.factory.slug)
    order = works.order()
    shown = person.get(f"production-orders/{order.uuid}")
    assert shown["state"] == "completed"
    assert shown["quantityGood"] == 498
    assert shown["quantityTarget"] == 500
    events = person.get(f"production-orders/{order.uuid}/transitions")
    assert events.status == 200
    assert verbs_of(order) == ["create", "schedule", "start", "report", "complete"]
    assert entries_of(order) == [("ingest", Decimal(498))]
    assert order.actual_start is not None and order.actual_start.isoformat() == "2025-01-10T06:30:00+00:00"
    assert order.actual_end is not None and order.actual_end.isoformat() == "2025-01-12T17:45:00+00:00"
    assert order.planned_end is not None and order.planned_end.isoformat() == "2025-01-12T18:00:00+00:00"


def test_what_was_sent_is_read_back(works: Works) -> None:
    sent = works.call("POST", PATH, BODY)
    followed()

    read = works.read(product_id="PROD-001", location_id="LOC-001")

    assert read.status == 200
    assert read["objectName"] == OBJECT
    (found,) = read["data"]
    assert list(found) == ["record", "versions", "receivedAt", "requestId", "projection"]
    assert found["record"] == SEED_ROW
    assert list(found["record"]) == [
        "product_id", "location_id", "order_number", "updated_at", "source_id", "ordered_at", "ordered_units",
        "expected_start_date", "expected_end_date", "actual_start_date", "actual_end_date", "produced_units", "status",
    ]  # fmt: skip
    assert found["versions"] == 1
    assert found["requestId"] == sent.headers["X-Request-Id"]
    order = works.order()
    projection = found["projection"]
    assert list(projection) == [
        "state", "reason", "projectedAt", "orderId", "reference", "orderState", "goodUnits"
    ]  # fmt: skip
    assert (projection["state"], projection["reason"]) == ("done", None)
    assert projection["orderId"] == str(order.uuid)
    assert (projection["reference"], projection["orderState"]) == ("MO-2025-001", "completed")
    assert projection["goodUnits"] == 498


def test_the_same_request_three_times_says_it_once(works: Works) -> None:
    for _ in range(3):
        reply = works.call("POST", PATH, BODY)
        assert (reply["totalRows"], reply["successRows"], reply["failedRows"]) == (1, 1, 0)
        followed()

    assert [warning["code"] for warning in reply["warnings"]] == ["DI_W_00002"]
    assert works.versions() == 1
    assert IngestHead.objects.count() == ProductionOrder.objects.count() == 1
    assert entries_of(works.order()) == [("ingest", Decimal(498))]


def test_the_contract_s_example_of_an_answer(works: Works) -> None:
    """§6: two of three rows are stored, the third is told with every fault that it has."""
    bad = {
        "order_number": "MO-2025-002", "product_id": "PROD-001", "location_id": "LOC-001", "source_id": "LINE-001",
        "ordered_at": "2025-02-30 08:00:00", "ordered_units": "500", "expected_start_date": "2025-01-10 06:00:00",
        "expected_end_date": "2025-01-12 18:00:00", "updated_at": "2025-01-12 18:00:00",
    }  # fmt: skip

    reply = works.post(SEED_ROW, bad, SEED_ROW | {"order_number": "MO-2025-003"}, operationType="UPSERT")

    assert list(reply.json) == list(ANSWER)
    assert (reply["totalRows"], reply["successRows"], reply["failedRows"]) == (3, 2, 1)
    assert json.dumps(reply["failed"]) == json.dumps([
        {"index": 1, "row": bad, "errors": [
            {"code": "DI_E_20202", "category": "VALUE", "message": "ordered_at is not a calendar date and time",
             "field": "ordered_at"},
            {"code": "DI_E_20003", "category": "TYPE", "message": "ordered_units must be a whole number",
             "field": "ordered_units"}]}
    ])  # fmt: skip
    assert codes_of(reply["failed"][0]) == [("20202", "ordered_at"), ("20003", "ordered_units")]
    assert works.versions() == 2
    (kept,) = works.failed_rows()["rows"]
    assert list(kept) == ["requestId", "receivedAt", "operationType", "index", "row", "errors"]
    assert (kept["row"], kept["errors"], kept["index"]) == (bad, reply["failed"][0]["errors"], 1)
    assert kept["requestId"] == reply.headers["X-Request-Id"]
