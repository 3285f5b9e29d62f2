"""Confirming, producing, closing and cancelling as an ERP does: what is refused, and what stands afterwards."""

from decimal import Decimal
from uuid import uuid4

import pytest

from factoryos.kernel.ids import parse_uuid
from orders import actions
from orders.models import Assignment, QuantityEntry
from orders.specs import Circumstances, ConsumedLot, Count, NewLine, Policy, Share
from orders.states import State
from tests import floor
from tests.calls import Reply
from tests.conformance.erp.plant import Plant, part
from tests.dialects.erp.asking import of_two_lines, refused
from tests.evidence import everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def plant() -> Plant:
    return Plant()


def test_a_machine_that_runs_another_order_leaves_the_first_production_undone(plant: Plant) -> None:
    machine = plant.machine("PRESS-01")
    paths = [plant.order(State.APPROVED) for _ in range(2)]
    for path in paths:
        plant.do("schedule", path, shares=[Share(machine=machine)])
    assert plant.erp.post(f"{paths[0]}/produce", {"qty": 1}).status == 200
    before = everything()
    for call in ("produce", "work-orders/wo_001/start"):
        reply = refused(plant.erp.post(f"{paths[1]}/{call}", {"qty": 1} if call == "produce" else None),
                        409, "machine_busy", before)  # fmt: skip
        assert reply["details"]["machines"][0]["machine"] == "PRESS-01"


@pytest.mark.parametrize("key", [{}, {"idempotency_key": "k"}])
def test_too_much_at_first_leaves_the_order_confirmed_and_the_machine_free(plant: Plant, key: dict[str, str]) -> None:
    path = plant.order(State.SCHEDULED)
    before = everything()
    reply = plant.erp.post(f"{path}/produce", {"qty": 101}, **key)
    assert (reply.status, reply.code) == (422, "over_production")
    now = everything()
    assert {**now, "kernel_rememberedanswer": "0"} == {**before, "kernel_rememberedanswer": "0"}
    assert int(now["kernel_rememberedanswer"]) == len(key), "a refusal by a verb is remembered"
    assert plant.erp.get(path)["status"] == "confirmed"
    assert not Assignment.objects.filter(active=True)
    assert plant.erp.post(f"{path}/produce", {"qty": 100}, **dict.fromkeys(key, "other")).status == 200


@pytest.mark.parametrize("policy", [Policy("unlimited"), Policy("tolerance", Decimal(50))])
def test_this_face_is_strict_whatever_the_orders_own_policy(plant: Plant, policy: Policy) -> None:
    lines = [NewLine(item=plant.widget, target=Decimal(10))]
    path = f"orders/{floor.done(actions.create, by=plant.actor, lines=lines, policy=policy).uuid}"
    plant.do("approve", path)
    plant.do("start", path)
    before = everything()
    refused(plant.erp.post(f"{path}/produce", {"qty": 11}), 422, "over_production", before)
    plant.do("report", path, count=Count(Decimal(12), Decimal(0)))
    assert plant.erp.get(path)["remainingQty"] == 0
    before = everything()
    refused(plant.erp.post(f"{path}/produce", {"qty": 1}), 422, "over_production", before)


def test_components_are_reserved_and_used_as_pieces_are_made(plant: Plant) -> None:
    path = plant.order(quantity=50)

    def figures(reply: Reply) -> list[tuple[int, int, int]]:
        return [(row["requiredQty"], row["reservedQty"], row["consumedQty"]) for row in reply["components"]]

    assert figures(plant.erp.get(path)) == [(50, 0, 0), (100, 0, 0)]
    assert figures(plant.admin.post(f"{path}/confirm")) == [(50, 50, 0), (100, 100, 0)]
    assert figures(plant.erp.post(f"{path}/produce", {"qty": 23})) == [(50, 27, 23), (100, 54, 46)]
    assert figures(plant.erp.post(f"{path}/close")) == [(50, 0, 23), (100, 0, 46)]
    assert plant.balance(plant.frame) == (10_000 - 23, 0)
    assert plant.balance(plant.widget) == (23, 0)


def test_what_was_used_beyond_the_bom_counts_as_consumed(plant: Plant) -> None:
    plant.stock(plant.frame, 100, lot="F-1")
    path = plant.order(State.IN_PRODUCTION, quantity=10)
    lot = plant.frame.lots.get()
    more = ConsumedLot(plant.frame.pk, plant.frame.uuid, "FRAME", lot.pk, "F-1", Decimal(7))
    plant.do("report", path, count=Count(Decimal(5), Decimal(0)), where=Circumstances(consumed_lots=(more,)))
    assert [row["consumedQty"] for row in plant.erp.get(path)["components"]] == [7, 10]


