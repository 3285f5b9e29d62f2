"""What orders take from stock and put into it, as the API tells it: shortages, warnings, entries, history and record."""

import re
from typing import Any

import pytest

from factoryos.dialects.factory import record_pdf
from manufacturing.models import Item
from tests import stores
from tests.calls import Plant, Reply
from tests.evidence import everything
from tests.floor import an_item

pytestmark = pytest.mark.django_db

TEN = {"quantityTarget": 10}


class Works(Plant):
    """A plant whose caps take half a metre of wire each, and one ring."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(**facts)
        self.wire = an_item(self.factory, sku="WIRE", name="Wire", unit="m", unit_decimals=1)
        self.ring = an_item(self.factory, sku="RING", name="Ring")
        stores.a_bom(self.actor, self.item, {self.wire: "0.5", self.ring: 1})

    def deliver(self, item: Item, quantity: Any, lot: str | None = None) -> None:
        stores.delivered(self.actor, item, quantity, lot)

    def schedule(self, path: str) -> Reply:
        return self.admin.post(f"{path}/schedule", {"machineId": "PRESS-01"})

    def log(self, path: str, **body: Any) -> Reply:
        return self.admin.post(f"{path}/log-quantity", body)

    def preview(self, path: str, target: int) -> Reply:
        return self.admin.get(f"{path}/adjust-quantity/preview?quantityTarget={target}")

    def event(self, path: str) -> Any:
        """The data of the last event, whether it moved something or not."""
        return self.admin.get(f"{path}/transitions?all=true")["data"][-1]["data"]

    def lots(self, path: str) -> Any:
        return self.admin.get(f"{path}/record")["lots"]


@pytest.fixture
def works() -> Works:
    return Works()


def warned(reply: Reply) -> list[Any]:
    return [warning for warning in reply["warnings"] if warning["code"] == "material_short"]


# --- schedule ---------------------------------------------------------------------------------------------------------


def test_schedule_tells_what_could_not_be_reserved(works: Works) -> None:
    works.deliver(works.wire, 3)
    works.deliver(works.ring, 10)
    reply = works.schedule(works.order(**TEN))
    wire = str(works.wire.uuid)
    assert reply["shortages"] == [
        {"productId": wire, "sku": "WIRE", "name": "Wire", "required": 5, "reserved": 3, "short": 2}
    ]
    assert reply["warnings"] == [
        {"code": "material_short", "message": "Wire is short by 2 m", "productId": wire, "sku": "WIRE", "required": 5,
         "short": 2}
    ]  # fmt: skip
    assert stores.stock_of(works.wire) == (3, 3)


def test_what_is_all_there_is_no_shortage(works: Works) -> None:
    works.deliver(works.wire, 5)
    works.deliver(works.ring, 10)
    path = works.order(**TEN)
    for _ in range(2):  # scheduled again, it needs no more
        reply = works.schedule(path)
        assert (reply.status, reply["shortages"], reply["warnings"]) == (200, [], [])
        assert (stores.stock_of(works.wire), stores.stock_of(works.ring)) == ((5, 5), (10, 10))


def test_under_a_strict_policy_a_shortage_is_refused_and_nothing_changes() -> None:
    works = Works(material_policy="strict")
    works.deliver(works.wire, 3)
    works.deliver(works.ring, 10)
    path = works.order(**TEN)
    before = everything()
    reply = works.schedule(path)
    assert (reply.status, reply.code, reply["message"]) == (
        409, "material_short", "Not enough material: Wire is short by 2 m",
    )  # fmt: skip
    assert reply["details"] == {
        "shortages": [{"productId": str(works.wire.uuid), "sku": "WIRE", "name": "Wire", "required": 5, "available": 3,
                       "short": 2}]
    }  # fmt: skip
    assert everything() == before
    works.deliver(works.wire, 2)
    assert works.schedule(path)["shortages"] == []


# --- another target ---------------------------------------------------------------------------------------------------


def test_a_preview_warns_of_what_would_be_missing_and_reserves_nothing(works: Works) -> None:
    works.deliver(works.wire, 8)
    works.deliver(works.ring, 12)
    path = works.order("scheduled", **TEN)
    before = everything()
    assert warned(works.preview(path, 12)) == []
    reply = works.preview(path, 14)
    facts = {"productId": str(works.ring.uuid), "sku": "RING", "required": 4, "short": 2}
    assert warned(reply) == [{"code": "material_short", "message": "Ring is short by 2 pcs", "data": facts}]
    assert [warning["data"]["sku"] for warning in warned(works.preview(path, 20))] == ["WIRE", "RING"]
    assert everything() == before


def test_a_preview_of_a_draft_asks_for_all_of_it(works: Works) -> None:
    works.deliver(works.wire, 8)
    works.deliver(works.ring, 9)
    path = works.order(**TEN)
    assert [warning["data"]["required"] for warning in warned(works.preview(path, 11))] == [11]


def test_what_is_made_needs_no_material(works: Works) -> None:
    path = works.order("completed", **TEN)
    assert warned(works.preview(path, 20)) == []


def test_an_adjustment_warns_as_its_preview_did_and_reserves_what_is_there(works: Works) -> None:
    works.deliver(works.wire, 8)
    works.deliver(works.ring, 12)
    path = works.order("scheduled", **TEN)
    told = works.preview(path, 14)["warnings"]
    reply = works.admin.post(f"{path}/adjust-quantity", {"quantityTarget": 14, "reason": "more"})
    assert reply["adjustment"]["warnings"] == told != []
    assert (stores.stock_of(works.wire), stores.stock_of(works.ring)) == ((8, 7), (12, 12))


# --- log quantity -----------------------------------------------------------------------------------------------------


def test_what_was_not_there_stands_in_the_entry_and_in_the_history(works: Works) -> None:
    works.deliver(works.wire, 2, "W-1")
    works.deliver(works.ring, 10)
    path = works.order("in_production", **TEN)
    reply = works.log(path, quantityGood=5, quantityRejected=1)
    assert reply.status == 201
    short = {"productId": str(works.wire.uuid), "sku": "WIRE", "required": 3, "short": 1}
    assert reply["entry"]["shortConsumption"] == [short]
    assert works.admin.get(f"{path}/quantity-entries")["data"][0] == reply["entry"]
    data = works.event(path)
    assert data["consumed"] == [
        {"sku": "WIRE", "lot": "W-1", "quantity": "2"}, {"sku": "RING", "lot": None, "quantity": "6"},
    ]  # fmt: skip
    assert data["short"] == [{"sku": "WIRE", "quantity": "1"}]
    assert stores.stock_of(works.item) == (5, 0)


def test_a_count_without_components_says_nothing_of_them() -> None:
    plant = Plant()
    path = plant.order("in_production")
    reply = plant.admin.post(f"{path}/log-quantity", {"quantityGood": 1})
    assert reply["entry"]["shortConsumption"] == []
    data = plant.admin.get(f"{path}/transitions?all=true")["data"][-1]["data"]
    assert set(data) == {"entry", "good", "rejected", "source"}


def test_a_correction_is_told_as_given_back(works: Works) -> None:
    works.deliver(works.wire, 5)
    works.deliver(works.ring, 10)
    path = works.order("in_production", **TEN)
    works.log(path, quantityGood=4)
    works.log(path, quantityGood=-2, reason="counted twice")
    data = works.event(path)
    assert [(part["sku"], part["quantity"]) for part in data["consumed"]] == [("WIRE", "-1"), ("RING", "-2")]
    assert "short" not in data
    assert stores.stock_of(works.ring) == (8, 8)


def test_the_lots_named_are_the_lots_used(works: Works) -> None:
    works.deliver(works.wire, 5, "OLD")
    works.deliver(works.wire, 5, "NEW")
    path = works.order("in_production", **TEN)
    lot = {"productId": "WIRE", "lotNumber": "NEW", "quantity": 2}
    entry = works.log(path, quantityGood=4, consumedLots=[lot])["entry"]
    assert entry["consumedLots"] == [lot | {"productId": str(works.wire.uuid), "sku": "WIRE"}]
    assert {code: on_hand for code, (on_hand, _) in stores.lots_of(works.wire).items()} == {"OLD": 5, "NEW": 3}


def test_a_lot_that_is_not_there_is_not_found(works: Works) -> None:
    theirs = Works()
    theirs.deliver(theirs.wire, 5, "SECRET")
    works.deliver(works.ring, 5, "R-1")
    path = works.order("in_production", **TEN)
    before = everything()
    for name in ("SECRET", "R-1", "NONE"):
        reply = works.log(path, quantityGood=1, consumedLots=[{"productId": "WIRE", "lotNumber": name, "quantity": 1}])
        assert (reply.status, reply["message"]) == (404, "Lot not found")
    assert everything() == before


def test_pieces_that_went_on_cannot_be_taken_back(works: Works) -> None:
    """The caps of the first order are used up by the second, so that neither a correction nor a verification finds them."""
    box = an_item(works.factory, sku="BOX")
    stores.a_bom(works.actor, box, {works.item: 1})
    Item.objects.filter(pk=works.item.pk).update(tracking="lot")
    caps = works.order("in_production", batchNumber="B1", **TEN)
    works.log(caps, quantityGood=4)
    boxes = works.order("in_production", machine="CNC-001", productId="BOX", quantityTarget=3)
    works.log(boxes, quantityGood=3)
    before = everything()
    gone = {"sku": "CAP-28", "lotNumber": "B1", "wanted": 2, "available": 1}
    reply = works.log(caps, quantityGood=-2, quantityRejected=2, reason="cracked")
    assert (reply.status, reply.code, reply["details"]) == (409, "stock_short", gone)
    assert everything() == before

    works.take(caps, "completed")
    before = everything()
    reply = works.admin.post(f"{caps}/verify", {"quantityFinal": 4, "quantityGood": 2, "quantityRejected": 2})
    assert (reply.status, reply.code, reply["details"]) == (409, "stock_short", gone)
    assert everything() == before
    assert works.admin.post(
        f"{caps}/verify", {"quantityFinal": 4, "quantityGood": 3, "quantityRejected": 1}
    )["quantityGood"] == 3  # fmt: skip


def test_a_verification_uses_components_for_what_was_not_logged(works: Works) -> None:
    works.deliver(works.wire, 5)
    works.deliver(works.ring, 8)
    path = works.order("in_production", **TEN)
    works.log(path, quantityGood=4)
    works.take(path, "completed")
    works.admin.post(f"{path}/verify", {"quantityFinal": 10, "quantityGood": 9, "quantityRejected": 1})
    data = works.event(path)
    assert data["consumed"] == [
        {"sku": "WIRE", "lot": None, "quantity": "3"}, {"sku": "RING", "lot": None, "quantity": "4"},
    ]  # fmt: skip
    assert data["short"] == [{"sku": "RING", "quantity": "2"}]
    entry = works.admin.get(f"{path}/quantity-entries")["data"][0]
    assert (entry["source"], entry["shortConsumption"][0]["short"]) == ("verification", 2)
    assert stores.stock_of(works.item) == (9, 0)


def test_what_is_shipped_must_be_there(works: Works) -> None:
    path = works.order("verified")
    box = an_item(works.factory, sku="BOX")
    stores.a_bom(works.actor, box, {works.item: 1})
    works.log(works.order("in_production", productId="BOX", quantityTarget=900), quantityGood=900)
    before = everything()
    closing = {"toState": "closed", "shipment": {"carrier": "DHL", "quantity": 100}}
    reply = works.admin.post(f"{path}/transition", closing)
    assert (reply.status, reply.code) == (409, "stock_short")
    assert reply["details"] == {"sku": "CAP-28", "lotNumber": None, "wanted": 100, "available": 88}
    assert everything() == before
    closing["shipment"] = {"carrier": "DHL", "quantity": 88}
    assert works.admin.post(f"{path}/transition", closing).status == 200
    assert stores.stock_of(works.item) == (0, 0)


# --- the record -------------------------------------------------------------------------------------------------------


def test_the_record_names_the_lots_as_the_stock_ledger_has_them(works: Works) -> None:
    Item.objects.filter(pk=works.item.pk).update(tracking="lot")
    works.deliver(works.wire, 2, "W-1")
    works.deliver(works.wire, 5, "W-2")
    works.deliver(works.ring, 10)
    path = works.order("in_production", batchNumber="B1", **TEN)
    works.log(path, quantityGood=6)
    works.log(path, quantityGood=2, quantityRejected=1, lotNumber="B2")
    works.log(path, quantityGood=-1, reason="counted twice", lotNumber="B1")
    wire, ring = str(works.wire.uuid), str(works.ring.uuid)
    assert works.lots(path) == {
        "produced": [{"lotNumber": "B1", "quantity": 5}, {"lotNumber": "B2", "quantity": 2}],
        "consumed": [
            {"productId": ring, "sku": "RING", "lotNumber": None, "quantity": 8},
            {"productId": wire, "sku": "WIRE", "lotNumber": "W-1", "quantity": 2},
            {"productId": wire, "sku": "WIRE", "lotNumber": "W-2", "quantity": 2},
        ],
    }


def test_what_was_all_given_back_is_not_in_the_record(works: Works) -> None:
    Item.objects.filter(pk=works.item.pk).update(tracking="lot")
    works.deliver(works.wire, 5, "W-1")
    path = works.order("in_production", **TEN)
    works.log(path, quantityGood=4)
    works.log(path, quantityGood=-4, reason="another order's")
    assert works.lots(path) == {"produced": [], "consumed": []}


def test_the_record_names_every_serial_number_and_its_pdf_only_so_many(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    Item.objects.filter(pk=works.item.pk).update(tracking="serial")
    path = works.order("in_production", quantityTarget=200)
    works.log(path, quantityGood=200, serialNumbers=[f"S{number:04}" for number in range(200)])
    produced = works.lots(path)["produced"]
    assert (len(produced), produced[0]) == (200, {"lotNumber": "S0000", "quantity": 1})

    def pages() -> int:
        pdf = works.admin.get(f"{path}/record?format=pdf")
        assert (pdf.status, pdf.content[:5]) == (200, b"%PDF-")
        return len(re.findall(rb"/Type /Page\b", pdf.content))

    whole = pages()
    monkeypatch.setattr(record_pdf, "MOST_LOTS", 10)
    assert pages() < whole / 2
