"""The event loop's side of a serial line: one thread a bus does the waiting, and no deadline depends on it."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from iot.drivers.outcome import Failed, Reach
from iot.drivers.protocol import BusError, Point, Result, Trouble
from iot.drivers.serial_line import Line

_GRACE = 0.02  # seconds: the thread keeps the deadline itself, unless the operating system holds it in a call
_LAST = 0.5  # seconds a close waits for the thread

T = TypeVar("T")


class SerialBus:
    """What all drivers of serial lines share. A subclass says what is asked (`_read_all`, in the thread)."""

    def __init__(self, address: Mapping[str, Any]) -> None:
        self._line = Line(dict(address))
        self._threads: ThreadPoolExecutor | None = None
        self._running: asyncio.Future[Any] | None = None

    def _read_all(self, points: Sequence[Point], *, deadline: float) -> list[Result]:
        """A result for each point. `deadline` is an instant of time.monotonic()."""
        raise NotImplementedError

    async def open(self, *, deadline: float) -> None:
        await self._in_thread(self._line.open, deadline=deadline)

    async def close(self) -> None:
        threads, self._threads = self._threads, None
        if threads is None:
            self._line.close()
            return
        closing = asyncio.wrap_future(threads.submit(self._line.close))  # behind whatever still runs
        threads.shutdown(wait=False)
        await asyncio.wait({closing}, timeout=_LAST)

    async def read(self, points: Sequence[Point], *, deadline: float) -> list[Result]:
        until = time.monotonic() + deadline - asyncio.get_running_loop().time()
        try:
            return await self._in_thread(lambda: self._opened_and_read(points, deadline=until), deadline=deadline)
        except BusError as error:
            failed = Failed(error.trouble, error.text, Reach.BUS)
            return [failed.of(point) for point in points]

    def _opened_and_read(self, points: Sequence[Point], *, deadline: float) -> list[Result]:
        if not self._line.is_open:
            self._line.open()
        return self._read_all(points, deadline=deadline)

    async def _in_thread(self, work: Callable[[], T], *, deadline: float) -> T:
        """Problem: BusError, also where the thread does not come back in time. It is then left to end by itself."""
        loop = asyncio.get_running_loop()
        if self._running is not None and not self._running.done():
            await asyncio.wait({self._running}, timeout=max(0.0, deadline - loop.time()))
            if not self._running.done():
                raise BusError(Trouble.TIMEOUT, f"{self._line.place} is still busy with an earlier request.")
        if self._threads is None:
            self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"bus {self._line.place}")
        self._running = running = loop.run_in_executor(self._threads, work)
        running.add_done_callback(_noticed)
        await asyncio.wait({running}, timeout=max(0.0, deadline + _GRACE - loop.time()))
        if not running.done():
            raise BusError(Trouble.TIMEOUT, f"{self._line.place} was not ready in time.")
        return running.result()


def _noticed(running: asyncio.Future[Any]) -> None:
    """An error that nobody waits for any more was already told as a missed deadline."""
    if not running.cancelled():
        running.exception()