def test_a_need_beyond_all_stock_is_shown_as_it_is(plant: Plant) -> None:
    """No order is made that needs so much, but a target may be raised later."""
    bom = plant.bom(components=[part(plant.frame, 1_000_000_000)])
    path = plant.order(bomId=bom["id"], quantity=1)
    plant.core(path).lines.update(target=5_000)
    shown = plant.erp.get(path)
    assert (shown.status, shown["components"][0]["requiredQty"]) == (200, 5_000_000_000_000)


def test_component_stock_that_is_missing_refuses_no_production(plant: Plant) -> None:
    path = plant.order(quantity=100_000)
    plant.do("schedule", path)
    reply = plant.erp.post(f"{path}/produce", {"qty": 50_000})
    assert (reply.status, reply["producedQty"]) == (200, 50_000)
    assert plant.balance(plant.board) == (0, 0)
    assert QuantityEntry.objects.get().short_consumption


def test_lots_are_those_that_pieces_went_into_less_what_was_taken_back(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    for qty, lot in ((25, "LOT-B"), (10, "LOT-A"), (5, "LOT-B"), (3, None)):
        reply = plant.erp.post(f"{path}/produce", {"qty": qty, "lotNumber": lot})
        assert (reply.status, reply["production"]["lotNumber"]) == (200, lot)
    assert reply["lots"] == [{"lotNumber": "LOT-A", "quantity": 10}, {"lotNumber": "LOT-B", "quantity": 30}]
    where = Circumstances(lot_number="LOT-A")
    plant.do("report", path, count=Count(Decimal(-10), Decimal(0)), reason="miscounted", where=where)
    assert plant.erp.get(path)["lots"] == [{"lotNumber": "LOT-B", "quantity": 30}]


@pytest.mark.parametrize("batch", [None, "B-7"])
def test_a_lot_tracked_product_goes_into_the_batch_or_else_the_reference(plant: Plant, batch: str | None) -> None:
    type(plant.widget).objects.filter(pk=plant.widget.pk).update(tracking="lot")
    path = plant.order(State.APPROVED)
    plant.do("amend", path, changes={"batch_number": batch})
    reply = plant.erp.post(f"{path}/produce", {"qty": 5})
    expected = batch or reply["reference"]
    assert (reply["production"]["lotNumber"], reply["lots"]) == (expected, [{"lotNumber": expected, "quantity": 5}])


def test_a_serial_tracked_product_needs_a_number_for_every_piece(plant: Plant) -> None:
    type(plant.widget).objects.filter(pk=plant.widget.pk).update(tracking="serial")
    path = plant.order(State.APPROVED)
    before = everything()
    for numbers in ([], ["S1"], ["S1", "S1"], ["S1", "S2", "S3"]):
        refused(
            plant.erp.post(f"{path}/produce", {"qty": 2, "serialNumbers": numbers}), 422, "validation_failed", before
        )
    reply = plant.erp.post(f"{path}/produce", {"qty": 2, "serialNumbers": ["S1", "S2"]})
    assert reply["lots"] == [{"lotNumber": "S1", "quantity": 1}, {"lotNumber": "S2", "quantity": 1}]
    before = everything()
    refused(plant.erp.post(f"{path}/produce", {"qty": 1, "serialNumbers": ["S2"]}), 409, "duplicate", before)


def test_serial_numbers_are_as_many_as_pieces_even_where_none_are_asked_for(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    before = everything()
    refused(plant.erp.post(f"{path}/produce", {"qty": 5, "serialNumbers": ["S1"]}), 422, "validation_failed", before)


def test_an_order_of_several_lines_shows_them_and_wants_to_know_which_is_meant(plant: Plant) -> None:
    path = of_two_lines(plant)
    shown = plant.erp.get(path)
    assert (shown["quantity"], shown["bomId"], shown["bomVersion"]) == (30, None, None)
    assert [(line["variant"], line["quantity"]) for line in shown["lines"]] == [("S", 10), ("L", 20)]
    assert plant.erp.get("orders")["data"][0]["lines"] == shown["lines"]
    plant.do("approve", path)
    before = everything()
    reply = refused(plant.erp.post(f"{path}/produce", {"qty": 1}), 422, "validation_failed", before)
    assert reply["message"][0].startswith("lineId ")
    refused(plant.erp.post(f"{path}/produce", {"qty": 1, "lineId": str(uuid4())}), 404, "not_found", before)
    large = shown["lines"][1]["id"]
    refused(plant.erp.post(f"{path}/produce", {"qty": 21, "lineId": large}), 422, "over_production", before)
    reply = plant.erp.post(f"{path}/produce", {"qty": 15, "lineId": large})
    assert (reply["producedQty"], [line["producedQty"] for line in reply["lines"]]) == (15, [0, 15])


def test_components_of_several_lines_are_told_product_by_product(plant: Plant) -> None:
    plant.bom()
    shown = plant.erp.get(of_two_lines(plant))
    assert [(row["name"], row["requiredQty"]) for row in shown["components"]] == [("Frame", 30), ("Circuit Board", 60)]
    assert shown["bomId"] == plant.erp.get("boms")["data"][0]["id"]


def test_productions_are_told_oldest_first_and_corrections_are_negative(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    made = [plant.erp.post(f"{path}/produce", {"qty": qty, "lotNumber": "L"})["production"] for qty in (25, 10)]
    plant.do("report", path, count=Count(Decimal(-5), Decimal(5)), reason="scratched")
    plant.do("report", path, count=Count(Decimal(0), Decimal(3)))
    reply = plant.erp.get(f"{path}/productions")
    assert reply["data"][:2] == made
    assert [row["qty"] for row in reply["data"]] == [25, 10, -5]
    assert reply["meta"] == {"total": 3, "page": 1, "limit": 20, "totalPages": 1}
    assert [row["qty"] for row in plant.erp.get(f"{path}/productions?page=2&limit=2")["data"]] == [-5]
    shown = plant.erp.get(path)
    assert (shown["producedQty"], shown["rejectedQty"], shown["remainingQty"]) == (30, 8, 70)


def test_a_production_names_the_key_or_the_person_that_made_it(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    by = plant.erp.post(f"{path}/produce", {"qty": 1})["production"]["by"]
    assert by["name"] == "ERP key" and parse_uuid(by["id"])
    assert plant.person("planner").post(f"{path}/produce", {"qty": 1})["production"]["by"]["name"] == "planner"


def test_a_reason_to_cancel_stands_in_the_history(plant: Plant) -> None:
    path = plant.order(State.SCHEDULED)
    before = everything()
    refused(plant.admin.post(f"{path}/cancel", {"reason": "x" * 501}), 422, "validation_failed", before)
    reply = plant.admin.post(f"{path}/cancel", {"reason": "no longer wanted"})
    assert (reply.status, reply["status"], reply["finishedAt"]) == (200, "cancelled", None)
    assert plant.core(path).events.latest("seq").reason == "no longer wanted"


def test_a_held_order_is_cancelled_but_not_closed(plant: Plant) -> None:
    path = plant.order(State.IN_PRODUCTION)
    plant.do("hold", path)
    assert plant.erp.get(path)["onHold"] is True
    before = everything()
    refused(plant.erp.post(f"{path}/close"), 409, "order_on_hold", before)
    assert plant.admin.post(f"{path}/cancel").status == 200


def test_closing_tells_when_production_began_and_ended(plant: Plant) -> None:
    path = plant.order(State.IN_PRODUCTION)
    assert plant.erp.get(path)["startedAt"] and plant.erp.get(path)["finishedAt"] is None
    assert plant.erp.post(f"{path}/close")["finishedAt"].endswith("Z")


@pytest.mark.parametrize("call", ["confirm", "close", "cancel", "produce"])
def test_a_field_that_nobody_knows_is_refused(plant: Plant, call: str) -> None:
    path = plant.order(State.DRAFT if call == "confirm" else State.IN_PRODUCTION)
    before = everything()
    reply = plant.admin.post(f"{path}/{call}", {"qty": 1, "foo": 1} if call == "produce" else {"foo": 1})
    assert refused(reply, 422, "validation_failed", before)["message"] == ["property foo should not exist"]
    refused(plant.admin.post(f"{path}/{call}?foo=1", {}), 422, "validation_failed", before)


def test_a_version_is_told_and_an_old_one_refused(plant: Plant) -> None:
    path = plant.order()
    tag = plant.erp.get(path).headers["ETag"]
    assert tag == '"1"'
    confirmed = plant.admin.post(f"{path}/confirm", if_match=tag)
    assert (confirmed.status, confirmed.headers["ETag"]) == (200, '"2"')
    before = everything()
    for call, body in (("produce", {"qty": 1}), ("cancel", None), ("close", None), ("work-orders/wo_001/start", None)):
        refused(plant.admin.post(f"{path}/{call}", body, if_match=tag), 412, "stale", before)
    assert plant.admin.post(f"{path}/produce", {"qty": 1}, if_match='"2"').status == 200
