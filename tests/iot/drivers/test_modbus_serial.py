"""Modbus RTU and ASCII over real terminals, to devices that do what devices do on bad days."""

import asyncio
import socket
import struct
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from iot.drivers.modbus_serial import ModbusAscii, ModbusRtu
from iot.drivers.registry import driver_class
from tests.iot.drivers.peers import HANG_UP, U32, Deeds, play, point, raws, read, timed
from tests.iot.drivers.wires import converter, line_question, modbus_line, on_wire, rtu, rtu_question, rtu_refusal

on_rtu = partial(on_wire, whole=rtu_question, driver_class=ModbusRtu)
on_ascii = partial(on_wire, whole=line_question, driver_class=ModbusAscii)


def counted(number: int, asked: bytes) -> Deeds:
    """Every register holds its own address."""
    first, count = struct.unpack_from(">HH", asked, 2)
    return [rtu(asked[0], range(first, first + count))]


def addresses(asked: list[bytes]) -> list[tuple[int, int, int]]:
    return [(frame[0], *struct.unpack_from(">HH", frame, 2)) for frame in asked]


@on_rtu(counted)
async def test_several_units_on_one_line_each_in_blocks(wire: Any, driver: Any) -> None:
    points = [point(1, 10), point(2, 12, U32), point(3, 5, unit=2), point(4, 300)]
    assert raws(await read(driver, points)) == [10, 12 << 16 | 13, 5, 300]
    assert addresses(wire.asked) == [(1, 10, 4), (1, 300, 1), (2, 5, 1)]


def one_bad(number: int, asked: bytes) -> Deeds:
    first, count = struct.unpack_from(">HH", asked, 2)
    return [rtu_refusal(asked[0], 2)] if first <= 12 < first + count else counted(number, asked)


@on_rtu(one_bad)
async def test_one_bad_address_fails_alone(wire: Any, driver: Any) -> None:
    results = await read(driver, [point(1, 10), point(2, 12), point(3, 14)])
    assert raws(results) == [10, "refused", 14]
    assert results[1].text == "Unit 1 refuses to give register 12: illegal data address."


# The first answer comes 100 ms after the driver gave it up; whoever asks at once would take it for the second.
@on_rtu(lambda number, asked: [0.4, rtu(1, [111])] if number == 1 else [rtu(1, [222])], timeout=0.3)
async def test_a_late_answer_is_never_taken_for_the_next(wire: Any, driver: Any) -> None:
    assert raws(await read(driver, [point(1, 0)])) == ["timeout"]
    assert raws(await read(driver, [point(2, 500)])) == [222]
    assert len(wire.asked) == 2 and wire.at[1] - wire.at[0] > 0.4


@on_rtu(lambda number, asked: [] if asked[0] == 1 else counted(number, asked), timeout=0.1)
async def test_a_silent_unit_is_waited_for_once_and_the_others_are_read(wire: Any, driver: Any) -> None:
    started = time.monotonic()
    results = await read(driver, [point(1, 0), point(2, 100), point(3, 7, unit=2), point(4, 8, unit=3)])
    assert raws(results) == ["timeout", "timeout", 7, 8]
    assert results[0].text.startswith("Unit 1: There was no answer in time on ")
    assert [frame[0] for frame in wire.asked] == [1, 2, 3]
    assert time.monotonic() - started < 0.5


@on_rtu(lambda number, asked: [], timeout=30)
async def test_a_silent_device_costs_its_deadline_and_not_more(wire: Any, driver: Any) -> None:
    overs = []
    for _ in range(3):
        results, over = await timed(driver, [point(1, 0), point(2, 0, unit=2)], within=0.15)
        assert raws(results) == ["timeout", "timeout"]
        overs.append(over)
    assert min(overs) < 0.05, overs


def chattering(number: int, asked: bytes) -> Deeds:
    return [part for _ in range(60) for part in (b"\x55" * 5, 0.01)]


@on_rtu(chattering, timeout=0.1)
async def test_a_line_that_never_falls_silent_costs_no_more_than_the_deadline(wire: Any, driver: Any) -> None:
    results, over = await timed(driver, [point(1, 0), point(2, 50), point(3, 0, unit=2)], within=0.3)
    assert raws(results) == ["garbled", "garbled", "garbled"]
    assert "never falls silent" in results[1].text
    assert over < 0.25 and len(wire.asked) == 1


@on_rtu(lambda number, asked: [part for byte in rtu(1, [7]) for part in (bytes([byte]), 0.003)])
async def test_an_answer_byte_by_byte_is_put_together(wire: Any, driver: Any) -> None:
    assert raws(await read(driver, [point(1, 0)])) == [7]


@on_rtu(lambda number, asked: [rtu(1, [111]) + rtu(1, [222])] if number == 1 else [rtu(1, [3])], timeout=0.1)
async def test_of_two_glued_answers_none_is_believed(wire: Any, driver: Any) -> None:
    results = await read(driver, [point(1, 0)])
    assert raws(results) == ["garbled"] and "More than one answer" in results[0].text
    assert raws(await read(driver, [point(1, 0)])) == [3]


