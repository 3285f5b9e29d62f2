"""Production orders: what one looks like, how it is made, confirmed, closed and cancelled."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from factoryos.kernel import clock
from factoryos.kernel.models import Counter
from manufacturing.models import Reservation
from orders.states import State
from tests.conformance.erp.plant import Plant, part
from tests.evidence import everything

pytestmark = pytest.mark.django_db

ROW = [
    "id", "reference", "product", "bomId", "quantity", "producedQty", "status", "scheduledDate",
    "bomVersion", "rejectedQty", "remainingQty", "onHold", "origin",
    "priority", "notes",  # what can be given can be read
    "startedAt", "finishedAt", "createdAt", "updatedAt",
]  # fmt: skip
PART = ["productId", "name", "uom", "requiredQty", "reservedQty", "consumedQty"]


def refused(plant: Plant, **fields: Any) -> list[str]:
    """What an order with these fields is refused for; nothing is made."""
    wanted, before = plant.wanted(**fields), everything()
    reply = plant.erp.post("orders", wanted)
    assert (reply.status, reply.code) == (422, "validation_failed"), reply.content
    assert everything() == before
    assert isinstance(reply["message"], list)
    return list(reply["message"])


def test_an_order_shows_all_of_its_fields(plant: Plant) -> None:
    path = plant.order(scheduledDate="2026-03-20T06:00:00Z", quantity=50)
    plant.erp.post(f"{path}/confirm")
    plant.erp.post(f"{path}/produce", {"qty": 23, "lotNumber": "LOT-2026-0042"})
    shown = plant.erp.get(path)
    assert list(shown.json) == [*ROW, "components", "lots"]
    assert (shown["quantity"], shown["producedQty"], shown["rejectedQty"], shown["remainingQty"]) == (50, 23, 0, 27)
    assert (shown["onHold"], shown["origin"], shown["finishedAt"], shown["bomVersion"]) == (False, "erp", None, 1)
    assert shown["createdAt"] <= shown["startedAt"] <= shown["updatedAt"]
    assert [list(row) for row in shown["components"]] == [PART] * 2
    assert shown["components"][0] == {
        "productId": str(plant.frame.uuid), "name": "Frame", "uom": "pcs",
        "requiredQty": 50, "reservedQty": 27, "consumedQty": 23,
    }  # fmt: skip
    assert shown["lots"] == [{"lotNumber": "LOT-2026-0042", "quantity": 23}]
    assert shown.headers["ETag"] == f'"{plant.core(path).version}"'
    (row,) = plant.erp.get("orders")["data"]
    assert row == {name: shown[name] for name in row}
    assert list(row)[: len(ROW)] == ROW


def test_what_may_be_left_out(plant: Plant) -> None:
    plant.standard  # noqa: B018 the only BOM
    reply = plant.erp.post("orders", {"productId": str(plant.widget.uuid), "quantity": 5})
    assert reply.status == 201
    assert (reply["bomId"], reply["scheduledDate"], reply["status"]) == (plant.standard["id"], None, "draft")
    assert reply.headers["Location"] == f"/api/manufacturing/orders/{reply['id']}"
    assert reply.headers["ETag"] == '"1"'
    core = plant.core(f"orders/{reply['id']}")
    assert (core.over_production, core.priority, core.origin, core.state) == ("strict", "standard", "erp", State.DRAFT)


@pytest.mark.parametrize("field", ["productId", "quantity"])
def test_two_fields_are_required(plant: Plant, field: str) -> None:
    assert [message.split()[0] for message in refused(plant, **{field: None})] == [field]


@pytest.mark.parametrize(
    "fields",
    [
        {"quantity": 0}, {"quantity": -5}, {"quantity": "100"}, {"quantity": True}, {"quantity": 2.5},
        {"quantity": 1_000_000_001}, {"scheduledDate": "soon"}, {"scheduledDate": "2026-02-30T00:00:00Z"},
        {"scheduledDate": 5}, {"priority": "urgent"}, {"notes": "x" * 4001}, {"notes": "a\u0000b"}, {"bomId": 5},
        {"productId": "WIDGET-PRO"},
    ],
    ids=str,
)  # fmt: skip
def test_a_field_that_cannot_be_is_named(plant: Plant, fields: dict[str, Any]) -> None:
    (name,) = fields
    assert refused(plant, **fields)[0].startswith(name)


def test_every_fault_is_told_at_once(plant: Plant) -> None:
    messages = refused(plant, quantity=0, scheduledDate="soon")
    assert [message.split()[0] for message in messages] == ["quantity", "scheduledDate"]
    assert messages[0] == "quantity must be a positive number"


def test_without_a_bom_there_is_nothing_to_order(plant: Plant) -> None:
    refused(plant, productId=str(plant.frame.uuid), bomId=None)


def test_priority_and_notes_are_kept(plant: Plant) -> None:
    path = plant.order(priority="rush", notes="Two\nlines", scheduledDate="2020-01-01T00:00:00Z")
    core = plant.core(path)
    assert (core.priority, core.notes) == ("rush", "Two\nlines")
    shown = plant.erp.get(path)
    assert (shown["priority"], shown["notes"]) == ("rush", "Two\nlines")
    assert shown["scheduledDate"] == "2020-01-01T00:00:00Z", "the past is allowed"


def test_references_count_by_year_in_the_factorys_zone() -> None:
    plant, there = Plant(time_zone="Asia/Kuala_Lumpur"), Plant()
    eve = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)  # midnight in Kuala Lumpur
    found = []
    try:
        for instant in (eve - timedelta(seconds=1), eve - timedelta(seconds=1), eve):
            clock.use(lambda now=instant: now)
            found += [plant.erp.get(plant.order())["reference"]]
        clock.use(lambda: eve)
        assert there.erp.get(there.order())["reference"] == "MO/2026/0001"
    finally:
        clock.use(None)
    assert found == ["MO/2026/0001", "MO/2026/0002", "MO/2027/0001"]


def test_references_grow_past_four_digits_and_leave_no_gaps(plant: Plant) -> None:
    plant.order()
    Counter.objects.filter(factory=plant.factory, series__startswith="MO").update(last=9998)
    year = plant.erp.get(plant.order())["reference"][:8]
    assert plant.erp.post("orders", plant.wanted() | {"bomId": plant.standard["id"], "quantity": 0}).status == 422
    assert plant.erp.get(plant.order())["reference"] == f"{year}10000"


# --- confirm


def test_the_need_is_rounded_up_to_the_unit_once_at_the_end(plant: Plant) -> None:
    plant.board.unit_decimals = 2
    plant.board.save()
    bom = plant.bom(quantity=3, components=[part(plant.frame, 1), part(plant.board, 2)])
    path = plant.order(bomId=bom["id"], quantity=10)
    reply = plant.erp.post(f"{path}/confirm")
    assert (reply["components"][0]["requiredQty"], reply["components"][0]["reservedQty"]) == (4, 4)
    assert b'"requiredQty":6.67,"reservedQty":6.67,' in reply.content
    assert plant.balance(plant.frame)[1] == 4


def test_what_others_have_reserved_is_not_there(plant: Plant) -> None:
    plant = Plant(boards=350)
    plant.order(State.APPROVED)
    path = plant.order()
    before = everything()
    reply = plant.erp.post(f"{path}/confirm")
    assert (reply.status, reply.code) == (400, "insufficient_stock")
    missing = reply["details"]["missing"]
    assert [(row["name"], row["required"], row["available"], row["short"]) for row in missing] == [
        ("Circuit Board", 200, 150, 50)
    ]
    assert everything() == before
    assert (plant.balance(plant.board)[1], plant.balance(plant.frame)[1]) == (200, 100)


def test_everything_that_is_missing_is_told() -> None:
    plant = Plant(frames=0, boards=0)
    reply = plant.erp.post(f"{plant.order()}/confirm")
    assert [row["short"] for row in reply["details"]["missing"]] == [100, 200]


def test_what_expires_first_is_reserved_first(plant: Plant) -> None:
    glue = plant.item("GLUE", tracking="lot")
    for lot, month in (("late", 12), ("soon", 1), ("later", 6)):
        plant.stock(glue, 60, lot, best_before=datetime(2027, month, 1, tzinfo=UTC))
    bom = plant.bom(components=[part(glue, 1)])
    plant.order(State.APPROVED, bomId=bom["id"])
    assert [plant.balance(glue, lot)[1] for lot in ("soon", "later", "late")] == [60, 40, 0]


def test_confirm_is_one_event_and_announced(plant: Plant) -> None:
    path = plant.order()
    plant.erp.post(f"{path}/confirm")
    event = plant.core(path).events.last()
    assert event is not None
    assert (event.verb, event.face, event.credential, event.actor_name) == ("approve", "erp", "api_key", "ERP key")


# --- close and cancel


def test_close_ends_production_and_nothing_more(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    plant.erp.post(f"{path}/produce", {"qty": 80})
    reply = plant.erp.post(f"{path}/close", {})
    assert (reply.status, reply["status"], reply["remainingQty"]) == (200, "done", 20)
    assert reply["finishedAt"] is not None
    assert plant.core(path).state == State.COMPLETED
    assert [row["reservedQty"] for row in reply["components"]] == [0, 0]
    assert plant.balance(plant.board) == (10_000 - 160, 0)
    assert not Reservation.objects.exists()


def test_close_is_refused_under_a_hold_and_cancel_is_not(plant: Plant) -> None:
    path = plant.order(State.IN_PRODUCTION)
    plant.do("hold", path)
    before = everything()
    reply = plant.erp.post(f"{path}/close")
    assert (reply.status, reply.code) == (409, "order_on_hold")
    assert everything() == before
    assert plant.erp.get(path)["onHold"] is True
    assert plant.admin.post(f"{path}/cancel")["status"] == "cancelled"


def test_close_ends_running_work_orders_and_leaves_pending_ones(plant: Plant) -> None:
    bom = plant.bom(operations=[{"name": name} for name in ("a", "b", "c")])
    path = plant.order(State.APPROVED, bomId=bom["id"])
    for call in ("wo_001/start", "wo_001/done", "wo_002/start"):
        assert plant.erp.post(f"{path}/work-orders/{call}").status == 200
    assert plant.erp.post(f"{path}/close").status == 200
    rows = plant.erp.get(f"{path}/work-orders")["data"]
    assert [row["status"] for row in rows] == ["done", "done", "pending"]
    assert rows[1]["finishedAt"] is not None
    assert plant.erp.post(f"{path}/work-orders/wo_003/start").code == "terminal_state"


def test_cancel_keeps_what_was_made_and_the_reason(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    plant.erp.post(f"{path}/produce", {"qty": 30})
    for reason in ("x" * 501, 5):
        assert plant.admin.post(f"{path}/cancel", {"reason": reason}).status == 422
    reply = plant.admin.post(f"{path}/cancel", {"reason": "x" * 500})
    assert (reply.status, reply["status"], reply["producedQty"]) == (200, "cancelled", 30)
    assert plant.balance(plant.widget)[0] == 30
    assert plant.balance(plant.board) == (10_000 - 60, 0)
    event = plant.core(path).events.last()
    assert event is not None and event.reason == "x" * 500


@pytest.mark.parametrize(
    ("call", "roles"),
    [
        ("confirm", {"planner", "operator"}),
        ("produce", {"planner", "technician", "operator"}),
        ("close", {"planner", "technician", "operator"}),
        ("cancel", {"planner", "operator"}),
        ("work-orders/wo_001/start", {"planner", "technician", "operator"}),
        ("work-orders/wo_001/done", {"planner", "technician", "operator"}),
    ],
)
def test_who_may_call_what(plant: Plant, call: str, roles: set[str]) -> None:
    path, body = plant.order(), {"qty": 0} if call == "produce" else None
    for role in ("planner", "technician", "qa", "engineer", "operator", "viewer"):
        reply = plant.as_(role).post(f"{path}/{call}", body, if_match='"77"')
        assert (reply.status == 403) is (role not in roles), (role, reply.content)
        if reply.status == 403:
            assert (reply.code, reply["error"]) == ("role_missing", "Forbidden")


def test_who_may_make_orders_and_boms(plant: Plant) -> None:
    calls: list[tuple[str, str, set[str]]] = [
        ("POST", "orders", {"planner"}),
        ("POST", "boms", {"engineer", "planner"}),
        ("PATCH", f"boms/{plant.standard['id']}", {"engineer", "planner"}),
        ("DELETE", f"boms/{plant.standard['id']}", {"engineer", "planner"}),
        ("POST", "/api/inventory/receipts", {"planner", "engineer", "operator"}),
    ]
    for method, path, roles in calls:
        for role in ("planner", "technician", "qa", "engineer", "operator", "viewer"):
            reply = plant.as_(role).send(method, path, {"colour": "red"})
            expected = 422 if role in roles else 403
            assert reply.status == expected, (method, path, role, reply.content)
