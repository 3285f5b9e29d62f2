"""The judgement on readings: counts, rollovers, resets, and what only a person can decide."""

from datetime import UTC, datetime, timedelta

import pytest
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
    assert (found.kind, found.counts, found.baseline.raw) == (Kind.BASELINE, 0, 4711)


def test_the_same_reading_again_adds_nothing() -> None:
    found = read(100, seconds=5, known=standing(100))
    assert (found.kind, found.counts) == (Kind.SAME, 0)
    assert found.baseline.at == T0 + timedelta(seconds=5)


def test_a_step_within_the_machines_pace_is_counted() -> None:
    found = read(120, seconds=10, known=standing(100))
    assert (found.kind, found.counts, found.baseline.raw) == (Kind.COUNT, 20, 120)


def test_what_a_cut_line_kept_is_counted_when_it_is_back() -> None:
    assert read(219, seconds=60, known=standing(100)).counts == 119


def test_more_than_the_machine_can_make_is_doubted() -> None:
    known = standing(100)
    found = read(100 + 33, seconds=10, known=known)  # 2 a second, times 1.5, and 2 more, are 32
    assert (found.kind, found.counts, found.flagged, found.baseline.raw) == (Kind.DOUBTED, 0, 0, 100)
    assert read(100 + 32, seconds=10, known=known).kind is Kind.COUNT


def test_a_garbled_peak_between_two_readings_changes_nothing() -> None:
    peak = read(60_000, seconds=1, known=standing(100))
    assert peak.kind is Kind.DOUBTED
    after = read(103, seconds=2, known=peak.baseline)
    assert (after.kind, after.counts, after.baseline.doubted) == (Kind.COUNT, 3, None)


def test_a_jump_that_stays_is_flagged_and_counting_goes_on_from_there() -> None:
    jumped = read(5000, seconds=1, known=standing(100))
    stays = read(5002, seconds=2, known=jumped.baseline)
    assert (stays.kind, stays.counts, stays.flagged, stays.baseline.raw) == (Kind.SUSPECT, 2, 4900, 5002)
    assert read(5004, seconds=3, known=stays.baseline).counts == 2


def test_time_alone_does_not_make_a_jump_a_count() -> None:
    jumped = read(5000, seconds=1, known=standing(100))
    later = read(5000, seconds=36_000, known=jumped.baseline)
    assert (later.kind, later.counts, later.flagged) == (Kind.SUSPECT, 0, 4900)


def test_after_a_garbled_low_value_and_a_long_silence_the_explanation_that_books_less_is_taken() -> None:
    noise = read(5, seconds=1, known=standing(1000))
    after = read(1300, seconds=900, known=noise.baseline)
    assert (after.kind, after.counts, after.flagged) == (Kind.COUNT, 300, 0)


def test_a_counter_rolls_over_from_its_top() -> None:
    found = read(4, seconds=10, known=standing(65_530))
    assert (found.kind, found.counts, found.baseline.epoch) == (Kind.ROLLOVER, 10, 1)


def test_a_fall_from_below_the_top_is_no_rollover() -> None:
    rules = Rules(modulus=100, max_rate=100)
    assert read(5, seconds=10, known=standing(50), rules=rules).kind is Kind.DOUBTED


def test_a_late_reply_with_an_older_value_is_no_reset() -> None:
    late = read(95, seconds=1, known=standing(100))
    assert (late.kind, late.counts) == (Kind.DOUBTED, 0)
    after = read(102, seconds=2, known=late.baseline)
    assert (after.kind, after.counts, after.baseline.doubted) == (Kind.COUNT, 2, None)


def test_the_same_old_value_twice_is_no_reset_either() -> None:
    late = read(95, seconds=1, known=standing(100))
    again = read(95, seconds=2, known=late.baseline)
    assert (again.kind, again.baseline) == (Kind.DOUBTED, late.baseline)
    assert read(102, seconds=3, known=again.baseline).counts == 2


def test_several_late_replies_in_a_row_are_no_reset() -> None:
    known, booked = standing(100), 0
    for seconds, raw in ((1, 95), (2, 97), (3, 98), (4, 103)):
        found = read(raw, seconds=seconds, known=known)
        known, booked = found.baseline, booked + found.counts
    assert (booked, known.raw, known.doubted) == (3, 103, None)


def test_late_replies_from_before_a_rollover_are_no_jump() -> None:
    known, booked = standing(5), 0
    for seconds, raw in ((1, 65_530), (2, 65_533), (3, 9)):
        found = read(raw, seconds=seconds, known=known)
        known, booked = found.baseline, booked + found.counts
        assert found.flagged == 0
    assert (booked, known.raw) == (4, 9)


