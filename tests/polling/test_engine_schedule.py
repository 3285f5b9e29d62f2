"""When buses are read: on time for hours, never twice for one turn, and no turn made up for."""

import asyncio
from itertools import pairwise

import pytest

from iot.engine import round as rounds
from iot.engine.calendar import SLOT_S
from tests.polling.fake_buses import Device, Ears, Hours, bus, fakes, play

__all__ = ["fakes"]

LATE = SLOT_S + 1e-6


def off_grid(device: Device, *, every: float) -> float:
    """By how many seconds at most a read began later than whole periods after the first, or earlier (negative)."""
    first = device.begun[0]
    return max(((at - first + every / 2) % every - every / 2 for at in device.begun), key=abs)


def test_due_times_are_whole_periods_apart_and_never_drift(fakes: dict[str, Device]) -> None:
    fakes["1"] = device = Device(takes=0.17)

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(1, every=0.7)])
        await ears.run(3600)
        assert len(device.begun) in (5142, 5143), "3600 s ÷ 0.7 s"
        assert abs(off_grid(device, every=0.7)) <= LATE
        assert ears.engine.stats.skipped == 0 and ears.engine.stats.polls == len(device.begun)

    play(scene)


def test_turns_that_pass_while_a_read_lasts_are_skipped_and_counted(fakes: dict[str, Device]) -> None:
    fakes["1"] = device = Device(takes=2.5)

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(1, every=1.0, machines=3)])
        await ears.run(31)
        assert [round(after - before) for before, after in pairwise(device.begun)] == [3] * (len(device.begun) - 1)
        assert abs(off_grid(device, every=1.0)) <= LATE
        assert len(device.begun) in (10, 11)
        assert abs(ears.engine.stats.skipped - 2 * len(device.begun)) <= 2
        assert device.overlaps == 0

    play(scene)


def test_a_computer_that_stood_still_makes_up_for_nothing(fakes: dict[str, Device]) -> None:
    for number in range(1, 21):
        fakes[str(number)] = Device()

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(number) for number in range(1, 21)])
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Hours)
        loop.call_later(10.0, loop.freeze, 30.0)
        await ears.run(51)
        for device in fakes.values():
            assert len([at for at in device.begun if 40 <= at < 40.02]) == 1, "thirty turns have passed: one read"
            on_time = Device(begun=[at for at in device.begun if not 40 <= at < 40.02])
            assert abs(off_grid(on_time, every=1.0)) <= LATE and 19 <= len(on_time.begun) <= 21
        assert 20 * 28 <= ears.engine.stats.skipped <= 20 * 30

    play(scene)


def test_a_read_amid_which_the_computer_stood_still_is_not_taken_for_a_failure(fakes: dict[str, Device]) -> None:
    fakes["1"] = device = Device(takes=0.5)

    async def scene() -> None:
        ears, loop = Ears(), asyncio.get_running_loop()
        assert isinstance(loop, Hours)
        ears.engine.set_buses([bus(1, every=10.0)])
        running = asyncio.create_task(ears.run(100))
        while not device.asking:
            await asyncio.sleep(0.1)
        loop.freeze(30.0)
        await running
        assert ears.told() == ["ok"] and len(ears.samples) == len(device.begun)

    play(scene)


@pytest.mark.parametrize("every", [0.5, 60.0])
def test_first_turns_are_spread_so_that_thousands_make_no_burst(fakes: dict[str, Device], every: float) -> None:
    for number in range(1, 1001):
        fakes[str(number)] = Device()

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(number, every=every) for number in range(1, 1001)])
        within = min(every, 10.0)
        await ears.run(within)
        begun = sorted(at for device in fakes.values() for at in device.begun)
        assert len(begun) >= 995, "within its period, and within ten seconds, everybody had a turn"
        tenths = [sum(1 for at in begun if n <= at * 10 / within < n + 1) for n in range(10)]
        assert max(tenths) <= 110 and min(tenths) >= 90, tenths

    play(scene)


