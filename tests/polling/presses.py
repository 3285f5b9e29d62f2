"""Simulated presses on real sockets, served by a thread, for pollers that have an event loop of their own."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from iot.simulation.device import Device
from iot.simulation.faults import Fault
from iot.simulation.press import Press
from iot.simulation.tcp import TcpPort

GOOD, REJECTS, RUNS = 0, 4, 12  # registers


class Stand:
    """One press that answers on a port. It stands still until it is started."""

    def __init__(self, *, rate: str, faults: Sequence[Fault] = ()) -> None:
        self.press = Press(rate=rate)
        self._device = Device(name="PRESS", press=self.press, faults=faults)
        self._port = TcpPort([self._device])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def address(self) -> dict[str, object]:
        return {"host": "127.0.0.1", "port": self._port.port}

    def start(self) -> None:
        self._do(lambda: self._device.press().start())

    def stop(self) -> None:
        self._do(lambda: self._device.press().stop())

    @property
    def made(self) -> int:
        made: list[int] = []
        self._do(lambda: made.append(self._device.press().truth().made))
        return made[0]

    def off(self) -> None:
        asyncio.run_coroutine_threadsafe(self._port.close(), self._loop).result(5)

    def on(self) -> None:
        asyncio.run_coroutine_threadsafe(self._port.open(), self._loop).result(5)

    def _do(self, work: "object") -> None:
        async def done() -> None:
            work()  # type: ignore[operator]

        asyncio.run_coroutine_threadsafe(done(), self._loop).result(5)

    def __enter__(self) -> "Stand":
        self._thread.start()
        self.on()
        return self

    def __exit__(self, *raised: object) -> None:
        self.off()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


@contextmanager
def a_press(rate: str = "1000") -> Iterator[Stand]:
    with Stand(rate=rate) as stand:
        yield stand
