"""Stock: how products are listed, what a receipt under serial numbers is, and who may book one."""

from datetime import timedelta
from typing import Any

import pytest

from factoryos.kernel import clock
from manufacturing.models import Item, StockMove
from tests.conformance.erp.plant import Plant
from tests.evidence import everything

pytestmark = pytest.mark.django_db

PRODUCTS, RECEIPTS = "/api/inventory/products", "/api/inventory/receipts"


@pytest.fixture
def plant() -> Plant:
    return Plant()


def received(item: Item, quantity: Any = 2, **fields: Any) -> dict[str, Any]:
    return {"productId": str(item.uuid), "quantity": quantity} | fields


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        ("", ["BOARD", "FRAME", "WIDGET-PRO"]),
        ("sortOrder=asc", ["WIDGET-PRO", "FRAME", "BOARD"]),
        ("sortBy=name&sortOrder=asc", ["BOARD", "FRAME", "WIDGET-PRO"]),
        ("sortBy=sku", ["WIDGET-PRO", "FRAME", "BOARD"]),
        ("sortBy=updatedAt", ["FRAME", "BOARD", "WIDGET-PRO"]),
        ("search=circuit", ["BOARD"]),
    ],
)
def test_products_are_sorted_and_searched_as_asked(plant: Plant, query: str, skus: list[str]) -> None:
    Item.objects.filter(pk=plant.frame.pk).update(updated_at=clock.now() + timedelta(minutes=1))
    assert [row["sku"] for row in plant.erp.get(f"{PRODUCTS}?{query}")["data"]] == skus


def test_what_is_in_several_places_and_lots_is_summed(plant: Plant) -> None:
    glue = plant.item("GLUE", tracking="lot", unit="kg", unit_decimals=3)
    for lot, amount in (("L1", "0.125"), ("L2", "0.25"), ("L1", "1")):
        plant.stock(glue, amount, lot)
    (row,) = plant.erp.get(f"{PRODUCTS}?search=glue")["data"]
    assert (str(row["onHand"]), str(row["available"]), row["uom"]) == ("1.375", "1.375", "kg")
    lots = plant.erp.get(f"{PRODUCTS}/{glue.uuid}/stock").json
    assert [(row["lotNumber"], str(row["quantity"])) for row in lots] == [("L1", "1.125"), ("L2", "0.25")]


def test_pieces_with_serial_numbers_come_in_together_and_lie_apart(plant: Plant) -> None:
    pump = plant.item("PUMP", tracking="serial")
    reply = plant.erp.post(RECEIPTS, received(pump, serialNumbers=["S2", "S1"]))
    assert (reply.status, reply["quantity"], reply["lotNumber"]) == (201, 2, None)
    assert reply["serialNumbers"] == ["S2", "S1"]
    moves = StockMove.objects.filter(balance__item=pump)
    assert moves.count() == 2 and str(moves.order_by("id")[0].uuid) == reply["id"]
    lots = plant.erp.get(f"{PRODUCTS}/{pump.uuid}/stock").json
    assert [(row["lotNumber"], row["quantity"]) for row in lots] == [("S1", 1), ("S2", 1)]


@pytest.mark.parametrize(
    ("tracking", "fields", "named"),
    [
        ("serial", {}, "serialNumbers"),
        ("serial", {"serialNumbers": []}, "serialNumbers"),
        ("serial", {"serialNumbers": ["S1"]}, "serialNumbers"),
        ("serial", {"serialNumbers": ["S1", "S1"]}, "serialNumbers"),
        ("serial", {"serialNumbers": ["S1", ""]}, "serialNumbers.1"),
        ("serial", {"serialNumbers": ["S1", "S2"], "lotNumber": "L1"}, "lotNumber"),
        ("lot", {"lotNumber": "L1", "serialNumbers": ["S1", "S2"]}, "serialNumbers"),
        ("lot", {}, "lotNumber"),
        ("lot", {"lotNumber": " "}, "lotNumber"),
        ("none", {"serialNumbers": ["S1", "S2"]}, "serialNumbers"),
    ],
)
def test_numbers_must_fit_how_the_product_is_tracked(
    plant: Plant, tracking: str, fields: dict[str, Any], named: str
) -> None:
    item, before = plant.item("PUMP", tracking=tracking), everything()
    reply = plant.erp.post(RECEIPTS, received(item, **fields))
    assert (reply.status, reply.code) == (422, "validation_failed"), reply.content
    assert reply["message"][0].startswith(f"{named} ")
    assert everything() == before


def test_a_serial_number_is_received_once(plant: Plant) -> None:
    pump = plant.item("PUMP", tracking="serial")
    plant.erp.post(RECEIPTS, received(pump, 1, serialNumbers=["S1"]))
    before = everything()
    reply = plant.erp.post(RECEIPTS, received(pump, serialNumbers=["S2", "S1"]))
    assert (reply.status, reply.code, reply["details"]) == (409, "duplicate", {"field": "serialNumbers"})
    assert everything() == before


@pytest.mark.parametrize("role", ["technician", "qa", "viewer"])
def test_only_the_stores_may_receive(plant: Plant, role: str) -> None:
    before = everything()
    reply = plant.as_(role).post(RECEIPTS, received(plant.frame))
    assert (reply.status, reply.code) == (403, "role_missing")
    assert reply["details"] == {"anyOf": ["engineer", "operator", "planner"]}
    assert everything() == before


@pytest.mark.parametrize("role", ["planner", "engineer", "operator", "admin"])
def test_the_stores_may_receive(plant: Plant, role: str) -> None:
    assert plant.as_(role).post(RECEIPTS, received(plant.frame)).status == 201
