"""The judgement on readings: counts, rollovers, resets, and what only a person can decide."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from iot.counting import Baseline, Kind, Rules, Verdict, judge

T0 = datetime(2026, 4, 20, 8, tzinfo=UTC)
RULES = Rules(modulus=2**16, max_rate=2.0)


def read(raw: int, *, seconds: float, known: Baseline | None, rules: Rules = RULES) -> Verdict:
    return judge(raw, at=T0 + timedelta(seconds=seconds), known=known, rules=rules)


def standing(raw: int) -> Baseline:
    return Baseline(raw=raw, at=T0)


def test_the_first_reading_only_says_where_counting_begins() -> None:
    found = read(4711, seconds=0, known=None)
    assert (found.kind, found.pieces, found.baseline.raw) == (Kind.BASELINE, 0, 4711)


def test_the_same_reading_again_adds_nothing() -> None:
    found = read(100, seconds=5, known=standing(100))
    assert (found.kind, found.pieces) == (Kind.SAME, 0)
    assert found.baseline.at == T0 + timedelta(seconds=5)


def test_a_step_within_the_machines_pace_is_counted() -> None:
    found = read(120, seconds=10, known=standing(100))
    assert (found.kind, found.pieces, found.baseline.raw) == (Kind.COUNT, 20, 120)


def test_what_a_cut_line_kept_is_counted_when_it_is_back() -> None:
    assert read(219, seconds=60, known=standing(100)).pieces == 119


def test_more_than_the_machine_can_make_waits_for_a_person() -> None:
    known = standing(100)
    found = read(100 + 33, seconds=10, known=known)  # 2 a second, times 1.5, and 2 more, are 32
    assert found.kind is Kind.SUSPECT
    assert found.baseline == known
    assert read(100 + 32, seconds=10, known=known).kind is Kind.COUNT


def test_a_garbled_peak_between_two_readings_changes_nothing() -> None:
    peak = read(60_000, seconds=1, known=standing(100))
    assert peak.kind is Kind.SUSPECT
    assert read(103, seconds=2, known=peak.baseline).pieces == 3


def test_a_counter_rolls_over_from_its_top() -> None:
    found = read(4, seconds=10, known=standing(65_530))
    assert (found.kind, found.pieces, found.baseline.epoch) == (Kind.ROLLOVER, 10, 1)


def test_a_fall_from_below_the_top_is_no_rollover() -> None:
    rules = Rules(modulus=100, max_rate=100)
    assert read(5, seconds=10, known=standing(50), rules=rules).kind is Kind.MAYBE_RESET


def test_a_late_reply_with_an_older_value_is_no_reset() -> None:
    late = read(95, seconds=1, known=standing(100))
    assert (late.kind, late.pieces) == (Kind.MAYBE_RESET, 0)
    after = read(102, seconds=2, known=late.baseline)
    assert (after.kind, after.pieces, after.baseline.fallen_to) == (Kind.COUNT, 2, None)


def test_two_readings_that_agree_make_a_reset() -> None:
    first = read(0, seconds=1, known=standing(5000))
    second = read(2, seconds=2, known=first.baseline)
    assert (second.kind, second.pieces, second.baseline.raw, second.baseline.epoch) == (Kind.RESET, 2, 2, 1)
    assert read(5, seconds=4, known=second.baseline).pieces == 3


def test_a_reading_of_before_adds_nothing() -> None:
    known = standing(100)
    found = read(150, seconds=-1, known=known)
    assert (found.kind, found.pieces, found.baseline) == (Kind.STALE, 0, known)


@given(st.lists(st.tuples(st.integers(0, 20), st.floats(0.5, 60)), min_size=1, max_size=60), st.integers(0, 2**16 - 1))
def test_a_sound_counter_is_counted_to_the_piece_over_any_rollover(steps: list[tuple[int, float]], start: int) -> None:
    known = read(start, seconds=0, known=None).baseline
    seconds, true, booked = 0.0, 0, 0
    for pieces, pause in steps:
        seconds += max(pause, pieces / RULES.max_rate)
        true += pieces
        found = read((start + true) % RULES.modulus, seconds=seconds, known=known)
        booked += found.pieces if found.kind in (Kind.COUNT, Kind.ROLLOVER) else 0
        known = found.baseline
    assert booked == true


@given(st.lists(st.tuples(st.integers(0, 2**16 - 1), st.floats(0, 60)), max_size=60))
def test_no_noise_books_more_than_the_machine_can_make(readings: list[tuple[int, float]]) -> None:
    known, seconds, booked = None, 0.0, 0
    for raw, pause in readings:
        seconds += pause
        found = read(raw, seconds=seconds, known=known)
        assert found.pieces >= 0
        booked += found.pieces if found.kind in (Kind.COUNT, Kind.ROLLOVER, Kind.RESET) else 0
        known = found.baseline
    assert booked <= RULES.max_rate * seconds * 1.5 + 2 * len(readings)
