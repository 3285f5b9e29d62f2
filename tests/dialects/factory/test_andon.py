"""Calls for help through the API."""

from typing import Any

import pytest

from factoryos.dialects.factory.stream_views import shown
from factoryos.kernel import outbox
from factoryos.kernel.ids import uuid7
from factoryos.kernel.live import Announcement
from factoryos.kernel.models import OutboxMessage
from factoryos.kernel.permissions import ROLES
from factoryos.ops.live import topics
from iot.models import AndonCall
from tests.calls import Plant, Reply
from tests.evidence import everything

pytestmark = pytest.mark.django_db

BODY = {"machineCode": "PRESS-01", "reason": "tooling_change"}


@pytest.fixture
def plant() -> Plant:
    return Plant()


def raised(plant: Plant, **body: Any) -> Reply:
    reply = plant.as_("technician").post("andon", BODY | body)
    assert reply.status in {200, 201}, reply.content
    return reply


def listed(plant: Plant, query: str = "") -> list[str]:
    return [row["reason"] for row in plant.as_("viewer").get(f"andon{query}")["data"]]


def test_a_call_is_raised_answered_and_listed(plant: Plant) -> None:
    reply = raised(plant, priority="high", notes=" Die 7\nis worn ")
    assert reply.status == 201
    call = AndonCall.objects.get()
    expected = {
        "id": str(call.uuid), "machineId": str(plant.press.uuid), "machineCode": "PRESS-01", "reason": "tooling_change",
        "priority": "high", "notes": "Die 7\nis worn", "state": "open", "escalation": 0,
        "raisedBy": {"id": call.raised_by_id, "name": "technician"}, "raisedAt": reply["raisedAt"],
        "acknowledgedBy": None, "acknowledgedAt": None, "resolvedBy": None, "resolvedAt": None,
    }  # fmt: skip
    assert reply.json == expected
    assert plant.as_("viewer").get("andon")["data"] == [expected]
    acknowledged = plant.as_("engineer").post(f"andon/{call.uuid}/acknowledge", reply.json)
    assert acknowledged.status == 200
    assert (acknowledged["state"], acknowledged["acknowledgedBy"]) == ("acknowledged", "engineer")
    assert acknowledged["acknowledgedAt"].endswith("Z")
    resolved = plant.as_("qa").post(f"andon/{call.uuid}/resolve")
    assert (resolved["state"], resolved["resolvedBy"]) == ("resolved", "qa")
    assert plant.as_("viewer").get("andon?status=resolved")["data"] == [resolved.json]


def test_what_is_open_is_answered_with_200_and_is_the_same(plant: Plant) -> None:
    first = raised(plant)
    again = raised(plant, machineCode=str(plant.press.uuid), reason=" TOOLING_change ", priority="critical")
    assert (first.status, again.status) == (201, 200)
    assert again.json == first.json
    assert raised(plant, machineCode="cnc-001").status == 201


def test_the_list_shows_what_is_active_or_one_state(plant: Plant) -> None:
    ids = {reason: raised(plant, reason=reason)["id"] for reason in ("a", "b", "c")}
    plant.admin.post(f"andon/{ids['b']}/acknowledge")
    plant.admin.post(f"andon/{ids['c']}/resolve")
    assert listed(plant) == listed(plant, "?status=active") == ["b", "a"]
    assert [listed(plant, f"?status={state}") for state in ("open", "acknowledged", "resolved")] == [
        ["a"],
        ["b"],
        ["c"],
    ]
    assert plant.admin.get("andon?limit=1")["meta"]["total"] == 2
    for query in ("status=closed", "status=", "state=open"):
        assert plant.admin.get(f"andon?{query}").code == "validation_failed"


@pytest.mark.parametrize("verb", ["acknowledge", "resolve"])
def test_again_is_already_done(plant: Plant, verb: str) -> None:
    path = f"andon/{raised(plant)['id']}/{verb}"
    assert plant.admin.post(path).status == 200
    before = everything()
    again = plant.admin.post(path)
    assert (again.status, again.code) == (409, "already_done")
    assert everything() == before


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"machineCode": None}, "machineCode should not be empty"),
        ({"reason": "  "}, "reason should not be empty"),
        ({"reason": "x" * 201}, "reason must be shorter than or equal to 200 characters"),
        ({"reason": "a\x00"}, "reason must not contain control characters"),
        ({"priority": "urgent"}, "priority must be one of low, medium, high, critical"),
        ({"notes": "x" * 4001}, "notes must be shorter than or equal to 4000 characters"),
        ({"prio": "low"}, "property prio should not exist"),
    ],
)
def test_wrong_fields_raise_nothing(plant: Plant, body: dict[str, Any], told: str) -> None:
    reply = plant.admin.post("andon", BODY | body)
    assert (reply.status, reply["message"]) == (400, [told])
    assert not AndonCall.objects.exists() and not OutboxMessage.objects.exists()


def test_a_strangers_machine_and_call_are_none(plant: Plant) -> None:
    there = Plant()
    theirs = raised(there)["id"]
    before = everything()
    machines = [
        plant.admin.post("andon", BODY | {"machineCode": str(name)}) for name in (there.press.uuid, uuid7(), "?")
    ]
    assert {(reply.status, reply["message"]) for reply in machines} == {(404, "Machine not found")}
    calls = [
        plant.admin.post(f"andon/{name}/{verb}") for name in (theirs, uuid7()) for verb in ("acknowledge", "resolve")
    ]
    assert {(reply.status, reply["message"]) for reply in calls} == {(404, "Andon call not found")}
    assert listed(plant) == []
    assert everything() == before


@pytest.mark.parametrize("role", ROLES)
def test_everybody_but_a_viewer_calls(plant: Plant, role: str) -> None:
    reply = plant.as_(role).post("andon", BODY)
    assert reply.status == (403 if role == "viewer" else 201)
    assert AndonCall.objects.count() == (0 if role == "viewer" else 1)
    assert plant.as_(role).get("andon").status == 200


def test_a_repeated_key_raises_once(plant: Plant) -> None:
    first, again = (plant.admin.post("andon", BODY, idempotency_key="k") for _ in range(2))
    assert (first.status, again.status, again.content) == (201, 201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_pages_and_programs_are_told(plant: Plant) -> None:
    reply = raised(plant)
    outbox.announce()
    told = OutboxMessage.objects.get(topic="andon.changed")
    assert told.position is not None
    announcement = Announcement(told.position, told.topic, plant.factory.pk, told.key, told.payload)
    name, data = shown(announcement)
    assert (name, {**data, "at": 0}) == (
        "andon.changed", {"type": "andon.changed", "at": 0, "machineCode": "PRESS-01", "state": "open"},
    )  # fmt: skip
    assert topics.announcements_of("andon") == {"andon.changed"}
    assert topics.hint(announcement)[1] == {
        "topic": "andon", "id": reply["id"], "version": None, "type": "andon.changed",
    }  # fmt: skip
