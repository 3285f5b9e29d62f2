"""Buses without wires, and an event loop on which an hour passes in no time."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from iot.buses import Bus, PolledPoint
from iot.drivers import registry
from iot.drivers.protocol import Capabilities, Point, ReadError, Reading, Result, Trouble
from iot.engine import Engine, HealthChange
from iot.registers import Encoding, Layout
from iot.samples import Sample

U32 = Layout(Encoding.U32)


class _Jumping(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Instead of waiting it moves the clock."""

    clock = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        found = super().select(0)
        if not found and timeout is None:
            raise RuntimeError("everybody waits for something that never comes")
        if not found:
            self.clock += timeout or 0.0
        return found


class Hours(asyncio.SelectorEventLoop):
    """Its clock jumps to the next thing that is to happen."""

    def __init__(self) -> None:
        self.jumping = _Jumping()
        super().__init__(self.jumping)

    def time(self) -> float:
        return self.jumping.clock

    def freeze(self, seconds: float) -> None:
        """As if the computer had stood still for so long."""
        self.jumping.clock += seconds


def play(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=Hours) as runner:
        runner.run(scene())


@dataclass
class Device:
    """What stands behind a fake bus. Times are the loop's, seconds."""

    takes: float = 0.01
    value: int = 0
    silent: bool = False
    stubborn: bool = False  # its driver heeds neither deadline nor cancellation
    bad: set[int] = field(default_factory=set)  # points that it refuses
    begun: list[float] = field(default_factory=list)  # when it was asked
    lines: int = 0  # that were opened to it
    closed: int = 0
    asking: int = 0  # who asks it just now
    overlaps: int = 0


DEVICES: dict[str, Device] = {}


class FakeDriver:
    """Address: `name` of a device in DEVICES."""

    def __init__(self, address: Mapping[str, Any]) -> None:
        self.device = DEVICES[address["name"]]
        self.is_open = False

    @staticmethod
    def capabilities() -> Capabilities:
        return Capabilities(name="fake", event_driven=True, shared_bus=False)

    @staticmethod
    def check(address: Mapping[str, Any], points: Sequence[Point]) -> list[str]:
        return []

    async def open(self, *, deadline: float) -> None:
        self.is_open = True
        self.device.lines += 1

    async def close(self) -> None:
        self.device.closed += self.is_open
        self.is_open = False

    async def read(self, points: Sequence[Point], *, deadline: float) -> list[Result]:
        loop, device = asyncio.get_running_loop(), self.device
        if not self.is_open:
            await self.open(deadline=deadline)
        device.begun.append(loop.time())
        device.overlaps += device.asking > 0
        device.asking += 1
        try:
            await self._wait(deadline - loop.time())
        finally:
            device.asking -= 1
        if device.silent:
            return [ReadError(point.id, Trouble.TIMEOUT, "It is silent.") for point in points]
        return [self._result(point) for point in points]

    async def _wait(self, patience: float) -> None:
        ends = asyncio.get_running_loop().time() + self.device.takes
        if not self.device.stubborn:
            await asyncio.sleep(patience if self.device.silent else min(self.device.takes, patience))
            return
        while (left := ends - asyncio.get_running_loop().time()) > 0:
            try:
                await asyncio.sleep(left)
            except asyncio.CancelledError:
                continue

    def _result(self, point: Point) -> Result:
        if point.id in self.device.bad:
            return ReadError(point.id, Trouble.REFUSED, "It says no.")
        return Reading(point.id, self.device.value, datetime.now(UTC))


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Device]:
    """Devices by name; the driver called "fake" reaches them."""
    monkeypatch.setitem(registry.DRIVERS, "fake", f"{__name__}.FakeDriver")
    DEVICES.clear()
    return DEVICES


def bus(number: int, *, every: float = 1.0, machines: int = 1, version: int = 1, **other: Any) -> Bus:
    """Bus `number` to the device of this name. Machine 10 × number + n has point 100 × number + n, n from 0."""
    points = [
        PolledPoint(
            Point(100 * number + n, U32, {"address": 2 * n}), machine_id=10 * number + n, role="good", states={}
        )
        for n in range(machines)
    ]
    facts: dict[str, Any] = {"driver": "fake", "address": {"name": str(number)}} | other
    return Bus(number, 1, f"BUS-{number}", every_s=every, version=version, points=tuple(points), **facts)


class Ears:
    """Listens to an engine."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.heard: list[tuple[float, int]] = []  # when, which bus
        self.changes: list[HealthChange] = []
        self.engine = Engine(on_samples=self.hear, on_health=self.changes.append)

    def hear(self, bus: Bus, samples: list[Sample]) -> None:
        self.samples += samples
        self.heard.append((asyncio.get_running_loop().time(), bus.id))

    def of(self, point: int) -> list[Sample]:
        return [sample for sample in self.samples if sample.point_id == point]

    def told(self, bus: int = 1) -> list[str]:
        return [str(change.health) for change in self.changes if change.bus_id == bus]

    async def run(self, seconds: float) -> None:
        """Run for so long."""
        end = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds, end.set)
        await self.engine.run(until=end)
