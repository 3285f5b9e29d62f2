"""Who reads the devices in `polls`: our engine on asyncio's own loop and on uvloop, pymodbus, and sockets by hand."""

import asyncio
import importlib.util
import select
import socket
import struct
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from pymodbus.client import AsyncModbusTcpClient

from iot.buses import Bus, PolledPoint
from iot.drivers.protocol import Point
from iot.engine import Engine
from iot.registers import Encoding, Layout
from iot.samples import Sample

OURS = "ours"
SHARE_S = 2.0  # times the seconds of a run that the share of a core is measured for
_QUESTION = bytes.fromhex("0000 0006 01 03 0000 0002")  # without the transaction's number


@dataclass(frozen=True, slots=True)
class Pace:
    """Polls a second and µs of CPU a poll at full speed; the share of one core at one poll a device and second."""

    rate: float
    cpu_us: float
    share: float
    errors: int
    skipped: int = 0  # turns, at one poll a device and second


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    pace: Callable[[Sequence[int], float], Pace]


class Meter:
    """Wall and CPU seconds of this process since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


def _pace(polls: int, fast: tuple[float, float], slow: tuple[float, float], errors: int) -> Pace:
    return Pace(polls / fast[0], fast[1] / polls * 1e6, slow[1] / slow[0], errors)


# --- Ours -------------------------------------------------------------------------------------------------------------
def bus_of(number: int, port: int, *, version: int = 1, **settings: Any) -> Bus:
    point = PolledPoint(Point(number, Layout(Encoding.U32), {"address": 0}), number, "good", {})
    address = {"host": "127.0.0.1", "port": port, **settings}
    return Bus(number, 1, f"BUS-{number}", "modbus_tcp", address, 1.0, version, (point,))


async def _ours(ports: Sequence[int], seconds: float) -> Pace:
    last: dict[int, Sample] = {}

    def hear(bus: Bus, samples: list[Sample]) -> None:
        last[bus.id] = samples[0]

    engine = Engine(on_samples=hear, on_health=lambda change: None)
    engine.set_buses([bus_of(number, port) for number, port in enumerate(ports, 1)])
    await engine.poll_once()
    before, meter = engine.stats.polls, Meter()
    while meter.read()[0] < seconds:
        await engine.poll_once()
    fast, polls = meter.read(), engine.stats.polls - before
    end = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds * SHARE_S, end.set)
    meter = Meter()
    await engine.run(until=end)
    slow = meter.read()
    # Each device answers with how often it was asked: every reading was a fresh one, and none was lost.
    errors = engine.stats.errors + abs(sum(sample.raw for sample in last.values()) - engine.stats.readings)
    await engine.close()
    return replace(_pace(polls, fast, slow, errors), skipped=engine.stats.skipped)


async def cycles_with_dead_ones(ports: Sequence[int], *, rounds: int) -> tuple[list[float], list[float], list[float]]:
    """Seconds until all healthy devices have been read: all alive, with two that fail, and when these are given up."""
    heard: list[float] = []
    loop = asyncio.get_running_loop()
    engines = [
        Engine(on_samples=lambda bus, samples: heard.append(loop.time()), on_health=lambda change: None)
        for _ in range(2)
    ]
    healthy = [bus_of(number, port) for number, port in enumerate(ports, 1)]

    async def cycle(engine: Engine) -> float:
        """One in which a healthy device was not read in time, as on a computer that is busy otherwise, is none."""
        for _ in range(10):
            heard.clear()
            began = loop.time()
            await engine.poll_once()
            if len(heard) == len(ports):
                return heard[-1] - began
        raise RuntimeError("healthy devices are not read")

    times: tuple[list[float], list[float], list[float]] = ([], [], [])
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = [one.getsockname()[1] for one in (silent, closed)]
        for engine in engines:
            engine.set_buses(healthy)
            await cycle(engine)
        for turn in range(rounds):
            failing = [bus_of(10**6 + n, port, version=turn, timeout=0.3) for n, port in enumerate(dead)]
            engines[1].set_buses([*failing, *healthy])
            times[0].append(await cycle(engines[0]))
            times[1].append(await cycle(engines[1]))
        await cycle(engines[1])
        for _ in range(rounds):
            times[0].append(await cycle(engines[0]))
            times[2].append(await cycle(engines[1]))
        for engine in engines:
            await engine.close()
    return times


# --- pymodbus ---------------------------------------------------------------------------------------------------------
async def _pymodbus(ports: Sequence[int], seconds: float) -> Pace:
    clients = [AsyncModbusTcpClient("127.0.0.1", port=port, timeout=10, retries=0) for port in ports]
    for client in clients:
        await client.connect()
    count = errors = 0

    async def poll(client: AsyncModbusTcpClient) -> None:
        nonlocal count, errors
        answer = await client.read_holding_registers(0, count=2, device_id=1)
        count += 1
        errors += answer.isError()

    async def at_full_speed(client: AsyncModbusTcpClient, until: float) -> None:
        while time.perf_counter() < until:
            await poll(client)

    async def every_second(client: AsyncModbusTcpClient, first: float, until: float) -> None:
        loop = asyncio.get_running_loop()
        while first < until:
            await asyncio.sleep(first - loop.time())
            await poll(client)
            first += 1.0

    await asyncio.gather(*map(poll, clients))
    count, meter = 0, Meter()
    await asyncio.gather(*(at_full_speed(client, time.perf_counter() + seconds) for client in clients))
    fast, polls = meter.read(), count
    now, meter = asyncio.get_running_loop().time(), Meter()
    firsts = [now + number / len(clients) for number in range(len(clients))]
    until = now + seconds * SHARE_S
    await asyncio.gather(*(every_second(client, first, until) for client, first in zip(clients, firsts, strict=True)))
    slow = meter.read()
    for client in clients:
        client.close()
    await asyncio.sleep(0)
    return _pace(polls, fast, slow, errors)


# --- Sockets by hand --------------------------------------------------------------------------------------------------
class Bare:
    """No timeouts, no reconnecting, no checks: what the system calls alone cost."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.epoll = select.epoll()
        self.lines = [socket.create_connection(("127.0.0.1", port)) for port in ports]
        self.by_number = {line.fileno(): line for line in self.lines}
        self.number = self.last = 0
        for line in self.lines:
            line.setblocking(False)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.epoll.register(line, select.EPOLLIN)

    def ask(self, line: socket.socket) -> None:
        self.number = self.number + 1 & 0xFFFF
        line.send(self.number.to_bytes(2, "big") + _QUESTION)

    def hear(self, *, wait: float = -1) -> list[socket.socket]:
        found = [self.by_number[number] for number, _ in self.epoll.poll(wait)]
        for line in found:
            (self.last,) = struct.unpack_from(">I", line.recv(260), 9)
        return found

    def at_full_speed(self, seconds: float) -> int:
        polls, until = 0, time.perf_counter() + seconds
        for line in self.lines:
            self.ask(line)
        under_way = len(self.lines)
        while under_way:
            heard = self.hear()
            polls += len(heard)
            if time.perf_counter() < until:
                for line in heard:
                    self.ask(line)
            else:
                under_way -= len(heard)
        return polls

    def every_second(self, seconds: float) -> None:
        began, asked, heard = time.perf_counter(), 0, 0
        wanted = round(seconds * len(self.lines))
        while heard < wanted:
            due = min(wanted, int((time.perf_counter() - began) * len(self.lines)) + 1)
            for turn in range(asked, due):
                self.ask(self.lines[turn % len(self.lines)])
            asked = due
            heard += len(self.hear(wait=0.005))

    def close(self) -> None:
        self.epoll.close()
        for line in self.lines:
            line.close()


