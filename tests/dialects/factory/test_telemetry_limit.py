"""How many samples a second a factory may send, counted by the sample."""

from typing import Any

import pytest
from django.conf import LazySettings

from factoryos.kernel.models import Membership, RateBucket
from iot.models import TelemetrySample
from tests.callers import a_user, token
from tests.calls import Person, Plant, Reply

URL = "/api/monitoring/telemetry"


@pytest.fixture
def plant(db: None) -> Plant:
    return Plant()


def sent(by: Person, number: int, **more: Any) -> Reply:
    body = {"machineCode": "PRESS-01", "samples": [{"metrics": {"n": n}} for n in range(number)]}
    return by.post(URL, body | more)


def test_what_is_too_much_is_refused_whole_and_says_when_to_come_again(plant: Plant, settings: LazySettings) -> None:
    settings.TELEMETRY_SAMPLES_PER_SECOND = 500
    assert sent(plant.admin, 500).status == 202
    stored = TelemetrySample.objects.count()
    RateBucket.objects.update(tokens=99)
    refused = sent(plant.admin, 500)
    assert (refused.status, refused.code, refused.headers["Retry-After"]) == (429, "rate_limited", "1")
    assert refused.json["statusCode"] == 429
    assert (refused.headers["X-RateLimit-Limit"], refused.headers["X-RateLimit-Remaining"]) == ("500", "0")
    assert TelemetrySample.objects.count() == stored


def test_samples_are_counted_and_not_calls(plant: Plant, settings: LazySettings) -> None:
    settings.TELEMETRY_SAMPLES_PER_SECOND = 1_000
    assert sent(plant.admin, 300).status == 202
    bucket = RateBucket.objects.get()
    assert (bucket.key, 699 < bucket.tokens < 701) == (f"telemetry:{plant.factory.pk}", True)


def test_a_factory_does_not_use_up_what_another_may_send(plant: Plant, settings: LazySettings) -> None:
    settings.TELEMETRY_SAMPLES_PER_SECOND = 10
    other = Plant()
    assert sent(plant.admin, 10).status == 202
    assert sent(other.admin, 10).status == 202
    assert sent(plant.as_("technician"), 10).status == 429  # whoever sends


def test_nothing_is_counted_for_who_may_not_send_or_sends_what_cannot_be_stored(
    plant: Plant, settings: LazySettings
) -> None:
    settings.TELEMETRY_SAMPLES_PER_SECOND = 10
    there, user = Plant(), a_user()
    Membership.objects.create(user=user, factory=plant.factory, roles=["viewer"])
    Membership.objects.create(user=user, factory=there.factory, roles=["engineer"])
    for viewer in (plant.as_("viewer"), Person(token(user), slug="")):
        assert sent(viewer, 10, factory=plant.factory.slug).status == 403
    assert sent(plant.admin, 501).status == 400
    assert sent(plant.admin, 1, samples=[]).status == 400
    assert sent(plant.admin, 1, samples="many").status == 400
    assert sent(plant.admin, 10, machineCode="NOWHERE").status == 404
    assert not RateBucket.objects.exists()


def test_more_than_a_second_may_bring_is_let_through_once_and_then_waited_for(
    plant: Plant, settings: LazySettings
) -> None:
    settings.TELEMETRY_SAMPLES_PER_SECOND = 10
    assert sent(plant.admin, 25).status == 202
    assert sent(plant.admin, 1).status == 429


def test_without_a_limit_nothing_is_counted(plant: Plant) -> None:
    assert sent(plant.admin, 500).status == 202
    assert not RateBucket.objects.exists()
