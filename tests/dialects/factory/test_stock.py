"""Deliveries and balances through the API."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from factoryos.kernel import outbox
from manufacturing.models import Item, Lot, StockLocation, StockMove
from tests import stores
from tests.calls import Plant, Reply
from tests.evidence import everything
from tests.floor import an_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def plant() -> Plant:
    return Plant(time_zone="Asia/Kuala_Lumpur")


@pytest.fixture
def wire(plant: Plant) -> Item:
    return an_item(plant.factory, sku="WIRE", name="Wire", unit="m", unit_decimals=1)


def receive(plant: Plant, **body: Any) -> Reply:
    return plant.as_("operator").post("stock/receipts", {"productId": "WIRE", "quantity": 30} | body)


def refused(reply: Reply) -> list[str]:
    assert (reply.status, reply.code) == (400, "validation_failed"), reply.content
    told: list[str] = reply["message"]
    return told


def test_a_delivery_is_a_move_and_shows_in_the_balances(plant: Plant, wire: Item) -> None:
    reply = receive(plant, quantity=2.5, reference="DN 88")
    assert reply.status == 201, reply.content
    move = StockMove.objects.get()
    assert {**reply.json, "at": 0, "by": 0} == {
        "id": str(move.uuid), "kind": "receipt", "productId": str(wire.uuid), "sku": "WIRE", "quantity": Decimal("2.5"),
        "lotNumber": None, "serialNumbers": [], "location": "main", "bestBefore": None, "reference": "DN 88", "by": 0,
        "face": "factory", "at": 0,
    }  # fmt: skip
    assert (move.quantity, move.reference, move.actor_name) == (Decimal("2.5"), "DN 88", "operator")
    product = {"id": str(wire.uuid), "sku": "WIRE", "name": "Wire", "unit": "m"}
    assert plant.as_("viewer").get("stock/balances")["data"] == [
        {"product": product, "lotNumber": None, "location": "main", "onHand": Decimal("2.5"), "reserved": 0,
         "available": Decimal("2.5")}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "instant", "shown"),
    [
        ("2027-04-30", datetime(2027, 4, 29, 16, tzinfo=UTC), "2027-04-29T16:00:00.000Z"),
        ("2027-04-30T12:00:00+02:00", datetime(2027, 4, 30, 10, tzinfo=UTC), "2027-04-30T10:00:00.000Z"),
    ],
)
def test_best_before_is_an_instant_or_a_day_of_the_factory(
    plant: Plant, wire: Item, given: str, instant: datetime, shown: str
) -> None:
    reply = receive(plant, lotNumber=" W-1 ", bestBefore=given)
    assert (reply["lotNumber"], reply["bestBefore"]) == ("W-1", shown)
    assert Lot.objects.get(code="W-1").best_before == instant
    before = everything()
    other = receive(plant, lotNumber="W-1", bestBefore="2028-01-01")
    assert (other.status, other.code, other["details"]) == (409, "duplicate", {"field": "lotNumber"})
    assert everything() == before
    assert receive(plant, lotNumber="W-1").status == 201


def test_pieces_come_in_under_their_serial_numbers(plant: Plant) -> None:
    an_item(plant.factory, sku="PUMP", tracking="serial")
    reply = receive(plant, productId="PUMP", quantity=3, serialNumbers=["S1", "S2", "S3"])
    assert (reply["quantity"], reply["serialNumbers"], reply["lotNumber"]) == (3, ["S1", "S2", "S3"], None)
    listed = plant.admin.get("stock/balances?productId=PUMP")["data"]
    assert [(row["lotNumber"], row["onHand"]) for row in listed] == [("S3", 1), ("S2", 1), ("S1", 1)]
    before = everything()
    again = receive(plant, productId="PUMP", quantity=2, serialNumbers=["S4", "S2"])
    assert (again.code, again["details"]) == ("duplicate", {"field": "serialNumbers"})
    assert everything() == before


@pytest.mark.parametrize(
    ("tracking", "body", "told"),
    [
        ("none", {"quantity": 0}, "quantity must be a positive number"),
        ("none", {"quantity": -1}, "quantity must be a positive number"),
        ("none", {"quantity": "30"}, "quantity must be a positive number"),
        ("none", {"quantity": 0.25}, "quantity must not have more than 1 decimal places"),
        ("none", {"quantity": 1_000_000_001}, "quantity must not be greater than 1000000000"),
        ("none", {"serialNumber": "S1"}, "property serialNumber should not exist"),
        ("none", {"lotNumber": "x" * 65}, "lotNumber must be shorter than or equal to 64 characters"),
        ("none", {"bestBefore": "2027-02-30", "lotNumber": "L"}, "bestBefore must be a valid ISO 8601 date string"),
        ("none", {"bestBefore": "2027-02-28"},
         "bestBefore should only be given together with lotNumber or serialNumbers"),
        ("none", {"quantity": 2, "serialNumbers": ["a", "a"]}, "serialNumbers must be unique"),
        ("none", {"quantity": 3, "serialNumbers": ["a", "b"]}, "serialNumbers must hold as many numbers as the quantity"),
        ("lot", {}, "lotNumber should not be empty, as the product is tracked by lot"),
        ("lot", {"lotNumber": " "}, "lotNumber should not be empty, as the product is tracked by lot"),
        ("serial", {}, "serialNumbers should not be empty, as the product is tracked by serial number"),
        ("serial", {"quantity": 1, "serialNumbers": ["a"], "lotNumber": "L"},
         "lotNumber should not be given together with serialNumbers"),
    ],
)  # fmt: skip
def test_what_is_no_delivery_is_refused(plant: Plant, wire: Item, tracking: str, body: Any, told: str) -> None:
    Item.objects.filter(pk=wire.pk).update(tracking=tracking)
    before = everything()
    assert refused(receive(plant, **body)) == [told]
    assert everything() == before


def test_where_it_is_put_must_be_there(plant: Plant, wire: Item) -> None:
    shelf = StockLocation.objects.create(factory=plant.factory, code="SHELF-1", name="Shelf")
    theirs = StockLocation.objects.create(factory=Plant().factory, code="SECRET", name="Theirs")
    for name in ("shelf-1", str(shelf.uuid)):
        assert receive(plant, location=name)["location"] == "SHELF-1"
    for name in ("main", "MAIN", None):
        assert receive(plant, location=name)["location"] == "main"
    before = everything()
    for name in ("SECRET", str(theirs.uuid), "NONE", "a b"):
        reply = receive(plant, location=name)
        assert (reply.status, reply["message"]) == (404, "Location not found")
    assert (receive(plant, productId="NONE").status, receive(plant, productId="NONE")["message"]) == (
        404, "Product not found",
    )  # fmt: skip
    assert everything() == before


@pytest.mark.parametrize("role", ["technician", "qa", "viewer"])
def test_who_keeps_no_store_receives_nothing(plant: Plant, wire: Item, role: str) -> None:
    reply = plant.as_(role).post("stock/receipts", {"productId": "WIRE", "quantity": 1})
    assert (reply.code, reply["details"]) == ("role_missing", {"anyOf": ["engineer", "operator", "planner"]})
    assert not StockMove.objects.exists()


def test_a_repeated_key_receives_once(plant: Plant, wire: Item) -> None:
    body = {"productId": "WIRE", "quantity": 30}
    first, again = (plant.admin.post("stock/receipts", body, idempotency_key="k") for _ in range(2))
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert stores.stock_of(wire) == (30, 0)


def test_balances_are_filtered_and_paged(plant: Plant, wire: Item) -> None:
    StockLocation.objects.create(factory=plant.factory, code="SHELF", name="Shelf")
    an_item(plant.factory, sku="RING")
    for body in (
        {"lotNumber": "A"},
        {"lotNumber": "B"},
        {"lotNumber": "A", "location": "SHELF"},
        {"productId": "RING"},
    ):
        assert receive(plant, **body).status == 201

    def found(query: str) -> list[tuple[str, str | None, str]]:
        data = plant.admin.get(f"stock/balances?{query}")["data"]
        return [(row["product"]["sku"], row["lotNumber"], row["location"]) for row in data]

    shelf, ring = ("WIRE", "A", "SHELF"), ("RING", None, "main")
    assert found("") == [ring, shelf, ("WIRE", "B", "main"), ("WIRE", "A", "main")]
    assert found("productId=RING") == [ring]
    assert found(f"productId={wire.uuid}&lotNumber=A") == [shelf, ("WIRE", "A", "main")]
    assert found("location=shelf") == [shelf]
    assert found("productId=NONE") == found("location=NONE") == found("lotNumber=a") == []
    page = plant.admin.get("stock/balances?limit=3")
    assert (len(page["data"]), page["meta"]["total"]) == (3, 4)
    rest = plant.admin.get(f"stock/balances?limit=3&cursor={page['meta']['nextCursor']}")
    assert (len(rest["data"]), rest["meta"]["nextCursor"]) == (1, None)
    for query in ("sku=WIRE", "lotNumber=", "productId="):
        assert refused(plant.admin.get(f"stock/balances?{query}"))


def test_what_is_empty_is_left_out(plant: Plant, wire: Item) -> None:
    stores.a_bom(plant.actor, plant.item, {wire: 1})
    receive(plant, quantity=5, lotNumber="A")
    receive(plant, quantity=9, lotNumber="B")
    order = plant.order("in_production", quantityTarget=9)
    plant.admin.post(f"{order}/log-quantity", {"quantityRejected": 5})
    listed = plant.admin.get("stock/balances")["data"]
    assert [(row["lotNumber"], row["onHand"], row["reserved"], row["available"]) for row in listed] == [("B", 9, 4, 5)]


@pytest.mark.django_db(transaction=True)
def test_orders_that_wait_are_served_when_a_delivery_arrives(plant: Plant, wire: Item) -> None:
    stores.a_bom(plant.actor, plant.item, {wire: 1})
    plant.order("scheduled", quantityTarget=20)
    assert stores.stock_of(wire) == (0, 0)
    receive(plant)
    outbox.relay()
    assert stores.stock_of(wire) == (30, 20)
