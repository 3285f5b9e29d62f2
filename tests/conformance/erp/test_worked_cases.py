"""Every row of the contract's table of worked cases, one test a row, named after it. Those that race: test_at_once.py."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from factoryos.kernel.models import ApiKey
from orders import actions
from orders.models import ProductionOrder, QuantityEntry
from orders.states import State
from tests import floor
from tests.callers import token
from tests.conformance.erp.plant import Plant, Program, part
from tests.evidence import everything

pytestmark = pytest.mark.django_db

UNAUTHORIZED = b'{"statusCode":401,"message":"Unauthorized","error":"Unauthorized","code":"unauthenticated"}'


def revoked(plant: Plant) -> str:
    secret = plant.key("admin")
    ApiKey.objects.filter(prefix=secret[:14]).update(revoked_at=datetime.now(UTC))
    return secret


BAD_CREDENTIALS: dict[str, Callable[[Plant], str | None]] = {
    "no token": lambda plant: None,
    "unknown": lambda plant: plant.key("admin")[:-1] + "!",
    "revoked": revoked,
    "expired": lambda plant: plant.key("admin", expires_at=datetime.now(UTC) - timedelta(seconds=1)),
    "store key": lambda plant: plant.key("admin", kind=ApiKey.Kind.STORE_KEY),
    "personal access token": lambda plant: plant.key("admin", kind=ApiKey.Kind.PERSONAL_ACCESS_TOKEN),
    "expired token": lambda plant: token(exp=1),
    "unsigned": lambda plant: token()[:-4] + "AAAA",
    "words": lambda plant: "open sesame",
}


@pytest.mark.parametrize("case", BAD_CREDENTIALS)
def test_without_a_key_or_token_of_now_the_answer_is_401(plant: Plant, case: str) -> None:
    nobody = Program(BAD_CREDENTIALS[case](plant))
    for path in ("boms", "orders", "/api/inventory/products"):
        reply = nobody.get(path)
        assert (reply.status, reply.content) == (401, UNAUTHORIZED)
        assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_the_wrong_role_is_403(plant: Plant) -> None:
    path, running = plant.order(), plant.order(State.IN_PRODUCTION)
    before = everything()
    for role, url, body in (
        ("viewer", "orders", plant.wanted()),
        ("technician", "orders", plant.wanted()),
        ("technician", f"{path}/confirm", None),
        ("qa", f"{running}/produce", {"qty": 1}),
    ):
        reply = plant.as_(role).post(url, body)
        assert (reply.status, reply.code) == (403, "role_missing"), role
    assert everything() == before


def test_what_another_factory_has_is_404_and_so_is_an_id_that_is_none(plant: Plant) -> None:
    there = Plant()
    order, bom = there.order(State.APPROVED), f"boms/{there.standard['id']}"
    product = f"/api/inventory/products/{there.widget.uuid}/stock"
    for path, strange in ((order, f"orders/{uuid4()}"), (bom, f"boms/{uuid4()}"), (product, None)):
        reply = plant.admin.get(path)
        assert (reply.status, reply.code) == (404, "not_found")
        if strange:
            assert plant.admin.get(strange).content == reply.content
    assert plant.admin.post(f"{order}/work-orders/wo_001/start").status == 404
    for path in ("orders/abc", "boms/abc", "/api/inventory/products/abc/stock"):
        assert plant.admin.get(path).status == 404


@pytest.mark.parametrize("body", ['{"qty":', "[]", '{"qty":NaN}', "", '"qty"', '{"qty":1,"qty":2}'])
def test_what_is_no_json_object_is_malformed(plant: Plant, body: str) -> None:
    path = plant.order(State.APPROVED)
    before = everything()
    reply = plant.erp.send("POST", f"{path}/produce", body)
    expected = (400, "malformed_json") if body else (422, "validation_failed")  # no body at all lacks the quantity
    assert (reply.status, reply.code) == expected
    assert everything() == before


@pytest.mark.parametrize("qty", ["0", "-1", '"25"', "true", "null", "", "1e400", "2.5", "1000000001", "[5]", "{}"])
def test_a_quantity_that_is_no_positive_whole_number_is_refused(plant: Plant, qty: str) -> None:
    path = plant.order(State.APPROVED)
    before = everything()
    reply = plant.erp.send("POST", f"{path}/produce", f'{{"qty": {qty}}}' if qty else "{}")
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert isinstance(reply["message"], list) and reply["message"][0].startswith("qty ")
    if qty in {"0", "-1"}:
        assert reply["message"] == ["qty must be a positive number"]
    assert everything() == before


def test_an_order_without_a_product_or_with_a_bom_that_is_not_its_own(plant: Plant) -> None:
    others = plant.bom(productId=str(plant.board.uuid), components=[part(plant.frame, 1)])
    wanted, before = plant.wanted(), everything()
    for fields, status, code in (
        ({"quantity": 1}, 422, "validation_failed"),
        (wanted | {"bomId": str(uuid4())}, 404, "not_found"),
        (wanted | {"bomId": others["id"]}, 422, "validation_failed"),
        (wanted | {"bomId": "abc"}, 422, "validation_failed"),
    ):
        reply = plant.erp.post("orders", fields)
        assert (reply.status, reply.code) == (status, code), fields
    assert plant.erp.post("orders", wanted | {"bomId": str(uuid4())})["message"] == "BOM not found"
    assert everything() == before


def test_a_state_given_at_creation_is_ignored_and_a_typo_is_refused(plant: Plant) -> None:
    reply = plant.erp.post("orders", plant.wanted() | {"status": "done", "producedQty": 5})
    assert (reply.status, reply["status"], reply["producedQty"]) == (201, "draft", 0)
    reply = plant.erp.post("orders", plant.wanted() | {"qnty": 5})
    assert (reply.status, reply["message"]) == (422, ["property qnty should not exist"])
    assert ProductionOrder.objects.count() == 1


def test_a_bom_that_cannot_be_is_refused(plant: Plant) -> None:
    """Type `kit`; no components; a component equal to the product; A in B in A."""
    made_of_frames = plant.recipe(productId=str(plant.board.uuid), components=[part(plant.frame, 1)])
    assert plant.erp.post("boms", made_of_frames).status == 201
    ring = plant.recipe(productId=str(plant.frame.uuid), components=[part(plant.board, 1)])
    for body in (
        plant.recipe(type="kit"),
        plant.recipe(components=[]),
        plant.recipe(components=None),
        plant.recipe(components=[part(plant.widget, 1)]),
        ring,
    ):
        reply = plant.erp.post("boms", body)
        assert (reply.status, reply.code) == (422, "validation_failed"), body
    assert plant.erp.get("boms")["meta"]["total"] == 1


def test_confirm_with_150_of_200_boards(plant: Plant) -> None:
    plant = Plant(boards=150)
    path = plant.order()
    reply = plant.erp.post(f"{path}/confirm")
    assert reply.json == {
        "statusCode": 400,
        "message": "Insufficient stock to confirm order",
        "error": "Bad Request",
        "code": "insufficient_stock",
        "details": {
            "missing": [
                {"productId": str(plant.board.uuid), "name": "Circuit Board", "uom": "pcs",
                 "required": 200, "available": 150, "short": 50},
            ]
        },
    }  # fmt: skip
    assert list(reply["details"]["missing"][0]) == ["productId", "name", "uom", "required", "available", "short"]
    shown = plant.erp.get(path)
    assert shown["status"] == "draft"
    assert [row["reservedQty"] for row in shown["components"]] == [0, 0]
    assert plant.balance(plant.frame) == (10_000, 0)


def test_confirm_twice(plant: Plant) -> None:
    path = plant.order()
    assert plant.erp.post(f"{path}/confirm").status == 200
    reply = plant.erp.post(f"{path}/confirm")
    assert (reply.status, reply.code) == (409, "illegal_state")
    assert plant.balance(plant.board)[1] == 200


def test_produce_on_a_draft(plant: Plant) -> None:
    path = plant.order()
    before = everything()
    reply = plant.erp.post(f"{path}/produce", {"qty": 25})
    assert (reply.status, reply.code) == (409, "illegal_state")
    assert everything() == before


def test_produce_25_of_100_on_a_confirmed_order(plant: Plant) -> None:
    reply = plant.erp.post(f"{plant.order(State.APPROVED)}/produce", {"qty": 25})
    assert (reply.status, reply["status"], reply["producedQty"]) == (200, "in_progress", 25)


def test_produce_80_then_25_of_100(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    assert plant.erp.post(f"{path}/produce", {"qty": 80}).status == 200
    before = everything()
    reply = plant.erp.post(f"{path}/produce", {"qty": 25})
    assert (reply.status, reply.code) == (422, "over_production")
    assert (reply["message"], reply["error"]) == ("Produced quantity exceeds order quantity", "Unprocessable Entity")
    assert everything() == before
    assert plant.erp.get(path)["producedQty"] == 80


@pytest.mark.parametrize("state", [State.COMPLETED, State.CLOSED, State.CANCELLED])
def test_produce_on_an_ended_order(plant: Plant, state: State) -> None:
    reply = plant.erp.post(f"{plant.order(state)}/produce", {"qty": 1})
    assert (reply.status, reply.code) == (409, "terminal_state")


def test_the_same_idempotency_key_again(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    first = plant.erp.post(f"{path}/produce", {"qty": 25}, idempotency_key="k")
    again = plant.erp.post(f"{path}/produce", {"qty": 25}, idempotency_key="k")
    assert (again.status, again.content, again.headers["Idempotency-Replayed"]) == (200, first.content, "true")
    other = plant.erp.post(f"{path}/produce", {"qty": 26}, idempotency_key="k")
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert QuantityEntry.objects.count() == 1


def test_close_at_80_of_100_close_again_and_close_a_confirmed_order(plant: Plant) -> None:
    path, confirmed = plant.order(State.APPROVED), plant.order(State.APPROVED)
    plant.erp.post(f"{path}/produce", {"qty": 80})
    reply = plant.erp.post(f"{path}/close")
    assert (reply.status, reply["status"], reply["producedQty"]) == (200, "done", 80)
    again, early = plant.erp.post(f"{path}/close"), plant.erp.post(f"{confirmed}/close")
    assert [(again.status, again.code), (early.status, early.code)] == [(409, "terminal_state"), (409, "illegal_state")]


def test_cancel_in_progress_frees_what_was_reserved_and_done_cannot_be_cancelled(plant: Plant) -> None:
    path = plant.order(State.IN_PRODUCTION)
    assert plant.balance(plant.board)[1] == 200
    reply = plant.admin.post(f"{path}/cancel")
    assert (reply.status, reply["status"]) == (200, "cancelled")
    assert plant.balance(plant.board)[1] == 0
    reply = plant.admin.post(f"{plant.order(State.COMPLETED)}/cancel")
    assert (reply.status, reply.code) == (409, "terminal_state")


def test_a_work_order_goes_one_way(plant: Plant) -> None:
    """Start twice · done before start · done twice · start on draft."""
    path, draft = f"{plant.order(State.APPROVED)}/work-orders/wo_001", f"{plant.order()}/work-orders/wo_001"
    told = [plant.erp.post(f"{path}/{call}") for call in ("done", "start", "start", "done", "done", "start")]
    assert [reply.status for reply in told] == [409, 200, 409, 200, 409, 409]
    assert {reply.code for reply in told if reply.status == 409} == {"illegal_state"}
    assert plant.erp.post(f"{draft}/start").code == "illegal_state"


def test_new_components_while_an_order_is_open(plant: Plant) -> None:
    path, bom = plant.order(), f"boms/{plant.standard['id']}"
    reply = plant.erp.patch(bom, {"components": [part(plant.frame, 7)]})
    assert (reply.status, reply["version"]) == (200, 2)
    shown = plant.erp.get(path)
    assert (shown["bomVersion"], [row["requiredQty"] for row in shown["components"]]) == (1, [100, 200])


def test_delete_a_bom_of_an_open_order_after_it_is_done_and_again(plant: Plant) -> None:
    path, bom = plant.order(State.IN_PRODUCTION), f"boms/{plant.standard['id']}"
    refused = plant.erp.delete(bom)
    assert (refused.status, refused.code) == (409, "bom_in_use")
    assert refused["details"] == {"orders": [plant.erp.get(path)["reference"]]}
    plant.erp.post(f"{path}/close")
    assert [plant.erp.delete(bom).status for _ in range(2)] == [204, 404]


def test_lists_refuse_what_makes_no_sense_and_are_generous_with_what_is_too_much(plant: Plant) -> None:
    plant.order()
    for query in ("page=0", "limit=x", "status=running", "from=soon"):
        reply = plant.erp.get(f"orders?{query}")
        assert (reply.status, reply.code) == (422, "validation_failed"), query
    assert plant.erp.get("orders?limit=500")["meta"]["limit"] == 100
    reply = plant.erp.get("orders?page=99")
    assert (reply.status, reply["data"]) == (200, [])
    assert reply["meta"] == {"total": 1, "page": 99, "limit": 20, "totalPages": 1}


def test_produce_while_a_hold_is_open_and_after_its_release(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    _, hold = plant.do("hold", path)
    before = everything()
    reply = plant.erp.post(f"{path}/produce", {"qty": 1})
    assert (reply.status, reply.code) == (409, "order_on_hold")
    assert everything() == before
    floor.done(actions.release_hold, hold_id=hold.uuid, by=plant.actor)
    assert plant.erp.post(f"{path}/produce", {"qty": 1}).status == 200


@pytest.mark.parametrize("state", [State.IN_PRODUCTION, State.PAUSED])
def test_an_order_that_runs_or_is_paused_on_the_other_face(plant: Plant, state: State) -> None:
    path = plant.order(state)
    assert plant.erp.get(path)["status"] == "in_progress"
    reply = plant.erp.post(f"{path}/produce", {"qty": 1})
    assert (reply.status, reply["status"], plant.core(path).state) == (200, "in_progress", state)


def test_orders_are_neither_deleted_nor_patched(plant: Plant) -> None:
    path = plant.order()
    for method in ("DELETE", "PATCH"):
        reply: Any = plant.erp.send(method, path, {})
        assert (reply.status, reply.code, reply.headers["Allow"]) == (405, "method_not_allowed", "GET")
