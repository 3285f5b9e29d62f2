"""The published pages of this API: its requests sent as they are printed, but for the ids, and its answers' fields."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from manufacturing.models import Item
from tests.calls import Reply
from tests.conformance.erp.plant import Plant

pytestmark = pytest.mark.django_db

NEW_BOM = """{
"name": "Widget Pro v3 — Standard BOM",
"productId": "<widget>",
"quantity": 1,
"uom": "units",
"type": "manufacture",
"components": [
{ "productId": "<frame>", "quantity": 1, "uom": "units" },
{ "productId": "<board>", "quantity": 2, "uom": "units" }
],
"operations": [
{ "name": "Assembly", "workcenter": "Line A", "durationMinutes": 35 }
]
}"""
NEW_ORDER = """{
"productId": "<widget>",
"bomId": "<bom>",
"quantity": 100,
"scheduledDate": "2026-04-01T06:00:00Z"
}"""
PRODUCED = '{\n"qty": 25,\n"lotNumber": "LOT-2026-0042"\n}'
OPERATED = '{\n"durationMinutes": 32,\n"notes": "Slight delay on alignment step."\n}'

BOM_FIELDS = ["id", "name", "product", "quantity", "uom", "type", "components", "operations"]
ORDER_FIELDS = ["id", "reference", "product", "bomId", "quantity", "producedQty", "status", "scheduledDate"]
PAGE_ONE = {"page": 1, "limit": 20, "totalPages": 1}
REFERENCE = re.compile(r"MO/20\d\d/\d{4}")


class Printed:
    """The requests of the pages, for one plant."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.ids = {name: str(item.uuid) for name, item in self.items().items()}

    def items(self) -> dict[str, Item]:
        return {"widget": self.plant.widget, "frame": self.plant.frame, "board": self.plant.board}

    def post(self, path: str, body: str = "") -> Reply:
        return self.plant.erp.post(path, re.sub(r"<(\w+)>", lambda found: self.ids[found[1]], body))

    def bom(self) -> Reply:
        reply = self.post("boms", NEW_BOM)
        self.ids["bom"] = reply["id"]
        return reply

    def order(self) -> Reply:
        self.bom()
        reply = self.post("orders", NEW_ORDER)
        self.ids["order"] = reply["id"]
        return reply

    def on_order(self, call: str, body: str = "") -> Reply:
        return self.post(f"orders/{self.ids['order']}/{call}", body)


@pytest.fixture
def printed(plant: Plant) -> Printed:
    return Printed(plant)


