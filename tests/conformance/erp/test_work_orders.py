"""Work orders: one for each step of the BOM, begun and finished by hand, in any order and only forwards."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from factoryos.kernel import clock
from orders.states import State
from tests.conformance.erp.plant import Plant
from tests.evidence import everything

pytestmark = pytest.mark.django_db

FIELDS = [
    "id", "name", "workcenter", "sequence", "status", "plannedMinutes", "durationMinutes", "startedAt", "finishedAt",
    "notes",
]  # fmt: skip
STEPS = [
    {"name": "Assembly", "workcenter": "Line A", "durationMinutes": 35},
    {"name": "Test", "workcenter": "Bench"},
    {"name": "Pack"},
]
NOON = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def path(plant: Plant) -> str:
    """A confirmed order with three work orders."""
    return plant.order(State.APPROVED, bomId=plant.bom(operations=STEPS)["id"])


@pytest.fixture
def at(request: pytest.FixtureRequest) -> Callable[[datetime], None]:
    """Sets the clock, until the test is over."""
    request.addfinalizer(lambda: clock.use(None))
    return lambda instant: clock.use(lambda: instant)


def rows(plant: Plant, path: str) -> Any:
    return plant.erp.get(f"{path}/work-orders")["data"]


def test_there_is_one_for_each_step_as_soon_as_the_order_is_made(plant: Plant) -> None:
    path = plant.order(bomId=plant.bom(operations=STEPS)["id"])
    reply = plant.as_("viewer").get(f"{path}/work-orders")
    assert reply.status == 200
    assert list(reply.json) == ["data", "meta"]
    assert reply["meta"] == {"total": 3, "page": 1, "limit": 100, "totalPages": 1}
    assert [list(row) for row in reply["data"]] == [FIELDS] * 3
    assert reply["data"][0] == {
        "id": "wo_001", "name": "Assembly", "workcenter": "Line A", "sequence": 1, "status": "pending",
        "plannedMinutes": 35, "durationMinutes": None, "startedAt": None, "finishedAt": None, "notes": None,
    }  # fmt: skip
    assert [(row["id"], row["sequence"], row["plannedMinutes"]) for row in reply["data"]] == [
        ("wo_001", 1, 35), ("wo_002", 2, 0), ("wo_003", 3, 0),
    ]  # fmt: skip
    plant.do("approve", path)
    assert rows(plant, path) == reply["data"], "they are stable"


def test_they_are_listed_by_pages(plant: Plant, path: str) -> None:
    reply = plant.erp.get(f"{path}/work-orders?limit=2&page=2")
    assert ([row["id"] for row in reply["data"]], reply["meta"]["totalPages"]) == (["wo_003"], 2)
    assert plant.erp.get(f"{path}/work-orders?limit=500")["meta"]["limit"] == 100
    assert plant.erp.get(f"{path}/work-orders?page=0").status == 422


def test_an_order_without_steps_has_none(plant: Plant) -> None:
    path = plant.order(bomId=plant.bom(operations=[])["id"])
    reply = plant.erp.get(f"{path}/work-orders")
    assert (reply.status, reply["data"]) == (200, [])
    assert reply["meta"] == {"total": 0, "page": 1, "limit": 100, "totalPages": 0}


def test_starting_one_starts_a_confirmed_order_in_the_same_breath(plant: Plant, path: str) -> None:
    reply = plant.erp.post(f"{path}/work-orders/wo_002/start")
    assert reply.status == 200
    assert list(reply.json) == FIELDS
    assert (reply["id"], reply["status"], reply["finishedAt"]) == ("wo_002", "in_progress", None)
    assert plant.erp.get(path)["status"] == "in_progress"
    assert [row["status"] for row in rows(plant, path)] == ["pending", "in_progress", "pending"]
    assert plant.erp.post(f"{path}/work-orders/wo_001/start").status == 200, "earlier ones need not be done first"
    assert plant.verbs(path).count("start") == 1


def test_done_records_the_minutes_since_the_start(plant: Plant, path: str, at: Callable[[datetime], None]) -> None:
    at(NOON)
    started = plant.erp.post(f"{path}/work-orders/wo_001/start")
    assert started["startedAt"] == "2026-04-01T12:00:00Z"
    at(NOON + timedelta(minutes=7, seconds=20))
    done = plant.erp.post(f"{path}/work-orders/wo_001/done")
    assert b'"durationMinutes":7.33,' in done.content
    assert (done["status"], done["finishedAt"], done["startedAt"]) == (
        "done", "2026-04-01T12:07:20Z", "2026-04-01T12:00:00Z",
    )  # fmt: skip
    assert rows(plant, path)[0] == done.json


@pytest.mark.parametrize("minutes", [0, 32, 0.25])
def test_done_takes_minutes_and_notes(plant: Plant, path: str, minutes: Any) -> None:
    plant.erp.post(f"{path}/work-orders/wo_001/start")
    body = {"durationMinutes": minutes, "notes": " Slight delay on alignment step. "}
    done = plant.erp.post(f"{path}/work-orders/wo_001/done", body)
    assert (done.status, float(done["durationMinutes"])) == (200, float(minutes))
    assert done["notes"] == "Slight delay on alignment step."


@pytest.mark.parametrize(
    "body",
    [{"durationMinutes": -1}, {"durationMinutes": "32"}, {"durationMinutes": True}, {"notes": "x" * 4001}, {"notes": 5},
     {"notes": "a\u0000b"}, {"minutes": 5}],
    ids=str,
)  # fmt: skip
def test_done_refuses_what_cannot_be(plant: Plant, path: str, body: dict[str, Any]) -> None:
    plant.erp.post(f"{path}/work-orders/wo_001/start")
    before = everything()
    reply = plant.erp.post(f"{path}/work-orders/wo_001/done", body)
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert everything() == before
    assert rows(plant, path)[0]["status"] == "in_progress"


def test_what_the_work_order_shows_is_ignored(plant: Plant, path: str) -> None:
    started = plant.erp.post(f"{path}/work-orders/wo_001/start")
    reply = plant.erp.send("POST", f"{path}/work-orders/wo_001/done", b'{"status":"pending","name":"x","sequence":9}')
    assert (reply.status, reply["status"], reply["name"], reply["sequence"]) == (200, "done", "Assembly", 1)
    assert reply["startedAt"] == started["startedAt"]


def test_the_last_one_done_does_not_move_the_order(plant: Plant, path: str) -> None:
    for number in (1, 2, 3):
        for call in ("start", "done"):
            assert plant.erp.post(f"{path}/work-orders/wo_00{number}/{call}").status == 200
    assert plant.core(path).state == State.IN_PRODUCTION
    assert plant.erp.get(path)["producedQty"] == 0


def test_nothing_goes_back(plant: Plant, path: str) -> None:
    plant.erp.post(f"{path}/work-orders/wo_001/start")
    plant.erp.post(f"{path}/work-orders/wo_002/start")
    plant.erp.post(f"{path}/work-orders/wo_002/done")
    before = everything()
    for call in ("wo_001/start", "wo_002/start", "wo_002/done", "wo_003/done"):
        reply = plant.erp.post(f"{path}/work-orders/{call}")
        assert (reply.status, reply.code) == (409, "illegal_state"), call
    assert everything() == before


def test_a_hold_refuses_the_start(plant: Plant, path: str) -> None:
    plant.do("hold", path)
    before = everything()
    reply = plant.erp.post(f"{path}/work-orders/wo_001/start")
    assert (reply.status, reply.code) == (409, "order_on_hold")
    assert everything() == before


def test_a_paused_order_stays_paused(plant: Plant) -> None:
    path = plant.order(State.PAUSED)
    assert plant.erp.post(f"{path}/work-orders/wo_001/start").status == 200
    assert plant.core(path).state == State.PAUSED


def test_a_number_means_something_only_within_its_order(plant: Plant, path: str) -> None:
    short = plant.order(State.APPROVED)  # it has only wo_001
    for call in ("start", "done"):
        for number in ("wo_002", "wo_999", "wo_000", "wo_1", "WO_001", "1", "x"):
            reply = plant.erp.post(f"{short}/work-orders/{number}/{call}")
            assert (reply.status, reply.code, reply["message"]) == (404, "not_found", "Work order not found"), number
    nobody = plant.erp.post(f"{path[:-1]}{'0' if path[-1] != '0' else '1'}/work-orders/wo_001/start")
    assert nobody.status == 404
    plant.erp.post(f"{short}/work-orders/wo_001/start")
    assert rows(plant, path)[0]["status"] == "pending", "another order's wo_001 is another one"


def test_an_order_from_elsewhere_shows_the_steps_that_its_schedule_gave_it(plant: Plant) -> None:
    path = plant.order(bomId=plant.bom(operations=STEPS)["id"])
    plant.do("approve", path)
    plant.do("schedule", path)
    assert [row["id"] for row in rows(plant, path)] == ["wo_001", "wo_002", "wo_003"]


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_single_one_is_neither_read_nor_changed(plant: Plant, path: str, method: str) -> None:
    assert plant.erp.send(method, f"{path}/work-orders/wo_001", None if method == "GET" else {}).status == 404
    reply = plant.erp.send(method, f"{path}/work-orders/wo_001/start", None if method == "GET" else {})
    assert (reply.status, reply.headers["Allow"]) == (405, "POST")
