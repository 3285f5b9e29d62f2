"""Drivers that cannot `start_read` are read by a task, under a guard: whatever they do, `done` is called in time."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any

from iot.drivers.protocol import Capabilities, DirectDriver, Done, Driver, Point, ReadError, Result, Trouble
from iot.drivers.registry import driver_class

GRACE_S = 0.5  # drivers keep their deadlines themselves; one that does not is cut off after so long
_LAST_S = 2.0  # that a read which was cut off has to come to its end

log = logging.getLogger(__name__)


def direct(name: str, address: Mapping[str, Any]) -> DirectDriver:
    """The driver of this name for this address. Where none can be made of the settings, every read says so."""
    try:
        driver = driver_class(name)(address)
    except Exception as error:
        log.warning("driver %s cannot be made: %r", name, error)
        driver = _Misset(f"These settings cannot be used for {name}: {error!r}.")
    return driver if isinstance(driver, DirectDriver) else ByTask(driver)


class ByTask:
    """A driver in the clothes of a direct one."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self.until = inf
        self._points: Sequence[Point] = ()
        self._done: Done | None = None
        self._task: asyncio.Task[list[Result]] | None = None
        self.on_free: Callable[[], None] | None = None  # called when a read that was given up has come to its end

    def capabilities(self) -> Capabilities:
        return self._driver.capabilities()

    @property
    def occupied(self) -> bool:
        """Whether a read still runs, also one that nobody waits for any more: another must not begin."""
        return self._task is not None

    async def open(self, *, deadline: float) -> None:
        await self._driver.open(deadline=deadline)

    async def close(self) -> None:
        """Waits for a read under way until it is overdue, so that none is left on the bus."""
        if self._task is not None:
            loop = asyncio.get_running_loop()
            await asyncio.wait({self._task}, timeout=max(0.0, min(self.until, self._overdue) - loop.time()))
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=_LAST_S)
        await self._driver.close()
