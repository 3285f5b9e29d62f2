"""What the factory contract agrees on for all calls: lists, versions, spellings, what is ignored and what is refused."""

import json
from typing import Any
from uuid import uuid4

import pytest

from orders.models import ProductionOrder
from tests.calls import Person, Plant
from tests.evidence import everything

pytestmark = pytest.mark.django_db

NEW = {"productId": "CAP-28", "quantityTarget": 1000}


@pytest.fixture
def plant() -> Plant:
    return Plant()


def references(person: Person, query: str) -> list[str]:
    reply = person.get(f"production-orders{query}")
    assert reply.status == 200, reply.content
    return [order["reference"][-1] for order in reply["data"]]


def test_a_list_is_newest_first_and_its_pages_meet(plant: Plant) -> None:
    for _ in range(5):
        plant.order()
    assert references(plant.admin, "") == ["5", "4", "3", "2", "1"]
    assert references(plant.admin, "?limit=2&offset=2") == ["3", "2"]
    first = plant.admin.get("production-orders?limit=2")
    assert first["meta"] == {"total": 5, "limit": 2, "offset": 0, "nextCursor": first["meta"]["nextCursor"]}
    plant.order()  # what comes meanwhile moves offsets, not cursors
    seen, cursor = [], first["meta"]["nextCursor"]
    while cursor:
        reply = plant.admin.get(f"production-orders?limit=2&cursor={cursor}")
        seen += [order["reference"][-1] for order in reply["data"]]
        assert reply["meta"]["total"] is None
        cursor = reply["meta"]["nextCursor"]
    assert seen == ["3", "2", "1"]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=x", "limit=", "offset=-1", "offset=x", "cursor=x", "cursor=", "cursor=WzFd&offset=0",
     "status=running", "status=", "status=draft,", "from=2025-02-30", "limit=1&limit=2", "status=draft&state=draft"],
)  # fmt: skip
def test_a_list_refuses(plant: Plant, query: str) -> None:
    reply = plant.admin.get(f"production-orders?{query}")
    assert (reply.status, reply.code) == (400, "validation_failed")


def test_more_than_a_hundred_rows_are_served_as_a_hundred(plant: Plant) -> None:
    assert plant.admin.get("production-orders?limit=5000")["meta"]["limit"] == 100
    assert plant.admin.get("production-orders?offset=99999")["data"] == []


def test_filters(plant: Plant) -> None:
    plant.order(batchNumber="B 7%", plannedStart="2026-04-20T23:30:00+02:00")  # 1
    plant.order("scheduled", machine="CNC-001")  # 2
    plant.order("cancelled")  # 3
    assert references(plant.admin, "?status=draft,scheduled") == ["2", "1"]
    assert references(plant.admin, "?state=cancelled") == ["3"]
    assert references(plant.admin, "?machineId=cnc-001") == ["2"]
    assert references(plant.admin, f"?productId={plant.item.uuid}&status=draft") == ["1"]
    assert references(plant.admin, "?batchNumber=B%207%25") == ["1"]
    assert references(plant.admin, "?batchNumber=b%207%25") == []
    assert references(plant.admin, "?q=7%25") == ["1"]
    assert references(plant.admin, "?q=bottle%20cap") == ["3", "2", "1"]
    assert references(plant.admin, "?to=2026-04-20T23:30:00%2B02:00") == []
    assert references(plant.admin, "?to=2026-04-20T23:30:00.001 02:00") == ["1"]  # a raw + arrives as a blank
    assert references(plant.admin, "?from=2026-04-20T21:30:00Z&to=2026-04-20T22:00:00") == ["1"]


def test_a_bare_date_is_a_day_of_the_factorys_zone() -> None:
    plant = Plant(time_zone="Asia/Kuala_Lumpur")
    plant.order(plannedStart="2026-04-20T16:00:00Z")  # midnight of the 21st over there
    assert references(plant.admin, "?from=2026-04-21&to=2026-04-22") == ["1"]
    assert references(plant.admin, "?from=2026-04-20&to=2026-04-21") == []


def test_a_draft_stands_for_three_core_states_and_the_move_between_them_is_listed(plant: Plant) -> None:
    from orders import actions
    from tests import floor

    path = plant.order()
    order = ProductionOrder.objects.get()
    floor.done(actions.approve, order_id=order.pk, by=plant.actor)
    assert plant.admin.get(path)["state"] == "draft"
    assert references(plant.admin, "?status=draft") == ["1"]
    moves = [
        (move["fromState"], move["toState"], move["verb"]) for move in plant.admin.get(f"{path}/transitions")["data"]
    ]
    assert moves == [(None, "draft", "create"), ("draft", "draft", "approve")]


def test_if_match_lets_only_the_seen_version_be_changed(plant: Plant) -> None:
    path = plant.order()
    seen = plant.admin.get(path).headers["ETag"]
    assert seen == '"1"'
    reply = plant.admin.patch(path, {"notes": "a"}, if_match=seen)
    assert (reply.status, reply.headers["ETag"]) == (200, '"2"')
    before = everything()
    for stale in (seen, '"3"', "rubbish", 'W/"1"'):
        reply = plant.admin.post(f"{path}/transition", {"toState": "cancelled"}, if_match=stale, idempotency_key="k")
        assert (reply.status, reply.code) == (412, "stale")
    assert everything() == before
    for fine in ('"2"', "*"):
        assert plant.admin.patch(path, {"notes": "a"}, if_match=fine).status == 200


def test_an_order_as_read_can_be_sent_back(plant: Plant) -> None:
    path = plant.order("in_production")
    order = plant.admin.get(path)
    reply = plant.admin.send("PATCH", path, order.content)
    assert (reply.status, reply["version"]) == (200, order["version"])
    reply = plant.admin.send("POST", "production-orders", order.content)
    assert (reply.status, reply["state"], reply["quantityTarget"]) == (201, "draft", 1000)
    assert reply["reference"] != order["reference"]


