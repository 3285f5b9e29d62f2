"""Every row of the contract's table of worked cases, one test a row, named after it."""

import time
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.conf import settings

from orders import actions
from orders.models import OrderEvent, ProductionOrder, QuantityEntry
from tests import floor
from tests.callers import token
from tests.calls import Person, Plant, Reply
from tests.evidence import everything

pytestmark = pytest.mark.django_db

NEW = {"productId": "CAP-28", "quantityTarget": 1000}
FINAL = {"quantityFinal": 1000, "quantityGood": 988, "quantityRejected": 12}
ANY = {"quantityProduced": 250, "quantityGood": 248, "quantityRejected": 2}


@pytest.fixture
def plant() -> Plant:
    return Plant()


def move(plant: Plant, path: str, word: str, **more: Any) -> Reply:
    return plant.admin.post(f"{path}/transition", {"toState": word} | more)


def log(plant: Plant, path: str, produced: int, good: int, rejected: int, **more: Any) -> Reply:
    counts = {"quantityProduced": produced, "quantityGood": good, "quantityRejected": rejected}
    return plant.admin.post(f"{path}/log-quantity", counts | more)


def totals(plant: Plant, path: str) -> tuple[int, int, int]:
    order = plant.admin.get(path)
    return order["quantityProduced"], order["quantityGood"], order["quantityRejected"]


def unsigned(subject: object) -> str:
    payload = {
        "sub": str(subject),
        "aud": "authenticated",
        "iss": settings.SUPABASE_JWT_ISSUER,
        "exp": time.time() + 60,
    }
    return jwt.encode(payload, "", algorithm="none")


def test_without_a_genuine_token_in_time_the_answer_is_401(plant: Plant) -> None:
    subject = uuid4()
    genuine = token(sub=str(subject))
    headers = {
        "no header": None,
        "Basic": "Basic YTpi",
        "expired": f"Bearer {token(sub=str(subject), exp=int(time.time()) - 31)}",
        "wrong signature": f"Bearer {genuine[:-4]}AAAA",
        "alg none": f"Bearer {unsigned(subject)}",
        "anonymous key": f"Bearer {token(sub=str(subject), role='anon')}",
        "no subject": f"Bearer {token(sub=None)}",
        "other audience": f"Bearer {token(sub=str(subject), aud='anon')}",
        "no end": f"Bearer {token(sub=str(subject), exp=None)}",
    }
    for case, header in headers.items():
        person = Person(None, slug=plant.factory.slug)
        reply = person.get("production-orders", **({"authorization": header} if header else {}))
        assert reply.status == 401, case
        assert reply.content == (
            b'{"statusCode":401,"message":"Unauthorized","error":"Unauthorized","code":"unauthenticated"}'
        )
        assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_the_wrong_role_is_403(plant: Plant) -> None:
    scheduled, completed = plant.order("scheduled"), plant.order("completed")
    before = everything()
    calls = [
        ("viewer", "production-orders", NEW, ["planner"]),
        ("technician", "production-orders", NEW, ["planner"]),
        ("planner", f"{completed}/verify", FINAL, ["qa"]),
        ("technician", f"{completed}/verify", FINAL, ["qa"]),
        ("qa", f"{scheduled}/transition", {"toState": "in_production"}, ["operator", "planner", "technician"]),
        ("technician", f"{completed}/transition", {"toState": "closed"}, ["operator", "planner"]),
        ("technician", f"{scheduled}/transition", {"toState": "cancelled"}, ["operator", "planner"]),
    ]
    for role, path, body, needed in calls:
        reply = plant.as_(role).post(path, body)
        assert (reply.status, reply.code) == (403, "role_missing")
        assert reply["details"] == {"anyOf": needed}
    assert everything() == before


def test_a_strangers_slug_or_order_or_a_garbage_id_is_404(plant: Plant) -> None:
    there = Plant()
    theirs = there.order()
    for path in (f"/api/factories/{there.factory.slug}/production-orders", theirs, "production-orders/garbage"):
        assert plant.admin.get(path).status == 404
    assert plant.admin.get(theirs).content == plant.admin.get(f"production-orders/{uuid4()}").content


@pytest.mark.parametrize(
    "body", ['{"a":', "[1]", '{"quantityTarget":NaN}', '{"quantityTarget":Infinity}', '{"quantityTarget":-Infinity}']
)
def test_what_is_no_json_object_is_malformed(plant: Plant, body: str) -> None:
    reply = plant.admin.post("production-orders", body)
    assert (reply.status, reply.code) == (400, "malformed_json")