def shape(value: Any) -> Any:
    """A JSON value with its leaves replaced by the names of their types, to be compared with what is printed."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return {str: "text", bool: "truth", int: "number", Decimal: "number", type(None): "null"}[type(value)]


def first(names: list[str], row: dict[str, Any]) -> dict[str, Any]:
    """The documented part of an object, which comes first and in the order in which it is printed."""
    assert list(row)[: len(names)] == names
    return {name: row[name] for name in names}


def test_a_bom_is_made_as_printed(printed: Printed) -> None:
    reply = printed.bom()
    assert reply.status == 201, reply.content
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Location"] == f"/api/manufacturing/boms/{reply['id']}"
    told = json.loads(NEW_BOM)
    shown = first(BOM_FIELDS, reply.json)
    for name in ("name", "quantity", "uom", "type", "operations"):
        assert shown[name] == told[name], name


def test_boms_are_listed_as_printed(printed: Printed) -> None:
    printed.bom()
    reply = printed.plant.erp.get(f"boms?productId={printed.ids['widget']}")
    assert reply.status == 200
    assert list(reply.json) == ["data", "meta"]
    assert list(reply["meta"].items()) == [("total", 1), *PAGE_ONE.items()]
    row = first(BOM_FIELDS, reply["data"][0])
    assert row == {
        "id": printed.ids["bom"],
        "name": "Widget Pro v3 — Standard BOM",
        "product": {"id": printed.ids["widget"], "name": "Widget Pro"},
        "quantity": 1,
        "uom": "units",
        "type": "manufacture",
        "components": [
            {"productId": printed.ids["frame"], "name": "Frame", "quantity": 1, "uom": "units"},
            {"productId": printed.ids["board"], "name": "Circuit Board", "quantity": 2, "uom": "units"},
        ],
        "operations": [{"name": "Assembly", "workcenter": "Line A", "durationMinutes": 35}],
    }
    assert list(row["product"]) == ["id", "name"]
    assert [list(part) for part in row["components"]] == [["productId", "name", "quantity", "uom"]] * 2
    assert list(row["operations"][0]) == ["name", "workcenter", "durationMinutes"]
    assert printed.plant.erp.get(f"boms?productId={printed.ids['frame']}")["data"] == []


def test_numbers_are_printed_as_numbers_and_whole_ones_without_a_point(printed: Printed) -> None:
    printed.order()
    for path in ("boms", "orders"):
        content = printed.plant.erp.get(path).content
        assert re.search(rb'"quantity":(1|100),', content), content
    assert b'"durationMinutes":35' in printed.plant.erp.get("boms").content


def test_a_bom_is_got_changed_and_deleted_as_printed(printed: Printed) -> None:
    made = printed.bom()
    path = f"boms/{made['id']}"
    got = printed.plant.erp.get(path)
    assert (got.status, got.json) == (200, made.json)
    assert list(got.json)[:8] == BOM_FIELDS
    changed = printed.plant.erp.patch(path, {"name": "Widget Pro v4"})
    assert (changed.status, changed["name"]) == (200, "Widget Pro v4")
    gone = printed.plant.erp.delete(path)
    assert (gone.status, gone.content) == (204, b"")
    assert printed.plant.erp.get(path).status == 404


@pytest.mark.parametrize("kind", ["manufacture", "phantom", "subcontract"])
def test_there_are_three_types_of_bom(printed: Printed, kind: str) -> None:
    reply = printed.post("boms", NEW_BOM.replace("manufacture", kind))
    assert (reply.status, reply["type"]) == (201, kind)


def test_an_order_is_made_as_printed(printed: Printed) -> None:
    reply = printed.order()
    assert reply.status == 201, reply.content
    assert reply.headers["Location"] == f"/api/manufacturing/orders/{reply['id']}"
    row = first(ORDER_FIELDS, reply.json)
    assert REFERENCE.fullmatch(row.pop("reference"))
    assert row == {
        "id": printed.ids["order"],
        "product": {"id": printed.ids["widget"], "name": "Widget Pro"},
        "bomId": printed.ids["bom"],
        "quantity": 100,
        "producedQty": 0,
        "status": "draft",
        "scheduledDate": "2026-04-01T06:00:00Z",
    }
    assert list(row["product"]) == ["id", "name"]


def test_orders_are_listed_as_printed(printed: Printed) -> None:
    printed.order()
    printed.on_order("confirm")
    assert printed.plant.erp.get("orders?status=in_progress&page=1&limit=20")["data"] == []
    printed.on_order("produce", PRODUCED)
    reply = printed.plant.erp.get("orders?status=in_progress&page=1&limit=20")
    assert reply.status == 200
    assert list(reply.json) == ["data", "meta"]
    assert list(reply["meta"].items()) == [("total", 1), *PAGE_ONE.items()]
    row = first(ORDER_FIELDS, reply["data"][0])
    assert shape(row) == {
        "id": "text",
        "reference": "text",
        "product": {"id": "text", "name": "text"},
        "bomId": "text",
        "quantity": "number",
        "producedQty": "number",
        "status": "text",
        "scheduledDate": "text",
    }
    assert (row["id"], row["producedQty"], row["status"]) == (printed.ids["order"], 25, "in_progress")
    assert (row["bomId"], row["scheduledDate"]) == (printed.ids["bom"], "2026-04-01T06:00:00Z")


def test_confirm_reserves_stock_and_makes_it_confirmed(printed: Printed) -> None:
    printed.order()
    reply = printed.on_order("confirm")
    assert (reply.status, reply["status"]) == (200, "confirmed")
    first(ORDER_FIELDS, reply.json)
    assert printed.plant.balance(printed.plant.frame)[1] == 100
    assert printed.plant.balance(printed.plant.board)[1] == 200


def test_production_adds_up_over_several_calls(printed: Printed) -> None:
    printed.order()
    printed.on_order("confirm")
    for total in (25, 50, 75, 100):
        reply = printed.on_order("produce", PRODUCED)
        assert (reply.status, reply["producedQty"]) == (200, total)
        first(ORDER_FIELDS, reply.json)
    closed = printed.on_order("close")
    assert (closed.status, closed["status"], closed["producedQty"]) == (200, "done", 100)
    first(ORDER_FIELDS, closed.json)


def test_a_work_order_is_started_and_done_as_printed(printed: Printed) -> None:
    printed.order()
    printed.on_order("confirm")
    listed = printed.plant.erp.get(f"orders/{printed.ids['order']}/work-orders")
    assert listed.status == 200
    assert [row["id"] for row in listed["data"]] == ["wo_001"]
    started = printed.on_order("work-orders/wo_001/start")
    assert (started.status, started["id"]) == (200, "wo_001")
    assert started["startedAt"] is not None, "it records the start time"
    done = printed.on_order("work-orders/wo_001/done", OPERATED)
    assert (done.status, done["durationMinutes"]) == (200, 32)
    assert done["notes"] == "Slight delay on alignment step."


def test_the_printed_status_codes(printed: Printed) -> None:
    plant = Plant(frames=0, boards=0)
    poor = Printed(plant)
    poor.order()
    assert poor.on_order("confirm").status == 400, "insufficient stock to confirm"
    assert printed.order().status == 201
    assert printed.on_order("confirm").status == 200
    assert printed.on_order("produce", '{"qty": 101}').status == 422, "produced quantity exceeds order quantity"
    printed.on_order("produce", PRODUCED)
    printed.on_order("close")
    assert printed.on_order("produce", PRODUCED).status == 409, "production order already in terminal state"
    nobody = "018effff-abcd-7000-8000-000000000001"
    assert printed.plant.erp.get(f"orders/{nobody}").status == 404
    assert printed.plant.erp.get(f"boms/{nobody}").status == 404