def _bare(ports: Sequence[int], seconds: float) -> Pace:
    bare = Bare(ports)
    bare.at_full_speed(0.0)
    meter = Meter()
    polls = bare.at_full_speed(seconds)
    fast = meter.read()
    meter = Meter()
    bare.every_second(seconds * SHARE_S)
    slow = meter.read()
    bare.close()
    return _pace(polls, fast, slow, 0)


# --- Side by side -----------------------------------------------------------------------------------------------------
_Run = Callable[[Sequence[int], float], Coroutine[Any, Any, Pace]]


def _on_asyncio(run: _Run) -> Callable[[Sequence[int], float], Pace]:
    return lambda ports, seconds: asyncio.run(run(ports, seconds))


def _on_uvloop(run: _Run) -> Callable[[Sequence[int], float], Pace]:
    uvloop = importlib.import_module("uvloop")
    return lambda ports, seconds: uvloop.run(run(ports, seconds))


CONTENDERS = [
    Contender(OURS, _on_asyncio(_ours)),
    Contender("pymodbus", _on_asyncio(_pymodbus)),
    Contender("bare epoll", _bare),
]
with suppress(ImportError):
    CONTENDERS += [
        Contender("ours, uvloop", _on_uvloop(_ours)),
        Contender("pymodbus, uvloop", _on_uvloop(_pymodbus)),
    ]
