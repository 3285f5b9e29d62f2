"""Work orders as an ERP sees them: one for each operation, begun and done inside their order, and moving it only to start it."""

from decimal import Decimal
from typing import Any

import pytest

from orders.models import WorkOrder
from orders.states import State
from tests.conformance.erp.plant import Plant
from tests.evidence import everything

pytestmark = pytest.mark.django_db

STEPS = [
    {"name": "Assembly", "workcenter": "Line A", "durationMinutes": 35},
    {"name": "Packing", "durationMinutes": 0.5},
]


@pytest.fixture
def plant() -> Plant:
    plant = Plant()
    plant.standard = plant.bom(operations=STEPS)
    return plant


def works(plant: Plant, path: str, query: str = "") -> list[dict[str, Any]]:
    reply = plant.erp.get(f"{path}/work-orders{query}")
    assert reply.status == 200, reply.content
    rows: list[dict[str, Any]] = reply["data"]
    return rows


def test_each_operation_is_a_work_order_made_with_the_order(plant: Plant) -> None:
    path = plant.order(quantity=7)
    reply = plant.erp.get(f"{path}/work-orders")
    assert reply["data"] == [
        {"id": "wo_001", "name": "Assembly", "workcenter": "Line A", "sequence": 1, "status": "pending",
         "plannedMinutes": 35, "durationMinutes": None, "startedAt": None, "finishedAt": None, "notes": None},
        {"id": "wo_002", "name": "Packing", "workcenter": None, "sequence": 2, "status": "pending",
         "plannedMinutes": Decimal("0.5"), "durationMinutes": None, "startedAt": None, "finishedAt": None, "notes": None},
    ]  # fmt: skip
    assert reply["meta"] == {"total": 2, "page": 1, "limit": 100, "totalPages": 1}
    assert [work["id"] for work in works(plant, path, "?limit=1&page=2")] == ["wo_002"]
    assert plant.erp.get(f"{path}/work-orders?page=0").status == 422


@pytest.mark.parametrize("fields", [{"operations": []}, {"type": "subcontract"}])
def test_without_operations_of_ones_own_there_are_none(plant: Plant, fields: dict[str, Any]) -> None:
    path = plant.order(bomId=plant.bom(**fields)["id"])
    assert works(plant, path) == []
    assert plant.erp.post(f"{path}/work-orders/wo_001/start").status == 404


