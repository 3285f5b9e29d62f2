"""One way to read, whatever the driver: those that cannot `start_read` are read by a task, under a guard.

Whatever such a driver does, short of blocking the event loop itself, `done` is called in time.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any, Protocol

from iot.drivers.protocol import DirectDriver, Done, Driver, Point, ReadError, Result, Trouble
from iot.drivers.registry import driver_class

GRACE_S = 0.5  # drivers keep their deadlines themselves; one that does not is cut off after so long
LAST_S = 2.0  # that a read which was cut off has to come to its end

log = logging.getLogger(__name__)


class Line(Protocol):
    """What the engine needs of a bus; a DirectDriver has it."""

    @property
    def until(self) -> float: ...

    def start_read(self, points: Sequence[Point], *, deadline: float, done: Done) -> None: ...

    def expire(self) -> None: ...

    def abandon(self) -> None: ...

    async def close(self) -> None: ...


def line_to(name: str, address: Mapping[str, Any]) -> Line:
    """The driver of this name at this address. Where none can be made of the settings, every read says so."""
    try:
        driver = driver_class(name)(address)
    except Exception as error:
        log.warning("no driver %s can be made of its settings: %r", name, error)
        return Misset(f"The settings cannot be used for {name}: {error!r}.")
    return driver if isinstance(driver, DirectDriver) else ByTask(driver)


class ByTask:
    """A driver that is read by a task of its own."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self.until = inf
        self.on_free: Callable[[], None] | None = None  # called when a read that was given up has come to its end
        self._ask: tuple[Sequence[Point], Done] | None = None
        self._task: asyncio.Task[list[Result]] | None = None
        self._overdue = inf

    @property
    def occupied(self) -> bool:
        """Whether a read still runs, also one that nobody waits for any more: another must not begin."""
        return self._task is not None

    def start_read(self, points: Sequence[Point], *, deadline: float, done: Done) -> None:
        assert self._task is None, "two requests on one bus"
        self._ask = points, done
        self.until = self._overdue = deadline + GRACE_S
        self._task = asyncio.get_running_loop().create_task(self._driver.read(points, deadline=deadline))
        self._task.add_done_callback(self._ended)

    def expire(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._tell(Trouble.TIMEOUT, "The driver did not come back in time.")

    def abandon(self) -> None:
        """The read itself goes on: where it stands on the wire, no other may begin."""
        self._ask, self.until = None, inf

    def hurry(self, *, until: float) -> None:
        """A read under way is cut off then, at the latest, when the bus is closed."""
        self._overdue = min(self._overdue, until)

    async def close(self) -> None:
        """Lets a read under way come to its end, or cuts it off when it is overdue."""
        if self._task is not None:
            left = self._overdue - asyncio.get_running_loop().time()
            await asyncio.wait({self._task}, timeout=max(0.0, left))
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=LAST_S)
        try:
            await self._driver.close()
        except Exception:
            log.exception("a driver failed to close")

    def _tell(self, trouble: Trouble, text: str) -> None:
        if self._ask is not None:
            points, done = self._ask
            self._answer([ReadError(point.id, trouble, text) for point in points], done)

    def _answer(self, results: list[Result], done: Done) -> None:
        self._ask, self.until = None, inf
        done(results)

    def _ended(self, task: asyncio.Task[list[Result]]) -> None:
        self._task, self._overdue = None, inf
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("a driver failed to read", exc_info=error)
        if self._ask is None:
            if self.on_free is not None:
                self.on_free()
        elif task.cancelled() or error is not None:
            self._tell(Trouble.CLOSED, f"The driver failed: {error!r}.")
        else:
            self._answer(task.result(), self._ask[1])


class Misset:
    """A bus whose settings no driver takes."""

    until = inf

    def __init__(self, text: str) -> None:
        self._text = text

    def start_read(self, points: Sequence[Point], *, deadline: float, done: Done) -> None:
        done([ReadError(point.id, Trouble.MISSET, self._text) for point in points])

    def expire(self) -> None:
        """Nothing is waited for."""

    def abandon(self) -> None:
        """Nothing is under way."""

    async def close(self) -> None:
        """Nothing is open."""
