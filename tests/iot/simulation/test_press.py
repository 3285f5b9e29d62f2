"""A simulated press: exact in what it made, the same for the same seed, whoever looks and however often."""

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot.registers import Encoding, Layout
from iot.simulation.press import SECOND, Counter, Press

instants = st.lists(st.integers(0, 100 * SECOND), max_size=30)


def _run(press: Press, *, to: int) -> Press:
    press.start()
    press.advance(to=to)
    return press


def test_it_makes_its_rate_times_the_time_it_ran() -> None:
    press = _run(Press(rate="1.2"), to=10 * SECOND)
    press.stop()
    press.advance(to=1000 * SECOND)
    press.start()
    press.advance(to=1005 * SECOND)
    assert press.truth().made == 18  # 15 s at 1.2 pieces a second


def test_a_piece_is_made_at_its_instant_and_not_before() -> None:
    press = _run(Press(rate=Fraction(1, 3)), to=3 * SECOND - 1)
    assert press.truth().made == 0
    press.advance(to=3 * SECOND)
    assert press.truth().made == 1


def test_a_press_that_was_not_started_makes_nothing() -> None:
    press = Press(rate=1000)
    press.advance(to=100 * SECOND)
    assert press.truth().made == 0


@given(instants, st.sampled_from(["0.1", "1.2", "33.333", 7]), st.floats(0, 1), st.integers())
def test_looking_changes_nothing(looks: list[int], rate: str, share: float, seed: int) -> None:
    unseen = _run(Press(rate=rate, reject_share=share, seed=seed), to=100 * SECOND)
    looked_at = Press(rate=rate, reject_share=share, seed=seed)
    looked_at.start()
    for look in [*sorted(looks), 100 * SECOND]:
        looked_at.advance(to=look)
    assert looked_at.truth() == unseen.truth()
    truth = unseen.truth()
    assert truth.made == int(Fraction(str(rate)) * 100) == truth.good + truth.rejects


def test_another_seed_rejects_other_pieces() -> None:
    rejects = {_run(Press(rate=1000, reject_share=0.3, seed=seed), to=10 * SECOND).truth().rejects for seed in range(9)}
    assert len(rejects) > 3
    assert all(2700 < count < 3300 for count in rejects)


def test_a_million_parts_take_a_second_and_none_is_lost() -> None:
    began = time.monotonic()
    press = Press(rate="333.7", reject_share=0.02, layout=Layout(Encoding.U16))
    press.start()
    shown = seen = 0
    for look in range(1, 3001):
        press.advance(to=look * SECOND)
        now = press.shown()[Counter.MADE]
        seen += (now - shown) % 2**16
        shown = now
    assert seen == press.truth().made == 1_001_100
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("encoding", [Encoding.U16, Encoding.BCD16, Encoding.U32, Encoding.BCD32, Encoding.U64])
def test_a_counter_begins_again_at_its_width_and_the_truth_does_not(encoding: Encoding) -> None:
    layout = Layout(encoding)
    press = _run(Press(rate=1, layout=layout, shows=layout.modulus - 3), to=10 * SECOND)
    assert press.shown()[Counter.MADE] == 7
    assert press.truth().made == 10


def test_a_reset_changes_what_is_shown_and_not_what_was_made() -> None:
    press = _run(Press(rate=1), to=10 * SECOND)
    press.set_counters(to=0)
    assert press.shown()[Counter.MADE] == 0
    press.advance(to=14 * SECOND)
    assert press.shown()[Counter.MADE] == 4
    assert press.truth().made == 14
    assert press.truth().counter_sets == 1


def test_a_change_of_rate_keeps_the_piece_in_the_mould() -> None:
    press = _run(Press(rate="0.5"), to=SECOND)
    press.change_rate(1)
    press.advance(to=SECOND + SECOND // 2)
    assert press.truth().made == 1


@pytest.mark.parametrize("rate", ["-1", "1/0", "fast", "nan", "inf"])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        Press(rate=rate)
