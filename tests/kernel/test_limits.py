"""The token bucket: exact under parallel calls, refilling evenly, never emptied by who hammers it."""

import time

import pytest
from django.db import connection

from factoryos.kernel import limits
from factoryos.kernel.limits import Allowance
from factoryos.kernel.models import RateBucket
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def take(key: str = "user:1", *, limit: int = 10, period: float = 3600) -> Allowance:
    return limits.take(key=key, limit=limit, period_seconds=period)


def test_forty_parallel_takes_of_a_bucket_of_ten_give_ten() -> None:
    outcomes = at_once(*[take] * 40)
    allowed = [outcome for outcome in outcomes if isinstance(outcome, Allowance) and not outcome.exceeded]
    refused = [outcome for outcome in outcomes if isinstance(outcome, Allowance) and outcome.exceeded]
    assert (len(allowed), len(refused)) == (10, 30), outcomes
    assert sorted(outcome.remaining for outcome in allowed) == list(range(10))


def careless_take() -> bool:
    """Read, decide, write: what a cache throttle does."""
    bucket, _ = RateBucket.objects.get_or_create(key="careless", defaults={"tokens": 10, "updated_at": "2026-01-01Z"})
    time.sleep(0.02)
    if bucket.tokens < 1:
        return False
    RateBucket.objects.filter(key="careless").update(tokens=bucket.tokens - 1)
    return True


def test_a_bucket_that_is_read_and_then_written_would_let_more_through() -> None:
    """The control."""
    RateBucket.objects.create(key="careless", tokens=10, updated_at="2026-01-01T00:00:00Z")
    assert sum(outcome is True for outcome in at_once(*[careless_take] * 40)) > 10


def test_what_is_left_counts_down_and_the_last_refusal_says_when_to_come_again() -> None:
    assert [take(limit=3).remaining for _ in range(3)] == [2, 1, 0]
    refused = take(limit=3)
    assert refused.exceeded
    assert refused.remaining == 0
    assert 1 <= refused.retry_after <= 3600 / 3
    assert refused.reset > time.time()


def test_it_refills_evenly_and_never_above_its_limit() -> None:
    for _ in range(10):
        take()
    assert take().exceeded
    RateBucket.objects.update(updated_at="2026-01-01T00:00:00Z")  # long ago
    assert take().remaining == 9


def test_half_a_period_gives_half_a_bucket() -> None:
    for _ in range(10):
        take()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_ratebucket SET updated_at = clock_timestamp() - interval '30 minutes'")
    assert take().remaining == 4


def test_hammering_an_empty_bucket_does_not_keep_it_empty() -> None:
    for _ in range(10):
        take()
    before = RateBucket.objects.values_list("tokens", "updated_at").get()
    assert all(take().exceeded for _ in range(5))
    assert RateBucket.objects.values_list("tokens", "updated_at").get() == before


def test_each_credential_has_a_bucket_of_its_own() -> None:
    assert take("user:1", limit=1).remaining == 0
    assert take("user:1", limit=1).exceeded
    assert not take("user:2", limit=1).exceeded


def test_the_table_waits_for_no_disk() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'kernel_ratebucket'")
        assert cursor.fetchone() == ("u",)


def test_many_are_taken_together_or_not_at_all() -> None:
    assert limits.take(key="k", limit=10, period_seconds=3600, count=7).remaining == 3
    refused = limits.take(key="k", limit=10, period_seconds=3600, count=4)
    assert (refused.exceeded, refused.retry_after) == (True, 4 * 360)
    assert limits.take(key="k", limit=10, period_seconds=3600, count=3).remaining == 0


def test_more_than_a_bucket_holds_are_had_from_a_full_one_which_then_owes_them() -> None:
    taken = limits.take(key="k", limit=10, period_seconds=3600, count=25)
    assert (taken.exceeded, taken.remaining) == (False, 0)
    with connection.cursor() as cursor:  # in one period it earns ten, and still owes five
        cursor.execute("UPDATE kernel_ratebucket SET updated_at = clock_timestamp() - interval '1 hour'")
    assert limits.take(key="k", limit=10, period_seconds=3600).exceeded
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_ratebucket SET updated_at = clock_timestamp() - interval '2 hours'")
    assert limits.take(key="k", limit=10, period_seconds=3600, count=5).remaining == 0