def test_a_counter_set_back_by_a_little_is_believed_when_no_answer_can_be_so_late() -> None:
    known = standing(30)
    for seconds, raw in ((1, 0), (4, 1), (10, 2)):
        found = read(raw, seconds=seconds, known=known)
        assert found.kind is Kind.DOUBTED
        known = found.baseline
    found = read(3, seconds=11, known=known)
    assert (found.kind, found.counts, found.baseline.raw) == (Kind.RESET, 3, 3)


def test_a_fall_in_a_long_silence_that_a_rollover_may_explain_is_flagged_whole() -> None:
    rules = Rules(modulus=10_000, max_rate=100.0)
    fell = read(1000, seconds=60, known=standing(5000), rules=rules)
    after = read(1100, seconds=61, known=fell.baseline, rules=rules)
    assert (fell.kind, after.kind, after.counts, after.flagged) == (Kind.DOUBTED, Kind.RESET, 100, 6000)


def test_a_counter_whose_display_was_stuck_at_its_top_is_flagged_with_what_it_made_meanwhile() -> None:
    fell = read(400, seconds=1, known=standing(65_500))
    after = read(402, seconds=2, known=fell.baseline)
    assert (after.kind, after.counts, after.flagged) == (Kind.RESET, 2, 436)


def test_two_readings_that_agree_make_a_reset() -> None:
    first = read(0, seconds=1, known=standing(5000))
    second = read(2, seconds=2, known=first.baseline)
    assert (second.kind, second.counts, second.baseline.raw, second.baseline.epoch) == (Kind.RESET, 2, 2, 1)
    assert read(5, seconds=4, known=second.baseline).counts == 3


def test_a_counter_that_was_set_back_and_stands_still_is_believed_after_a_while() -> None:
    first = read(0, seconds=1, known=standing(5000))
    assert read(0, seconds=10, known=first.baseline).kind is Kind.DOUBTED
    assert read(0, seconds=11, known=first.baseline).kind is Kind.RESET


def test_what_shows_after_a_reset_is_for_a_person_to_decide() -> None:
    first = read(7, seconds=10, known=standing(5000))
    assert read(9, seconds=11, known=first.baseline).flagged == 7
    high = read(700, seconds=10, known=standing(5000))
    assert read(701, seconds=11, known=high.baseline).flagged == 0  # so many cannot have been made in the time


def test_a_reading_of_before_adds_nothing() -> None:
    known = standing(100)
    found = read(150, seconds=-1, known=known)
    assert (found.kind, found.counts, found.baseline) == (Kind.STALE, 0, known)


@pytest.mark.parametrize("back", [60, 8 * 3600, 365 * 86_400])
def test_a_clock_that_is_put_back_costs_no_piece(back: int) -> None:
    """It had run ahead, as that of a computer that was just switched on may."""
    known, booked, flagged = standing(1000), 0, 0
    for second in range(1, 30):
        found = read(1000 + 2 * second, seconds=second - back, known=known)
        known, booked, flagged = found.baseline, booked + found.counts, flagged + found.flagged
    assert (booked, flagged, known.at) == (58, 0, T0 + timedelta(seconds=29 - back))


def test_a_doubt_of_a_time_that_has_not_come_does_not_keep_a_counter_from_counting() -> None:
    doubted = read(60_000, seconds=8 * 3600, known=Baseline(raw=1000, at=T0 + timedelta(hours=7, minutes=59))).baseline
    found = read(1001, seconds=60, known=doubted)
    assert (found.kind, found.counts, found.baseline.doubted) == (Kind.COUNT, 1, None)


def test_time_that_nobody_knows_is_not_taken_for_long() -> None:
    assert read(1000 + 33, seconds=-3600, known=standing(1000)).kind is Kind.DOUBTED


@given(st.lists(st.tuples(st.integers(0, 20), st.floats(0.5, 60)), min_size=1, max_size=60), st.integers(0, 2**16 - 1))
def test_a_sound_counter_is_counted_to_the_piece_over_any_rollover(steps: list[tuple[int, float]], start: int) -> None:
    known = read(start, seconds=0, known=None).baseline
    seconds, true, booked = 0.0, 0, 0
    for pieces, pause in steps:
        seconds += max(pause, pieces / RULES.max_rate)
        true += pieces
        found = read((start + true) % RULES.modulus, seconds=seconds, known=known)
        booked += found.counts
        known = found.baseline
    assert booked == true


@given(st.lists(st.tuples(st.integers(0, 2**16 - 1), st.floats(0, 60)), max_size=60))
def test_no_noise_books_more_than_the_machine_can_make(readings: list[tuple[int, float]]) -> None:
    known, seconds, booked = None, 0.0, 0
    for raw, pause in readings:
        seconds += pause
        found = read(raw, seconds=seconds, known=known)
        assert found.counts >= 0
        booked += found.counts
        known = found.baseline
    assert booked <= RULES.max_rate * seconds * 1.5 + 2 * len(readings)
