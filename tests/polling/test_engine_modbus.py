"""The engine on real sockets: simulated devices, dead ones among them, and what is left when it is closed."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from iot.drivers.modbus_points import Questions
from iot.drivers.modbus_tcp import ModbusTcp
from iot.engine import Health
from iot.simulation.device import Device
from iot.simulation.faults import Fault, Kind
from iot.simulation.press import Press
from iot.simulation.tcp import TcpPort
from tests.bench.device_farm import farm
from tests.iot.drivers.peers import U32, listening, play, point, raws, tcp, tcp_refusal
from tests.polling.fake_buses import Ears, bus

HEALTHY = 200
QUICK = 0.15  # seconds after which a device counts as silent: several times what all healthy ones need


def at(port: int, **settings: Any) -> dict[str, Any]:
    return {"driver": "modbus_tcp", "address": {"host": "127.0.0.1", "port": port, **settings}}


def sockets() -> int:
    def is_socket(name: str) -> bool:
        try:
            return os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
        except FileNotFoundError:
            return False

    return sum(map(is_socket, os.listdir("/proc/self/fd")))


@contextmanager
def dead_ports() -> Iterator[tuple[int, int]]:
    """One that takes connections and never answers, and one where nothing listens."""
    with socket.socket() as silent, socket.socket() as closed:
        for one in (silent, closed):
            one.bind(("127.0.0.1", 0))
        silent.listen()
        yield silent.getsockname()[1], closed.getsockname()[1]


async def cycle(ears: Ears) -> float:
    """Seconds until the last of the healthy ones was heard, in a round of all."""
    loop = asyncio.get_running_loop()
    ears.heard.clear()
    began = loop.time()
    await ears.engine.poll_once()
    assert len(ears.heard) == HEALTHY
    return ears.heard[-1][0] - began


def test_a_silent_device_and_a_closed_port_cost_the_others_next_to_nothing() -> None:
    async def scene(ports: list[int], silent: int, closed: int) -> None:
        alive, mixed = Ears(), Ears()
        healthy = [bus(number, **at(port)) for number, port in enumerate(ports, 1)]
        alive.engine.set_buses(healthy)
        mixed.engine.set_buses(healthy)
        await cycle(alive), await cycle(mixed)  # which opens the connections
        # Each round beside one of the healthy ones alone. Whatever else the computer does disturbs some of the pairs; a
        # wait for the dead, or a turn taken by them, would show in all. `bench polls` tells the usual proportion.
        failing, given_up = [], []
        for turn in range(5):
            dead = [bus(900 + n, version=turn, **at(port, timeout=QUICK)) for n, port in enumerate((silent, closed))]
            mixed.engine.set_buses([*dead, *healthy])
            failing.append(await cycle(mixed) / await cycle(alive))
        await cycle(mixed)
        assert mixed.engine.stats.probing == 2
        for _ in range(5):
            given_up.append(await cycle(mixed) / await cycle(alive))
        assert min(failing) < 1.5 and min(given_up) < 1.2, (failing, given_up)
        await alive.engine.close()
        await mixed.engine.close()

    with farm(HEALTHY) as ports, dead_ports() as (silent, closed):
        play(lambda: scene(ports, silent, closed))


@contextmanager
def full_port() -> Iterator[int]:
    """One that takes no connection and refuses none: as if the device were switched off."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for one in (first, second):
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        yield full.getsockname()[1]


def test_close_leaves_neither_sockets_nor_tasks() -> None:
    async def scene(ports: list[int]) -> None:
        before = sockets()
        ears = Ears()
        ears.engine.set_buses([bus(n, every=0.05, **at(port)) for n, port in enumerate(ports, 1)])
        await ears.run(0.4)
        assert sockets() >= before + 22 and ears.engine.stats.open == 20
        await ears.engine.close()
        assert sockets() == before
        assert len(asyncio.all_tasks()) == 1 + 1, "this one, and the one that watches over the test"

    with farm(20) as ports, dead_ports() as dead, full_port() as full:
        play(lambda: scene([*ports, *dead, full]))


def test_faults_of_simulated_presses_come_and_go_and_no_reading_is_a_wrong_one() -> None:
    async def scene() -> None:
        faults = [
            Fault(at=0.2, kind=Kind.GARBAGE, seconds=0.2),
            Fault(at=0.5, kind=Kind.HANGUP, seconds=0.2),
            Fault(at=0.8, kind=Kind.DUPLICATE, seconds=0.2),
        ]
        device = Device(name="P", press=Press(rate=0, shows=4711), faults=faults)
        port = TcpPort([device])
        await port.open()
        ears = Ears()
        ears.engine.set_buses([bus(1, every=0.05, **at(port.port, timeout=0.2))])
        while (told := ears.told())[-1:] != ["ok"] or Health.PROBING not in told:
            await ears.run(0.2)
        assert {sample.raw for sample in ears.samples} == {4711} and len(ears.samples) > 3
        await ears.engine.close()
        await port.close()

    play(scene)


def script(number: int, asked: bytes) -> Any:
    return [tcp(asked, [0, number])]


