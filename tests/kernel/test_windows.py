"""The window of calls: it opens with the first, is exact under parallel ones, and a refused call adds nothing."""

import time
from datetime import datetime

import pytest
from django.db import connection

from factoryos.kernel import limits
from factoryos.kernel.limits import Allowance
from factoryos.kernel.models import RateBucket
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def take(key: str = "k", *, limit: int = 10, period: int = 60) -> Allowance:
    return limits.take_in_window(key=key, limit=limit, period_seconds=period)


def pass_by(seconds: float) -> None:
    """Let this much time go by: the window's, for the database's own clock is not ours to set."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_ratebucket SET updated_at = updated_at - %s * interval '1 second'", [seconds])


def opened() -> datetime:
    return RateBucket.objects.get().updated_at


def test_forty_parallel_calls_of_a_window_of_ten_give_ten() -> None:
    outcomes = at_once(*[take] * 40)
    allowed = [outcome for outcome in outcomes if isinstance(outcome, Allowance) and not outcome.exceeded]
    refused = [outcome for outcome in outcomes if isinstance(outcome, Allowance) and outcome.exceeded]
    assert (len(allowed), len(refused)) == (10, 30), outcomes
    assert sorted(outcome.remaining for outcome in allowed) == list(range(10))
    assert all(outcome.remaining == 0 and 1 <= outcome.retry_after <= 60 for outcome in refused)


def test_it_counts_down_and_the_refusal_says_when_the_window_ends() -> None:
    assert [take(limit=3).remaining for _ in range(3)] == [2, 1, 0]
    pass_by(20)
    refused = take(limit=3)
    assert (refused.exceeded, refused.remaining, refused.retry_after) == (True, 0, 40)
    assert refused.reset - time.time() == pytest.approx(40, abs=2)


def test_it_does_not_refill_before_its_end_and_is_whole_again_after() -> None:
    for _ in range(3):
        take(limit=3)
    pass_by(59)
    assert take(limit=3).retry_after == 1
    pass_by(1)
    assert take(limit=3).remaining == 2


def test_a_window_opens_with_its_first_call_and_not_by_the_clock() -> None:
    take(limit=3)
    first = opened()
    pass_by(45)
    take(limit=3)
    assert (first - opened()).total_seconds() == pytest.approx(45), "a later call opens none"
    pass_by(15)
    take(limit=3)
    assert opened() >= first, "this one does"
    assert take(limit=3).remaining == 1


def test_knocking_prolongs_nothing_and_is_not_paid_for_later() -> None:
    for _ in range(50):
        take(limit=3)
    before = opened()
    assert take(limit=3).exceeded
    assert opened() == before
    pass_by(60)
    assert [take(limit=3).exceeded for _ in range(4)] == [False, False, False, True]


def test_each_credential_has_a_window_of_its_own() -> None:
    assert take("a", limit=1).remaining == 0
    assert take("a", limit=1).exceeded
    assert not take("b", limit=1).exceeded


def careless(key: str = "careless") -> bool:
    """Read, decide, write: what a cache throttle does."""
    bucket, _ = RateBucket.objects.get_or_create(key=key, defaults={"tokens": 0, "updated_at": "2026-01-01T00:00:00Z"})
    time.sleep(0.02)
    if bucket.tokens >= 10:
        return False
    RateBucket.objects.filter(key=key).update(tokens=bucket.tokens + 1)
    return True


def test_a_window_that_is_read_and_then_written_would_let_more_through() -> None:
    """The control."""
    RateBucket.objects.create(key="careless", tokens=0, updated_at="2026-01-01T00:00:00Z")
    assert sum(outcome is True for outcome in at_once(*[careless] * 40)) > 10