@on_rtu(lambda number, asked: [rtu(1, [7]) + b"\x00"])
async def test_a_byte_of_noise_after_an_answer_spoils_nothing(wire: Any, driver: Any) -> None:
    for _ in range(3):
        assert raws(await read(driver, [point(1, 0), point(2, 100)])) == [7, 7]


@on_rtu(lambda number, asked: [rtu(9 if number == 1 else 1, [7])], timeout=0.1)
async def test_another_unit_that_answers_is_not_believed(wire: Any, driver: Any) -> None:
    results = await read(driver, [point(1, 0)])
    assert raws(results) == ["garbled"] and "another unit answered" in results[0].text
    assert raws(await read(driver, [point(1, 0)])) == [7]


@on_rtu(lambda number, asked: [b"\xff\xfe" * 20] if number == 1 else [rtu(1, [7])], timeout=0.1)
async def test_garbage_is_said_and_drained(wire: Any, driver: Any) -> None:
    assert raws(await read(driver, [point(1, 0)])) == ["garbled"]
    assert raws(await read(driver, [point(1, 0)])) == [7]


@on_rtu(lambda number, asked: [rtu(1, [7])[:4]] if number == 1 else [rtu(1, [8])], timeout=0.1)
async def test_an_answer_that_breaks_off_is_said(wire: Any, driver: Any) -> None:
    results = await read(driver, [point(1, 0)])
    assert raws(results) == ["garbled"] and "broke off after 4 bytes" in results[0].text
    assert raws(await read(driver, [point(1, 0)])) == [8]


@on_rtu(lambda number, asked: [rtu(1, [7])[:4], HANG_UP] if number == 1 else [rtu(1, [8])])
async def test_a_line_cut_off_in_the_middle_of_a_frame_is_opened_again(wire: Any, driver: Any) -> None:
    assert raws(await read(driver, [point(1, 0), point(2, 0, unit=2)])) == ["closed", "closed"]
    await asyncio.sleep(0.05)
    assert raws(await read(driver, [point(1, 0)])) == [8]


# An adapter on two wires hears itself: in one piece with the answer, or in two, or byte by byte.
ECHOES: list[Any] = [
    lambda asked, answer: [asked + answer],
    lambda asked, answer: [asked, 0.03, answer],
    lambda asked, answer: [part for byte in asked + answer for part in (bytes([byte]), 0.002)],
]


@pytest.mark.parametrize("echoed", ECHOES, ids=["glued", "before", "trickling"])
def test_the_echo_of_an_rs485_adapter_is_passed_over(tmp_path: Path, echoed: Any) -> None:
    async def test(wire: Any, driver: Any) -> None:
        for _ in range(2):
            assert raws(await read(driver, [point(1, 3), point(2, 4, U32, unit=2)])) == [3, 4 << 16 | 5]

    on_rtu(lambda number, asked: echoed(asked, counted(number, asked)[0]))(test)(tmp_path)


@on_rtu(lambda number, asked: [asked + rtu_refusal(asked[0], 2)])
async def test_a_refusal_after_an_echo_is_a_refusal(wire: Any, driver: Any) -> None:
    assert raws(await read(driver, [point(1, 3)])) == ["refused"]


@on_rtu(lambda number, asked: [asked], timeout=0.1)
async def test_a_silent_device_behind_an_echo_is_silent_and_the_echo_is_told(wire: Any, driver: Any) -> None:
    results = await read(driver, [point(1, 3)])
    assert raws(results) == ["timeout"] and "only our own question came back" in results[0].text


@on_rtu(lambda number, asked: [rtu(1, [0, 2, 0x1234])])
async def test_an_answer_that_begins_like_its_question_is_no_echo(wire: Any, driver: Any) -> None:
    assert raws(await read(driver, [point(1, 0x0600, U32), point(2, 0x0602)])) == [2, 0x1234]
    assert wire.asked[0][:4] == rtu(1, [0, 2, 0x1234])[:3] + b"\0"


def test_a_port_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    async def scene() -> None:
        driver = ModbusRtu({"port": str(tmp_path / "ttyUSB0")})
        (result,) = await read(driver, [point(1, 0)])
        assert raws([result]) == ["unreachable"]
        assert result.text.endswith("there is no such port. Is the adapter plugged in?")
        await driver.close()
        await driver.close()

    play(scene)


def test_a_second_program_on_a_line_is_refused_the_port(tmp_path: Path) -> None:
    async def test(wire: Any, driver: Any) -> None:
        assert raws(await read(driver, [point(1, 3)])) == [3]
        second = ModbusRtu({"port": wire.port})
        (result,) = await read(second, [point(1, 3)])
        assert raws([result]) == ["unreachable"] and result.text.endswith("another program has it.")
        await second.close()

    on_rtu(counted)(test)(tmp_path)


