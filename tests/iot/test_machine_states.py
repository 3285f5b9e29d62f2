"""What a machine is told to do becomes stretches without gaps, whatever comes twice, late or from a wrong clock."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from factoryos.kernel import clock
from factoryos.kernel.models import OutboxMessage
from iot.machine_states import report
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