def test_done_keeps_what_was_said(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    begun = plant.erp.post(f"{path}/work-orders/wo_001/start")
    assert (begun["status"], begun["finishedAt"], begun["durationMinutes"]) == ("in_progress", None, None)
    body = {"durationMinutes": 32, "notes": "Slight delay on alignment step."}
    done = plant.erp.post(f"{path}/work-orders/wo_001/done", body)
    assert (done.status, done["status"], done["durationMinutes"], done["notes"]) == (200, "done", 32, body["notes"])
    assert done["startedAt"] == begun["startedAt"] and done["finishedAt"]
    assert works(plant, path)[0] == done.json


def test_without_a_duration_it_is_the_time_since_the_start(plant: Plant) -> None:
    path = plant.order(State.IN_PRODUCTION)
    plant.erp.post(f"{path}/work-orders/wo_001/start")
    work = WorkOrder.objects.get(order=plant.core(path), sequence=1)
    work.started_at = work.started_at.replace(year=work.started_at.year - 1)
    work.save()
    done = plant.erp.post(f"{path}/work-orders/wo_001/done", {"durationMinutes": None, "notes": None})
    assert 365 * 1440 <= done["durationMinutes"] <= 366 * 1440 + 1
    assert done["notes"] is None


def test_the_first_start_starts_the_order_and_the_last_done_ends_nothing(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    plant.erp.post(f"{path}/work-orders/wo_002/start")
    assert plant.erp.get(path)["status"] == "in_progress"
    for call in ("wo_002/done", "wo_001/start", "wo_001/done"):
        assert plant.erp.post(f"{path}/work-orders/{call}").status == 200
    assert plant.erp.get(path)["status"] == "in_progress"
    assert plant.verbs(path)[2:] == ["start", "begin_work", "finish_work", "begin_work", "finish_work"]
    assert plant.core(path).events.latest("seq").data["workOrder"] == "wo_001"


def test_on_a_paused_order_work_begins_and_it_stays_paused(plant: Plant) -> None:
    path = plant.order(State.PAUSED)
    assert plant.erp.post(f"{path}/work-orders/wo_001/start").status == 200
    assert plant.core(path).state == "paused"


def test_a_hold_refuses_the_start_and_leaves_the_order_confirmed(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    plant.do("hold", path)
    before = everything()
    reply = plant.erp.post(f"{path}/work-orders/wo_001/start")
    assert (reply.status, reply.code) == (409, "order_on_hold")
    assert everything() == before


def test_closing_ends_what_runs_and_leaves_what_is_pending(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    plant.erp.post(f"{path}/work-orders/wo_001/start")
    plant.erp.post(f"{path}/close")
    ended, pending = works(plant, path)
    assert (ended["status"], pending["status"]) == ("done", "pending")
    assert ended["durationMinutes"] is not None and ended["finishedAt"]
    before = everything()
    for call in ("wo_001/done", "wo_002/start", "wo_002/done"):
        reply = plant.erp.post(f"{path}/work-orders/{call}")
        assert (reply.status, reply.code) == (409, "terminal_state")
    assert everything() == before


def test_a_refusal_names_the_work_order_and_its_status(plant: Plant) -> None:
    path = plant.order(State.IN_PRODUCTION)
    early = plant.erp.post(f"{path}/work-orders/wo_001/done")
    assert (early["message"], early["details"]) == (
        "Work order wo_001 is pending and cannot be finished now", {"status": "pending"},
    )  # fmt: skip
    plant.erp.post(f"{path}/work-orders/wo_001/start")
    again = plant.erp.post(f"{path}/work-orders/wo_001/start")
    assert again["message"] == "Work order wo_001 is in progress and cannot be started now"


@pytest.mark.parametrize("name", ["wo_003", "wo_01", "wo_0001", "wo_000", "1", "WO_001", "wo_99999", "wo_٠٠١"])
def test_a_name_that_no_work_order_of_the_order_has_is_missing(plant: Plant, name: str) -> None:
    longer = plant.bom(operations=[*STEPS, {"name": "Shipping"}])
    plant.order(State.IN_PRODUCTION, bomId=longer["id"])
    path = plant.order(State.IN_PRODUCTION)
    before = everything()
    for call in ("start", "done"):
        reply = plant.erp.post(f"{path}/work-orders/{name}/{call}", {"foo": 1})
        assert (reply.status, reply["message"]) == (404, "Work order not found")
    assert everything() == before


@pytest.mark.parametrize(
    "fields",
    [{"durationMinutes": -1}, {"durationMinutes": "32"}, {"durationMinutes": 1.00001}, {"durationMinutes": 1e10},
     {"notes": "x" * 4001}, {"notes": 5}, {"notes": "\0"}, {"minutes": 5}],
)  # fmt: skip
def test_what_cannot_be_said_of_a_work_order_is_refused(plant: Plant, fields: dict[str, Any]) -> None:
    path = plant.order(State.IN_PRODUCTION)
    plant.erp.post(f"{path}/work-orders/wo_001/start")
    before = everything()
    reply = plant.erp.post(f"{path}/work-orders/wo_001/done", fields)
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert everything() == before


def test_a_work_order_as_it_was_read_can_be_sent_back(plant: Plant) -> None:
    path = plant.order(State.IN_PRODUCTION)
    begun = plant.erp.post(f"{path}/work-orders/wo_001/start", works(plant, path)[0])
    assert begun.status == 200, begun.content
    assert plant.erp.post(f"{path}/work-orders/wo_001/done", begun.json | {"status": "pending"})["status"] == "done"


def test_the_same_key_again_begins_nothing_twice(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    first = plant.erp.post(f"{path}/work-orders/wo_001/start", idempotency_key="k")
    again = plant.erp.post(f"{path}/work-orders/wo_001/start", idempotency_key="k")
    assert (again.status, again.content) == (200, first.content)
    assert plant.verbs(path).count("begin_work") == 1


@pytest.mark.parametrize(("role", "status"), [("planner", 200), ("technician", 200), ("operator", 200),
                                              ("qa", 403), ("engineer", 403), ("viewer", 403)])  # fmt: skip
def test_who_may_begin_and_finish_work(plant: Plant, role: str, status: int) -> None:
    path = plant.order(State.APPROVED)
    told = [plant.as_(role).post(f"{path}/work-orders/wo_001/{call}").status for call in ("start", "done")]
    assert told == [status, status]
    assert plant.as_(role).get(f"{path}/work-orders").status == 200
