"""Simulated devices on TCP ports: every fault as a plain socket sees it, good answers as other people's client does."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from pymodbus.client import AsyncModbusTcpClient

from iot.modbus.frames import READ_HOLDING, Refused, Request, tcp_frame_length, tcp_reply, tcp_request
from iot.registers import Encoding, Layout
from iot.simulation.device import Device
from iot.simulation.faults import Fault, Kind
from iot.simulation.press import Press
from iot.simulation.tcp import TcpPort

GOOD = Request(unit=1, function=READ_HOLDING, address=0, count=2)
WIDE = Layout(Encoding.U32)


class Hands:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = 0

    def __call__(self) -> int:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += round(seconds * 10**9)


Talk = Callable[[TcpPort, Hands], Awaitable[None]]


def _with_press(talk: Talk, *faults: Fault) -> None:
    """Let `talk` happen with a press that makes ten pieces a second and runs."""

    async def scene() -> None:
        clock = Hands()
        device = Device(name="P", press=Press(rate=10), faults=faults, clock=clock)
        device.press().start()
        port = TcpPort([device])
        await port.open()
        try:
            await asyncio.wait_for(talk(port, clock), 20)
        finally:
            await port.close()

    asyncio.run(scene())


class Plain:
    """A client that knows nothing but sockets."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def frame(self) -> bytes:
        head = await self.reader.readexactly(7)
        length = tcp_frame_length(head)
        assert length is not None
        return head + await self.reader.readexactly(length - 7)

    async def count(self, *, transaction: int = 1) -> int:
        self.writer.write(tcp_request(GOOD, transaction=transaction))
        answer = tcp_reply(await asyncio.wait_for(self.frame(), 5), asked=GOOD, transaction=transaction)
        assert isinstance(answer, tuple)
        return WIDE.decode(answer)

    async def is_cut(self) -> bool:
        try:
            return await asyncio.wait_for(self.reader.read(1), 5) == b""
        except ConnectionError:
            return True


@asynccontextmanager
async def _plain(port: TcpPort) -> AsyncIterator[Plain]:
    reader, writer = await asyncio.open_connection(port.host, port.port)
    try:
        yield Plain(reader, writer)
    finally:
        writer.close()


def test_it_counts_while_it_runs() -> None:
    async def talk(port: TcpPort, clock: Hands) -> None:
        async with _plain(port) as plain:
            assert await plain.count() == 0
            clock.forward(70_000.05)
            assert await plain.count() == 700_000

    _with_press(talk)


def test_another_peoples_client_reads_every_table_and_runs_and_stops_the_press() -> None:
    async def talk(port: TcpPort, clock: Hands) -> None:
        async with AsyncModbusTcpClient(port.host, port=port.port) as client:
            clock.forward(7)
            for read in (client.read_holding_registers, client.read_input_registers):
                words = (await read(0, count=13, device_id=1)).registers
                assert words == [0, 70, 0, 0, 0, 0, 0, 0, 0, 70, 0, 0, 1]
            for read_bits in (client.read_coils, client.read_discrete_inputs):
                assert (await read_bits(0, count=2, device_id=1)).bits[:2] == [True, False]
            assert not (await client.write_coil(0, False, device_id=1)).isError()
            clock.forward(5)
            assert (await client.read_holding_registers(0, count=2, device_id=1)).registers == [0, 70]
            assert not (await client.write_coils(0, [True], device_id=1)).isError()
            clock.forward(0.1)
            assert (await client.read_holding_registers(0, count=2, device_id=1)).registers == [0, 71]
            assert (await client.read_coils(1, count=1, device_id=1)).bits[0] is True

    _with_press(talk)


