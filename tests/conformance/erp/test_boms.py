"""Bills of materials, as the contract has them: what a new one needs, what a change makes of it, what may be deleted."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from manufacturing.models import Bom, BomOperation
from orders.states import State
from tests.conformance.erp.plant import Plant, part
from tests.evidence import everything

pytestmark = pytest.mark.django_db

FIELDS = [
    "id", "name", "product", "quantity", "uom", "type", "components", "operations", "version", "createdAt", "updatedAt",
]  # fmt: skip


def refused(plant: Plant, **fields: Any) -> list[str]:
    """What a BOM with these fields is refused for; nothing is made."""
    count = Bom.objects.count()
    reply = plant.erp.post("boms", plant.recipe(**fields))
    assert (reply.status, reply.code) == (422, "validation_failed"), reply.content
    assert Bom.objects.count() == count
    assert isinstance(reply["message"], list)
    return list(reply["message"])


def test_what_is_not_given_has_a_default(plant: Plant) -> None:
    body = {"name": " Plain ", "productId": str(plant.widget.uuid), "components": [part(plant.frame, 1)]}
    reply = plant.erp.post("boms", body)
    assert reply.status == 201
    assert list(reply.json) == FIELDS
    assert (reply["name"], reply["quantity"], reply["type"], reply["operations"]) == ("Plain", 1, "manufacture", [])
    assert (reply["uom"], reply["version"]) == ("pcs", 1)
    assert reply["components"] == [
        {"productId": str(plant.frame.uuid), "name": "Frame", "quantity": 1, "uom": "pcs"},
    ]
    assert reply["createdAt"] == reply["updatedAt"]
    assert abs((datetime.fromisoformat(reply["createdAt"]) - datetime.now(UTC)).total_seconds()) < 60
    assert reply.headers["ETag"] == '"1"'
    assert reply.headers["Location"] == f"/api/manufacturing/boms/{reply['id']}"


@pytest.mark.parametrize("field", ["name", "productId", "components"])
def test_three_fields_are_required(plant: Plant, field: str) -> None:
    (message,) = refused(plant, **{field: None})
    assert message.startswith(field)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"name": 5}, "name"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": "1"}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": 1_000_000_001}, "quantity"),
        ({"uom": "kg"}, "uom"),
        ({"type": "kit"}, "type"),
        ({"type": "Manufacture"}, "type"),
        ({"components": {}}, "components"),
        ({"components": [5]}, "components.0"),
        ({"operations": [{}]}, "operations.0.name"),
        ({"operations": [{"name": ""}]}, "operations.0.name"),
        ({"operations": [{"name": "a"}, {"name": "b", "durationMinutes": -1}]}, "operations.1.durationMinutes"),
        ({"operations": [{"name": "a", "durationMinutes": "5"}]}, "operations.0.durationMinutes"),
        ({"operations": [{"name": "a", "minutes": 5}]}, "minutes"),
        ({"operations": "none"}, "operations"),
        ({"productId": "abc"}, "productId"),
        ({"colour": "red"}, "property colour should not exist"),
    ],
    ids=str,
)
def test_a_field_that_cannot_be_is_named(plant: Plant, fields: dict[str, Any], named: str) -> None:
    assert any(named in message for message in refused(plant, **fields))


@pytest.mark.parametrize("quantity", [0, -1, "2", True, None, 0.0000001, 1_000_000_001])
def test_a_component_needs_an_amount(plant: Plant, quantity: Any) -> None:
    rows = [part(plant.board, 1), part(plant.frame, quantity)]
    assert refused(plant, components=rows)[0].startswith("components.1.quantity")


def test_a_components_amount_may_have_six_decimals_whatever_its_unit(plant: Plant) -> None:
    reply = plant.bom(components=[part(plant.frame, 0.000001), part(plant.board, 2.5)])
    assert b'"quantity":0.000001,' in reply.content and b'"quantity":2.5,' in reply.content


def test_every_fault_is_told_at_once(plant: Plant) -> None:
    messages = refused(plant, name="", quantity=0, components=[part(plant.frame, 0)])
    assert [message.split()[0] for message in messages] == ["name", "quantity", "components.0.quantity"]


def test_the_name_of_a_component_is_ignored_and_other_names_are_not(plant: Plant) -> None:
    reply = plant.bom(components=[part(plant.frame, 1, name="Something else")])
    assert reply["components"][0]["name"] == "Frame"
    assert "colour" in refused(plant, components=[part(plant.frame, 1, colour="red")])[0]


@pytest.mark.parametrize("kind", ["manufacture", "phantom"])
def test_only_a_subcontracted_product_needs_no_component(plant: Plant, kind: str) -> None:
    assert refused(plant, type=kind, components=[])[0].startswith("components")
    assert plant.bom(type="subcontract", components=[])["components"] == []


def test_a_component_twice_the_product_itself_and_a_ring_are_refused_by_row(plant: Plant) -> None:
    twice = refused(plant, components=[part(plant.frame, 1), part(plant.frame, 2)])
    assert twice[0].startswith("components.1.productId")
    itself = refused(plant, components=[part(plant.frame, 1), part(plant.board, 2), part(plant.widget, 1)])
    assert itself[0].startswith("components.2.productId")
    plant.bom(productId=str(plant.board.uuid), components=[part(plant.frame, 1)])
    plant.bom(productId=str(plant.frame.uuid), components=[part(plant.item("SHEET"), 1)])
    ring = refused(plant, productId=str(plant.frame.uuid), components=[part(plant.board, 1)])
    assert ring[0].startswith("components.0.productId")
    assert refused(
        plant, productId=str(plant.frame.uuid), components=[part(plant.item("INK"), 1), part(plant.board, 1)]
    )[0].startswith("components.1.productId")


def test_a_change_cannot_close_a_ring_either(plant: Plant) -> None:
    plant.bom(productId=str(plant.board.uuid), components=[part(plant.frame, 1)])
    frames = plant.bom(productId=str(plant.frame.uuid), components=[part(plant.item("SHEET"), 1)])
    reply = plant.erp.patch(f"boms/{frames['id']}", {"components": [part(plant.board, 1)]})
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert plant.erp.get(f"boms/{frames['id']}").json == frames.json


def test_a_workcenter_is_any_text_and_linked_where_it_is_a_place(plant: Plant) -> None:
    steps = [{"name": name, "workcenter": place} for name, place in (("a", "Line A"), ("b", "LINE-A"), ("c", "Shed"))]
    reply = plant.bom(operations=[*steps, {"name": "d"}])
    assert [row["workcenter"] for row in reply["operations"][:3]] == ["Line A", "LINE-A", "Shed"]
    assert [row["durationMinutes"] for row in reply["operations"]] == [0] * 4
    linked = BomOperation.objects.order_by("sequence").values_list("work_area__code", flat=True)
    assert list(linked) == ["LINE-A", "LINE-A", None, None]


def test_a_duration_may_be_part_of_a_minute(plant: Plant) -> None:
    reply = plant.bom(operations=[{"name": "a", "durationMinutes": 2.5}])
    assert b'"durationMinutes":2.5}' in reply.content


def test_products_that_nobody_has_are_not_found(plant: Plant) -> None:
    theirs = Plant().frame
    for nobody in (str(uuid4()), str(theirs.uuid)):
        rows = [part(plant.frame, 1), {"productId": nobody, "quantity": 1}]
        for body in (plant.recipe(productId=nobody), plant.recipe(components=rows)):
            reply = plant.erp.post("boms", body)
            assert (reply.status, reply.code, reply["message"]) == (404, "not_found", "Product not found")
    assert not Bom.objects.exists()
    assert refused(plant, productId=str(uuid4()), quantity=0), "fields are judged before what they name"


def test_a_product_may_have_many_boms(plant: Plant) -> None:
    ids = {plant.bom(name=f"Way {number}")["id"] for number in range(3)}
    assert {row["id"] for row in plant.erp.get(f"boms?productId={plant.widget.uuid}")["data"]} == ids


# --- changes


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"name": "Another"}, {"name": "Another"}),
        ({"quantity": 10}, {"quantity": 10}),
        ({"uom": "units"}, {"uom": "units"}),
        ({"type": "subcontract"}, {"type": "subcontract"}),
        ({"operations": []}, {"operations": []}),
        (
            {"operations": [{"name": "Test", "workcenter": "Bench", "durationMinutes": 5}]},
            {"operations": [{"name": "Test", "workcenter": "Bench", "durationMinutes": 5}]},
        ),
    ],
    ids=str,
)
def test_a_change_makes_a_new_version_and_leaves_the_rest(
    plant: Plant, fields: dict[str, Any], shown: dict[str, Any]
) -> None:
    path, before = f"boms/{plant.standard['id']}", plant.standard.json
    reply = plant.erp.patch(path, fields)
    assert (reply.status, reply.headers["ETag"]) == (200, '"2"')
    changed = {"version": 2, "updatedAt": reply["updatedAt"]} | shown
    assert reply.json == before | changed
    assert reply["updatedAt"] >= before["updatedAt"]
    assert plant.erp.get(path).json == reply.json


def test_a_list_replaces_the_whole_list(plant: Plant) -> None:
    reply = plant.erp.patch(f"boms/{plant.standard['id']}", {"components": [part(plant.board, 3)]})
    assert [(row["productId"], row["quantity"]) for row in reply["components"]] == [(str(plant.board.uuid), 3)]
    assert reply["operations"] == plant.standard["operations"]


def test_a_change_without_a_difference_is_none(plant: Plant) -> None:
    path = f"boms/{plant.standard['id']}"
    for body in ({}, {"name": plant.standard["name"], "quantity": 1.0}, plant.standard.content):
        reply = plant.erp.send("PATCH", path, body)
        assert (reply.status, reply["version"], reply.json) == (200, 1, plant.standard.json)


def test_the_product_of_a_bom_cannot_be_changed(plant: Plant) -> None:
    path = f"boms/{plant.standard['id']}"
    same = plant.erp.patch(path, {"productId": str(plant.widget.uuid)})
    assert (same.status, same["version"]) == (200, 1)
    for other in (str(plant.frame.uuid), str(uuid4())):
        reply = plant.erp.patch(path, {"productId": other})
        assert (reply.status, reply.code) == (422, "validation_failed")
    assert plant.erp.get(path)["version"] == 1


@pytest.mark.parametrize(
    "fields",
    [{"name": ""}, {"name": None}, {"quantity": 0}, {"type": "kit"}, {"components": []}, {"uom": "kg"}, {"nmae": "x"}],
    ids=str,
)
def test_a_change_that_cannot_be_changes_nothing(plant: Plant, fields: dict[str, Any]) -> None:
    path = f"boms/{plant.standard['id']}"
    reply = plant.erp.patch(path, fields | {"quantity": fields.get("quantity", 5)})
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert plant.erp.get(path).json == plant.standard.json


def test_older_versions_can_be_read(plant: Plant) -> None:
    path = f"boms/{plant.standard['id']}"
    new = plant.erp.patch(path, {"name": "New", "components": [part(plant.frame, 9)], "operations": []})
    old = plant.erp.get(f"{path}?version=1")
    for name in ("name", "quantity", "uom", "type", "components", "operations", "version"):
        assert old[name] == plant.standard[name], name
    assert old["id"] == new["id"]
    assert plant.erp.get(f"{path}?version=2").json == plant.erp.get(path).json == new.json
    assert plant.erp.get(f"{path}?version=3").status == 404
    for wrong in ("0", "-1", "x", "1.5", ""):
        assert plant.erp.get(f"{path}?version={wrong}").status == 422, wrong


def test_an_order_keeps_the_version_it_was_made_with(plant: Plant) -> None:
    path = plant.order()
    plant.erp.patch(f"boms/{plant.standard['id']}", {"components": [part(plant.frame, 9)], "operations": []})
    shown = plant.erp.get(path)
    assert (shown["bomId"], shown["bomVersion"]) == (plant.standard["id"], 1)
    assert [row["requiredQty"] for row in shown["components"]] == [100, 200]
    assert plant.erp.get(f"{path}/work-orders")["meta"]["total"] == 1
    newer = plant.erp.get(plant.order())
    assert (newer["bomVersion"], [row["requiredQty"] for row in newer["components"]]) == (2, [900])


# --- the end of one


@pytest.mark.parametrize("state", State)
def test_a_bom_is_deleted_unless_an_order_that_is_not_over_uses_it(plant: Plant, state: State) -> None:
    order, path = plant.order(state), f"boms/{plant.standard['id']}"
    plant.erp.patch(path, {"name": "Newer than the order"})
    before, over = everything(), state in {State.COMPLETED, State.VERIFIED, State.CLOSED, State.CANCELLED}
    reply = plant.erp.delete(path)
    if not over:
        assert everything() == before
        assert (reply.status, reply.code) == (409, "bom_in_use")
        assert reply["details"] == {"orders": [plant.erp.get(order)["reference"]]}
        assert plant.erp.get(path).status == 200
        return
    assert (reply.status, reply.content) == (204, b"")
    assert plant.erp.get(order)["bomId"] == plant.standard["id"]


def test_a_deleted_bom_is_gone_everywhere(plant: Plant) -> None:
    path = f"boms/{plant.standard['id']}"
    assert plant.erp.delete(path).status == 204
    calls = [plant.erp.get(path), plant.erp.get(f"{path}?version=1"), plant.erp.patch(path, {"name": "x"})]
    for reply in [*calls, plant.erp.delete(path)]:
        assert (reply.status, reply.code, reply["message"]) == (404, "not_found", "BOM not found")
    assert plant.erp.get("boms")["meta"]["total"] == 0
    reply = plant.erp.post("orders", plant.wanted())
    assert (reply.status, reply["message"]) == (404, "BOM not found")
    assert plant.erp.post("orders", plant.wanted(bomId=None)).status == 422, "no BOM is left"


def test_at_most_ten_of_the_orders_that_use_it_are_named(plant: Plant) -> None:
    for _ in range(12):
        plant.order()
    assert len(plant.erp.delete(f"boms/{plant.standard['id']}")["details"]["orders"]) == 10
