"""Recording production: what it takes, what it does to stock, and who listens to nobody but the ordered quantity."""

from decimal import Decimal
from typing import Any

import pytest

from orders import actions
from orders.models import QuantityEntry
from orders.specs import Count, NewLine, Policy, Share
from orders.states import State
from tests import floor
from tests.conformance.erp.plant import Plant, part
from tests.evidence import everything

pytestmark = pytest.mark.django_db

PRODUCTION = ["id", "qty", "lotNumber", "recordedAt", "by"]


def elsewhere(plant: Plant, *targets: int, **facts: Any) -> str:
    """The path of an order that another face made: approved, a line for each target."""
    lines = [NewLine(item=plant.widget, target=Decimal(target), variant=f"v{target}") for target in targets]
    order = floor.done(actions.create, by=plant.actor, lines=lines, **facts)
    floor.done(actions.approve, by=plant.actor, order_id=order.pk)
    return f"orders/{order.uuid}"


def test_the_answer_is_the_order_and_what_was_recorded(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    reply = plant.erp.post(f"{path}/produce", {"qty": 25, "lotNumber": " LOT-2026-0042 "})
    assert reply.status == 200
    assert list(reply.json)[-1] == "production"
    told = reply["production"]
    assert list(told) == PRODUCTION
    assert (told["qty"], told["lotNumber"]) == (25, "LOT-2026-0042")
    assert list(told["by"]) == ["id", "name"] and told["by"]["name"] == "ERP key"
    assert told["recordedAt"].endswith("Z")
    assert {name: reply[name] for name in reply.json if name != "production"} == plant.erp.get(path).json


def test_it_moves_stock_from_what_is_reserved_into_the_lot(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    assert (plant.balance(plant.board), plant.balance(plant.frame)) == ((10_000, 200), (10_000, 100))
    reply = plant.erp.post(f"{path}/produce", {"qty": 25, "lotNumber": "L1"})
    assert plant.balance(plant.board) == (9_950, 150)
    assert plant.balance(plant.widget, "L1") == (25, 0)
    assert [(row["reservedQty"], row["consumedQty"]) for row in reply["components"]] == [(75, 25), (150, 50)]
    assert reply["remainingQty"] == 75
    assert plant.verbs(path)[-2:] == ["start", "report"]
    assert reply["startedAt"] is not None


def test_reaching_the_quantity_does_not_finish_the_order(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    reply = plant.erp.post(f"{path}/produce", {"qty": 100})
    assert (reply["status"], reply["remainingQty"], reply["finishedAt"]) == ("in_progress", 0, None)


def test_a_first_production_that_is_too_much_leaves_the_order_confirmed(plant: Plant) -> None:
    path = plant.order(State.SCHEDULED)
    before = everything()
    reply = plant.erp.post(f"{path}/produce", {"qty": 101})
    assert (reply.status, reply.code) == (422, "over_production")
    assert everything() == before
    assert plant.erp.get(path)["status"] == "confirmed"
    assert not plant.core(path).assignments.filter(active=True).exists(), "the machine stays free"


@pytest.mark.parametrize("policy", [Policy("unlimited"), Policy("tolerance", Decimal(50))], ids=lambda row: row.name)
def test_an_order_of_another_face_is_judged_as_strictly(plant: Plant, policy: Policy) -> None:
    path = elsewhere(plant, 100, policy=policy)
    assert plant.erp.post(f"{path}/produce", {"qty": 100}).status == 200
    before = everything()
    reply = plant.erp.post(f"{path}/produce", {"qty": 1})
    assert (reply.status, reply.code) == (422, "over_production")
    assert everything() == before


def test_only_good_pieces_are_produced_and_what_is_left_is_never_negative(plant: Plant) -> None:
    path = elsewhere(plant, 100, policy=Policy("unlimited"))
    plant.do("start", path)
    plant.do("report", path, count=Count(Decimal(40), Decimal(7)))
    shown = plant.erp.get(path)
    assert (shown["producedQty"], shown["rejectedQty"], shown["remainingQty"]) == (40, 7, 60)
    assert plant.erp.post(f"{path}/produce", {"qty": 60}).status == 200, "rejects do not count"
    plant.do("report", path, count=Count(Decimal(20), Decimal(0)))
    shown = plant.erp.get(path)
    assert (shown["producedQty"], shown["remainingQty"]) == (120, 0)


def test_a_lot_tracked_product_goes_into_the_orders_batch_or_else_its_reference(plant: Plant) -> None:
    plant.widget.tracking = "lot"
    plant.widget.save()
    path = plant.order(State.APPROVED)
    reply = plant.erp.post(f"{path}/produce", {"qty": 5})
    assert reply["production"]["lotNumber"] == reply["reference"]
    assert reply["lots"] == [{"lotNumber": reply["reference"], "quantity": 5}]
    batch = elsewhere(plant, 10, batch_number="B-7")
    assert plant.erp.post(f"{batch}/produce", {"qty": 5})["production"]["lotNumber"] == "B-7"


def test_without_tracking_a_lot_is_not_invented(plant: Plant) -> None:
    reply = plant.erp.post(f"{plant.order(State.APPROVED)}/produce", {"qty": 5})
    assert (reply["production"]["lotNumber"], reply["lots"]) == (None, [])


@pytest.mark.parametrize(
    "serials", [None, [], ["S1", "S2"], ["S1", "S1", "S2"], ["S1", "S2", "S3", "S4"], "S1", [1, 2, 3]], ids=str
)
def test_a_serial_tracked_product_needs_as_many_numbers_as_pieces(plant: Plant, serials: Any) -> None:
    plant.widget.tracking = "serial"
    plant.widget.save()
    path = plant.order(State.APPROVED)
    before = everything()
    body = {"qty": 3} | ({} if serials is None else {"serialNumbers": serials})
    reply = plant.erp.post(f"{path}/produce", body)
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert "serialNumbers" in reply["message"][0]
    assert everything() == before
    reply = plant.erp.post(f"{path}/produce", {"qty": 3, "serialNumbers": ["S1", "S2", "S3"]})
    assert (reply.status, reply["producedQty"]) == (200, 3)
    assert [plant.balance(plant.widget, serial)[0] for serial in ("S1", "S2", "S3")] == [1, 1, 1]


def test_several_lines_need_one_to_be_named(plant: Plant) -> None:
    path = elsewhere(plant, 10, 20)
    shown = plant.erp.get(path)
    lines = shown["lines"]
    assert [list(line) for line in lines] == [["id", "productId", "variant", "quantity", "producedQty"]] * 2
    assert [(line["variant"], line["quantity"], line["producedQty"]) for line in lines] == [
        ("v10", 10, 0),
        ("v20", 20, 0),
    ]
    assert (shown["quantity"], shown["product"]["id"], shown["bomId"]) == (30, str(plant.widget.uuid), None)
    before = everything()
    assert "lineId" in plant.erp.post(f"{path}/produce", {"qty": 5})["message"][0]
    assert everything() == before
    reply = plant.erp.post(f"{path}/produce", {"qty": 5, "lineId": lines[1]["id"]})
    assert (reply.status, [line["producedQty"] for line in reply["lines"]]) == (200, [0, 5])
    over = plant.erp.post(f"{path}/produce", {"qty": 11, "lineId": lines[0]["id"]})
    assert (over.status, over.code) == (422, "over_production")
    other = elsewhere(plant, 1, 2)
    theirs = plant.erp.get(other)["lines"][0]["id"]
    assert plant.erp.post(f"{path}/produce", {"qty": 1, "lineId": theirs}).status == 404
    assert plant.erp.post(f"{path}/produce", {"qty": 1, "lineId": "abc"}).status == 422


def test_an_order_with_one_line_shows_no_lines(plant: Plant) -> None:
    assert "lines" not in plant.erp.get(plant.order()).json


def test_stock_that_is_missing_is_noted_and_refuses_nothing(plant: Plant) -> None:
    glue = plant.item("GLUE")
    plant.stock(glue, 10)
    path = elsewhere(plant, 5)
    bom = plant.bom(components=[part(glue, 1)])
    made = plant.order(bomId=bom["id"], quantity=50)
    plant.do("schedule", made)  # with a part of what it needs
    reply = plant.erp.post(f"{made}/produce", {"qty": 50})
    assert (reply.status, reply["producedQty"]) == (200, 50)
    assert plant.balance(glue) == (0, 0)
    entry = QuantityEntry.objects.get(order=plant.core(made))
    assert entry.short_consumption
    assert plant.erp.post(f"{path}/produce", {"qty": 5}).status == 200


def test_a_machine_that_runs_another_order_is_busy(plant: Plant) -> None:
    first, second = plant.order(State.APPROVED), plant.order(State.APPROVED)
    press = plant.machine("PRESS-01")
    for path in (first, second):
        plant.do("schedule", path, shares=[Share(machine=press)])
    assert plant.erp.post(f"{first}/produce", {"qty": 1}).status == 200
    before = everything()
    for reply in (
        plant.erp.post(f"{second}/produce", {"qty": 1}),
        plant.erp.post(f"{second}/work-orders/wo_001/start"),
    ):
        assert (reply.status, reply.code) == (409, "machine_busy")
    assert everything() == before
    plant.erp.post(f"{first}/close")
    assert plant.erp.post(f"{second}/produce", {"qty": 1}).status == 200, "closing frees the machine"


@pytest.mark.parametrize(
    "fields", [{"lotNumber": "x" * 65}, {"lotNumber": 5}, {"lotNumber": "a\u0000b"}, {"machine": "M"}], ids=str
)
def test_a_field_that_cannot_be_is_refused(plant: Plant, fields: dict[str, Any]) -> None:
    path = plant.order(State.APPROVED)
    before = everything()
    reply = plant.erp.post(f"{path}/produce", {"qty": 5} | fields)
    assert (reply.status, reply.code) == (422, "validation_failed"), reply.content
    assert everything() == before


def test_what_the_order_shows_is_passed_over(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    shown = plant.erp.get(path).json
    reply = plant.erp.post(f"{path}/produce", {"qty": 5, "quantity": 7, "producedQty": 50, "status": shown["status"]})
    assert (reply.status, reply["producedQty"], reply["quantity"]) == (200, 5, 100)


def test_a_quantity_may_have_the_decimals_of_its_unit(plant: Plant) -> None:
    plant.widget.unit_decimals = 2
    plant.widget.save()
    path = plant.order(State.APPROVED, quantity=100)
    reply = plant.erp.send("POST", f"{path}/produce", '{"qty": 2.50}')
    assert b'"qty":2.5,' in reply.content and b'"producedQty":2.5,' in reply.content
    assert plant.erp.send("POST", f"{path}/produce", '{"qty": 0.125}').status == 422
    assert plant.erp.send("POST", f"{path}/produce", '{"qty": 9.75e1}')["producedQty"] == 100


def test_productions_are_listed_oldest_first_and_corrections_are_negative(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    told = [plant.erp.post(f"{path}/produce", {"qty": qty})["production"] for qty in (5, 6, 7)]
    plant.do("report", path, count=Count(Decimal(-2), Decimal(0)), reason="miscounted")
    reply = plant.as_("viewer").get(f"{path}/productions")
    assert (reply.status, reply["data"][:3]) == (200, told)
    assert [list(row) for row in reply["data"]] == [PRODUCTION] * 4
    assert [row["qty"] for row in reply["data"]] == [5, 6, 7, -2]
    assert reply["meta"] == {"total": 4, "page": 1, "limit": 20, "totalPages": 1}
    assert [row["qty"] for row in plant.erp.get(f"{path}/productions?page=2&limit=3")["data"]] == [-2]
    assert plant.erp.get(path)["producedQty"] == 16
    assert plant.erp.get("orders/abc/productions").status == 404
