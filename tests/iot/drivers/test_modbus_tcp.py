"""Modbus/TCP over real sockets, to peers that do what devices do on bad days, and to another library's server."""

import asyncio
import socket
import struct
from typing import Any

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from iot.drivers.modbus_tcp import ModbusTcp
from iot.drivers.protocol import ReadError
from iot.drivers.registry import driver_class
from tests.iot.drivers.peers import (
    BIT,
    HANG_UP,
    U32,
    Deeds,
    listening,
    play,
    point,
    raws,
    read,
    tcp,
    tcp_refusal,
    timed,
)


def addresses(asked: list[bytes]) -> list[tuple[int, int]]:
    return [struct.unpack_from(">HH", frame, 8) for frame in asked]


def counted(number: int, asked: bytes) -> Deeds:
    """Every register holds its own address."""
    first, count = struct.unpack_from(">HH", asked, 8)
    return [tcp(asked, range(first, first + count))]


def refusing(*, bad: int, code: int = 2) -> Any:
    def script(number: int, asked: bytes) -> Deeds:
        first, count = struct.unpack_from(">HH", asked, 8)
        return [tcp_refusal(asked, code)] if first <= bad < first + count else counted(number, asked)

    return script


def scene(script: Any, **settings: Any) -> Any:
    """Runs the decorated test with a peer and a driver on it."""

    def decorate(test: Any) -> Any:
        def run() -> None:
            async def play_it() -> None:
                async with listening(script) as peer:
                    driver = ModbusTcp({**peer.address, **settings})
                    await test(peer, driver)
                    await driver.close()

            play(play_it)

        run.__name__ = test.__name__
        return run

    return decorate


@scene(counted)
async def test_neighbours_are_one_question_and_results_stand_in_the_order_asked(peer: Any, driver: Any) -> None:
    points = [point(3, 30), point(1, 10), point(2, 12, U32), point(4, 10, unit=7)]
    assert raws(await read(driver, points)) == [30, 10, 12 << 16 | 13, 10]
    assert sorted(addresses(peer.asked)) == [(10, 1), (10, 4), (30, 1)]
    assert peer.connections == 1


@scene(counted)
async def test_a_gap_of_eight_is_carried_along_and_nine_is_not_and_125_is_the_most(peer: Any, driver: Any) -> None:
    assert raws(await read(driver, [point(1, 0), point(2, 9), point(3, 19)])) == [0, 9, 19]
    assert addresses(peer.asked) == [(0, 10), (19, 1)]
    peer.asked.clear()
    await read(driver, [point(place, place) for place in range(0, 130, 5)])
    assert addresses(peer.asked) == [(0, 121), (125, 1)]


@scene(refusing(bad=12))
async def test_one_bad_address_fails_alone_and_the_block_is_not_asked_again(peer: Any, driver: Any) -> None:
    points = [point(1, 10), point(2, 12), point(3, 14)]
    results = await read(driver, points)
    assert raws(results) == [10, "refused", 14]
    assert results[1].text == "Unit 1 refuses to give register 12: illegal data address."
    peer.asked.clear()
    assert raws(await read(driver, points)) == [10, "refused", 14]
    assert addresses(peer.asked) == [(10, 1), (12, 1), (14, 1)]


@scene(refusing(bad=12, code=11))
async def test_a_unit_behind_a_gateway_that_is_not_there_is_asked_once(peer: Any, driver: Any) -> None:
    results = await read(driver, [point(1, 12), point(2, 13), point(3, 50)])
    assert raws(results) == ["refused", "refused", "refused"]
    assert len(peer.asked) == 1 and "gateway" in results[2].text


@scene(lambda number, asked: [0.15, tcp(asked, [111])] if number == 1 else [tcp(asked, [222])], timeout=0.1)
async def test_a_late_answer_is_never_taken_for_the_next(peer: Any, driver: Any) -> None:
    assert raws(await read(driver, [point(1, 0)])) == ["timeout"]
    await asyncio.sleep(0.15)
    assert raws(await read(driver, [point(2, 500)])) == [222]
    assert peer.connections == 1


@scene(lambda number, asked: [tcp(asked, [111], late=1) + tcp(asked, [222])])
async def test_a_late_answer_glued_to_the_right_one_is_dropped(peer: Any, driver: Any) -> None:
    assert raws(await read(driver, [point(1, 0)])) == [222]


@scene(lambda number, asked: [part for byte in tcp(asked, [7]) for part in (bytes([byte]), 0.002)])
async def test_an_answer_byte_by_byte_is_put_together(peer: Any, driver: Any) -> None:
    assert raws(await read(driver, [point(1, 0)])) == [7]


@scene(lambda number, asked: [tcp(asked, [7], unit=9 if number == 1 else None)])
async def test_another_unit_that_answers_is_not_believed_and_the_connection_stays(peer: Any, driver: Any) -> None:
    results = await read(driver, [point(1, 0)])
    assert raws(results) == ["garbled"] and "another unit answered" in results[0].text
    assert raws(await read(driver, [point(1, 0)])) == [7]
    assert peer.connections == 1


