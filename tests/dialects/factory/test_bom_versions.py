"""Bills of materials in versions, and what stock would make by them, through the API."""

from typing import Any

import pytest

from manufacturing.models import Bom, BomVersion, Item
from tests import stores
from tests.calls import Person, Plant, Reply
from tests.evidence import everything
from tests.floor import an_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def plant() -> Plant:
    return Plant()


@pytest.fixture
def wire(plant: Plant) -> Item:
    return an_item(plant.factory, sku="WIRE", name="Wire", unit="m", unit_decimals=2)


@pytest.fixture
def engineer(plant: Plant) -> Person:
    return plant.as_("engineer")


def of(plant: Plant, item: Item | None = None) -> str:
    return f"products/{(item or plant.item).uuid}/bom-versions"


def part(item: Item, quantity: Any) -> dict[str, Any]:
    return {"productId": str(item.uuid), "quantity": quantity}


def revised(plant: Plant, **body: Any) -> Reply:
    return plant.as_("engineer").post(of(plant), {"changeReason": "because"} | body)


def refused(reply: Reply) -> list[str]:
    assert (reply.status, reply.code) == (400, "validation_failed"), reply.content
    told: list[str] = reply["message"]
    return told


def test_a_product_without_a_bom_gets_its_first(plant: Plant, wire: Item) -> None:
    reply = plant.as_("engineer").post(
        of(plant), {"changeReason": " First ", "components": [{"productId": "WIRE", "quantity": 0.125}], "quantity": 10}
    )
    assert reply.status == 201, reply.content
    bom = Bom.objects.get()
    assert (bom.item, bom.default, bom.name) == (plant.item, True, "Bottle Cap 28mm")
    told = {**reply.json, "createdAt": 0, "createdBy": {**reply["createdBy"], "id": 0}}
    assert told == {
        "bomId": str(bom.uuid), "productId": str(plant.item.uuid), "version": 1, "current": True,
        "name": "Bottle Cap 28mm", "type": "manufacture", "quantity": 10,
        "components": [{"productId": str(wire.uuid), "sku": "WIRE", "name": "Wire",
                        "quantity": pytest.approx(0.125), "unit": "m"}],
        "changeReason": "First", "createdBy": {"id": 0, "name": "engineer"}, "createdAt": 0,
    }  # fmt: skip
    assert plant.as_("viewer").get(of(plant))["data"] == [reply.json]


def test_without_components_a_product_without_a_bom_has_nothing_to_write_down(plant: Plant) -> None:
    before = everything()
    assert refused(revised(plant)) == ["components should not be empty, as the product has no bill of materials yet"]
    assert everything() == before
    assert plant.admin.get(of(plant))["data"] == []


def test_without_components_the_present_version_is_written_once_more(plant: Plant, wire: Item) -> None:
    first = revised(plant, components=[part(wire, 2.5)], quantity=4)
    second = revised(plant, changeReason="Released")
    assert second.status == 201
    changed = {"version", "changeReason", "createdAt"}
    assert {name for name in first.json if first[name] != second[name]} == changed
    assert (second["version"], second["changeReason"]) == (2, "Released")
    listed = plant.admin.get(of(plant))["data"]
    assert [(row["version"], row["current"]) for row in listed] == [(2, True), (1, False)]


def test_what_this_api_cannot_say_is_kept(plant: Plant, wire: Item) -> None:
    """Name, type, operations and the units of parts may come from another face."""
    other = an_item(plant.factory, sku="RING")
    bom = stores.a_bom(plant.actor, plant.item, {wire: 1}, "Press", "Pack", name="Recipe", type="subcontract")
    revised(plant, components=[part(other, 1), part(wire, 2)])
    bom.refresh_from_db()
    kept = BomVersion.objects.get(bom=bom, number=2)
    assert (kept.name, kept.type, bom.version) == ("Recipe", "subcontract", 2)
    assert [step.name for step in kept.operations.order_by("sequence")] == ["Press", "Pack"]
    assert [(row.item.sku, row.quantity) for row in kept.components.order_by("position")] == [("RING", 1), ("WIRE", 2)]


def test_an_order_keeps_the_version_it_was_made_with(plant: Plant, wire: Item) -> None:
    revised(plant, components=[part(wire, 1)])
    old = plant.order()
    revised(plant, components=[part(wire, 3)])
    new = plant.order()
    required = [
        plant.admin.post(f"{path}/schedule", {"machineId": "PRESS-01"})["shortages"][0]["required"]
        for path in (old, new)
    ]
    assert required == [1000, 3000]


