"""What was read and waits to be booked: the newest of each counter, boundaries first, nothing twice and nothing lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from iot.poller.waiting import MOST_BOUNDARIES, Waiting
from iot.samples import Sample

START = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)
SHARD, PRESS, OTHER = 7, 1, 2
GOOD, REJECTS, ELSEWHERE = 11, 12, 21


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def waiting(clock: Clock) -> Waiting:
    found = Waiting(clock=clock)
    found.expect({GOOD: (SHARD, PRESS), REJECTS: (SHARD, PRESS), ELSEWHERE: (SHARD, OTHER)})
    return found


def read(point: int, raw: int, *, second: float, previous: int | None = None, boundary: float | None = None) -> Sample:
    """A reading at `second`; the value before it was still seen a second earlier."""
    return Sample(
        point, raw, START + timedelta(seconds=second),
        previous=previous,
        unchanged_until=None if previous is None else START + timedelta(seconds=second - 1),
        boundary=None if boundary is None else START + timedelta(seconds=boundary),
    )  # fmt: skip


def take(waiting: Waiting, most: int = 200) -> list[Sample]:
    return waiting.take(SHARD, most=most)


def settle(waiting: Waiting, samples: list[Sample]) -> None:
    waiting.booked(samples, settled={one.point_id for one in samples}, busy=set(), pause=1)


def test_of_many_readings_the_newest_waits_and_it_knows_since_when_pieces_were_made(waiting: Waiting) -> None:
    first = read(GOOD, 5, second=1, previous=4)
    for sample in (first, read(GOOD, 6, second=2, previous=5), read(GOOD, 9, second=3, previous=6)):
        waiting.add(sample)
    assert len(waiting) == 1
    newest = read(GOOD, 9, second=3)
    assert take(waiting) == [replace(newest, previous=4, unchanged_until=first.unchanged_until)]
    assert take(waiting) == []


def test_a_value_at_which_the_counter_stands_is_not_told_again_until_it_changes(waiting: Waiting) -> None:
    waiting.add(read(GOOD, 5, second=1))
    settle(waiting, take(waiting))
    waiting.add(read(GOOD, 5, second=2))
    assert len(waiting) == 0
    waiting.add(read(GOOD, 6, second=3, previous=5))
    waiting.add(read(GOOD, 5, second=4, previous=6))  # noise: but what waits must not be taken for the truth
    assert [sample.raw for sample in take(waiting)] == [5]


def test_a_value_that_is_not_settled_is_told_again(waiting: Waiting) -> None:
    """One that is doubted, say, which a second reading must confirm."""
    waiting.add(read(GOOD, 5000, second=1))
    waiting.booked(take(waiting), settled=set(), busy=set(), pause=1)
    waiting.add(read(GOOD, 5000, second=2))
    assert len(take(waiting)) == 1


def test_while_a_reading_is_being_booked_the_value_before_it_is_news(waiting: Waiting) -> None:
    waiting.add(read(GOOD, 5, second=1))
    settle(waiting, take(waiting))
    waiting.add(read(GOOD, 6, second=2, previous=5))
    out = take(waiting)
    waiting.add(read(GOOD, 5, second=3, previous=6))
    settle(waiting, out)
    assert [sample.raw for sample in take(waiting)] == [5]


def test_readings_for_a_boundary_go_first_and_together_and_newer_ones_of_the_machine_wait(waiting: Waiting) -> None:
    waiting.add(read(GOOD, 5, second=1, previous=4))
    waiting.add(read(GOOD, 6, second=2, previous=5, boundary=1.9))
    waiting.add(read(REJECTS, 1, second=2, boundary=1.9))
    waiting.add(read(GOOD, 7, second=3, previous=6, boundary=2.9))
    waiting.add(read(GOOD, 8, second=4, previous=7))
    waiting.add(read(ELSEWHERE, 1, second=4))
    batches = [sorted((one.point_id, one.raw) for one in take(waiting)) for _ in range(4)]
    assert batches == [[(GOOD, 6), (REJECTS, 1), (ELSEWHERE, 1)], [(GOOD, 7)], [(GOOD, 8)], []]


def test_what_was_read_before_a_boundary_is_part_of_its_reading(waiting: Waiting) -> None:
    before = read(GOOD, 5, second=1, previous=4)
    waiting.add(before)
    waiting.add(read(GOOD, 6, second=2, previous=5, boundary=1.9))
    (sample,) = take(waiting)
    assert (sample.raw, sample.previous, sample.unchanged_until) == (6, 4, before.unchanged_until)
    assert len(waiting) == 0


def test_a_busy_reading_is_tried_again_after_a_pause_with_what_is_newest_then(waiting: Waiting, clock: Clock) -> None:
    waiting.add(read(GOOD, 5, second=1, previous=4))
    out = take(waiting)
    waiting.add(read(GOOD, 6, second=2, previous=5))
    waiting.booked(out, settled=set(), busy={GOOD}, pause=0.5)
    assert take(waiting) == []
    clock.now += 0.6
    (again,) = take(waiting)
    assert (again.raw, again.previous, again.unchanged_until) == (6, 4, out[0].unchanged_until)


def test_a_busy_reading_for_a_boundary_keeps_its_place_before_later_ones(waiting: Waiting) -> None:
    waiting.add(read(GOOD, 5, second=1, boundary=0.9))
    out = take(waiting)
    waiting.add(read(GOOD, 6, second=2, boundary=1.9))
    waiting.put_back(out, pause=0)
    assert [[sample.raw for sample in take(waiting)] for _ in range(2)] == [[5], [6]]


def test_what_is_put_back_after_a_boundary_s_reading_came_is_part_of_that(waiting: Waiting) -> None:
    waiting.add(read(GOOD, 5, second=1, previous=4))
    out = take(waiting)
    waiting.add(read(GOOD, 6, second=2, previous=5, boundary=1.9))
    waiting.put_back(out, pause=0)
    (sample,) = take(waiting)
    assert (sample.raw, sample.previous) == (6, 4)
    assert len(waiting) == 0


def test_a_batch_has_whole_machines(waiting: Waiting) -> None:
    for point in (ELSEWHERE, GOOD, REJECTS):
        waiting.add(read(point, 5, second=1))
    assert [{sample.point_id for sample in take(waiting, most=2)} for _ in range(2)] == [{ELSEWHERE}, {GOOD, REJECTS}]


def test_a_counter_that_is_ours_no_more_is_forgotten_with_all_that_waited(waiting: Waiting) -> None:
    waiting.add(read(GOOD, 5, second=1))
    waiting.add(read(REJECTS, 5, second=1, boundary=1))
    out = take(waiting)
    waiting.add(read(ELSEWHERE, 5, second=1))
    waiting.expect({GOOD: (SHARD, PRESS)})
    waiting.put_back(out, pause=0)
    waiting.add(read(ELSEWHERE, 6, second=2))
    assert {sample.point_id for sample in take(waiting)} == {GOOD}
    assert len(waiting) == 0


def test_of_a_counter_that_was_changed_nothing_is_known(waiting: Waiting) -> None:
    waiting.add(read(GOOD, 5, second=1))
    settle(waiting, take(waiting))
    waiting.expect({GOOD: (SHARD, PRESS)}, changed={GOOD})
    waiting.add(read(GOOD, 5, second=2))
    assert len(take(waiting)) == 1


def test_memory_is_bounded_however_long_nothing_is_booked(waiting: Waiting) -> None:
    for second in range(1000):
        waiting.add(read(GOOD, second, second=second, boundary=second))
        waiting.add(read(ELSEWHERE, second, second=second))
    assert len(waiting) == MOST_BOUNDARIES + 1
