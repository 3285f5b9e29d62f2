"""Every driver of a line or a socket reads what the simulated press behind it really shows."""

from pathlib import Path
from typing import Any

import pytest

from iot.drivers.protocol import Driver, Point
from iot.drivers.registry import driver_class
from iot.simulation.device import Device
from iot.simulation.panel import AT
from iot.simulation.press import Counter, Press
from iot.simulation.tcp import TcpPort
from iot.simulation.terminal import SerialLine
from tests.iot.drivers.peers import U32, play, raws, read

SHOWN = 123456


def presses() -> list[Device]:
    return [Device(name=f"PRESS-{unit}", unit=unit, press=Press(rate=1, shows=SHOWN + unit)) for unit in (1, 2)]


def registers() -> list[Point]:
    return [Point(unit, U32, {"unit": unit, "address": AT[Counter.GOOD]}) for unit in (1, 2)]


async def seen(driver: Driver, points: list[Point]) -> list[Any]:
    try:
        return raws(await read(driver, points))
    finally:
        await driver.close()


def test_modbus_tcp_reads_a_simulated_press() -> None:
    async def scene() -> None:
        port = TcpPort(presses())
        await port.open()
        driver = driver_class("modbus_tcp")({"host": port.host, "port": port.port})
        assert await seen(driver, registers()) == [SHOWN + 1, SHOWN + 2]
        await port.close()

    play(scene)


@pytest.mark.parametrize("name", ["modbus_rtu", "modbus_ascii"])
def test_two_simulated_presses_on_one_line_are_read(name: str, tmp_path: Path) -> None:
    async def scene() -> None:
        line = SerialLine(presses(), link=tmp_path / "line", tongue=name)
        await line.open()
        driver = driver_class(name)({"port": str(line.link)})
        assert await seen(driver, registers()) == [SHOWN + 1, SHOWN + 2]
        await line.close()

    play(scene)


def test_a_simulated_counter_that_speaks_text_is_read(tmp_path: Path) -> None:
    async def scene() -> None:
        line = SerialLine(presses(), link=tmp_path / "line", tongue="serial_ascii")
        await line.open()
        where = {"request": "GOOD?\r", "pattern": r"GOOD (?P<value>\d+)"}
        driver = driver_class("serial_ascii")({"port": str(line.link)})
        assert await seen(driver, [Point(1, U32, where)]) == [SHOWN + 1]
        await line.close()

    play(scene)
