"""What a driver is: it opens one bus and reads points from it. The engine knows nothing else of any device.

A driver keeps no counts and judges nothing. It gives absolute raw values, or says in words why it could not; one bad
point never spoils the others, and nothing lasts longer than its deadline.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from iot.registers import Layout


class Trouble(StrEnum):
    """Why a point could not be read. What is of the whole bus says so of every point that was asked."""

    UNREACHABLE = "unreachable"  # nothing listens there, or the device file is not there
    TIMEOUT = "timeout"  # it was asked and did not answer in time
    CLOSED = "closed"  # it hung up while it was asked
    REFUSED = "refused"  # it answered, and said no: wrong address, wrong unit, busy
    GARBLED = "garbled"  # bytes that are no answer: noise, another speed, two devices at once
    MISSET = "misset"  # our own settings cannot work


@dataclass(frozen=True, slots=True)
class Point:
    """One value on a bus. `where` is in the driver's own terms, checked by its `check`."""

    id: int
    layout: Layout
    where: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """A point's raw value as the device holds it, and the instant (UTC) at which it was sampled."""

    point_id: int
    raw: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ReadError:
    """A point that could not be read. `text` is a sentence for a technician."""

    point_id: int
    trouble: Trouble
    text: str


Result = Reading | ReadError


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the engine needs to know: whether buses of this kind may be polled by the thousand on one event loop."""

    name: str
    event_driven: bool  # False: each bus blocks a thread of its own while it reads
    shared_bus: bool  # several devices may answer on one bus (serial lines)


class BusError(Exception):
    """The bus as a whole cannot be used now."""

    def __init__(self, trouble: Trouble, text: str) -> None:
        super().__init__(text)
        self.trouble, self.text = trouble, text


class Driver(Protocol):
    """One bus. Calls never overlap: the engine has one request in flight per bus.

    `deadline` is an instant of the running event loop's clock (`loop.time()`, seconds).
    """

    def __init__(self, address: Mapping[str, Any]) -> None:
        """A bus at this address, not yet open. It takes any settings: what is wrong with them is said when they are used."""

    @staticmethod
    def capabilities() -> Capabilities: ...

    @staticmethod
    def check(address: Mapping[str, Any], points: Sequence[Point]) -> list[str]:
        """What is wrong with these settings, in sentences; empty where nothing is."""

    async def open(self, *, deadline: float) -> None:
        """Make the bus ready. Problem: BusError."""

    async def close(self) -> None:
        """Give the bus back; never fails, also when it was never open."""

    async def read(self, points: Sequence[Point], *, deadline: float) -> list[Result]:
        """A result for each point, in their order. What is wrong with the bus stands in each of them.

        A bus that is not open, or was lost in an earlier read, is opened first, within the same deadline.
        """


# Takes a result for each point that was asked, in their order.
Done = Callable[[list[Result]], None]


@runtime_checkable
class DirectDriver(Driver, Protocol):
    """A driver that also reads without a task, a future or a timer of its own, so that thousands cost little.

    Whoever uses it keeps an eye on the clock for it: when `until` has passed, `expire` is called.
    """

    @property
    def until(self) -> float:
        """The instant of the loop's clock at which what is waited for is overdue; infinity while nothing is."""

    def start_read(self, points: Sequence[Point], *, deadline: float, done: Done) -> None:
        """As `read`; `done` is called exactly once, perhaps before this returns.

        The same `points` object again means the same points, so that questions need not be put together anew.
        """

    def expire(self) -> None:
        """What is waited for comes too late. Calls `done`, or goes on with what else is to be asked."""

    def abandon(self) -> None:
        """Forget the read that is under way: its `done` is not called, and a late answer harms nothing."""
