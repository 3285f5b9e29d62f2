"""Many who send telemetry at once get through as many samples as one after another would."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings

from factoryos.kernel import limits
from factoryos.kernel.limits import Allowance
from factoryos.kernel.models import RateBucket
from iot.models import TelemetrySample
from tests.calls import Person, Plant, Reply
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

CALLS, A_CALL, LIMIT = 40, 25, 250


def careless(*, key: str, limit: int, count: int, **_: Any) -> Allowance:
    """Read, decide, write: the control."""
    bucket, _ = RateBucket.objects.get_or_create(
        key=key, defaults={"tokens": limit, "updated_at": "2026-01-01T00:00:00Z"}
    )
    time.sleep(0.02)
    if bucket.tokens < count:
        return Allowance(limit, 0, 0, 1)
    RateBucket.objects.filter(key=key).update(tokens=bucket.tokens - count)
    return Allowance(limit, 0, 0, 0)


def samples_let_through(monkeypatch: pytest.MonkeyPatch, take: Any) -> int:
    """By a bucket that refills so slowly that nothing comes back meanwhile."""
    plant = Plant()
    bearer, began = plant.admin.bearer, datetime.now(UTC)
    monkeypatch.setattr(limits, "take", lambda **asked: take(**asked | {"period_seconds": 36_000}))

    def call(number: int) -> Reply:
        samples = [
            {"ts": (began - timedelta(minutes=number, seconds=n)).isoformat(), "metrics": {}} for n in range(A_CALL)
        ]
        body = {"machineCode": "PRESS-01", "samples": samples}
        return Person(bearer, slug=plant.factory.slug).post("/api/monitoring/telemetry", body)

    outcomes = at_once(*[lambda number=number: call(number) for number in range(CALLS)])
    statuses = [outcome.status for outcome in outcomes if isinstance(outcome, Reply)]
    assert len(statuses) == CALLS and set(statuses) <= {202, 429}, outcomes
    assert TelemetrySample.objects.count() == A_CALL * statuses.count(202)
    return TelemetrySample.objects.count()


def test_forty_calls_at_once_store_as_many_samples_as_the_limit_says(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.TELEMETRY_SAMPLES_PER_SECOND = LIMIT
    assert samples_let_through(monkeypatch, limits.take) == LIMIT


def test_control_a_bucket_that_is_read_and_then_written_would_let_more_through(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.TELEMETRY_SAMPLES_PER_SECOND = LIMIT
    assert samples_let_through(monkeypatch, careless) > LIMIT
