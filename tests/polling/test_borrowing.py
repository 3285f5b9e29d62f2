"""A shard to oneself: its poller is asked to let go, and gets it back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from iot import shards
from iot.models import PollShard
from iot.poller import borrowing, boundaries
from iot.poller.borrowing import borrowed
from tests.floor import a_factory, a_machine
from tests.polling.wiring import a_connection, a_counter, a_lease

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What pollers are told."""
    found: list[object] = []
    monkeypatch.setattr(boundaries, "ask_for", lambda ids, owner: found.append(ids))
    monkeypatch.setattr(boundaries, "say_that_shards_are_free", lambda: found.append("free"))
    return found


def a_shard() -> int:
    factory = a_factory()
    connection = a_connection(factory)
    a_counter(connection, a_machine(factory))
    return connection.shard_id


def test_a_poller_that_lets_go_gets_the_shard_back(told: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    shard_id, lease = a_shard(), a_lease()
    monkeypatch.setattr(boundaries, "ask_for", lambda ids, owner: (told.append(ids), shards.give_back([lease])))
    with borrowed(shard_id, wait_s=5) as alone:
        assert alone
        assert shards.renew([lease]) == []
        assert not shards.claim(owner="another", most=1)
    assert told == [[shard_id], "free"]
    assert shards.claim(owner="poller", most=1)


def test_a_poller_that_does_not_let_go_keeps_it(told: list[object]) -> None:
    shard_id, lease = a_shard(), a_lease()
    with borrowed(shard_id, wait_s=0.15) as alone:
        assert not alone
    assert told == [[shard_id]]
    assert shards.renew([lease]) == [lease]


def test_a_shard_that_nobody_polls_is_had_without_asking(told: list[object]) -> None:
    with borrowed(a_shard(), wait_s=5) as alone:
        assert alone
    assert told == ["free"]


@pytest.mark.django_db(transaction=True)
def test_a_long_test_keeps_the_shard(told: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(borrowing, "_RENEW_S", 0.05)
    shard_id = a_shard()
    with borrowed(shard_id, wait_s=5):
        PollShard.objects.filter(pk=shard_id).update(lease_until=timezone.now() + timedelta(seconds=0.2))
        for _ in range(100):
            until = PollShard.objects.get(pk=shard_id).lease_until
            if until and until > timezone.now() + timedelta(seconds=5):
                break
            borrowing.time.sleep(0.02)
        else:
            pytest.fail("nobody renewed the lease")