def test_a_version_as_it_was_read_can_be_sent_back(plant: Plant, wire: Item) -> None:
    first = revised(plant, components=[part(wire, 1)]).json
    again = plant.admin.post(of(plant), first)
    assert again.status == 201
    assert again["version"] == 2


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"changeReason": " "}, ["changeReason should not be empty"]),
        ({"changeReason": "x" * 501}, ["changeReason must be shorter than or equal to 500 characters"]),
        ({"components": []}, ["components should not be empty"]),
        ({"components": None}, ["components must be an array"]),
        ({"components": [{"productId": "WIRE"}]}, ["components.0.quantity must be a positive number"]),
        (
            {"components": [{"productId": "WIRE", "quantity": 0.0000001}]},
            ["components.0.quantity must not have more than 6 decimal places"],
        ),
        ({"quantity": 5}, ["quantity should only be given together with components"]),
        (
            {"components": [{"productId": "WIRE", "quantity": 1}], "quantity": 0},
            ["quantity must be a positive number"],
        ),
        (
            {"components": [{"productId": "WIRE", "quantity": 1}] * 2},
            ["components.1.productId is given twice"],
        ),
        (
            {"components": [{"productId": "CAP-28", "quantity": 1}]},
            ["components.0.productId must not be the product itself"],
        ),
        ({"component": 1}, ["property component should not exist"]),
    ],
)
def test_what_can_be_no_version_is_refused_and_nothing_written(plant: Plant, wire: Item, body: Any, told: Any) -> None:
    revised(plant, components=[part(wire, 1)])
    before = everything()
    assert refused(revised(plant, **body)) == told
    assert everything() == before


def test_a_ring_of_products_is_refused(plant: Plant, wire: Item, engineer: Person) -> None:
    revised(plant, components=[part(wire, 1)])
    reply = engineer.post(of(plant, wire), {"changeReason": "r", "components": [part(plant.item, 1)]})
    assert refused(reply) == ["components.0.productId is itself made of the product"]
    assert not Bom.objects.filter(item=wire).exists()


def test_a_component_that_nobody_has_is_not_found(plant: Plant, wire: Item) -> None:
    theirs = an_item(Plant().factory, sku="SECRET")
    replies = [revised(plant, components=[part(wire, 1), {"productId": name, "quantity": 1}])
               for name in (str(theirs.uuid), "SECRET", "NONE")]  # fmt: skip
    assert {(reply.status, reply["message"]) for reply in replies} == {(404, "Product not found")}
    assert not Bom.objects.exists()


@pytest.mark.parametrize("role", ["planner", "technician", "qa", "operator", "viewer"])
def test_only_engineers_write_boms_here(plant: Plant, wire: Item, role: str) -> None:
    reply = plant.as_(role).post(of(plant), {"changeReason": "r", "components": [part(wire, 1)]})
    assert (reply.code, reply["details"]) == ("role_missing", {"anyOf": ["engineer"]})
    assert not Bom.objects.exists()


def test_a_repeated_key_writes_one_version(plant: Plant, wire: Item, engineer: Person) -> None:
    body = {"changeReason": "r", "components": [part(wire, 1)]}
    first, again = (engineer.post(of(plant), body, idempotency_key="k") for _ in range(2))
    assert (again.status, again.content) == (first.status, first.content)
    assert BomVersion.objects.count() == 1


# --- what stock would make ---------------------------------------------------------------------------------------------


def buildable(plant: Plant) -> Reply:
    return plant.as_("viewer").get(f"products/{plant.item.uuid}/buildable")


def test_free_stock_says_how_many_could_be_made(plant: Plant, wire: Item) -> None:
    ring = an_item(plant.factory, sku="RING")
    revised(plant, components=[part(wire, 0.25), part(ring, 1)])
    stores.delivered(plant.actor, wire, 30)
    stores.delivered(plant.actor, ring, 500)
    limit = {"productId": str(wire.uuid), "sku": "WIRE", "available": 30, "perUnit": pytest.approx(0.25)}
    assert buildable(plant).json == {"productId": str(plant.item.uuid), "quantity": 120, "limiting": [limit]}

    plant.order("scheduled", quantityTarget=100)  # what is promised is not free
    assert (buildable(plant)["quantity"], buildable(plant)["limiting"][0]["available"]) == (20, 5)


def test_a_third_is_shown_to_fifteen_decimals(plant: Plant, wire: Item) -> None:
    revised(plant, components=[part(wire, 1)], quantity=3)
    stores.delivered(plant.actor, wire, 2)
    reply = buildable(plant)
    assert b'"perUnit":0.333333333333333}' in reply.content
    assert reply["quantity"] == 6


def test_a_product_without_a_bom_is_told_so(plant: Plant) -> None:
    reply = buildable(plant)
    assert (reply.status, reply.code, reply["message"]) == (404, "not_found", "Bill of materials not found")
