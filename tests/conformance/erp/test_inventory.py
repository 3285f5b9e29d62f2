"""The inventory: what there is of each product, where it lies, and what came in."""

from typing import Any
from uuid import uuid4

import pytest

from manufacturing.models import StockLocation, StockMove
from orders.states import State
from tests.conformance.erp.plant import Plant
from tests.evidence import everything

pytestmark = pytest.mark.django_db

PRODUCTS = "/api/inventory/products"
RECEIPTS = "/api/inventory/receipts"


def stock(plant: Plant, item: Any) -> Any:
    reply = plant.as_("viewer").get(f"{PRODUCTS}/{item.uuid}/stock")
    assert reply.status == 200
    return reply.json


def test_products_are_listed_with_what_is_there_and_what_is_free(plant: Plant) -> None:
    plant.order(State.APPROVED)
    reply = plant.as_("viewer").get(f"{PRODUCTS}?search=board")
    assert list(reply.json) == ["data", "meta"]
    assert reply["meta"] == {"total": 1, "page": 1, "limit": 20, "totalPages": 1}
    (row,) = reply["data"]
    assert list(row) == ["productId", "productName", "sku", "onHand", "reserved", "available", "uom"]
    assert row == {
        "productId": str(plant.board.uuid), "productName": "Circuit Board", "sku": "BOARD",
        "onHand": 10_000, "reserved": 200, "available": 9_800, "uom": "pcs",
    }  # fmt: skip


def test_all_products_are_listed_those_without_stock_too(plant: Plant) -> None:
    listed = {row["sku"]: row["onHand"] for row in plant.erp.get(PRODUCTS)["data"]}
    assert listed == {"WIDGET-PRO": 0, "FRAME": 10_000, "BOARD": 10_000}
    assert [row["sku"] for row in plant.erp.get(f"{PRODUCTS}?search=widget-p")["data"]] == ["WIDGET-PRO"]
    assert plant.erp.get(f"{PRODUCTS}?search=%25")["data"] == []
    pages = [plant.erp.get(f"{PRODUCTS}?limit=2&page={page}") for page in (1, 2, 3)]
    assert [len(page["data"]) for page in pages] == [2, 1, 0]
    assert len({row["sku"] for page in pages for row in page["data"]}) == 3
    assert pages[0]["meta"]["totalPages"] == 2


def test_the_stock_of_a_product_is_a_bare_list_by_place_and_lot(plant: Plant) -> None:
    glue = plant.item("GLUE", tracking="lot")
    assert stock(plant, glue) == []
    plant.stock(glue, 60, "L1")
    plant.stock(glue, 40, "L2")
    plant.order(
        State.APPROVED, bomId=plant.bom(components=[{"productId": str(glue.uuid), "quantity": 1}])["id"], quantity=70
    )
    rows = stock(plant, glue)
    assert [list(row) for row in rows] == [["locationId", "locationName", "lotNumber", "quantity", "reserved"]] * 2
    assert sorted((row["lotNumber"], row["quantity"]) for row in rows) == [("L1", 60), ("L2", 40)]
    assert sum(row["reserved"] for row in rows) == 70
    (place,) = {(row["locationId"], row["locationName"]) for row in rows}
    location = StockLocation.objects.get(uuid=place[0])
    assert (location.factory, location.name) == (plant.factory, place[1])
    (row,) = stock(plant, plant.frame)
    assert (row["lotNumber"], row["quantity"]) == (None, 10_000)


def test_a_receipt_adds_to_the_stock(plant: Plant) -> None:
    body = {"productId": str(plant.frame.uuid), "quantity": 5, "reference": "DN-1"}
    reply = plant.erp.post(RECEIPTS, body)
    assert reply.status == 201, reply.content
    assert list(reply.json) == ["id", "productId", "quantity", "lotNumber", "locationId", "createdAt"]
    assert (reply["productId"], reply["quantity"], reply["lotNumber"]) == (body["productId"], 5, None)
    assert reply["createdAt"].endswith("Z")
    move = StockMove.objects.get(uuid=reply["id"])
    assert (move.kind, move.quantity, move.reference, move.face) == ("receipt", 5, "DN-1", "erp")
    (row,) = stock(plant, plant.frame)
    assert (row["quantity"], row["locationId"]) == (10_005, reply["locationId"])


