"""What machines do, told by what is read of them."""

from datetime import UTC, datetime, timedelta

import pytest

from iot.buses import Bus, PolledPoint
from iot.drivers.protocol import Point
from iot.engine import Health, HealthChange
from iot.poller.states import States
from iot.registers import Encoding, Layout
from iot.samples import Sample

START = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)
SHARD, PRESS = 7, 1
COUNTER, STATE = 11, 12


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def bus(number: int, *points: tuple[int, str], states: dict[str, str] | None = None) -> Bus:
    polled = tuple(
        PolledPoint(Point(point, Layout(Encoding.U16)), machine_id=PRESS, role=role, states=states or {})
        for point, role in points
    )
    return Bus(number, SHARD, f"B-{number}", "modbus_tcp", {}, 1.0, 1, polled)


def watching(*buses: Bus, state: str = "no_data", cycle: float | None = 1.0) -> States:
    states = States()
    states.watch(buses)
    states.know({PRESS: (state, cycle)})
    return states


def told(states: States) -> list[tuple[str, datetime]]:
    return states.take(SHARD, most=10).get(PRESS, [])


def test_a_state_point_says_what_the_machine_does_and_only_changes_are_told() -> None:
    states = watching(bus(1, (STATE, "state"), states={"2": "down"}))
    for second, raw in enumerate((0, 0, 1, 1, 9, 2, 0)):
        states.heard(Sample(STATE, raw, at(second)))
    assert told(states) == [("idle", at(0)), ("running", at(2)), ("down", at(5)), ("idle", at(6))]
    states.heard(Sample(STATE, 0, at(7)))
    assert told(states) == []


def test_what_the_database_knows_is_not_told_again() -> None:
    states = watching(bus(1, (STATE, "state")), state="running")
    states.heard(Sample(STATE, 1, at(1)))
    assert told(states) == []


def test_a_machine_that_is_only_counted_runs_while_its_counter_moves() -> None:
    states = watching(bus(1, (COUNTER, "good")))
    for second, raw in ((0, 5), (1, 5), (2, 6), (30, 6), (61, 6), (62, 6), (63, 7)):
        states.heard(Sample(COUNTER, raw, at(second)))
    assert told(states) == [("running", at(2)), ("idle", at(62)), ("running", at(63))]


def test_a_slow_machine_stands_still_only_after_five_of_its_cycles() -> None:
    states = watching(bus(1, (COUNTER, "good")), cycle=45.0)
    for second, raw in ((0, 5), (1, 6), (200, 6), (226, 6)):
        states.heard(Sample(COUNTER, raw, at(second)))
    assert told(states) == [("running", at(1)), ("idle", at(226))]


def test_the_counter_of_a_machine_with_a_state_point_says_nothing_of_its_state() -> None:
    states = watching(bus(1, (COUNTER, "good"), (STATE, "state")))
    states.heard(Sample(STATE, 0, at(0)))
    for second in range(1, 5):
        states.heard(Sample(COUNTER, second, at(second)))
    assert told(states) == [("idle", at(0))]


@pytest.mark.parametrize("health", [Health.FAILING, Health.PROBING])
def test_a_machine_is_mute_when_none_of_its_lines_answers(health: Health) -> None:
    states = watching(bus(1, (COUNTER, "good")), bus(2, (STATE, "state")))
    assert states.fares(HealthChange(1, health, at(1), "no")) == set()
    assert not states.is_mute(PRESS)
    assert states.fares(HealthChange(2, health, at(2), "no")) == {PRESS}
    assert states.is_mute(PRESS)
    states.heard(Sample(COUNTER, 5, at(3)))
    assert not states.is_mute(PRESS)


def test_a_machine_is_mute_on_a_bus_that_answers_for_others_only() -> None:
    states = watching(bus(1, (COUNTER, "good"), (STATE, "state")))
    one = HealthChange(1, Health.OK, at(1), "x", errors={COUNTER: "no"})
    both = HealthChange(1, Health.OK, at(2), "x", errors={COUNTER: "no", STATE: "no"})
    assert states.fares(one) == set()
    assert states.fares(both) == {PRESS}
    assert states.fares(HealthChange(1, Health.OK, at(3), "")) == set()
    assert not states.is_mute(PRESS)


def test_silence_is_no_data_and_never_idle_and_ends_with_the_next_reading() -> None:
    states = watching(bus(1, (COUNTER, "good")), state="running")
    states.heard(Sample(COUNTER, 5, at(0)))
    states.heard(Sample(COUNTER, 6, at(1)))
    states.silent(PRESS, at=at(2))
    assert told(states) == [("no_data", at(2))]
    states.heard(Sample(COUNTER, 7, at(300)))
    assert told(states) == [("running", at(300))]
    states.silent(PRESS, at=at(301))
    states.heard(Sample(COUNTER, 7, at(400)))
    assert told(states) == [("no_data", at(301)), ("idle", at(400))]


def test_changes_that_could_not_be_written_come_first_the_next_time() -> None:
    states = watching(bus(1, (STATE, "state")))
    states.heard(Sample(STATE, 0, at(0)))
    taken = states.take(SHARD, most=10)
    states.heard(Sample(STATE, 1, at(1)))
    states.put_back(taken)
    assert told(states) == [("idle", at(0)), ("running", at(1))]


def test_a_machine_that_is_polled_no_more_is_named() -> None:
    states = watching(bus(1, (STATE, "state")))
    assert states.watch([bus(1, (STATE, "state"))]) == []
    assert states.watch([]) == [(PRESS, SHARD)]
