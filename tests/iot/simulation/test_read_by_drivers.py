"""The project's own drivers read the simulated machines: both ends were built apart and must meet on the wire."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from iot.drivers.protocol import Point, Reading
from iot.drivers.registry import driver_class
from iot.registers import Encoding, Layout
from iot.simulation.device import Device
from iot.simulation.press import Press
from iot.simulation.tcp import TcpPort
from iot.simulation.terminal import SerialLine

WORDS = {"request": "GOOD?\n", "pattern": r"GOOD (?P<value>\d+)"}
REGISTERS = {"unit": 1, "table": "holding_registers", "address": 0}


@pytest.mark.parametrize(
    ("tongue", "where"),
    [("modbus_tcp", REGISTERS), ("modbus_rtu", REGISTERS), ("modbus_ascii", REGISTERS), ("serial_ascii", WORDS)],
)
def test_a_driver_reads_what_the_counter_shows(tmp_path: Path, tongue: str, where: dict[str, Any]) -> None:
    async def scene() -> None:
        device = Device(name="P", press=Press(rate=0, shows=123_456))
        bus: Any = TcpPort([device])
        if tongue != "modbus_tcp":
            bus = SerialLine([device], link=tmp_path / "tty", tongue=tongue)
        await bus.open()
        try:
            address = {"host": bus.host, "port": bus.port} if tongue == "modbus_tcp" else {"port": str(bus.link)}
            driver = driver_class(tongue)(address)
            deadline = asyncio.get_running_loop().time() + 10
            await driver.open(deadline=deadline)
            results = await driver.read([Point(1, Layout(Encoding.U32), where)], deadline=deadline)
            await driver.close()
        finally:
            await bus.close()
        assert [result.raw for result in results if isinstance(result, Reading)] == [123_456], results

    asyncio.run(scene())