def test_a_receipt_goes_to_the_place_and_the_lot_that_it_names(plant: Plant) -> None:
    glue = plant.item("GLUE", tracking="lot")
    shelf = StockLocation.objects.create(factory=plant.factory, code="SHELF", name="Shelf")
    body = {"productId": str(glue.uuid), "quantity": 5, "lotNumber": "L1", "locationId": str(shelf.uuid)}
    reply = plant.erp.post(RECEIPTS, body)
    assert (reply.status, reply["lotNumber"], reply["locationId"]) == (201, "L1", str(shelf.uuid))
    assert stock(plant, glue) == [
        {"locationId": str(shelf.uuid), "locationName": "Shelf", "lotNumber": "L1", "quantity": 5, "reserved": 0}
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"productId": None}, {"productId": "abc"}, {"quantity": None}, {"quantity": 0}, {"quantity": -1},
        {"quantity": "5"}, {"quantity": 1.5}, {"quantity": 1_000_000_001}, {"quantity": True}, {"lotNumber": "x" * 65},
        {"lotNumber": 5}, {"locationId": "abc"}, {"reference": "x" * 5000}, {"reference": "a\u0000b"}, {"colour": "red"},
    ],
    ids=str,
)  # fmt: skip
def test_a_receipt_that_cannot_be_is_refused(plant: Plant, fields: dict[str, Any]) -> None:
    body = {"productId": str(plant.frame.uuid), "quantity": 5} | fields
    before, count = everything(), StockMove.objects.count()
    reply = plant.erp.post(RECEIPTS, {name: value for name, value in body.items() if value is not None})
    assert (reply.status, reply.code) == (422, "validation_failed"), reply.content
    assert next(iter(fields)) in reply["message"][0]
    assert (everything(), StockMove.objects.count()) == (before, count)


def test_a_lot_tracked_product_needs_its_lot(plant: Plant) -> None:
    glue = plant.item("GLUE", tracking="lot")
    reply = plant.erp.post(RECEIPTS, {"productId": str(glue.uuid), "quantity": 5})
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert reply["message"][0].startswith("lotNumber")
    assert stock(plant, glue) == []


def test_a_product_or_place_that_is_not_there_or_not_ours_is_not_found(plant: Plant) -> None:
    there = Plant()
    theirs = StockLocation.objects.filter(factory=there.factory).first()
    assert theirs is not None
    ours = str(plant.frame.uuid)
    for product, place, message in (
        (str(uuid4()), None, "Product not found"),
        (str(there.frame.uuid), None, "Product not found"),
        (ours, str(uuid4()), "Location not found"),
        (ours, str(theirs.uuid), "Location not found"),
    ):
        body = {"productId": product, "quantity": 5} | ({"locationId": place} if place else {})
        reply = plant.erp.post(RECEIPTS, body)
        assert (reply.status, reply.code, reply["message"]) == (404, "not_found", message)
    assert plant.erp.get(f"{PRODUCTS}/{there.frame.uuid}/stock")["message"] == "Product not found"
    assert {row["productId"] for row in there.erp.get(PRODUCTS)["data"]}.isdisjoint(
        row["productId"] for row in plant.erp.get(PRODUCTS)["data"]
    )


def test_what_came_in_can_be_confirmed_against(plant: Plant) -> None:
    plant = Plant(boards=0)
    path = plant.order()
    assert plant.erp.post(f"{path}/confirm").status == 400
    assert plant.erp.post(RECEIPTS, {"productId": str(plant.board.uuid), "quantity": 200}).status == 201
    assert plant.erp.post(f"{path}/confirm").status == 200


def test_a_receipt_is_booked_once_under_its_key(plant: Plant) -> None:
    body = {"productId": str(plant.frame.uuid), "quantity": 5}
    first, again = (plant.erp.post(RECEIPTS, body, idempotency_key="k") for _ in range(2))
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert plant.balance(plant.frame)[0] == 10_005


def test_the_paths_take_only_their_methods(plant: Plant) -> None:
    stock_path = f"{PRODUCTS}/{plant.frame.uuid}/stock"
    for path, allowed in ((PRODUCTS, "GET"), (stock_path, "GET"), (RECEIPTS, "POST")):
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - {allowed}:
            reply = plant.erp.send(method, path)
            assert (reply.status, reply.headers["Allow"]) == (405, allowed), (method, path)
