"""Buses that fail: given up after two failures, tried again ever more rarely, and no burden to the others."""

import asyncio
import time
from collections.abc import Sequence
from itertools import pairwise

import pytest

from iot.drivers import registry
from iot.drivers.protocol import Capabilities, Point, Result
from iot.drivers.serial_bus import SerialBus
from iot.engine import Health
from tests.polling.fake_buses import Device, Ears, bus, fakes, play

__all__ = ["fakes"]


def test_two_failures_in_a_row_take_a_bus_out_of_the_cycle_and_one_success_brings_it_back(
    fakes: dict[str, Device],
) -> None:
    fakes["1"] = device = Device(value=5)

    async def scene() -> None:
        ears, loop = Ears(), asyncio.get_running_loop()
        ears.engine.set_buses([bus(1, every=1.0)])
        loop.call_later(10, setattr, device, "silent", True)
        loop.call_later(400, setattr, device, "silent", False)
        await ears.run(500)
        assert ears.told() == ["ok", "failing", "probing", "ok"]
        assert ears.changes[1].text == "It is silent."
        back = next(at for at in device.begun if at >= 400)
        assert back <= 462, "at the latest after the longest pause"
        cycle = [at for at in device.begun if at > back]
        assert len(cycle) >= 500 - back - 2 and abs(cycle[0] - device.begun[0]) % 1.0 == pytest.approx(0, abs=0.006)
        assert (ears.engine.stats.open, ears.engine.stats.failing, ears.engine.stats.probing) == (1, 0, 0)

    play(scene)


def test_pauses_double_up_to_a_minute_and_are_not_the_same_for_all(fakes: dict[str, Device]) -> None:
    fakes["1"], fakes["2"] = Device(silent=True), Device(silent=True)

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(1), bus(2)])
        await ears.run(400)
        found = []
        for device in fakes.values():
            pauses = [
                after - before - 2.0 for before, after in pairwise(device.begun[1:])
            ]  # it waits 2 s for an answer
            for pause, whole in zip(pauses, (1, 2, 4, 8, 16, 32, 60, 60), strict=False):
                assert 0.75 * whole - 0.01 <= pause <= whole + 0.05
            assert len(pauses) >= 8
            found.append([round(pause, 1) for pause in pauses])
        assert found[0] != found[1]
        assert ears.engine.stats.probing == 2

    play(scene)


def test_a_bus_that_came_back_is_given_up_for_no_longer_than_any_other(fakes: dict[str, Device]) -> None:
    fakes["1"] = device = Device(silent=True)

    async def scene() -> None:
        ears, loop = Ears(), asyncio.get_running_loop()
        ears.engine.set_buses([bus(1, every=3.0)])
        loop.call_later(100, setattr, device, "silent", False)
        loop.call_later(200, setattr, device, "silent", True)
        await ears.run(220)
        assert ears.told() == ["failing", "probing", "ok", "failing", "probing"]
        asked = [at for at in device.begun if at > 200]
        assert 0.75 <= asked[2] - asked[1] - 2.7 <= 1.05, "the first pause again; it waits 2.7 s for an answer"

    play(scene)


def test_one_failure_alone_is_told_and_changes_no_cycle(fakes: dict[str, Device]) -> None:
    fakes["1"] = device = Device()

    async def scene() -> None:
        ears, loop = Ears(), asyncio.get_running_loop()
        ears.engine.set_buses([bus(1, every=3.0)])
        loop.call_later(9.5, setattr, device, "silent", True)
        loop.call_later(13.7, setattr, device, "silent", False)
        await ears.run(60)
        assert ears.told() == ["ok", "failing", "ok"]
        assert len(device.begun) == 20

    play(scene)


def test_dead_buses_take_nothing_from_the_others(fakes: dict[str, Device]) -> None:
    for number in range(1, 151):
        fakes[str(number)] = Device(silent=number > 100)

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(number) for number in range(1, 151)])
        await ears.run(60)
        assert {len(fakes[str(number)].begun) for number in range(1, 101)} <= {59, 60}
        assert max(len(fakes[str(number)].begun) for number in range(101, 151)) <= 8
        assert ears.engine.stats.probing == 50 and ears.engine.stats.open == 100

    play(scene)


