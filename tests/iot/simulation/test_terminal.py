"""Simulated devices on a serial line: every fault as the bytes of a terminal, good answers as other people's client."""

import asyncio
import os
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from pymodbus.client import ModbusSerialClient
from pymodbus.framer import FramerType
from serial import Serial

from iot.modbus.frames import (
    READ_HOLDING,
    Request,
    ascii_reply,
    ascii_request,
    crc16,
    rtu_reply,
    rtu_reply_length,
    rtu_request,
)  # fmt: skip
from iot.simulation.device import Device
from iot.simulation.faults import Fault, Kind
from iot.simulation.press import Press
from iot.simulation.terminal import SerialLine

GOOD = Request(unit=1, function=READ_HOLDING, address=0, count=2)
Talk = Callable[[Path], None]


def _on_a_line(link: Path, talk: Talk, *faults: Fault, tongue: str = "modbus_rtu", faulty: str = "A") -> None:
    """Let `talk` happen, in a thread, with two devices that show 70 and 71 good pieces."""

    async def scene() -> None:
        devices = [
            Device(name=name, press=Press(rate=0, shows=shows), unit=unit, faults=faults if name == faulty else ())
            for name, shows, unit in [("A", 70, 1), ("B", 71, 2)]
        ]
        line = SerialLine(devices, link=link, tongue=tongue)
        await line.open()
        try:
            await asyncio.wait_for(asyncio.to_thread(talk, link), 20)
        finally:
            await line.close()

    asyncio.run(scene())
    assert not link.exists()
    assert not link.is_symlink()


@pytest.fixture
def link(tmp_path: Path) -> Path:
    return tmp_path / "tty-press"


def _asks(port: Serial, question: bytes) -> bytes:
    port.write(question)
    return bytes(port.read(300))


@pytest.mark.parametrize(("tongue", "framer"), [("modbus_rtu", FramerType.RTU), ("modbus_ascii", FramerType.ASCII)])
def test_another_peoples_client_reads_both_devices_and_runs_one(link: Path, tongue: str, framer: FramerType) -> None:
    def talk(link: Path) -> None:
        with ModbusSerialClient(str(link), framer=framer, baudrate=115200, timeout=2) as client:
            for unit, shows in ((1, 70), (2, 71)):
                assert client.read_holding_registers(0, count=2, device_id=unit).registers == [0, shows]
            assert not client.write_coil(0, True, device_id=2).isError()
            assert not client.write_coils(0, [True], device_id=2).isError()
            runs = [client.read_coils(0, count=1, device_id=unit).bits[0] for unit in (1, 2)]
            assert runs == [False, True]

    _on_a_line(link, talk, tongue=tongue)


def test_words_are_asked_and_answered(link: Path) -> None:
    def talk(link: Path) -> None:
        with Serial(str(link), timeout=0.3) as port:
            assert _asks(port, b"GOOD?\r\n") == b"GOOD 0000000070\r\n"
            assert _asks(port, b"RUN?\r") == b"RUN 0\r\n"
            assert _asks(port, b"what\n") == b"ERR 1\r\n"

    _on_a_line(link, talk, tongue="serial_ascii")


def test_a_unit_that_is_not_there_and_a_question_with_a_wrong_checksum_meet_silence(link: Path) -> None:
    def talk(link: Path) -> None:
        with Serial(str(link), timeout=0.2) as port:
            assert _asks(port, rtu_request(Request(unit=9, function=READ_HOLDING, address=0, count=2))) == b""
            assert _asks(port, rtu_request(GOOD)[:-1] + b"\x00") == b""
            assert _asks(port, rtu_request(GOOD)[:5]) == b""
            assert rtu_reply(_asks(port, rtu_request(GOOD)), asked=GOOD) == (0, 70)

    _on_a_line(link, talk)


def test_a_damaged_line_of_modbus_ascii_meets_silence(link: Path) -> None:
    def talk(link: Path) -> None:
        with Serial(str(link), timeout=0.2) as port:
            assert _asks(port, ascii_request(GOOD).replace(b"02", b"03")) == b""
            answer = _asks(port, b"noise" + ascii_request(GOOD))
            assert ascii_reply(answer.rstrip(b"\r\n"), asked=GOOD) == (0, 70)

    _on_a_line(link, talk, tongue="modbus_ascii")


def _whole() -> bytes:
    body = bytes([1, 3, 4, 0, 0, 0, 70])
    return body + struct.pack("<H", crc16(body))


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(at=0, kind=Kind.FREEZE, seconds=60), b""),
        (Fault(at=0, kind=Kind.DUPLICATE, seconds=60), _whole() * 2),
        (Fault(at=0, kind=Kind.EXCEPTION, seconds=60, code=6), b"\x01\x83\x06" + struct.pack("<H", crc16(b"\x01\x83\x06"))),
        (Fault(at=0, kind=Kind.LATE, seconds=60, ms=150), _whole()),
        (Fault(at=0, kind=Kind.LATE, seconds=60, ms=5000), b""),
    ],
)  # fmt: skip
def test_a_fault_of_one_device_is_seen_on_it_and_not_on_its_neighbour(
    link: Path, fault: Fault, expected: bytes
) -> None:
    other = Request(unit=2, function=READ_HOLDING, address=0, count=2)

    def talk(link: Path) -> None:
        with Serial(str(link), timeout=0.4) as port:
            assert _asks(port, rtu_request(GOOD)) == expected
            assert rtu_reply(_asks(port, rtu_request(other)), asked=other) == (0, 71)

    _on_a_line(link, talk, fault)


def test_noise_is_no_answer(link: Path) -> None:
    def talk(link: Path) -> None:
        with Serial(str(link), timeout=0.3) as port:
            noise = _asks(port, rtu_request(GOOD))
            assert len(noise) >= 7
            assert noise[: rtu_reply_length(noise, asked=GOOD)] != _whole()

    _on_a_line(link, talk, Fault(at=0, kind=Kind.GARBAGE, seconds=60))


def test_a_line_that_hangs_up_is_another_line_afterwards(link: Path) -> None:
    def talk(link: Path) -> None:
        before = os.stat(link).st_ino
        with open(link, "r+b", buffering=0) as port:
            os.write(port.fileno(), rtu_request(GOOD))
            with suppress(OSError):  # how a terminal says that its other end is gone depends on the moment
                assert os.read(port.fileno(), 100) == b""
            # While the old one is held open the new one cannot have its number.
            _until(link.exists)
            assert os.stat(link).st_ino != before

    _on_a_line(link, talk, Fault(at=0, kind=Kind.HANGUP, seconds=60))


def test_a_closed_line_has_no_link(link: Path) -> None:
    def talk(link: Path) -> None:
        _until(lambda: not link.is_symlink())

    _on_a_line(link, talk, Fault(at=0, kind=Kind.CLOSED, seconds=60))


def _until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come")


def test_a_file_that_stands_where_the_link_should_be_is_left_alone(link: Path) -> None:
    link.write_text("mine")
    with pytest.raises(FileExistsError):
        asyncio.run(SerialLine([Device(name="A", press=Press(rate=1))], link=link, tongue="modbus_rtu").open())
    assert link.read_text() == "mine"