@pytest.mark.parametrize(
    ("pdu", "code"),
    [
        (struct.pack(">BHH", 3, 12, 2), 2),
        (struct.pack(">BHH", 3, 0, 0), 3),
        (struct.pack(">BHH", 3, 0, 126), 3),
        (struct.pack(">BHH", 1, 0, 2001), 3),
        (struct.pack(">BH", 3, 0), 3),
        (struct.pack(">BHH", 6, 0, 7), 1),
        (struct.pack(">BHHBH", 16, 0, 1, 2, 7), 1),
        (struct.pack(">BHH", 5, 1, 0xFF00), 2),
        (struct.pack(">BHH", 5, 0, 1), 3),
        (struct.pack(">BHHBB", 15, 0, 2, 1, 0), 2),
        (struct.pack(">BHHBB", 15, 0, 1, 2, 0), 3),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_changed(pdu: bytes, code: int) -> None:
    async def talk(port: TcpPort, clock: Hands) -> None:
        async with _plain(port) as plain:
            plain.writer.write(struct.pack(">HHHB", 9, 0, 1 + len(pdu), 1) + pdu)
            assert await plain.frame() == struct.pack(">HHHBBB", 9, 0, 3, 1, pdu[0] | 0x80, code)
            clock.forward(1)
            assert await plain.count() == 10  # it still runs, from where it was

    _with_press(talk)


def test_a_unit_that_is_not_there_is_told_by_the_gateway() -> None:
    async def talk(port: TcpPort, clock: Hands) -> None:
        asked = Request(unit=9, function=READ_HOLDING, address=0, count=2)
        async with _plain(port) as plain:
            plain.writer.write(tcp_request(asked, transaction=4))
            assert tcp_reply(await plain.frame(), asked=asked, transaction=4) == Refused(11)

    _with_press(talk)


def test_questions_in_pieces_and_in_heaps_are_answered_in_turn() -> None:
    async def talk(port: TcpPort, clock: Hands) -> None:
        async with _plain(port) as plain:
            asked = b"".join(tcp_request(GOOD, transaction=number) for number in range(5))
            for byte in asked[:15]:
                plain.writer.write(bytes([byte]))
                await asyncio.sleep(0.002)
            plain.writer.write(asked[15:])
            assert [struct.unpack(">H", (await plain.frame())[:2])[0] for _ in range(5)] == [0, 1, 2, 3, 4]

    _with_press(talk)


def test_what_is_no_modbus_is_cut_off() -> None:
    async def talk(port: TcpPort, clock: Hands) -> None:
        async with _plain(port) as plain:
            plain.writer.write(b"GET / HTTP/1.1\r\n\r\n")
            assert await plain.is_cut()

    _with_press(talk)


def test_a_frozen_device_says_nothing_and_then_goes_on() -> None:
    async def talk(port: TcpPort, clock: Hands) -> None:
        async with _plain(port) as plain:
            clock.forward(2)
            plain.writer.write(tcp_request(GOOD, transaction=1))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(plain.frame(), 0.3)
            clock.forward(3)
            assert await plain.count(transaction=2) == 50

    _with_press(talk, Fault(at=1, kind=Kind.FREEZE, seconds=3))


def test_a_duplicate_reply_comes_twice() -> None:
    async def talk(port: TcpPort, clock: Hands) -> None:
        async with _plain(port) as plain:
            plain.writer.write(tcp_request(GOOD, transaction=7))
            assert await plain.frame() == await plain.frame()

    _with_press(talk, Fault(at=0, kind=Kind.DUPLICATE, seconds=9))


def test_a_late_reply_comes_after_the_next_one() -> None:
    async def talk(port: TcpPort, clock: Hands) -> None:
        async with _plain(port) as plain:
            plain.writer.write(tcp_request(GOOD, transaction=1))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(plain.reader.readexactly(1), 0.1)
            clock.forward(2)
            plain.writer.write(tcp_request(GOOD, transaction=2))
            assert [(await plain.frame())[1] for _ in range(2)] == [2, 1]

    _with_press(talk, Fault(at=0, kind=Kind.LATE, seconds=1, ms=500))


def test_noise_is_no_frame() -> None:
    async def talk(port: TcpPort, clock: Hands) -> None:
        async with _plain(port) as plain:
            plain.writer.write(tcp_request(GOOD, transaction=1))
            noise = await asyncio.wait_for(plain.reader.read(100), 5)
            assert len(noise) >= 7
            assert noise[:7] != tcp_request(GOOD, transaction=1)[:7]
            clock.forward(2)
            assert await plain.count() == 20

    _with_press(talk, Fault(at=0, kind=Kind.GARBAGE, seconds=1))


def test_an_exception_is_a_refusal_with_its_code() -> None:
    async def talk(port: TcpPort, clock: Hands) -> None:
        async with AsyncModbusTcpClient(port.host, port=port.port) as client:
            assert (await client.read_holding_registers(0, count=2, device_id=1)).exception_code == 4

    _with_press(talk, Fault(at=0, kind=Kind.EXCEPTION, seconds=1, code=4))


def test_a_device_that_hangs_up_can_be_called_again_and_hangs_up_again() -> None:
    async def talk(port: TcpPort, clock: Hands) -> None:
        for _ in range(2):
            async with _plain(port) as plain:
                plain.writer.write(tcp_request(GOOD, transaction=1))
                assert await plain.is_cut()
        clock.forward(1)
        async with _plain(port) as plain:
            assert await plain.count() == 10

    _with_press(talk, Fault(at=0, kind=Kind.HANGUP, seconds=1))


def test_a_closed_port_cuts_who_is_there_refuses_who_comes_and_opens_again_where_it_was() -> None:
    async def talk(port: TcpPort, clock: Hands) -> None:
        async with _plain(port) as plain:
            assert await plain.count() == 0
            clock.forward(1)
            assert await plain.is_cut()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(port.host, port.port)
        clock.forward(1)
        assert await _again(port) == 20

    _with_press(talk, Fault(at=1, kind=Kind.CLOSED, seconds=1))


async def _again(port: TcpPort) -> int:
    for _ in range(100):
        try:
            async with _plain(port) as plain:
                return await plain.count()
        except ConnectionRefusedError:
            await asyncio.sleep(0.02)
    raise AssertionError("the port stayed closed")


def test_a_stuck_value_and_a_reset_as_they_are_read() -> None:
    async def talk(port: TcpPort, clock: Hands) -> None:
        async with _plain(port) as plain:
            seen = []
            for _ in range(5):
                seen.append(await plain.count())
                clock.forward(1)
            assert seen == [0, 10, 10, 0, 10]

    _with_press(talk, Fault(at=1, kind=Kind.STUCK, seconds=2), Fault(at=3, kind=Kind.RESET))


@pytest.mark.parametrize("units", [200, 4])
def test_a_thousand_devices_in_one_process_answer_each_with_its_own_count(units: int) -> None:
    async def scene() -> None:
        clock = Hands()
        devices = [
            Device(name=str(place), press=Press(rate=place), unit=place % units + 1, clock=clock)
            for place in range(1000)
        ]
        ports = [TcpPort(devices[first : first + units]) for first in range(0, 1000, units)]
        for device in devices:
            device.press().start()
        await asyncio.gather(*(port.open() for port in ports))
        try:
            clock.forward(3)
            counts = await asyncio.gather(*(_all_of(port) for port in ports))
        finally:
            await asyncio.gather(*(port.close() for port in ports))
        assert [count for of_port in counts for count in of_port] == [3 * place for place in range(1000)]

    asyncio.run(asyncio.wait_for(scene(), 30))


async def _all_of(port: TcpPort) -> list[int]:
    counts = []
    async with _plain(port) as plain:
        for unit in port.devices:
            asked = Request(unit=unit, function=READ_HOLDING, address=0, count=2)
            plain.writer.write(tcp_request(asked, transaction=unit))
            answer = tcp_reply(await plain.frame(), asked=asked, transaction=unit)
            assert isinstance(answer, tuple)
            counts.append(WIDE.decode(answer))
    return counts


def test_two_devices_with_one_unit_do_not_fit_on_a_port() -> None:
    with pytest.raises(ValueError, match="one unit"):
        TcpPort([Device(name=name, press=Press(rate=1)) for name in "AB"])


def test_a_closed_hall_leaves_nobody_listening_and_nothing_running() -> None:
    async def scene() -> None:
        device = Device(name="P", press=Press(rate=1), faults=[Fault(at=900, kind=Kind.CLOSED, seconds=1)])
        port = TcpPort([device])
        await port.open()
        async with _plain(port) as plain:
            await plain.count()
            await port.close()
            await port.close()
            assert await plain.is_cut()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(port.host, port.port)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scene())
