"""A simulated FANUC control: the stand-in library tells of the press, and of what befalls it, as the real one would."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iot.diagnosis.examination import examine
from iot.diagnosis.findings import Grade, Step, Target
from iot.drivers.focas import hosts
from iot.drivers.focas.driver import FocasDriver
from iot.drivers.protocol import Point, Reading
from iot.drivers.registry import driver_class
from iot.registers import Encoding, Layout
from iot.simulation import focas
from iot.simulation.device import Device
from iot.simulation.faults import parse_script
from iot.simulation.focas import FocasControl, NoCompiler
from iot.simulation.press import SECOND, Press

U32 = Layout(Encoding.U32)
POINTS = [Point(1, U32, {"value": "parts"}), Point(2, U32, {"value": "total"}), Point(3, U32, {"value": "run"})]


class Clock:
    """Nanoseconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    assert not hosts._HOSTS.get(str(tmp_path / focas.LIBRARY)), "a test left its host running"


async def opened(device: Device, folder: Path) -> tuple[FocasControl, FocasDriver]:
    control = FocasControl(device, folder=folder)
    try:
        await control.open()
    except NoCompiler as error:
        pytest.skip(str(error))
    driver = driver_class("focas")(address_of(control))
    assert isinstance(driver, FocasDriver)
    return control, driver


def address_of(control: FocasControl) -> dict[str, Any]:
    return {"host": control.host, "port": control.port, "library": str(control.library)}


async def raws(driver: FocasDriver) -> list[Any]:
    results = await driver.read(POINTS, deadline=asyncio.get_running_loop().time() + 10)
    return [one.raw if isinstance(one, Reading) else str(one.trouble) for one in results]


async def until(driver: FocasDriver, wanted: list[Any]) -> None:
    seen: list[Any] = []
    for _ in range(100):
        if (seen := await raws(driver)) == wanted:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(seen)


def test_what_the_press_makes_is_what_the_control_says(folder: Path, clock: Clock) -> None:
    async def scene() -> None:
        device = Device(name="P", press=Press(rate=10, shows=500), clock=clock)
        control, driver = await opened(device, folder)
        assert await raws(driver) == [500, 500, 1]
        device.press().start()
        clock.pass_by(2)
        await until(driver, [520, 520, 3])
        device.press().stop()
        await until(driver, [520, 520, 1])
        await driver.close()
        await control.close()

    asyncio.run(scene())


def test_its_faults_come_as_the_library_would_tell_of_them(folder: Path, clock: Clock) -> None:
    async def scene() -> None:
        faults = parse_script("10 exception 5\n20 garbage 5\n30 closed 5\n40 reset")
        control, driver = await opened(
            Device(name="P", press=Press(rate=0, shows=7), faults=faults, clock=clock), folder
        )
        await until(driver, [7, 7, 1])
        clock.pass_by(11)
        await until(driver, ["refused"] * 3)
        clock.pass_by(10)
        await until(driver, ["garbled"] * 3)
        clock.pass_by(10)
        await until(driver, ["unreachable"] * 3)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(control.host, control.port)
        clock.pass_by(10)
        await until(driver, [0, 0, 1])
        await driver.close()
        await control.close()

    asyncio.run(scene())


def test_a_technician_is_told_that_it_is_well_and_that_it_is_gone(folder: Path, clock: Clock) -> None:
    async def scene() -> None:
        control, driver = await opened(Device(name="P", press=Press(rate=0), clock=clock), folder)
        await driver.close()
        target = Target("CNC", "focas", address_of(control))
        well = [one async for one in examine(target, reads=2, pause_s=0, patience_s=10)]
        assert [one.step for one in well] == [Step.SETTINGS, Step.REACH, Step.PROTOCOL, Step.VALUE, Step.TIMES]
        assert {one.grade for one in well} == {Grade.FINE}
        await control.close()
        gone = [one async for one in examine(target, patience_s=10)]
        assert (gone[-1].step, gone[-1].grade) == (Step.REACH, Grade.WRONG)

    asyncio.run(scene())


def test_without_a_compiler_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(focas.shutil, "which", lambda name: None)
    with pytest.raises(NoCompiler, match="no C compiler"):
        focas.build(tmp_path)
