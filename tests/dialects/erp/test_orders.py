"""Production orders as an ERP sees them: what is listed, how they are made, and one life for all faces."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from factoryos.kernel import clock
from orders.models import ProductionOrder
from orders.states import State
from tests.callers import a_member, token
from tests.calls import Person
from tests.conformance.erp.plant import Plant, part
from tests.dialects.erp.asking import listed, reference, refused
from tests.evidence import everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def plant() -> Plant:
    return Plant()


# --- lists


def test_orders_without_a_date_drop_out_when_a_date_is_asked_for(plant: Plant) -> None:
    without, with_one = reference(plant), reference(plant, scheduledDate="2026-03-20T06:00:00Z")
    assert listed(plant) == [with_one, without]
    assert listed(plant, "from=2000-01-01") == [with_one]
    assert listed(plant, "to=2100-01-01") == [with_one]


def test_from_and_to_are_both_inclusive_to_the_instant(plant: Plant) -> None:
    early, late = (reference(plant, scheduledDate=f"2026-03-20T0{hour}:00:00Z") for hour in (6, 7))
    assert listed(plant, "from=2026-03-20T06:00:00Z&to=2026-03-20T07:00:00Z&sortOrder=asc") == [early, late]
    assert listed(plant, "from=2026-03-20T06:00:01Z") == [late]
    assert listed(plant, "to=2026-03-20T06:59:59Z") == [early]
    assert listed(plant, "from=2026-03-20T14:00:00+08:00&to=2026-03-20T14:00:00%2B08:00") == [early]


def test_a_bare_date_is_a_whole_day_of_the_factory(plant: Plant) -> None:
    plant = Plant(time_zone="Asia/Kuala_Lumpur")
    first, last = (reference(plant, scheduledDate=at) for at in ("2026-03-19T16:00:00Z", "2026-03-20T15:59:59Z"))
    for at in ("2026-03-19T15:59:59Z", "2026-03-20T16:00:00Z"):
        plant.order(scheduledDate=at)
    assert listed(plant, "from=2026-03-20&to=2026-03-20&sortOrder=asc") == [first, last]


def test_a_list_is_newest_first_and_sorted_as_asked(plant: Plant) -> None:
    dates = ("2026-03-02T00:00:00Z", None, "2026-03-01T00:00:00Z")
    one, two, three = (reference(plant, scheduledDate=date) for date in dates)
    assert listed(plant) == [three, two, one]
    assert listed(plant, "sortBy=createdAt&sortOrder=asc") == [one, two, three]
    assert listed(plant, "sortBy=reference&sortOrder=asc") == [one, two, three]
    assert listed(plant, "sortBy=scheduledDate&sortOrder=asc") == [three, one, two]
    assert listed(plant, "sortBy=scheduledDate") == [one, three, two]
    changed = ProductionOrder.objects.get(reference=two)
    plant.do("amend", f"orders/{changed.uuid}", changes={"notes": "n"})
    assert listed(plant, "sortBy=updatedAt") == [two, three, one]


@pytest.mark.parametrize("sort", ["createdAt", "updatedAt", "reference", "scheduledDate"])
def test_pages_neither_overlap_nor_leave_anything_out(plant: Plant, sort: str) -> None:
    for _ in range(5):
        plant.order(scheduledDate="2026-03-01T00:00:00Z")
    ProductionOrder.objects.update(updated_at=clock.now())
    pages = [plant.erp.get(f"orders?limit=2&page={page}&sortBy={sort}") for page in (1, 2, 3)]
    assert [len(page["data"]) for page in pages] == [2, 2, 1]
    assert len({row["id"] for page in pages for row in page["data"]}) == 5
    if sort != "reference":  # of equal ones the later made is the larger
        newest = [row["id"] for page in pages for row in page["data"]]
        oldest = plant.erp.get(f"orders?sortBy={sort}&sortOrder=asc")["data"]
        assert newest == sorted(newest, reverse=True) == [row["id"] for row in oldest][::-1]
    assert pages[2]["meta"] == {"total": 5, "page": 3, "limit": 2, "totalPages": 3}


def test_search_looks_into_reference_product_and_batch_and_takes_signs_as_they_are(plant: Plant) -> None:
    one, two = reference(plant), reference(plant)
    order = ProductionOrder.objects.get(reference=two)
    plant.do("amend", f"orders/{order.uuid}", changes={"batch_number": "M06_2026%"})
    assert listed(plant, f"search={one[-4:]}") == [one]
    assert listed(plant, "search=widget") == [two, one]
    assert listed(plant, "search=m06_2026%25") == [two]
    assert listed(plant, "search=M06X") == []
    assert listed(plant, "search=%25%25") == []


def test_a_product_that_nobody_has_is_in_no_order(plant: Plant) -> None:
    known = reference(plant)
    assert listed(plant, f"productId={plant.widget.uuid}") == [known]
    for uuid in (uuid4(), plant.frame.uuid, Plant().widget.uuid):
        assert listed(plant, f"productId={uuid}") == []


def test_filters_hold_together(plant: Plant) -> None:
    path = plant.order(State.APPROVED, scheduledDate="2026-03-20T06:00:00Z")
    plant.order(scheduledDate="2026-03-20T06:00:00Z")
    query = f"status=confirmed,done&productId={plant.widget.uuid}&from=2026-03-20&search=MO/"
    assert listed(plant, query) == [plant.erp.get(path)["reference"]]


@pytest.mark.parametrize(
    "query",
    ["status=", "status=draft,", "productId=abc", "sortBy=name", "sortOrder=down", "foo=1", "from=2026-02-30",
     "page=1&page=2", "page=99999999999999999999", "limit=0", "search=%00"],
)  # fmt: skip
def test_a_query_that_makes_no_sense_is_refused_with_its_name(plant: Plant, query: str) -> None:
    reply = plant.erp.get(f"orders?{query}")
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert query.split("=")[0] in reply["message"][0]


def test_rows_of_a_list_are_the_order_without_components_and_lots(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    whole, row = plant.erp.get(path).json, plant.erp.get("orders")["data"][0]
    assert row == {name: value for name, value in whole.items() if name not in ("components", "lots")}


# --- create


def test_an_order_is_made_by_the_only_bom_that_can_be_ordered(plant: Plant) -> None:
    kit, standard = plant.bom(type="phantom"), plant.bom()
    reply = plant.erp.post("orders", {"productId": str(plant.widget.uuid), "quantity": 1})
    assert (reply.status, reply["bomId"], reply["bomVersion"]) == (201, standard["id"], 1)
    assert kit["id"] != reply["bomId"]


def test_no_bom_or_a_choice_of_them_must_be_named(plant: Plant) -> None:
    body = {"productId": str(plant.widget.uuid), "quantity": 1}
    before = everything()
    assert "no BOM" in refused(plant.erp.post("orders", body), 422, "validation_failed", before)["message"][0]
    plant.bom()
    plant.bom(type="subcontract")
    before = everything()
    assert "several BOMs" in refused(plant.erp.post("orders", body), 422, "validation_failed", before)["message"][0]
    assert refused(plant.erp.post("orders", body | {"bomId": None}), 422, "validation_failed", before)
    for row in plant.erp.get("boms")["data"][1:]:
        plant.admin.delete(f"boms/{row['id']}")
    assert plant.erp.post("orders", body).status == 201, "what is gone is no choice"


def test_a_kit_a_strange_bom_and_one_that_is_gone_cannot_be_named(plant: Plant) -> None:
    kit, gone, theirs = plant.bom(type="phantom"), plant.bom(), Plant().standard
    others = plant.bom(productId=str(plant.board.uuid), components=[part(plant.frame, 1)])
    plant.admin.delete(f"boms/{gone['id']}")
    body = plant.wanted()
    before = everything()
    for bom, status, code in (
        (kit["id"], 422, "validation_failed"),
        (others["id"], 422, "validation_failed"),
        (gone["id"], 404, "not_found"),
        (theirs["id"], 404, "not_found"),
        (str(uuid4()), 404, "not_found"),
    ):
        reply = refused(plant.erp.post("orders", body | {"bomId": bom}), status, code, before)
        assert (reply["message"] == "BOM not found") is (status == 404)


def test_an_order_as_it_was_read_can_be_sent_back_and_is_a_new_one(plant: Plant) -> None:
    path = plant.order(State.IN_PRODUCTION)
    plant.erp.post(f"{path}/produce", {"qty": 5})
    read = plant.erp.get(path).json
    reply = plant.erp.post("orders", read | {"productId": read["product"]["id"], "production": {}, "lines": []})
    assert (reply.status, reply["status"], reply["producedQty"]) == (201, "draft", 0)
    assert reply["id"] != read["id"] and reply["reference"] != read["reference"]
    assert reply["quantity"] == read["quantity"]


def test_an_order_is_strict_and_keeps_what_was_said(plant: Plant) -> None:
    reply = plant.erp.post("orders", plant.wanted(priority="rush", notes=" two\nlines ", scheduledDate="2001-01-01"))
    assert reply.status == 422, "a bare date is no instant"
    reply = plant.erp.post(
        "orders", plant.wanted(priority="rush", notes=" two\nlines ", scheduledDate="2001-01-01T08:00:00+08:00")
    )
    assert reply.status == 201, reply.content
    assert (reply["scheduledDate"], reply["priority"], reply["notes"]) == ("2001-01-01T00:00:00Z", "rush", "two\nlines")
    order = plant.core(f"orders/{reply['id']}")
    assert (order.over_production, order.priority, order.origin) == ("strict", "rush", "erp")


def test_references_are_counted_by_factory_and_year_without_gaps(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 12, 31, 20, tzinfo=UTC))
    assert reference(plant) == "MO/2026/0001"
    assert plant.erp.post("orders", plant.wanted(quantity=0)).status == 422
    assert plant.erp.post("orders", plant.wanted(bomId=str(uuid4()))).status == 404
    assert reference(plant) == "MO/2026/0002"
    assert reference(Plant(time_zone="Asia/Kuala_Lumpur")) == "MO/2027/0001"


def test_a_quantity_has_no_more_decimals_than_the_unit(plant: Plant) -> None:
    assert plant.erp.post("orders", plant.wanted(quantity=2.5))["message"] == ["quantity must be a whole number"]
    type(plant.widget).objects.filter(pk=plant.widget.pk).update(unit_decimals=2)
    reply = plant.erp.post("orders", plant.wanted(quantity=0.25))
    assert (reply.status, reply["quantity"], reply["remainingQty"]) == (201, Decimal("0.25"), Decimal("0.25"))
    assert b'"quantity":0.25,' in reply.content
    assert [row["requiredQty"] for row in reply["components"]] == [1, 1], "a quarter of a frame is put aside as a whole"


# --- one life for all faces


def colleague(plant: Plant) -> Person:
    """Somebody of the same plant who uses the factory API."""
    return Person(token(a_member(plant.factory, "admin")), slug=plant.factory.slug)


def test_an_order_confirmed_here_is_the_same_order_there(plant: Plant) -> None:
    path = plant.order()
    plant.as_("planner").post(f"{path}/confirm")
    there = colleague(plant)
    other = path.replace("orders/", "production-orders/")
    shown = there.get(other)
    assert (shown["state"], shown["reference"]) == ("draft", plant.erp.get(path)["reference"])
    assert shown["origin"] == "erp"
    last = there.get(f"{other}/transitions")["data"][-1]
    assert (last["verb"], last["face"], last["by"]["name"], last["by"]["kind"]) == (
        "approve", "erp", "ERP key", "api_key",
    )  # fmt: skip
    started = there.post(f"{other}/transition", {"toState": "in_production"})
    assert started.status == 200, "what is approved may be started there, though its word is draft"
    assert plant.erp.get(path)["status"] == "in_progress"


def test_an_order_scheduled_there_is_confirmed_here(plant: Plant) -> None:
    there = colleague(plant)
    plant.machine("PRESS-01")
    made = there.post("production-orders", {"productId": "WIDGET-PRO", "quantityTarget": 10})
    path = f"orders/{made['id']}"
    shown = plant.erp.get(path)
    assert (shown["status"], shown["origin"], shown["bomId"]) == ("draft", "factory", None)
    there.post(f"production-orders/{made['id']}/schedule", {"machineId": "PRESS-01"})
    assert plant.erp.get(path)["status"] == "confirmed"
    assert plant.erp.post(f"{path}/produce", {"qty": 4})["status"] == "in_progress"
    counted = there.get(f"production-orders/{made['id']}")
    assert (counted["state"], counted["quantityGood"]) == ("in_production", 4)
    assert there.get(f"production-orders/{made['id']}/quantity-entries")["data"][0]["by"]["name"] == "ERP key"
