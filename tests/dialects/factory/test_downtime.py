"""Downtime and its plans through the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from factoryos.dialects.base.answers import moment
from iot.models import Downtime, PlannedDowntime
from tests.calls import Plant, Reply
from tests.evidence import everything

pytestmark = pytest.mark.django_db

DOWN = {"machineCode": "PRESS-01", "startedAt": "2025-04-20T09:12:00+02:00"}
PLAN = {"kind": "maintenance", "startsAt": "2025-04-20T09:00:00Z", "endsAt": "2025-04-20T10:00:00Z"}


@pytest.fixture
def plant() -> Plant:
    return Plant()


def log(plant: Plant, **body: Any) -> Reply:
    return plant.as_("technician").post("downtime/events", DOWN | body)


def refused(reply: Reply) -> list[str]:
    assert (reply.status, reply.code) == (400, "validation_failed"), reply.content
    told: list[str] = reply["message"]
    return told


def test_a_downtime_is_logged_and_listed(plant: Plant) -> None:
    reply = log(plant, category="tooling", notes=" Punch broke\nagain ")
    assert reply.status == 201, reply.content
    row = Downtime.objects.get()
    assert {**reply.json, "raisedBy": 0, "createdAt": 0, "updatedAt": 0} == {
        "id": str(row.uuid), "machineId": str(plant.press.uuid), "machineCode": "PRESS-01",
        "startedAt": "2025-04-20T07:12:00.000Z", "endedAt": None, "category": "tooling", "notes": "Punch broke\nagain",
        "raisedBy": 0, "createdAt": 0, "updatedAt": 0,
    }  # fmt: skip
    assert reply["raisedBy"]["name"] == "technician"
    log(plant, machineCode="CNC-001")
    viewer = plant.as_("viewer")
    assert [found["machineCode"] for found in viewer.get("downtime/events")["data"]] == ["CNC-001", "PRESS-01"]
    assert viewer.get("downtime/events?machineId=press-01")["data"] == [reply.json]
    assert viewer.get("downtime/events?machineId=NONE")["data"] == []


def test_it_is_ended_corrected_and_opened_again(plant: Plant) -> None:
    path = f"downtime/events/{log(plant)['id']}"
    engineer = plant.as_("engineer")
    ended = engineer.patch(path, {"endedAt": "2025-04-20T08:00:00Z", "category": "setup"})
    assert (ended.status, ended["endedAt"], ended["category"]) == (200, "2025-04-20T08:00:00.000Z", "setup")
    assert engineer.patch(path, ended.json)["endedAt"] == ended["endedAt"]  # as it was read
    assert engineer.patch(path, {"endedAt": None})["endedAt"] is None
    assert "endedAt must be after startedAt" in refused(engineer.patch(path, {"endedAt": DOWN["startedAt"]}))


def test_an_overlap_is_refused_and_changes_nothing(plant: Plant) -> None:
    log(plant, endedAt="2025-04-20T08:00:00Z")
    other = log(plant, startedAt="2025-04-20T08:00:00Z", endedAt="2025-04-20T09:00:00Z")
    before = everything()
    for reply in (
        log(plant, startedAt="2025-04-20T07:59:00Z"),
        plant.admin.patch(f"downtime/events/{other['id']}", {"startedAt": "2025-04-20T07:59:59.999Z"}),
    ):
        assert (reply.status, reply.code) == (409, "overlap")
        assert reply["details"] == {
            "machineCode": "PRESS-01", "startedAt": "2025-04-20T07:12:00.000Z", "endedAt": "2025-04-20T08:00:00.000Z"
        }  # fmt: skip
        assert reply["message"] == "PRESS-01 was down already from 2025-04-20 07:12 UTC to 2025-04-20 08:00 UTC"
    assert everything() == before


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"machineCode": None}, "machineCode should not be empty"),
        ({"machineId": "CNC-001"}, "machineCode must name the same machine as machineId"),
        ({"startedAt": None}, "startedAt must be a valid ISO 8601 date string"),
        ({"startedAt": "2025-02-30T00:00:00Z"}, "startedAt must be a valid ISO 8601 date string"),
        ({"endedAt": "2025-04-20T07:12:00Z"}, "endedAt must be after startedAt"),
        ({"category": "lunch"}, "category must be one of"),
        ({"notes": "x" * 4001}, "notes must be shorter than or equal to 4000 characters"),
        ({"startedat": "2025-04-20T07:12:00Z"}, "property startedat should not exist"),
    ],
)
def test_wrong_fields_are_refused(plant: Plant, body: dict[str, Any], message: str) -> None:
    before = everything()
    assert any(told.startswith(message) for told in refused(log(plant, **body))), body
    assert everything() == before


def test_no_machine_and_the_future_are_refused(plant: Plant) -> None:
    technician = plant.as_("technician")
    assert refused(technician.post("downtime/events", {"startedAt": DOWN["startedAt"]})) == [
        "machineId should not be empty"
    ]
    now = datetime.now(UTC)
    assert refused(log(plant, startedAt=moment(now + timedelta(minutes=6)))) == [
        "startedAt must not be more than 5 minutes ahead"
    ]
    assert not Downtime.objects.exists()
    assert log(plant, startedAt=moment(now + timedelta(minutes=4))).status == 201


def test_a_stranger_is_told_the_same_as_of_nothing(plant: Plant) -> None:
    there = Plant()
    theirs = log(there)["id"]
    path = f"downtime/events/{theirs}"
    plan = there.admin.post("planned-downtime", PLAN)["id"]
    before = everything()
    assert (plant.admin.patch(path, {"notes": "mine"}).status, there.admin.get("downtime/events")["meta"]["total"]) == (
        404, 1,
    )  # fmt: skip
    assert plant.admin.send("DELETE", f"planned-downtime/{plan}").status == 404
    assert log(plant, machineCode=str(there.press.uuid))["message"] == "Machine not found"
    assert plant.admin.get("downtime/events")["data"] == plant.admin.get("planned-downtime")["data"] == []
    assert everything() == before


@pytest.mark.parametrize("role", ["planner", "qa", "viewer"])
def test_who_may_not_log(plant: Plant, role: str) -> None:
    reply = plant.as_(role).post("downtime/events", DOWN)
    assert (reply.status, reply["details"]) == (403, {"anyOf": ["engineer", "operator", "technician"]})
    assert not Downtime.objects.exists()


def test_downtime_is_planned_listed_and_withdrawn(plant: Plant) -> None:
    planner = plant.as_("planner")
    whole = planner.post("planned-downtime", PLAN)
    own = planner.post("planned-downtime", PLAN | {"machineId": "PRESS-01"})
    assert (whole.status, whole["machineId"], whole["machineCode"]) == (201, None, None)
    assert (own["machineId"], own["createdBy"]["name"]) == (str(plant.press.uuid), "planner")
    viewer = plant.as_("viewer")
    assert viewer.get("planned-downtime")["data"] == [own.json, whole.json]
    assert viewer.get("planned-downtime?machineId=PRESS-01")["data"] == [own.json]
    gone = planner.send("DELETE", f"planned-downtime/{whole['id']}")
    assert (gone.status, gone.content) == (204, b"")
    assert planner.send("DELETE", f"planned-downtime/{whole['id']}").status == 404
    assert PlannedDowntime.objects.count() == 1


def test_what_was_read_can_be_sent_back(plant: Plant) -> None:
    """With both names of the machine, and with neither."""
    for machine in ({"machineId": "PRESS-01"}, {}):
        plan = plant.admin.post("planned-downtime", PLAN | machine)
        again = plant.admin.post("planned-downtime", plan.json)
        assert (again.status, again["machineCode"]) == (201, plan["machineCode"])
    down = log(plant, endedAt="2025-04-20T08:00:00Z")
    assert log(plant, **down.json).code == "overlap"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"kind": "lunch"}, "kind must be one of"),
        ({"endsAt": PLAN["startsAt"]}, "endsAt must be after startsAt"),
        ({"machineId": "PRESS-01", "machineCode": "CNC-001"}, "machineCode must name the same machine as machineId"),
    ],
)
def test_wrong_plans_are_refused(plant: Plant, body: dict[str, Any], message: str) -> None:
    assert refused(plant.as_("operator").post("planned-downtime", PLAN | body))[0].startswith(message)
    assert not PlannedDowntime.objects.exists()


def test_who_may_not_plan(plant: Plant) -> None:
    assert plant.as_("technician").post("planned-downtime", PLAN).status == 403
    assert not PlannedDowntime.objects.exists()
