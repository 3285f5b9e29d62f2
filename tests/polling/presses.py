"""Simulated presses on real sockets, served by a thread, for pollers that have an event loop of their own."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from iot.simulation.device import Device
from iot.simulation.press import Press
from iot.simulation.tcp import TcpPort

T = TypeVar("T")
GOOD, REJECTS, RUNS = 0, 4, 12  # registers


class Stand:
    """A context in which one press answers on a port. It makes `rate` pieces a second while it runs."""

    def __init__(self, *, rate: str = "1000") -> None:
        self._device = Device(name="PRESS", press=Press(rate=rate))
        self._port = TcpPort([self._device])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "Stand":
        self._thread.start()
        self.answer()
        return self

    def __exit__(self, *raised: object) -> None:
        self.fall_silent()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    @property
    def address(self) -> dict[str, object]:
        return {"host": "127.0.0.1", "port": self._port.port}

    @property
    def made(self) -> int:
        """What it has truly made."""
        return self._do(lambda: self._device.press().truth().made)

    @property
    def lines(self) -> set[int]:
        """Who is connected."""
        return self._do(lambda: {id(line) for line in self._port._lines})

    def start(self) -> None:
        self._do(lambda: self._device.press().start())

    def stop(self) -> None:
        self._do(lambda: self._device.press().stop())

    def answer(self) -> None:
        asyncio.run_coroutine_threadsafe(self._port.open(), self._loop).result(5)

    def fall_silent(self) -> None:
        asyncio.run_coroutine_threadsafe(self._port.close(), self._loop).result(5)

    def _do(self, work: Callable[[], T]) -> T:
        async def done() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(5)
