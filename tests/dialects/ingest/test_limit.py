"""Fifty requests a second of a factory, whoever sends them: what is counted under which name, and what is told of it."""

from typing import Any

import pytest
from django.test import override_settings

from factoryos.kernel import limits
from factoryos.kernel.limits import take
from factoryos.kernel.models import Membership, RateBucket
from tests.callers import a_member
from tests.dialects.ingest.feed import OBJECT, Feed, a_token, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def no_refill(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket that takes years to fill, so that no test depends on how quickly it runs."""
    monkeypatch.setattr(limits, "take", lambda *, period_seconds, **wanted: take(period_seconds=10**9, **wanted))


def left(tokens: float) -> None:
    """Let every bucket that was ever used hold so many."""
    RateBucket.objects.update(tokens=tokens)


def buckets() -> set[str]:
    return set(RateBucket.objects.values_list("key", flat=True))


def test_all_tokens_of_a_factory_share_one_bucket(feed: Feed) -> None:
    second = feed.as_(a_token(feed.factory, "viewer"))
    feed.failed()
    second.failed()
    assert buckets() == {f"ingest:factory:{feed.factory.pk}"}
    left(-1_000_000)  # years away from the next one
    for caller in (feed, second):
        reply = caller.failed()
        message = refused(reply, 429, "DI_E_10303")
        assert reply.headers["Retry-After"] == "1" and "1 s" in message
        assert (reply.headers["X-RateLimit-Limit"], reply.headers["X-RateLimit-Remaining"]) == ("50", "0")
    assert Feed().failed().status == 200, "another factory's calls are its own"


@pytest.mark.usefixtures("no_refill")
def test_fifty_come_at_once_and_the_next_one_is_told_to_wait(feed: Feed) -> None:
    assert [feed.failed().status for _ in range(51)] == [200] * 50 + [429]


def test_the_bucket_fills_again(feed: Feed) -> None:
    feed.failed()
    left(-1_000_000)
    assert feed.failed().status == 429
    RateBucket.objects.update(tokens=0, updated_at="2020-01-01T00:00Z")
    reply = feed.failed()
    assert (reply.status, reply.headers["X-RateLimit-Remaining"]) == (200, "49")


def test_a_person_s_calls_count_in_each_of_their_factories(feed: Feed) -> None:
    other = Feed()
    person = a_member(feed.factory, "planner")
    Membership.objects.create(user=person, factory=other.factory, roles=["viewer"])
    mine = feed.as_(a_token(None, user=person))
    mine.failed()
    assert buckets() == {f"ingest:factory:{factory.pk}" for factory in (feed.factory, other.factory)}
    RateBucket.objects.filter(key=f"ingest:factory:{other.factory.pk}").update(tokens=-1_000_000)
    refused(mine.failed(), 429, "DI_E_10303")
    assert feed.failed().status == 200


def test_whoever_is_not_believed_is_counted_by_address(feed: Feed) -> None:
    for shown in (None, "x", "Bearer y"):
        assert feed.get(f"{OBJECT}/failed-rows", authorization=shown).status == 401
    assert buckets() == {"ingest:address:127.0.0.1"}
    left(-1_000_000)
    refused(feed.get(f"{OBJECT}/failed-rows", authorization=None), 429, "DI_E_10303")
    assert feed.failed().status == 200


@pytest.mark.usefixtures("no_refill")
def test_refused_calls_count_and_what_is_beyond_the_limit_is_looked_at_no_further(feed: Feed) -> None:
    calls: list[tuple[str, str, Any]] = [
        ("POST", OBJECT, "{"), ("PUT", OBJECT, None), ("GET", "/api/v2/x", None), ("GET", f"{OBJECT}/none", None),
    ]  # fmt: skip
    feed.failed()
    left(len(calls))
    assert [feed.send(*call).status for call in calls] == [400, 405, 404, 404]
    assert [feed.send(*call).status for call in calls] == [429] * 4
    refused(feed.send("POST", OBJECT, "{", authorization="x"), 401, "DI_E_10101")


@pytest.mark.parametrize("limit", [0, 1, 10_000])
@pytest.mark.usefixtures("no_refill")
def test_no_setting_changes_a_published_limit(feed: Feed, limit: int) -> None:
    with override_settings(RATE_LIMIT_PER_MINUTE=limit, RATE_LIMIT_BULK_PER_MINUTE=limit):
        assert feed.failed().headers["X-RateLimit-Limit"] == "50"
        left(1)
        assert [feed.failed().status for _ in range(2)] == [200, 429]