def test_one_connection_is_kept_over_rounds_runs_and_unchanged_buses() -> None:
    async def scene() -> None:
        async with listening(script) as peer:
            ears, own = Ears(), at(peer.address["port"])
            ears.engine.set_buses([bus(1, every=0.05, **own)])
            await ears.engine.poll_once()
            await ears.run(0.12)
            ears.engine.set_buses([bus(1, every=0.05, **own)])
            await ears.run(0.12)
            assert peer.connections == 1 and len(ears.samples) == len(peer.asked) >= 4
            ears.engine.set_buses([bus(1, every=0.05, version=2, **own)])
            await ears.run(0.12)
            assert peer.connections == 2
            await ears.engine.close()

    play(scene)


ODD_ANSWERS: dict[str, Any] = {
    "byte by byte": lambda asked: [part for byte in tcp(asked, [0, 7]) for part in (bytes([byte]), 0.001)],
    "late one glued in front": lambda asked: [tcp(asked, [9, 9], late=1) + tcp(asked, [0, 7])],
    "late one glued behind": lambda asked: [tcp(asked, [0, 7]) + tcp(asked, [9, 9], late=1)],
    "late one before": lambda asked: [tcp(asked, [9, 9], late=1), 0.02, tcp(asked, [0, 7])],
    "twice": lambda asked: [tcp(asked, [0, 7]) * 2],
}
BAD_ANSWERS: dict[str, Any] = {
    "refused": lambda asked: [tcp_refusal(asked, 2)],
    "garbled": lambda asked: [b"HTTP/1.1 400 Bad Request\r\n"],
    "closed": lambda asked: [tcp(asked, [9, 9])[:8], "hang up"],
    "timeout": lambda asked: [tcp(asked, [9, 9])[:8]],
}


def plain_read(odd: Any, *, timeout: float = 2.0) -> tuple[list[Any], int]:
    """What the second and the third read bring, where the second is answered oddly, and by how many connections.

    The first read opens the connection; only on an open one the short way is taken.
    """
    found: list[Any] = []

    async def scene() -> None:
        async with listening(lambda number, asked: odd(asked) if number == 2 else [tcp(asked, [0, 7])]) as peer:
            driver, points = ModbusTcp({**peer.address, "timeout": timeout}), (point(1, 0, U32),)
            loop = asyncio.get_running_loop()
            for _ in range(3):
                found.append(raws(await driver.read(points, deadline=loop.time() + 5))[0])
            await driver.close()
            found.append(peer.connections)

    play(scene)
    assert found[0] == 7
    return found[1:3], found[3]


@pytest.mark.parametrize("how", ODD_ANSWERS)
def test_an_odd_but_good_answer_on_the_short_way_is_understood(how: str) -> None:
    assert plain_read(ODD_ANSWERS[how]) == ([7, 7], 1)


@pytest.mark.parametrize("trouble", BAD_ANSWERS)
def test_a_bad_answer_on_the_short_way_is_said_and_the_next_read_is_good(trouble: str) -> None:
    reconnects = trouble != "refused"
    timeout = 0.1 if trouble == "timeout" else 2.0
    assert plain_read(BAD_ANSWERS[trouble], timeout=timeout) == ([trouble, 7], 1 + reconnects)


def test_a_closed_driver_has_given_its_socket_back() -> None:
    async def scene() -> None:
        async with listening(script) as peer:
            driver = ModbusTcp(peer.address)
            await driver.open(deadline=asyncio.get_running_loop().time() + 5)
            line = driver._line
            await driver.close()
            assert line is not None and line.gone.done()
            await driver.close()

    play(scene)


def test_a_driver_closed_while_it_connects_leaves_no_task() -> None:
    async def scene(port: int) -> None:
        before, driver = len(asyncio.all_tasks()), ModbusTcp({"host": "127.0.0.1", "port": port})
        driver.start_read(
            (point(1, 0, U32),), deadline=asyncio.get_running_loop().time() + 5, done=lambda results: None
        )
        await asyncio.sleep(0.02)
        assert len(asyncio.all_tasks()) == before + 1
        await driver.close()
        assert len(asyncio.all_tasks()) == before

    with full_port() as full:
        play(lambda: scene(full))


def test_the_usual_poll_takes_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def general(self: Questions, points: Any) -> Any:
        raise AssertionError("the general way")

    async def scene() -> None:
        async with listening(script) as peer:
            driver, points = ModbusTcp(peer.address), (point(1, 0, U32),)
            deadline = asyncio.get_running_loop().time() + 5
            await driver.read(points, deadline=deadline)
            monkeypatch.setattr(Questions, "ask_all", general)
            assert raws(await driver.read(points, deadline=deadline)) == [2]
            assert raws(await driver.read(points, deadline=deadline)) == [3]
            await driver.close()

    play(scene)


def test_after_bytes_that_nobody_asked_for_not_even_a_good_answer_is_believed() -> None:
    def chattering(number: int, asked: bytes) -> Any:
        return [tcp(asked, [0, number]), 0.01, *([bytes(5)] if number == 1 else [])]

    async def scene() -> None:
        async with listening(chattering) as peer:
            driver, points, found = ModbusTcp(peer.address), (point(1, 0, U32),), []
            for _ in range(3):
                found += raws(await driver.read(points, deadline=asyncio.get_running_loop().time() + 5))
                await asyncio.sleep(0.05)
            assert found == [1, "garbled", 3] and peer.connections == 2
            await driver.close()

    play(scene)
