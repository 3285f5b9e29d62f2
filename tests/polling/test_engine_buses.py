"""Buses that come, change and go while the engine runs, and readings at an order's boundary."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.polling.fake_buses import Device, Ears, bus, fakes, play

__all__ = ["fakes"]

ROOT = Path(__file__).resolve().parents[2]
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_the_engine_knows_no_database() -> None:
    program = "import sys, iot.engine, iot.drivers.modbus_tcp; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def during(*steps: tuple[float, Any]) -> None:
    """Do each at its second."""
    for at, step in steps:
        asyncio.get_running_loop().call_at(at, step)


def test_buses_that_did_not_change_keep_line_and_schedule(fakes: dict[str, Device]) -> None:
    fakes["1"], fakes["2"] = Device(), Device()

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(1)])
        during(*((n + 0.3, lambda: ears.engine.set_buses([bus(2), bus(1)])) for n in range(1, 20)))
        await ears.run(20)
        await ears.run(10)
        assert fakes["1"].lines == fakes["2"].lines == 1
        begun = fakes["1"].begun
        assert len(begun) == 30 and max(abs((at - begun[0] + 0.5) % 1.0 - 0.5) for at in begun) < 0.006

    play(scene)


def test_a_changed_bus_is_opened_anew_and_a_gone_one_closed(fakes: dict[str, Device]) -> None:
    fakes["1"], fakes["2"], fakes["3"] = Device(), Device(), Device()

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(1), bus(2)])
        during((5.0, lambda: ears.engine.set_buses([bus(1, version=2, address={"name": "3"})])))
        await ears.run(10)
        assert max(fakes["1"].begun) < 5 < min(fakes["3"].begun)
        assert [(fakes[name].lines, fakes[name].closed) for name in "123"] == [(1, 1), (1, 1), (1, 0)]
        assert max(fakes["2"].begun) < 5 and ears.engine.stats.open == 1

    play(scene)


def test_a_bus_changed_amid_a_request_is_not_asked_before_that_has_ended(fakes: dict[str, Device]) -> None:
    fakes["1"] = device = Device(takes=0.9)

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(1)])
        during(*((2 + n * 0.37, lambda n=n: ears.engine.set_buses([bus(1, version=n + 2)])) for n in range(20)))
        await ears.run(15)
        assert device.overlaps == 0
        assert len(device.begun) > 6 and device.lines == device.closed + 1

    play(scene)


def test_a_bus_that_is_gone_says_nothing_any_more_and_may_come_back(fakes: dict[str, Device]) -> None:
    fakes["1"] = device = Device(takes=0.9)

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(1)])
        running = asyncio.create_task(ears.run(20))
        await asyncio.sleep(5)
        while not device.asking:
            await asyncio.sleep(0.01)
        heard = len(ears.samples)
        ears.engine.set_buses([])
        await asyncio.sleep(2)
        assert len(ears.samples) == heard and device.closed == 1 and not device.asking
        ears.engine.set_buses([bus(1)])
        await running
        assert len(ears.samples) >= heard + 8 and device.overlaps == 0 and device.lines == 2

    play(scene)


def test_a_boundary_is_read_at_once_and_only_its_machines_carry_it(fakes: dict[str, Device]) -> None:
    fakes["1"], fakes["2"] = Device(), Device()

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(1, every=60.0, machines=2), bus(2, every=60.0)])
        during((20.0, lambda: ears.engine.read_now([11], boundary=START)))
        await ears.run(30)
        assert [at for at in fakes["1"].begun if at >= 15] == [20.0]
        assert len(fakes["2"].begun) == 1, "another machine's"
        assert [sample.boundary for sample in ears.of(101)] == [None, START]
        assert [sample.boundary for sample in ears.of(100)] == [None, None]
        await ears.run(60)
        assert ears.of(101)[-1].boundary is None

    play(scene)


def test_a_request_under_way_began_before_the_boundary_and_the_next_follows_it_at_once(
    fakes: dict[str, Device],
) -> None:
    fakes["1"] = device = Device(takes=0.8)

    async def scene() -> None:
        ears, loop = Ears(), asyncio.get_running_loop()
        ears.engine.set_buses([bus(1, every=9.0)])
        running = asyncio.create_task(ears.run(20))
        while not device.asking:
            await asyncio.sleep(0.01)
        ears.engine.read_now([10], boundary=START)
        begun = loop.time()
        await running
        assert [sample.boundary for sample in ears.samples[:3]] == [None, START, None]
        assert 0.7 < device.begun[1] - begun < 0.9, "right after the one under way"
        assert device.overlaps == 0

    play(scene)


def test_of_two_boundaries_for_one_reading_the_first_counts(fakes: dict[str, Device]) -> None:
    fakes["1"] = Device(takes=0.8)

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(1, every=9.0)])
        for seconds in (3, 1, 2):
            ears.engine.read_now([10], boundary=START + timedelta(seconds=seconds))
        await ears.run(3)
        assert ears.samples[0].boundary == START + timedelta(seconds=1)
        assert fakes["1"].begun[0] == 0.0, "what was asked for before the run is read as it begins"

    play(scene)


def test_a_boundary_that_found_the_bus_dead_waits_for_the_first_reading(fakes: dict[str, Device]) -> None:
    fakes["1"] = device = Device(silent=True)

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(1, every=1.0)])
        during((100.0, lambda: ears.engine.read_now([10], boundary=START)), (101.0, lambda: None))
        asyncio.get_running_loop().call_at(150.0, setattr, device, "silent", False)
        await ears.run(250)
        assert 100.0 in device.begun, "also a bus that was given up is tried at once"
        assert [sample.boundary for sample in ears.samples][:2] == [START, None]

    play(scene)


def test_a_boundary_whose_read_was_cut_off_by_the_end_of_a_run_is_read_in_the_next(fakes: dict[str, Device]) -> None:
    fakes["1"] = device = Device(takes=1.5)

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(1, every=60.0)])
        during((20.0, lambda: ears.engine.read_now([10], boundary=START)))
        await ears.run(20.5)
        before = len(ears.samples)
        assert 20.0 in device.begun
        await asyncio.sleep(5)
        assert len(ears.samples) == before
        await ears.run(2)
        assert [sample.boundary for sample in ears.samples[before:]] == [START]
        assert device.overlaps == 0

    play(scene)


def test_close_gives_everything_back_also_amid_requests(fakes: dict[str, Device]) -> None:
    for number in range(1, 51):
        fakes[str(number)] = Device(takes=0.5, stubborn=number == 1)

    async def scene() -> None:
        ears = Ears()
        ears.engine.set_buses([bus(number) for number in range(1, 51)])
        await ears.run(3.2)
        assert sum(device.asking for device in fakes.values()) > 5
        await ears.engine.close()
        assert len(asyncio.all_tasks()) == 1
        assert all(device.closed == device.lines == 1 and not device.asking for device in fakes.values())
        assert ears.engine.stats.open == 0

    play(scene)