@pytest.mark.parametrize("target", ["0", "-5", "10.5", "1e12", "1e400", '"1000"', "true", "null", ""])
def test_a_target_that_is_no_positive_whole_number_is_refused(plant: Plant, target: str) -> None:
    given = f', "quantityTarget": {target}' if target else ""
    before = everything()
    reply = plant.admin.post("production-orders", f'{{"productId": "CAP-28"{given}}}')
    assert (reply.status, reply.code) == (400, "validation_failed")
    assert isinstance(reply["message"], list) and "quantityTarget" in reply["message"][0]
    assert everything() == before


def test_a_state_given_at_creation_is_ignored_and_a_typo_is_refused(plant: Plant) -> None:
    reply = plant.admin.post("production-orders", NEW | {"state": "closed"})
    assert (reply.status, reply["state"], reply["status"]) == (201, "draft", "draft")
    reply = plant.admin.post("production-orders", NEW | {"quantityTraget": 5})
    assert (reply.status, reply["message"]) == (400, ["property quantityTraget should not exist"])


def test_a_draft_never_approved_cannot_be_started(plant: Plant) -> None:
    reply = move(plant, plant.order(), "in_production")
    assert (reply.status, reply.code) == (409, "illegal_transition")
    assert reply["details"] == {"from": "draft", "to": "in_production", "allowed": ["cancelled"]}


def test_start_twice_is_200_then_409_and_one_transition(plant: Plant) -> None:
    path = plant.order("scheduled")
    assert [move(plant, path, "in_production").status for _ in range(2)] == [200, 409]
    moves = [event["verb"] for event in plant.admin.get(f"{path}/transitions")["data"]]
    assert moves == ["create", "schedule", "start"]


def test_two_orders_of_one_machine_only_one_starts(plant: Plant) -> None:
    first, second = plant.order("scheduled"), plant.order("scheduled")
    assert move(plant, first, "in_production").status == 200
    reply = move(plant, second, "in_production")
    assert (reply.status, reply.code) == (409, "machine_busy")
    clash = {
        "machineCode": "PRESS-01",
        "orderId": first.split("/")[1],
        "reference": plant.admin.get(first)["reference"],
    }
    assert reply["details"] == {"machines": [clash]}
    assert reply["message"] == f"PRESS-01 is already running {clash['reference']}"


def test_the_guide_as_printed(plant: Plant) -> None:
    path = plant.order("in_production")
    assert log(plant, path, 250, 248, 2).status == 201
    assert move(plant, path, "completed").status == 200
    reply = plant.admin.post(f"{path}/verify", FINAL)
    assert (reply.status, reply["verification"]["difference"]) == (200, {"good": 740, "rejected": 10})
    assert totals(plant, path) == (1000, 988, 12)


def test_counts_that_contradict_themselves_or_take_too_much(plant: Plant) -> None:
    path = plant.order("in_production")
    log(plant, path, 4, 4, 0)
    before = everything()
    reply = log(plant, path, 250, 248, 3)
    assert (reply.status, reply.code) == (400, "quantity_mismatch")
    reply = plant.admin.post(f"{path}/log-quantity", {"quantityProduced": -10})
    assert (reply.status, reply.code) == (400, "validation_failed")
    reply = plant.admin.post(f"{path}/log-quantity", {"quantityProduced": -10, "reason": "miscounted"})
    assert (reply.status, reply.code) == (409, "total_below_zero")
    assert reply["details"] == {"totals": {"good": 4, "rejected": 0}}
    assert everything() == before


@pytest.mark.parametrize("state", ["draft", "scheduled", "completed", "verified", "closed", "cancelled"])
def test_nothing_is_logged_on_an_order_that_does_not_run(plant: Plant, state: str) -> None:
    reply = plant.admin.post(f"{plant.order(state)}/log-quantity", ANY)
    assert (reply.status, reply.code) == (409, "illegal_transition")
    assert not QuantityEntry.objects.filter(source="manual").exists()


def test_more_good_than_the_target_is_booked_if_unlimited_and_refused_if_strict(plant: Plant) -> None:
    reply = log(plant, plant.order("in_production"), 1100, 1100, 0)
    assert (reply.status, reply["overTarget"], reply["quantityGood"]) == (201, True, 1100)
    strict = plant.order("in_production", overProduction={"policy": "strict"}, machine="CNC-001")
    reply = log(plant, strict, 1100, 1100, 0)
    assert (reply.status, reply.code) == (409, "over_production")
    assert reply["details"] == {"target": 1000, "allowed": 1000, "wouldBe": 1100}
    assert totals(plant, strict) == (0, 0, 0)


def test_verify_once_with_numbers_that_add_up_on_a_completed_order(plant: Plant) -> None:
    path = plant.order("completed")
    assert plant.admin.post(f"{path}/verify", FINAL | {"quantityRejected": 11}).code == "quantity_mismatch"
    running = plant.order("in_production")
    assert plant.admin.post(f"{running}/verify", FINAL).status == 409
    assert [plant.admin.post(f"{path}/verify", FINAL).status for _ in range(2)] == [200, 409]