@pytest.mark.parametrize(
    ("body", "endpoint"),
    [
        ({"state": "closed"}, "transition"),
        ({"status": "completed"}, "transition"),
        ({"toState": "paused"}, "transition"),
        ({"quantityTarget": 5}, "adjust-quantity"),
    ],
)
def test_what_belongs_to_another_endpoint_is_sent_there(plant: Plant, body: dict[str, Any], endpoint: str) -> None:
    path = plant.order("in_production")
    reply = plant.admin.patch(path, body)
    assert (reply.status, reply.code) == (400, "wrong_endpoint")
    assert reply["details"]["endpoint"] == f"/api/factories/{plant.factory.slug}/{path}/{endpoint}"


@pytest.mark.parametrize(("word", "endpoint"), [("scheduled", "schedule"), ("verified", "verify")])
def test_words_with_an_endpoint_of_their_own(plant: Plant, word: str, endpoint: str) -> None:
    path = plant.order()
    reply = plant.admin.post(f"{path}/transition", {"toState": word})
    assert (reply.status, reply.code) == (400, "wrong_endpoint")
    assert reply["details"]["endpoint"].endswith(f"{path}/{endpoint}")


@pytest.mark.parametrize("word", ["draft", "running", "", None, 5, "In_Production"])
def test_any_other_word_is_refused(plant: Plant, word: object) -> None:
    reply = plant.admin.post(f"{plant.order()}/transition", {"toState": word})
    assert (reply.status, reply.code) == (400, "validation_failed")


@pytest.mark.parametrize("verb", ["start", "pause", "complete", "cancel", "resume", "close"])
def test_there_are_no_paths_for_single_moves(plant: Plant, verb: str) -> None:
    assert plant.admin.post(f"{plant.order()}/{verb}", {}).status == 404


@pytest.mark.parametrize(
    ("spelled", "shown"), [("250.0", "250"), ("2.5e2", "250"), ("250.000000", "250"), ("1e9", "1000000000")]
)
def test_a_quantity_may_be_spelled_many_ways_and_is_shown_in_one(plant: Plant, spelled: str, shown: str) -> None:
    reply = plant.admin.post("production-orders", f'{{"productId":"CAP-28","quantityTarget":{spelled}}}')
    assert f'"quantityTarget":{shown},'.encode() in reply.content


def test_decimals_are_exact_and_as_many_as_the_unit_has(plant: Plant) -> None:
    plant.item.unit_decimals = 3
    plant.item.save()
    reply = plant.admin.post("production-orders", '{"productId":"CAP-28","quantityTarget":0.123}')
    assert b'"quantityTarget":0.123,' in reply.content
    assert plant.admin.post("production-orders", '{"productId":"CAP-28","quantityTarget":0.1234}').status == 400


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2026-04-20T08:00:00Z", "2026-04-20T08:00:00.000Z"),
        ("2026-04-20T16:00:00.1234567+08:00", "2026-04-20T08:00:00.123Z"),
        ("2026-04-20T08:00", "2026-04-20T08:00:00.000Z"),
    ],
)
def test_times_are_taken_with_any_offset_and_shown_in_utc(plant: Plant, given: str, shown: str) -> None:
    assert plant.admin.post("production-orders", NEW | {"plannedStart": given})["plannedStart"] == shown


@pytest.mark.parametrize(
    "fields",
    [
        {"plannedStart": "2025-02-30T00:00:00Z"},
        {"plannedStart": "2026-04-20T08:00:00Z", "plannedEnd": "2026-04-20T08:00:00Z"},
        {"batchNumber": "x" * 65},
        {"batchNumber": "a\u0000b"},
        {"notes": "\ud800"},
        {"notes": "x" * 4001},
        {"priority": "urgent"},
        {"overProduction": {"policy": "tolerance"}},
        {"overProduction": {"policy": "tolerance", "tolerancePercent": 101}},
        {"overProduction": {"policy": "strict", "tolerancePercent": 1}},
        {"productId": "  "},
    ],
)
def test_a_field_that_cannot_be_is_refused(plant: Plant, fields: dict[str, Any]) -> None:
    before = everything()
    reply = plant.admin.post("production-orders", json.dumps(NEW | fields))
    assert (reply.status, reply.code) == (400, "validation_failed")
    assert everything() == before


def test_things_named_are_found_by_id_or_code_and_a_strangers_is_as_missing_as_none(plant: Plant) -> None:
    theirs = Plant()
    path = plant.order()
    for name in (str(plant.press.uuid), str(plant.press.uuid).upper(), "press-01"):
        assert plant.admin.post(f"{path}/schedule", {"machineId": name}).status == 200
    missing = [
        plant.admin.post(f"{path}/schedule", {"machineId": str(name)}).content
        for name in (theirs.press.uuid, uuid4(), "NOWHERE")
    ]
    assert len(set(missing)) == 1 and b"Machine not found" in missing[0]
    assert plant.admin.get(path.upper().replace("PRODUCTION-ORDERS", "production-orders")).status == 200


def test_the_role_for_a_word_is_asked_for_before_the_order_and_the_fields(plant: Plant) -> None:
    for path in (plant.order("completed"), f"production-orders/{uuid4()}"):
        reply = plant.as_("technician").post(f"{path}/transition", {"toState": "closed", "typo": 1})
        assert (reply.status, reply.code) == (403, "role_missing")
        assert reply["details"] == {"anyOf": ["operator", "planner"]}
    reply = plant.as_("technician").post(f"{path}/transition", {"toState": "nonsense"})
    assert reply.status == 404
