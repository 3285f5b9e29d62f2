"""A serial line behind a converter that speaks RFC 2217, whose server is pyserial's own."""

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import serial
from serial.rfc2217 import PortManager

from iot.drivers.modbus_serial import ModbusRtu
from tests.iot.drivers.peers import Deeds, play, point, raws, read
from tests.iot.drivers.wires import rtu, rtu_question, terminal

pytestmark = pytest.mark.filterwarnings("ignore:set(Daemon|Name)")  # pyserial's, of Python before 3.10


class _Terminal(serial.Serial):
    """A pseudo-terminal has no modem lines, and a converter tells of them."""

    cts = dsr = ri = cd = True

    def _update_rts_state(self) -> None:
        pass

    def _update_dtr_state(self) -> None:
        pass


class _Wire:
    """What a PortManager writes to."""

    def __init__(self, connection: socket.socket) -> None:
        self.write = connection.sendall


@contextmanager
def converter(port: str) -> Iterator[str]:
    """A server for one client after another on the line at `port`; yields its URL."""
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            with suppress(TimeoutError):
                connection, _ = server.accept()
                with connection, suppress(OSError):
                    _carry(connection)

    def _carry(connection: socket.socket) -> None:
        with _Terminal(port, timeout=0) as line:
            manager = PortManager(line, _Wire(connection))
            connection.settimeout(0.002)
            while not ended.is_set():
                with suppress(TimeoutError):
                    if not (data := connection.recv(1024)):
                        return
                    line.write(b"".join(manager.filter(data)))
                if data := line.read(1024):
                    connection.sendall(b"".join(manager.escape(data)))

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.02)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"rfc2217://127.0.0.1:{server.getsockname()[1]}"
        finally:
            ended.set()
            thread.join(5)


def counted(number: int, asked: bytes) -> Deeds:
    """Every register holds its own address."""
    first, count = struct.unpack_from(">HH", asked, 2)
    return [rtu(asked[0], range(first, first + count))]


def test_a_line_behind_rfc2217_is_read_as_any_other(tmp_path: Path) -> None:
    async def scene() -> None:
        driver = ModbusRtu({"port": url, "baudrate": 19200})
        try:
            for _ in range(3):
                # 0xFF is a command in this protocol and a byte in ours
                results = await read(driver, [point(1, 0xFFFF), point(2, 7, unit=2)], within=5)
                assert raws(results) == [0xFFFF, 7], results
                await asyncio.sleep(0.02)
        finally:
            await driver.close()

    with terminal(counted, rtu_question, tmp_path / "line") as wire, converter(wire.port) as url:
        play(scene)
