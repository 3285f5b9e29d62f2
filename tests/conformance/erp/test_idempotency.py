"""Idempotency-Key: a call sent twice is done once; what was refused before a verb leaves the key free."""

import pytest

from factoryos.kernel.models import ApiKey, Membership
from manufacturing.models import Bom
from orders.models import ProductionOrder, QuantityEntry
from orders.states import State
from tests.callers import a_member, token
from tests.conformance.erp.plant import Plant, Program
from tests.evidence import everything

pytestmark = pytest.mark.django_db


def test_every_kind_of_change_is_done_once(plant: Plant) -> None:
    bom = plant.erp.post("boms", plant.recipe(), idempotency_key="k")
    order = plant.erp.post("orders", plant.wanted(bomId=bom["id"]), idempotency_key="k")
    path, step = f"orders/{order['id']}", f"orders/{order['id']}/work-orders/wo_001"
    loose = plant.bom(name="Unused")["id"]
    calls = [
        ("POST", "boms", plant.recipe(), 201), ("POST", "orders", plant.wanted(bomId=bom["id"]), 201),
        ("POST", f"{path}/confirm", None, 200), ("POST", f"{step}/start", None, 200), ("POST", f"{step}/done", {}, 200),
        ("POST", f"{path}/produce", {"qty": 5}, 200), ("POST", f"{path}/close", None, 200),
        ("PATCH", f"boms/{loose}", {"name": "New"}, 200), ("DELETE", f"boms/{loose}", None, 204),
    ]  # fmt: skip
    for method, url, body, status in calls:
        first = plant.erp.send(method, url, body, idempotency_key="k")
        before = everything()
        again = plant.erp.send(method, url, body, idempotency_key="k")
        assert (first.status, again.status, again.content) == (status, status, first.content), url
        assert again.headers["Idempotency-Replayed"] == "true"
        for name in ("ETag", "Location", "Content-Type"):
            assert again.headers.get(name) == first.headers.get(name), (url, name)
        assert everything() == before
    assert (ProductionOrder.objects.count(), QuantityEntry.objects.count(), Bom.objects.count()) == (1, 1, 2)


def test_bodies_are_compared_as_values_not_as_text(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    plant.erp.send("POST", f"{path}/produce", '{"qty":25,"lotNumber":"L"}', idempotency_key="k")
    again = plant.erp.send("POST", f"{path}/produce", '{ "lotNumber": "L", "qty": 2.5e1 }', idempotency_key="k")
    assert (again.status, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert plant.erp.get(path)["producedQty"] == 25


def test_another_body_is_refused_and_does_nothing(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    plant.erp.post(f"{path}/produce", {"qty": 25}, idempotency_key="k")
    before = everything()
    reply = plant.erp.post(f"{path}/produce", {"qty": 5}, idempotency_key="k")
    assert (reply.status, reply.code, reply["error"]) == (422, "idempotency_key_reused", "Unprocessable Entity")
    assert isinstance(reply["message"], str)
    assert everything() == before


def test_a_key_is_kept_apart_by_path_and_credential(plant: Plant) -> None:
    first, second = plant.order(State.APPROVED), plant.order(State.APPROVED)
    for program, path in ((plant.erp, first), (plant.erp, second), (plant.admin, first)):
        reply = program.post(f"{path}/produce", {"qty": 5}, idempotency_key="k")
        assert "Idempotency-Replayed" not in reply.headers
    assert (plant.erp.get(first)["producedQty"], plant.erp.get(second)["producedQty"]) == (10, 5)


def test_a_key_is_kept_apart_by_factory_where_one_person_works_in_two(plant: Plant) -> None:
    there = Plant()
    user = a_member(plant.factory, "planner")
    Membership.objects.create(user=user, factory=there.factory, roles=["planner"])
    both = Program(token(user))
    for house in (plant, there):
        reply = both.post("orders", house.wanted(), idempotency_key="k", x_factory=house.factory.slug)
        assert (reply.status, "Idempotency-Replayed" in reply.headers) == (201, False)
    assert [house.erp.get("orders")["meta"]["total"] for house in (plant, there)] == [1, 1]


def test_refusals_by_a_verb_are_kept(plant: Plant) -> None:
    poor = Plant(boards=150)
    short, draft, full = poor.order(), plant.order(), plant.order(State.APPROVED)
    for house, url, body, code in (
        (poor, f"{short}/confirm", None, "insufficient_stock"),
        (plant, f"{draft}/produce", {"qty": 1}, "illegal_state"),
        (plant, f"{full}/produce", {"qty": 101}, "over_production"),
    ):
        first = house.erp.post(url, body, idempotency_key="k")
        assert first.code == code
        house.stock(house.board, 1000)
        again = house.erp.post(url, body, idempotency_key="k")
        assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert poor.erp.post(f"{short}/confirm", idempotency_key="another").status == 200


def test_what_is_refused_before_the_verb_leaves_the_key_free(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    for body, status in (('{"qty":', 400), ('{"qty":0}', 422), ('{"qty":1,"lineId":"x"}', 422)):
        assert plant.erp.send("POST", f"{path}/produce", body, idempotency_key="k").status == status
    reply = plant.erp.post(f"{path}/produce", {"qty": 1}, idempotency_key="k")
    assert (reply.status, "Idempotency-Replayed" in reply.headers) == (200, False)


def test_who_has_lost_the_role_is_not_answered_from_memory(plant: Plant) -> None:
    path, secret = plant.order(State.APPROVED), plant.key("planner")
    program = Program(secret)
    assert program.post(f"{path}/produce", {"qty": 1}, idempotency_key="k").status == 200
    ApiKey.objects.filter(prefix=secret[:14]).update(roles=["viewer"])
    assert program.post(f"{path}/produce", {"qty": 1}, idempotency_key="k").code == "role_missing"


@pytest.mark.parametrize("key", ["", "x" * 256, "naïve", "a\tb"])
def test_a_key_that_cannot_be_kept_is_refused(plant: Plant, key: str) -> None:
    path = plant.order(State.APPROVED)
    before = everything()
    reply = plant.erp.post(f"{path}/produce", {"qty": 1}, idempotency_key=key)
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert everything() == before
