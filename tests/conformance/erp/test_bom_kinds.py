"""The three types of BOM: made here, a kit that dissolves into its parts, made by somebody else."""

from typing import Any

import pytest

from manufacturing.models import Item
from orders.states import State
from tests.conformance.erp.plant import Plant, part

pytestmark = pytest.mark.django_db


def kit(plant: Plant, of: Item, *components: dict[str, Any], **fields: Any) -> None:
    plant.bom(productId=str(of.uuid), type="phantom", components=list(components), name=f"Kit {of.sku}", **fields)


def needs(plant: Plant, path: str) -> dict[str, Any]:
    return {row["name"]: row["requiredQty"] for row in plant.erp.get(path)["components"]}


def test_a_kit_cannot_be_ordered(plant: Plant) -> None:
    bom = plant.bom(type="phantom")
    for named in (bom["id"], None):
        body = {"productId": str(plant.widget.uuid), "quantity": 5} | ({"bomId": named} if named else {})
        reply = plant.erp.post("orders", body)
        assert (reply.status, reply.code) == (422, "validation_failed"), named


def test_a_kit_is_replaced_by_its_parts_level_by_level(plant: Plant) -> None:
    """A widget takes 2 boxes; 4 boxes are made of 1 bag and 6 frames; a bag of 8 boards."""
    box, bag = plant.item("BOX"), plant.item("BAG")
    kit(plant, bag, part(plant.board, 8))
    kit(plant, box, part(bag, 1), part(plant.frame, 6), quantity=4)
    bom = plant.bom(components=[part(box, 2), part(plant.item("SCREW"), 3)])
    path = plant.order(bomId=bom["id"], quantity=10)
    assert needs(plant, path) == {"Circuit Board": 40, "Frame": 30, "Screw": 30}
    assert plant.erp.get(f"boms/{bom['id']}")["components"][0]["name"] == "Box", "the BOM itself stays as written"


def test_a_part_that_comes_by_several_ways_is_needed_once_and_rounded_once_at_the_end(plant: Plant) -> None:
    """A third of a board by each of two kits, and one more: 5 widgets need 8⅓ boards, which is 9."""
    one, two = plant.item("ONE"), plant.item("TWO")
    for of in (one, two):
        kit(plant, of, part(plant.board, 1), quantity=3)
    bom = plant.bom(components=[part(one, 1), part(two, 1), part(plant.board, 1)])
    path = plant.order(State.APPROVED, bomId=bom["id"], quantity=5)
    shown = plant.erp.get(path)["components"]
    assert [(row["name"], row["requiredQty"], row["reservedQty"]) for row in shown] == [("Circuit Board", 9, 9)]


def test_the_operations_of_a_kit_are_dropped(plant: Plant) -> None:
    box = plant.item("BOX")
    kit(plant, box, part(plant.frame, 1), operations=[{"name": "Never done"}])
    bom = plant.bom(components=[part(box, 1)])
    listed = plant.erp.get(f"{plant.order(bomId=bom['id'])}/work-orders")["data"]
    assert [row["name"] for row in listed] == ["Assembly"]


def test_a_component_that_is_made_here_is_taken_from_stock_as_it_is(plant: Plant) -> None:
    plant.bom(productId=str(plant.board.uuid), components=[part(plant.item("CHIP"), 5)], name="Boards")
    assert needs(plant, plant.order()) == {"Frame": 100, "Circuit Board": 200}


def nested(plant: Plant, levels: int) -> Any:
    """A BOM of the widget whose component is a kit of a kit of … a frame, `levels` kits deep."""
    inner = plant.frame
    for level in range(levels):
        outer = plant.item(f"KIT-{level}")
        kit(plant, outer, part(inner, 1))
        inner = outer
    return plant.erp.post("boms", plant.recipe(components=[part(inner, 1)]))


def test_kits_may_lie_twenty_deep(plant: Plant) -> None:
    bom = nested(plant, 19)
    assert bom.status == 201
    assert needs(plant, plant.order(bomId=bom["id"])) == {"Frame": 100}


def test_deeper_is_refused_and_never_an_error(plant: Plant) -> None:
    bom = nested(plant, 21)
    reply = bom if bom.status != 201 else plant.erp.post("orders", plant.wanted(bomId=bom["id"]))
    assert (reply.status, reply.code) == (422, "validation_failed")


def test_what_is_made_elsewhere_takes_stock_as_usual_but_has_no_work_orders(plant: Plant) -> None:
    bom = plant.bom(type="subcontract")
    path = plant.order(State.APPROVED, bomId=bom["id"])
    assert plant.balance(plant.board)[1] == 200
    reply = plant.erp.post(f"{path}/produce", {"qty": 50})
    assert [(row["reservedQty"], row["consumedQty"]) for row in reply["components"]] == [(50, 50), (100, 100)]
    listed = plant.erp.get(f"{path}/work-orders")
    assert (listed.status, listed["data"], listed["meta"]["total"]) == (200, [], 0)
    assert plant.erp.post(f"{path}/work-orders/wo_001/start").status == 404
    assert plant.erp.get(f"boms/{bom['id']}")["operations"][0]["name"] == "Assembly"


def test_the_only_bom_that_can_be_ordered_is_taken_where_none_is_named(plant: Plant) -> None:
    plant.bom(type="phantom", name="a kit does not count")
    only = plant.bom(name="The way")
    assert plant.erp.post("orders", plant.wanted(bomId=None))["bomId"] == only["id"]
    second = plant.bom(name="Another way")
    assert plant.erp.post("orders", plant.wanted(bomId=None)).status == 422, "which of the two?"
    plant.erp.delete(f"boms/{second['id']}")
    assert plant.erp.post("orders", plant.wanted(bomId=None)).status == 201