def test_a_converter_over_tcp_is_a_line_too_and_is_called_again() -> None:
    async def scene() -> None:
        driver = driver_class("modbus_rtu")({"port": wire.port})
        for _ in range(2):
            assert raws(await read(driver, [point(1, 3), point(2, 4, unit=2)])) == [3, 4]
            await asyncio.sleep(0.05)
        await driver.close()

    with converter(
        lambda number, asked: [*counted(number, asked), *([0.02, HANG_UP] if number == 2 else [])], rtu_question
    ) as wire:
        play(scene)


def test_a_converter_that_is_off_is_said_in_words() -> None:
    async def scene() -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            driver = ModbusRtu({"port": f"socket://127.0.0.1:{taken.getsockname()[1]}"})
            (result,) = await read(driver, [point(1, 0)])
        assert raws([result]) == ["unreachable"] and "nothing listens" in result.text
        await driver.close()

    play(scene)


def test_a_file_that_is_no_port_is_said_in_words(tmp_path: Path) -> None:
    async def scene() -> None:
        driver = ModbusRtu({"port": str(tmp_path / "file")})
        (result,) = await read(driver, [point(1, 0)])
        assert raws([result]) == ["unreachable"] and result.text.endswith("it is no serial port.")
        await driver.close()

    (tmp_path / "file").touch()
    play(scene)


@pytest.mark.filterwarnings("ignore:set(Daemon|Name)")  # pyserial's, of Python before 3.10
def test_a_converter_that_speaks_no_rfc2217_costs_no_more_than_the_deadline() -> None:
    async def scene() -> None:
        driver = ModbusRtu({"port": wire.port.replace("socket", "rfc2217")})
        results, over = await timed(driver, [point(1, 0)], within=0.2)
        assert raws(results) == ["timeout"] and over < 0.25
        results, over = await timed(driver, [point(1, 0)], within=0.1)
        assert raws(results) == ["timeout"] and "still busy" in results[0].text and over < 0.25
        await driver.close()

    with converter(lambda number, asked: [], lambda data: False) as wire:
        play(scene)


def ascii_counted(number: int, asked: bytes) -> Deeds:
    frame = bytes.fromhex(asked.strip()[1:].decode())
    first, count = struct.unpack_from(">HH", frame, 2)
    return [modbus_line(frame[0], range(first, first + count))]


@on_ascii(ascii_counted)
async def test_ascii_lines_carry_the_same(wire: Any, driver: Any) -> None:
    assert raws(await read(driver, [point(1, 10), point(2, 12, U32), point(3, 5, unit=2)])) == [10, 12 << 16 | 13, 5]
    assert len(wire.asked) == 2


@on_ascii(lambda number, asked: [asked, *ascii_counted(number, asked)])
async def test_the_echo_of_an_ascii_line_is_passed_over(wire: Any, driver: Any) -> None:
    assert raws(await read(driver, [point(1, 10), point(2, 500)])) == [10, 500]


@on_ascii(lambda number, asked: [b":0103", modbus_line(1, [7])] if number == 1 else [modbus_line(1, [8])])
async def test_a_colon_begins_an_ascii_line_anew(wire: Any, driver: Any) -> None:
    assert raws(await read(driver, [point(1, 0), point(2, 100)])) == [7, 8]


@on_ascii(lambda number, asked: [b":01G3\r\n"] if number == 1 else [modbus_line(1, [8])], timeout=0.1)
async def test_an_ascii_line_that_is_none_is_said(wire: Any, driver: Any) -> None:
    results = await read(driver, [point(1, 0), point(2, 100)])
    assert raws(results) == ["garbled", 8] and "no hexadecimal digits" in results[0].text


@on_ascii(lambda number, asked: [0.4, modbus_line(1, [111])] if number == 1 else [modbus_line(1, [222])], timeout=0.3)
async def test_a_late_ascii_answer_is_never_taken_for_the_next(wire: Any, driver: Any) -> None:
    assert raws(await read(driver, [point(1, 0)])) == ["timeout"]
    assert raws(await read(driver, [point(2, 500)])) == [222]


def test_settings_are_checked_in_sentences() -> None:
    address = {"port": "COM", "baudrate": "9600", "parity": "even", "bytesize": 9, "bauds": 1}
    assert ModbusRtu.check(address, [point(1, 0, unit=0)]) == [
        "'bauds' is no setting of a serial line.",
        "port must be a serial port such as /dev/ttyUSB0, COM3, socket://host:4001 or rfc2217://host:4001, not 'COM'.",
        "baudrate must be a whole number from 50 to 4000000, not '9600'.",
        "bytesize must be a whole number from 7 to 8, not 9.",
        "parity must be N (none), E (even) or O (odd), not 'even'.",
        "Point 1: unit must be a whole number from 1 to 247, not 0.",
    ]
    assert ModbusAscii.check({"port": "rfc2217://10.0.0.9:4001"}, [point(1, 0)]) == []
