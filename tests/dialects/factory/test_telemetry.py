"""Telemetry through the API."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from factoryos.kernel.ids import uuid7
from factoryos.kernel.models import Factory, Membership, RememberedAnswer, User
from factoryos.kernel.permissions import ROLES
from iot.models import TelemetrySample
from tests.callers import a_user, token
from tests.calls import Person, Plant, Reply
from tests.evidence import everything
from tests.floor import a_machine

pytestmark = pytest.mark.django_db

URL = "/api/monitoring/telemetry"
SAMPLES = [{"metrics": {"oil": 61.5}}]


@pytest.fixture
def plant() -> Plant:
    return Plant()


def sent(by: Person, **body: Any) -> Reply:
    return by.post(URL, {"machineCode": "PRESS-01", "samples": SAMPLES} | body)


def somebody_in(*factories: Factory, roles: tuple[str, ...] = ("engineer",)) -> Person:
    user: User = a_user()
    for factory in factories:
        Membership.objects.create(user=user, factory=factory, roles=list(roles))
    return Person(token(user), slug="")


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


def test_samples_are_kept_known_or_refused_each_by_itself(plant: Plant) -> None:
    at = ago(minutes=5)
    samples = [
        {"ts": at, "metrics": {"state": "running", "oil °C": 61.5, "count": 7, "guard open": False}},
        {"ts": ago(days=91), "metrics": {"a": 1}},
        {"ts": at, "metrics": {"a": 1}},
        {"metrics": {"a": None}},
    ]
    reply = sent(plant.as_("technician"), samples=samples)
    assert (reply.status, reply.json) == (
        202,
        {
            "accepted": 1,
            "duplicates": 1,
            "rejected": [
                {"index": 1, "reason": "older than 90 days"},
                {"index": 3, "reason": "a must be a number, a boolean or a text of at most 200 characters"},
            ],
        },
    )
    sample = TelemetrySample.objects.get()
    assert (sample.machine_id, sample.at) == (plant.press.pk, datetime.fromisoformat(at))
    assert sample.metrics == {"state": "running", "oil °C": 61.5, "count": 7, "guard open": False}
    assert plant.admin.get("machines/PRESS-01")["state"] == "running"


def test_without_an_instant_it_is_now_and_any_name_will_do(plant: Plant) -> None:
    before = datetime.now(UTC)
    for name in ("press-01", str(plant.press.uuid)):
        assert sent(plant.admin, machineCode=name, samples=[{"ts": None, "metrics": {}}])["accepted"] == 1
    first, second = TelemetrySample.objects.order_by("at").values_list("at", flat=True)
    assert before <= first < second <= datetime.now(UTC)


def test_the_machine_is_looked_for_in_all_of_the_callers_factories(plant: Plant) -> None:
    other, strange = Plant(), Plant()
    a_machine(other.factory, code="ONLY-HERE")
    both = somebody_in(plant.factory, other.factory)
    assert sent(both, machineCode="only-here").status == 202
    assert TelemetrySample.objects.get().machine.factory == other.factory
    before = everything()
    several = sent(both)
    slugs = sorted([plant.factory.slug, other.factory.slug])
    assert (several.status, several.code) == (400, "ambiguous_machine")
    assert several["details"] == {"machineCode": "PRESS-01", "factories": slugs}
    for name in ("NOWHERE", str(uuid7()), str(strange.press.uuid), "?"):
        none = sent(both, machineCode=name)
        assert (none.status, none["message"]) == (404, "Machine not found")
    for slug in ("nowhere", strange.factory.slug):
        none = sent(both, factory=slug)
        assert (none.status, none["message"]) == (404, "Factory not found")
    assert sent(both, factory=plant.factory.slug, machineCode="ONLY-HERE")["message"] == "Machine not found"
    assert everything() == before
    assert sent(both, factory=other.factory.slug).status == 202
    assert sent(both, machineCode=str(plant.press.uuid)).status == 202


def test_whoever_is_nowhere_finds_no_machine(plant: Plant) -> None:
    reply = sent(somebody_in())
    assert (reply.status, reply["message"]) == (404, "Machine not found")


@pytest.mark.parametrize("role", ROLES)
def test_engineers_and_technicians_send(plant: Plant, role: str) -> None:
    reply = sent(plant.as_(role))
    assert reply.status == (202 if role in {"admin", "engineer", "technician"} else 403)
    assert TelemetrySample.objects.count() == (1 if reply.status == 202 else 0)


def test_a_right_elsewhere_is_no_right_here(plant: Plant) -> None:
    """The role is asked for in the factory that is meant; who has it nowhere is refused before the body is read."""
    viewer = somebody_in(plant.factory, roles=("viewer",))
    assert viewer.post(URL, "{").code == "role_missing"
    there = Plant()
    Membership.objects.create(user=User.objects.latest("id"), factory=there.factory, roles=["engineer"])
    assert viewer.post(URL, "{").code == "malformed_json"
    refused = sent(viewer, factory=plant.factory.slug)
    assert (refused.status, refused["details"]) == (403, {"anyOf": ["engineer", "technician"]})
    assert not TelemetrySample.objects.exists()
    assert sent(viewer, factory=there.factory.slug).status == 202


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"machineCode": None}, ["machineCode should not be empty"]),
        ({"machineCode": 7, "samples": 7}, ["machineCode must be a string", "samples must be an array"]),
        ({"factory": ""}, ["factory should not be empty"]),
        ({"samples": []}, ["samples should not be empty"]),
        ({"samples": SAMPLES * 501}, ["samples must not have more than 500 elements"]),
        ({"samples": [{"metrics": []}, {"ts": "soon", "metrics": {}}, {"x": 1}]}, [
            "samples.0.metrics must be an object", "samples.1.ts must be a valid ISO 8601 date string",
            "samples.2.metrics must be an object", "samples.2.property x should not exist",
        ]),
        ({"sample": 1}, ["property sample should not exist"]),
    ],
)  # fmt: skip
def test_a_body_of_another_shape_is_refused_whole(plant: Plant, body: dict[str, Any], told: list[str]) -> None:
    before = everything()
    reply = sent(plant.admin, **body)
    assert (reply.status, reply["message"]) == (400, told)
    assert everything() == before


def test_a_repeated_key_stores_once_and_counts_nothing(plant: Plant) -> None:
    order = plant.order("in_production")
    body = {"machineCode": "PRESS-01", "samples": [{"metrics": {"count": 500, "quantityGood": 500}}]}
    first, again = (plant.admin.post(URL, body, idempotency_key="k") for _ in range(2))
    assert (first.status, again.content) == (202, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (TelemetrySample.objects.count(), RememberedAnswer.objects.count()) == (1, 1)
    assert plant.admin.get(order)["quantityProduced"] == Decimal(0)
