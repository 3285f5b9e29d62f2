"""Downtime of one machine logged by several at once: of those that overlap, one is kept."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from iot import downtime
from iot.downtime import amend_downtime, raise_downtime
from iot.models import Downtime
from iot.problems import Overlap
from manufacturing.models import Machine
from tests.races.stockroom import Stockroom, as_request, deadlocks, refused
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)


def logging(room: Stockroom, begin: int, end: int | None = None, *, machine: Machine | None = None) -> Any:
    times = {"started_at": at(begin), "ended_at": None if end is None else at(end)}
    machine_id = (machine or room.machine).pk
    return as_request(lambda: raise_downtime(machine_id=machine_id, by=room.by, **times))


def at(minutes: int) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


def overlaps() -> int:
    rows = list(Downtime.objects.order_by("machine", "started_at").values_list("machine", "started_at", "ended_at"))
    return sum(
        one[0] == next_[0] and (one[2] is None or one[2] > next_[1])
        for one, next_ in zip(rows, rows[1:], strict=False)  # noqa: RUF007 pairs, as above
    )


@pytest.mark.parametrize("attempt", range(3))
def test_of_six_that_overlap_one_is_kept(attempt: int) -> None:
    room = Stockroom()
    told = refused(at_once(*(logging(room, number, 100 if number % 2 else None) for number in range(6))))
    assert [type(problem) for problem in told] == [Overlap] * 5, told
    assert (Downtime.objects.count(), overlaps()) == (1, 0)


def test_neighbours_and_other_machines_are_all_kept() -> None:
    room = Stockroom()
    other = Stockroom()
    works = [logging(room, number, number + 1) for number in range(5)]
    assert refused(at_once(*works, logging(other, 0), logging(room, 5))) == []
    assert (Downtime.objects.count(), overlaps()) == (7, 0)


def test_two_that_are_moved_into_the_same_gap_do_not_both_get_there() -> None:
    room, before = Stockroom(), deadlocks()
    one, other = (logging(room, begin, begin + 10)() for begin in (0, 100))
    told = refused(at_once(
        as_request(lambda: amend_downtime(downtime_id=one.pk, by=room.by, changes={"ended_at": at(60)})),
        as_request(lambda: amend_downtime(downtime_id=other.pk, by=room.by, changes={"started_at": at(40)})),
    ))  # fmt: skip
    assert [type(problem) for problem in told] == [Overlap]
    assert (overlaps(), deadlocks()) == (0, before)


def test_control_without_the_machines_lock_the_database_refuses_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """So it is the lock that tells people of an overlap, and the constraint that keeps it from whoever writes without."""
    room = Stockroom()
    barrier, ask = threading.Barrier(2), downtime._require_alone

    def asked(*args: Any, **kwargs: Any) -> None:
        ask(*args, **kwargs)
        barrier.wait(10)

    monkeypatch.setattr(downtime, "_lock_machine", lambda machine_id, by: Machine.objects.get(pk=machine_id))
    monkeypatch.setattr(downtime, "_require_alone", asked)
    told = at_once(logging(room, 0, 10), logging(room, 5, 15))
    assert [str(one).partition('"')[2].partition('"')[0] for one in told if isinstance(one, Exception)] == [
        "downtime_apart"
    ]
    assert (Downtime.objects.count(), overlaps()) == (1, 0)