@scene(lambda number, asked: [b"HTTP/1.1 400 Bad Request\r\n"] if number == 1 else [tcp(asked, [7])])
async def test_garbage_is_said_and_the_next_read_begins_anew(peer: Any, driver: Any) -> None:
    assert raws(await read(driver, [point(1, 0), point(2, 90)])) == ["garbled", "garbled"]
    assert raws(await read(driver, [point(1, 0)])) == [7]
    assert peer.connections == 2


@scene(lambda number, asked: [tcp(asked, [7])[:8], HANG_UP] if number == 1 else [tcp(asked, [7])])
async def test_a_hang_up_in_the_middle_of_a_frame_is_said_and_the_next_read_reconnects(peer: Any, driver: Any) -> None:
    assert raws(await read(driver, [point(1, 0)])) == ["closed"]
    assert raws(await read(driver, [point(1, 0)])) == [7]


@scene(lambda number, asked: [tcp(asked, [7]), HANG_UP])
async def test_a_device_that_hangs_up_between_reads_is_called_again(peer: Any, driver: Any) -> None:
    for _ in range(3):
        assert raws(await read(driver, [point(1, 0)])) == [7]
        await asyncio.sleep(0.02)
    assert peer.connections == 3


@scene(lambda number, asked: [tcp(asked, [7])[:9]] if number == 1 else [tcp(asked, [8])], timeout=0.1)
async def test_half_an_answer_is_no_beginning_of_the_next(peer: Any, driver: Any) -> None:
    results = await read(driver, [point(1, 0)])
    assert raws(results) == ["timeout"] and "broke off" in results[0].text
    assert raws(await read(driver, [point(1, 0)])) == [8]


@scene(lambda number, asked: [] if asked[6] == 1 else counted(number, asked), timeout=0.1)
async def test_a_silent_unit_is_waited_for_once_and_the_others_are_read(peer: Any, driver: Any) -> None:
    results = await read(driver, [point(1, 0), point(2, 100), point(3, 200), point(4, 44, unit=2)])
    assert raws(results) == ["timeout", "timeout", "timeout", 44]
    assert len(peer.asked) == 2


@scene(lambda number, asked: [], timeout=30)
async def test_a_silent_device_costs_its_deadline_and_not_more(peer: Any, driver: Any) -> None:
    overs = []
    for _ in range(3):
        results, over = await timed(driver, [point(1, 0), point(2, 99, unit=2)], within=0.2)
        assert raws(results) == ["timeout", "timeout"]
        overs.append(over)
    assert min(overs) < 0.05, overs
    assert peer.connections == 2  # after two reads without one byte the connection itself was doubted


@scene(counted)
async def test_what_is_misset_fails_alone_and_is_said_beforehand(peer: Any, driver: Any) -> None:
    points = [point(1, 10), point(2, 70000), point(3, 11, table="coil"), point(4, 11, unti=1)]
    assert raws(await read(driver, points)) == [10, "misset", "misset", "misset"]
    assert ModbusTcp.check({"host": "", "port": "502", "tiemout": 1}, points) == [
        "'tiemout' is no setting of a Modbus/TCP connection.",
        "host must be the device's name or IP address.",
        "port must be a whole number from 1 to 65535, not '502'.",
        "Point 2: address must be a whole number from 0 to 65535, not 70000.",
        "Point 3: table must be one of coils, discrete_inputs, holding_registers, input_registers, not 'coil'.",
        "Point 4: 'unti' is no setting of a Modbus point.",
    ]
    assert ModbusTcp.check(peer.address, points[:1]) == []


def test_a_closed_port_is_said_in_words() -> None:
    async def run() -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound, but it does not listen
            driver = ModbusTcp({"host": "127.0.0.1", "port": taken.getsockname()[1]})
            (result,) = await read(driver, [point(1, 0)])
        assert isinstance(result, ReadError) and raws([result]) == ["unreachable"]
        assert "nothing listens on that port" in result.text
        await driver.close()

    play(run)


def test_against_another_librarys_server() -> None:
    async def run() -> None:
        data = [SimData(0, values=[1, 0x86A0, 7], datatype=DataType.REGISTERS)]
        server = ModbusTcpServer(SimDevice(1, simdata=data), address=("127.0.0.1", 0))
        await server.serve_forever(background=True)
        port = server.transport.sockets[0].getsockname()[1]
        driver = driver_class("modbus_tcp")({"host": "127.0.0.1", "port": port})
        try:
            results = await read(driver, [point(1, 0, U32), point(2, 2), point(3, 9)])
            assert raws(results) == [100000, 7, "refused"]
        finally:
            await driver.close()
            await server.shutdown()

    play(run)


@scene(lambda number, asked: [asked[:4] + struct.pack(">HBBBB", 4, asked[6], asked[7], 1, 0b101)])
async def test_coils_are_bits(peer: Any, driver: Any) -> None:
    points = [point(place, place, BIT, table="coils") for place in range(3)]
    assert raws(await read(driver, points)) == [1, 0, 1]
    assert len(peer.asked) == 1