def test_a_driver_that_heeds_no_deadline_is_told_late_and_never_asked_twice_at_once(fakes: dict[str, Device]) -> None:
    fakes["1"], fakes["2"] = Device(takes=100.0, stubborn=True), Device()

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(1), bus(2)])
        await ears.run(60)
        assert ears.changes[-1].text == "The driver did not come back in time." and ears.changes[-1].at
        assert ears.told(1) == ["failing"], "told within its time, once"
        assert len(fakes["1"].begun) == 1 and fakes["1"].overlaps == 0
        assert len(fakes["2"].begun) in (59, 60)
        assert ears.engine.stats.skipped >= 55

    play(scene)


def test_a_run_ends_at_once_and_nothing_is_handed_on_after_it(fakes: dict[str, Device]) -> None:
    fakes["1"] = Device(takes=1.9)

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(1, every=10.0)])
        loop = asyncio.get_running_loop()
        while not fakes["1"].begun:
            await ears.run(0.1)
        told = loop.time()
        end = asyncio.Event()
        end.set()
        await ears.engine.run(until=end)
        assert loop.time() - told < 0.5
        await asyncio.sleep(5)
        assert ears.samples == [] and ears.changes == []
        await ears.run(15)
        assert len(ears.samples) in (1, 2) and fakes["1"].overlaps == 0 and fakes["1"].lines == 1

    play(scene)


def test_turns_between_two_runs_are_no_skips_and_a_rare_one_is_read_soon(fakes: dict[str, Device]) -> None:
    fakes["1"], fakes["2"] = Device(), Device()

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(1, every=1.0), bus(2, every=100.0)])
        await ears.run(10.5)
        assert len(fakes["2"].begun) == 1
        await asyncio.sleep(200)
        await ears.run(1.5)
        assert len(fakes["2"].begun) == 2, "its turn had passed meanwhile"
        assert ears.engine.stats.skipped == 0
        assert abs(off_grid(fakes["1"], every=1.0)) <= LATE
        await ears.run(200)
        assert abs(off_grid(Device(begun=[fakes["2"].begun[0], *fakes["2"].begun[2:]]), every=100.0)) <= LATE

    play(scene)


def test_a_round_reads_every_bus_exactly_once(fakes: dict[str, Device]) -> None:
    for number in range(1, 2001):
        fakes[str(number)] = Device(silent=number % 500 == 0)

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(number) for number in range(1, 2001)])
        told = await ears.engine.poll_once()
        assert told == {"buses": 2000, "open": 1996, "readings": 1996, "errors": 4}
        assert {len(device.begun) for device in fakes.values()} == {1}
        assert asyncio.get_running_loop().time() <= 4.1, "two deadlines, as not all are read at once"
        await ears.engine.poll_once()
        assert {len(device.begun) for device in fakes.values()} == {2}
        await ears.engine.poll_once()
        assert {len(device.begun) for device in fakes.values()} == {3}, "also those that were given up"
        for device in fakes.values():
            device.silent = False
        assert (await ears.engine.poll_once())["open"] == 2000

    play(scene)


def test_a_round_reads_those_that_were_given_up_last(fakes: dict[str, Device], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "WIDTH", 2)
    for number in range(1, 7):
        fakes[str(number)] = Device(silent=number < 5)

    async def scene() -> None:
        ears, loop = Ears(), asyncio.get_running_loop()
        ears.engine.set_buses([bus(number) for number in range(1, 7)])
        await ears.engine.poll_once()
        await ears.engine.poll_once()
        began = loop.time()
        await ears.engine.poll_once()
        assert [at - began for at, _ in ears.heard[-2:]] == pytest.approx([0.01, 0.01])

    play(scene)


def test_what_a_callback_raises_ends_the_run(fakes: dict[str, Device]) -> None:
    fakes["1"] = Device()

    async def scene() -> None:
        ears = Ears()
        ears.engine._on_samples = lambda bus, samples: 1 / 0  # type: ignore[assignment, func-returns-value]
        ears.engine.set_buses([bus(1)])
        with pytest.raises(ZeroDivisionError):
            await ears.run(60)
        with pytest.raises(ZeroDivisionError):
            await ears.engine.poll_once()
        assert len(fakes["1"].begun) == 2

    play(scene)