def test_a_bad_point_fails_alone_and_is_told_when_it_begins_and_when_it_ends(fakes: dict[str, Device]) -> None:
    fakes["1"] = device = Device()

    async def scene() -> None:
        ears, loop = Ears(), asyncio.get_running_loop()
        ears.engine.set_buses([bus(1, machines=3)])
        loop.call_later(10, device.bad.add, 101)
        loop.call_later(20, device.bad.add, 102)
        loop.call_later(30, device.bad.clear)
        await ears.run(40)
        assert len(ears.of(100)) in (39, 40) and len(ears.of(101)) < 25
        assert [(str(change.health), change.text) for change in ears.changes] == [
            ("ok", ""),
            ("ok", "Point 101: It says no."),
            ("ok", "Point 101: It says no. Point 102: It says no."),
            ("ok", "Point 101 is read again. Point 102 is read again."),
        ]
        assert [set(change.errors) for change in ears.changes] == [set(), {101}, {101, 102}, set()]
        assert 25 <= ears.engine.stats.errors <= 31

    play(scene)


def test_a_text_names_a_few_points_and_how_many_more_there_are(fakes: dict[str, Device]) -> None:
    fakes["1"] = Device(bad=set(range(101, 120)))

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(1, machines=20)])
        await ears.engine.poll_once()
        assert ears.changes[0].text.endswith("Point 104: It says no. And 15 more.")
        assert len(ears.changes[0].errors) == 19

    play(scene)


def test_settings_that_no_driver_takes_are_said_and_harm_nobody(fakes: dict[str, Device]) -> None:
    fakes["2"] = Device()

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(1, address={}), bus(2), bus(3, driver="telepathy")])
        await ears.run(10)
        assert ears.told(1) == ears.told(3) == ["failing", "probing"]
        assert "cannot be used for telepathy" in ears.changes[-1].text + ears.changes[0].text + ears.changes[1].text
        assert len(fakes["2"].begun) in (9, 10)

    play(scene)


def test_a_driver_that_fails_itself_is_a_failing_bus(fakes: dict[str, Device], monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.polling import fake_buses

    async def fail(self: object, points: Sequence[Point], *, deadline: float) -> list[Result]:
        raise LookupError("a bug")

    fakes["1"] = Device()
    monkeypatch.setattr(fake_buses.FakeDriver, "read", fail)

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(1)])
        await ears.run(10)
        assert ears.told() == ["failing", "probing"] and "LookupError('a bug')" in ears.changes[0].text

    play(scene)


class Blocking(SerialBus):
    """A line whose every read holds its thread."""

    @staticmethod
    def capabilities() -> Capabilities:
        return Capabilities(name="blocking", event_driven=False, shared_bus=True)

    def _opened_and_read(self, points: Sequence[Point], *, deadline: float) -> list[Result]:
        time.sleep(0.4)
        raise OSError("nothing there")


def test_a_driver_that_blocks_its_thread_does_not_stall_the_others(
    fakes: dict[str, Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.DRIVERS, "blocking", f"{__name__}.Blocking")
    fakes["1"] = device = Device(takes=0.0)

    async def scene() -> None:
        ears = Ears()
        blocking = [bus(number, driver="blocking", address={"port": "/dev/none"}, every=0.1) for number in range(2, 6)]
        ears.engine.set_buses([bus(1, every=0.05), *blocking])
        await ears.run(0.9)
        assert len(device.begun) >= 12, "of 18 turns"
        assert {change.bus_id for change in ears.changes if change.health is not Health.OK} == {2, 3, 4, 5}
        await ears.engine.close()

    asyncio.run(scene())


def test_readings_say_what_stood_there_before_and_until_when(fakes: dict[str, Device]) -> None:
    fakes["1"] = device = Device(value=7)

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(1)])
        await ears.run(3.0)
        device.value = 9
        await ears.run(2.0)
        changed = [at for at, sample in enumerate(ears.samples) if sample.unchanged_until is not None]
        assert len(changed) == 1 and ears.samples[changed[0]].raw == 9
        before = ears.samples[changed[0] - 1]
        assert (ears.samples[changed[0]].previous, ears.samples[changed[0]].unchanged_until) == (7, before.at)
        assert before.raw == 7 and before.previous is None

    play(scene)
