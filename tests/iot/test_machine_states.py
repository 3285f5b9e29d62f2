"""What a machine is told to do becomes stretches without gaps, whatever comes twice, late or from a wrong clock."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from factoryos.kernel import clock
from factoryos.kernel.models import OutboxMessage
from iot.machine_states import report, report_all
from iot.models import MachineStateInterval
from manufacturing.models import Machine
from tests import floor

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    clock.use(lambda: NOW)
    yield
    clock.use(None)


@pytest.fixture
def machine() -> Machine:
    return floor.a_machine(floor.a_factory(), code="PRESS-01")


def tell(machine: Machine, *told: tuple[str, int]) -> None:
    for state, minutes in told:
        floor.done(report, machine=machine, state=state, at=at(minutes))


def known(machine: Machine) -> list[tuple[str, int, int | None]]:
    """(state, from, until) in minutes, in order; the present one last, as the machine's own row says it."""
    rows = list(MachineStateInterval.objects.filter(machine=machine).order_by("started_at", "ended_at"))
    for before, after in zip(rows, rows[1:], strict=False):  # noqa: RUF007 the last has no follower
        assert before.ended_at == after.started_at and before.state != after.state
    assert not rows or (rows[-1].ended_at is None and rows[-1].state == Machine.objects.get(pk=machine.pk).state)
    return [(row.state, minutes(row.started_at), row.ended_at and minutes(row.ended_at)) for row in rows]  # type: ignore[misc]


def minutes(instant: datetime) -> int:
    return (instant - NOW) // timedelta(minutes=1)


def announced() -> list[dict[str, str]]:
    rows = OutboxMessage.objects.filter(topic="machine.state").order_by("id")
    return list(rows.values_list("payload", flat=True))


def test_states_follow_one_another_and_are_announced(machine: Machine) -> None:
    tell(machine, ("running", -30), ("running", -25), ("running", -30), ("idle", -20), ("idle", -10))
    assert known(machine) == [("running", -30, -20), ("idle", -20, None)]
    assert announced() == [
        {"machineCode": "PRESS-01", "state": state, "at": at(begin).isoformat()}
        for state, begin in (("running", -30), ("idle", -20))
    ]
    assert set(OutboxMessage.objects.values_list("factory_id", "key")) == {(machine.factory_id, str(machine.uuid))}


def test_what_comes_late_does_not_overrule_what_was_known(machine: Machine) -> None:
    tell(machine, ("running", -30), ("idle", -10))
    before, count = known(machine), len(announced())
    tell(machine, ("down", -20), ("down", -60), ("running", -12), ("no_data", -15))
    assert (known(machine), len(announced())) == (before, count)


def test_what_comes_late_fills_silence(machine: Machine) -> None:
    tell(machine, ("running", -30), ("no_data", -20), ("idle", -10))
    told = len(announced())
    tell(machine, ("down", -15))
    assert known(machine) == [("running", -30, -20), ("no_data", -20, -15), ("down", -15, -10), ("idle", -10, None)]
    tell(machine, ("down", -15), ("down", -20))
    assert known(machine) == [("running", -30, -20), ("down", -20, -10), ("idle", -10, None)]
    assert len(announced()) == told  # the present state is what it was


def test_late_news_joins_what_it_touches(machine: Machine) -> None:
    tell(machine, ("running", -30), ("no_data", -20), ("idle", -10), ("idle", -15), ("running", -20))
    assert known(machine) == [("running", -30, -15), ("idle", -15, None)]


def test_of_two_states_of_one_instant_the_one_told_later_stands(machine: Machine) -> None:
    tell(machine, ("running", -30), ("idle", -20), ("down", -20))
    assert known(machine) == [("running", -30, -20), ("down", -20, None)]
    tell(machine, ("running", -20))
    assert known(machine) == [("running", -30, None)]


def test_a_fast_clock_does_not_make_the_truth_late(machine: Machine) -> None:
    tell(machine, ("running", 600))
    assert known(machine) == [("running", 0, None)]
    clock.use(lambda: at(1))
    tell(machine, ("idle", 1))
    assert known(machine) == [("running", 0, 1), ("idle", 1, None)]


def test_machines_do_not_mix(machine: Machine) -> None:
    other = floor.a_machine(floor.a_factory(), code="PRESS-01")
    tell(machine, ("running", -30))
    tell(other, ("down", -20))
    assert (known(machine), known(other)) == ([("running", -30, None)], [("down", -20, None)])


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_told_there_is_one_state_at_any_time(machine: Machine, seed: int) -> None:
    chance = random.Random(seed)
    states = [str(state) for state in MachineStateInterval.State]
    for _ in range(40):
        tell(machine, (chance.choice(states), -chance.randint(0, 25)))
        known(machine)
    before = known(machine)
    tell(machine, *[(state, begin) for state, begin, _ in before])  # all of it once more
    assert known(machine) == before


def test_what_was_kept_while_nobody_heard_fills_the_silence_as_it_was(machine: Machine) -> None:
    tell(machine, ("running", -30), ("no_data", -25), ("idle", -10))
    kept = [("down", -20), ("idle", -12), ("running", -25), ("down", -27), ("no_data", -15)]
    floor.done(report_all, machine=machine, told=[(state, at(minute)) for state, minute in kept])
    assert known(machine) == [
        ("running", -30, -20), ("down", -20, -15), ("no_data", -15, -12), ("idle", -12, None)
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_many_told_together_against_a_picture_of_every_minute(machine: Machine, seed: int) -> None:
    chance = random.Random(seed)
    states = [str(state) for state in MachineStateInterval.State] + ["no_data"] * 3
    seen: dict[int, str] = {}  # minute → state, from the first that was told on
    for _ in range(8):
        told = [(chance.choice(states), minute) for minute in chance.sample(range(-30, 0), chance.randint(1, 8))]
        floor.done(report_all, machine=machine, told=[(state, at(minute)) for state, minute in told])
        seen = pictured(seen, sorted(told, key=lambda one: one[1]))
        assert {minute: state for state, begin, end in known(machine) for minute in range(begin, end or 0)} == seen


def pictured(seen: dict[int, str], told: list[tuple[str, int]]) -> dict[int, str]:
    """What is known of every minute after `told`, in order, if `seen` was known before."""
    present = max((minute for minute in seen if seen.get(minute - 1) != seen[minute]), default=-99)
    new = dict(seen)
    for (state, begin), (_, end) in zip(told, [*told[1:], ("", 0)], strict=True):
        for minute in range(begin, end):
            silent = all(seen.get(one) == "no_data" for one in range(begin, minute + 1))
            if begin >= present or (silent and minute < present):
                new[minute] = state
    return new


def test_many_cost_as_many_queries_as_two(machine: Machine, django_assert_max_num_queries: Any) -> None:
    tell(machine, ("running", -400), ("no_data", -350), ("down", -300))
    told = [("idle" if minute % 2 else "running", at(minute)) for minute in range(-399, 0)]
    with django_assert_max_num_queries(18):  # one silence is filled on the way
        floor.done(report_all, machine=machine, told=told)
    assert len(known(machine)) == 350  # running until -349, and then every minute another state
    assert len(announced()) == 3 + 300