def test_an_open_hold_refuses_all_but_cancel(plant: Plant) -> None:
    wanted = {
        "scheduled": ("transition", {"toState": "in_production"}),
        "in_production": ("transition", {"toState": "completed"}),
        "paused": ("log-quantity", ANY),
        "completed": ("verify", FINAL),
        "verified": ("transition", {"toState": "closed"}),
    }
    for state, (endpoint, body) in wanted.items():
        path = plant.order(state)
        order = ProductionOrder.objects.get(uuid=path.split("/")[1])
        _, hold = floor.done(actions.hold, order_id=order.pk, by=plant.actor, reason="odd colour")
        reply = plant.admin.post(f"{path}/{endpoint}", body)
        assert (reply.status, reply.code) == (409, "order_on_hold"), state
        shown = plant.admin.get(path)
        assert reply["details"] == {"holds": shown["holds"]}
        assert (shown["onHold"], shown["holds"][0]["id"]) == (True, str(hold.uuid))
    assert move(plant, plant.order("scheduled"), "cancelled").status == 200
    held = plant.order("paused")
    order = ProductionOrder.objects.get(uuid=held.split("/")[1])
    floor.done(actions.hold, order_id=order.pk, by=plant.actor, reason="odd colour")
    assert move(plant, held, "cancelled").status == 200


def test_a_completed_order_is_not_closed_where_verification_is_required(plant: Plant) -> None:
    reply = move(plant, plant.order("completed"), "closed")
    assert (reply.status, reply.code) == (409, "illegal_transition")
    assert reply["details"] == {"from": "completed", "to": "closed", "allowed": []}
    easy = Plant(requires_verification=False)
    assert move(easy, easy.order("completed"), "closed").status == 200


def test_resume_while_another_order_runs_on_the_machine(plant: Plant) -> None:
    paused = plant.order("paused")
    plant.order("in_production")
    reply = move(plant, paused, "in_production")
    assert (reply.status, reply.code) == (409, "machine_busy")


def test_the_same_idempotency_key_again(plant: Plant) -> None:
    first = plant.admin.post("production-orders", NEW, idempotency_key="k")
    again = plant.admin.post("production-orders", '{"quantityTarget":1e3,"productId":"CAP-28"}', idempotency_key="k")
    assert (again.status, again.content, again.headers["Idempotency-Replayed"]) == (201, first.content, "true")
    assert "Idempotency-Replayed" not in first.headers
    other = plant.admin.post("production-orders", NEW | {"quantityTarget": 5}, idempotency_key="k")
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert ProductionOrder.objects.count() == 1


def test_a_refusal_by_a_verb_is_kept_and_what_came_before_it_is_not(plant: Plant) -> None:
    path = plant.order("scheduled")
    refused = plant.admin.post(f"{path}/log-quantity", ANY, idempotency_key="k")
    move(plant, path, "in_production")
    again = plant.admin.post(f"{path}/log-quantity", ANY, idempotency_key="k")
    assert (again.status, again.content, again.headers["Idempotency-Replayed"]) == (409, refused.content, "true")
    assert plant.admin.post(f"{path}/log-quantity", {}, idempotency_key="free").status == 400
    assert plant.admin.post(f"{path}/log-quantity", ANY, idempotency_key="free").status == 201
    assert OrderEvent.objects.filter(verb="report").count() == 1


def test_splits_that_do_not_fit_and_a_split_that_finds_one_machine_busy(plant: Plant) -> None:
    def split(*parts: tuple[str, int]) -> dict[str, Any]:
        return {"mode": "split", "splits": [{"machineCode": code, "quantity": quantity} for code, quantity in parts]}

    path = plant.order()
    for parts in ([("CNC-001", 600), ("CNC-002", 300)], [("CNC-001", 600), ("cnc-001", 400)]):
        reply = plant.admin.post(f"{path}/schedule", split(*parts))
        assert (reply.status, reply.code) == (400, "validation_failed")
    plant.order("in_production", machine="CNC-002")
    assert plant.admin.post(f"{path}/schedule", split(("CNC-001", 600), ("CNC-002", 400))).status == 200
    reply = move(plant, path, "in_production")
    assert (reply.status, [clash["machineCode"] for clash in reply["details"]["machines"]]) == (409, ["CNC-002"])
    assert [share["active"] for share in plant.admin.get(path)["assignments"]] == [False, False]


def test_put_and_delete_are_405_and_a_plain_text_body_is_415(plant: Plant) -> None:
    path = plant.order()
    for method in ("PUT", "DELETE"):
        reply = plant.admin.send(method, path, {})
        assert (reply.status, reply.code, reply.headers["Allow"]) == (405, "method_not_allowed", "GET, PATCH")
    reply = plant.admin.post("production-orders", "{}", content_type="text/plain")
    assert (reply.status, reply.code) == (415, "unsupported_media_type")
