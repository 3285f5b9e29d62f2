"""A poller's next stint begins while the last readings of the one before are still being booked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from iot import shards
from iot.models import Connection, PollShard
from iot.poller import leases
from iot.shards import Lease
from tests.floor import a_factory
from tests.polling.wiring import a_connection

pytestmark = pytest.mark.django_db(transaction=True)

BOOKING_S = 0.3


@contextmanager
def being_booked(lease: Lease) -> Iterator[None]:
    """Meanwhile a transaction holds the shard, for a moment that outlasts a claim that waits for nobody."""
    holds = threading.Event()

    def book() -> None:
        with transaction.atomic():
            shards.hold(lease)
            holds.set()
            threading.Event().wait(BOOKING_S)
        connection.close()

    thread = threading.Thread(target=book)
    thread.start()
    assert holds.wait(10)
    try:
        yield
    finally:
        thread.join(10)


def test_a_shard_on_which_something_is_just_being_booked_is_claimed_again() -> None:
    """To let it go would close its lines and forget what was read for an order's start or stop."""
    a_connection(a_factory())
    had = leases.claim(owner="poller", had=[])
    with being_booked(had[0]):
        kept = leases.claim(owner="poller", had=had)
    assert [lease.shard_id for lease in kept] == [lease.shard_id for lease in had]
    assert shards.are_polled(by="poller")


def test_one_that_another_took_over_meanwhile_is_not() -> None:
    a_connection(a_factory())
    had = leases.claim(owner="poller", had=[])
    PollShard.objects.update(lease_until=None)
    (theirs,) = shards.claim(owner="another", most=1)
    with being_booked(theirs):
        assert leases.claim(owner="poller", had=had) == []
    assert shards.are_polled(by="another")


def test_nor_is_one_that_has_nothing_to_poll_any_more() -> None:
    a_connection(a_factory())
    had = leases.claim(owner="poller", had=[])
    Connection.objects.update(active=False)
    with being_booked(had[0]):
        assert leases.claim(owner="poller", had=had) == []
    assert not shards.are_polled()


def test_no_more_shards_are_taken_than_were_asked_for_whatever_way_the_database_goes() -> None:
    """A subquery that is asked anew for each row finds others than the ones it has just locked, one after the other."""
    for _ in range(4):
        a_connection(a_factory(), shard_id=PollShard.objects.create().pk)
    with transaction.atomic(), connection.cursor() as cursor:
        for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        assert len(shards.claim(owner="poller", most=2)) == 2
