"""From readings to pieces: scale, what is no whole piece yet, totals with rejects, boundaries. No database."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from iot.counting import Baseline, Kind, Rules
from iot.pieces import Counter, Role, Step, step_of
from iot.samples import Sample

T0 = datetime(2026, 4, 20, 8, tzinfo=UTC)


def a_counter(role: str = "good", *, point: int = 1, raw: int | None = 100, **facts: Any) -> Counter:
    known = None if raw is None else Baseline(raw=raw, at=T0)
    made = {"scale": Decimal(1), "decimals": 0, "seq": 0, "carry": Decimal(0)} | facts
    return Counter(point, 7, 3, role, Rules(2**32, 50.0), known=known, **made)


def read(counters: list[Counter], raws: dict[int, int], *, seconds: float = 10, **facts: Any) -> Step:
    at = T0 + timedelta(seconds=seconds)
    return step_of(counters, {point: Sample(point, raw, at, **facts) for point, raw in raws.items()})


def go_on(counters: list[Counter], step: Step) -> None:
    """What the ledger does after a step."""
    for judged in step.judged:
        judged.counter.known, judged.counter.carry = judged.verdict.baseline, judged.carry


def test_good_and_rejects_are_counted_apart() -> None:
    step = read([a_counter(point=1), a_counter("reject", point=2, raw=5)], {1: 110, 2: 6})
    assert (step.good, step.rejected) == (10, 1)


def test_of_all_pieces_what_is_not_rejected_is_good() -> None:
    step = read([a_counter("total", point=1), a_counter("reject", point=2, raw=5)], {1: 110, 2: 7})
    assert (step.good, step.rejected) == (8, 2)


def test_rejects_that_were_read_before_their_pieces_wait_for_them() -> None:
    counters = [a_counter("total", point=1), a_counter("reject", point=2, raw=5)]
    first = read(counters, {1: 101, 2: 8})
    assert (first.good, first.rejected) == (0, 1)
    go_on(counters, first)
    second = read(counters, {1: 110}, seconds=20)
    assert (second.good, second.rejected) == (7, 2)
    assert [one.pieces for one in second.judged if one.counter.role == Role.REJECT and one.is_told] == [2]


def test_two_pulses_a_piece_leave_the_odd_one_with_the_counter() -> None:
    counters = [a_counter(scale=Decimal("0.5"))]
    first = read(counters, {1: 103})
    assert (first.good, first.judged[0].carry) == (1, Decimal("0.5"))
    go_on(counters, first)
    assert read(counters, {1: 104}, seconds=20).good == 1


def test_a_shot_of_many_cavities_is_many_pieces() -> None:
    assert read([a_counter(scale=Decimal(8))], {1: 103}).good == 24


def test_metres_keep_their_decimals() -> None:
    assert read([a_counter(scale=Decimal("0.125"), decimals=2)], {1: 103}).good == Decimal("0.37")


def test_a_counter_that_was_never_read_only_begins() -> None:
    step = read([a_counter(raw=None), a_counter("reject", point=2, raw=None)], {1: 4711})
    assert (step.good, step.rejected) == (0, 0)
    assert [one.verdict.kind for one in step.judged] == [Kind.BASELINE]


def test_the_other_counters_of_a_machine_may_be_silent() -> None:
    step = read([a_counter(point=1), a_counter("reject", point=2, raw=5)], {1: 103})
    assert (step.good, step.rejected) == (3, 0)
    assert [one.is_told for one in step.judged] == [True, False]


def test_after_a_standstill_only_the_time_since_it_is_time_in_which_to_count() -> None:
    stood = {"previous": 100, "unchanged_until": T0 + timedelta(seconds=3599)}
    assert read([a_counter()], {1: 100 + 90_000}, seconds=3600, **stood).judged[0].verdict.kind is Kind.DOUBTED
    assert read([a_counter()], {1: 100 + 90_000}, seconds=3600).good == 90_000  # the line was cut for an hour


def test_another_value_before_says_nothing_of_the_time_since_the_baseline() -> None:
    other = {"previous": 80_000, "unchanged_until": T0 + timedelta(seconds=3599)}
    assert read([a_counter()], {1: 90_100}, seconds=3600, **other).good == 90_000


def test_what_was_made_up_to_a_boundary_belongs_to_whoever_ran_before() -> None:
    boundary = T0 + timedelta(seconds=9)
    step = read([a_counter()], {1: 110}, boundary=boundary)
    assert step.as_of < boundary
    assert boundary - step.as_of < timedelta(milliseconds=1)
    assert step.at == T0 + timedelta(seconds=10)


def test_a_reading_long_after_a_boundary_belongs_to_its_own_instant() -> None:
    step = read([a_counter()], {1: 110}, seconds=60, boundary=T0)
    assert step.as_of == step.at


@given(
    st.sampled_from(["1", "0.5", "0.333333", "8", "2.5"]).map(Decimal),
    st.integers(0, 3),
    st.lists(st.integers(0, 40), max_size=40),
)
def test_what_is_booked_and_what_waits_are_all_that_was_counted(
    scale: Decimal, decimals: int, steps: list[int]
) -> None:
    counters = [a_counter(raw=0, scale=scale, decimals=decimals)]
    booked, raw = Decimal(0), 0
    for number, counts in enumerate(steps):
        raw += counts
        step = read(counters, {1: raw}, seconds=10 * (number + 1))
        booked += step.good
        go_on(counters, step)
    assert booked + counters[0].carry == raw * scale
    assert 0 <= counters[0].carry < Decimal(1).scaleb(-decimals)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans(), st.booleans()), max_size=40))
def test_totals_and_rejects_read_at_different_times_come_to_the_same(steps: list[tuple[int, int, bool, bool]]) -> None:
    counters = [a_counter("total", point=1, raw=0), a_counter("reject", point=2, raw=0)]
    total = rejects = 0
    good = rejected = Decimal(0)
    for number, (more, bad, total_read, rejects_read) in enumerate([*steps, (0, 0, True, True)]):
        total, rejects = total + more, rejects + min(bad, more)
        raws = {1: total} if total_read else {}
        if raws := raws | ({2: rejects} if rejects_read else {}):
            step = read(counters, raws, seconds=10 * (number + 1))
            assert step.good >= 0 <= step.rejected
            good, rejected = good + step.good, rejected + step.rejected
            go_on(counters, step)
    assert good + rejected == total
    assert rejected + counters[1].carry == rejects
