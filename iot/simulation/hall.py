"""A hall of simulated machines in one process: opened together, told what to do, closed together, counted at the end."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from iot.simulation.device import Device
from iot.simulation.press import Truth, pace

_LOOK = 0.1  # seconds between looks at the orders file


class OrderError(ValueError):
    """A line of the orders file that cannot be followed."""


class Bus(Protocol):
    """Where devices are reached."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...


@dataclass(slots=True)
class Hall:
    """Some buses and the devices on them."""

    buses: Sequence[Bus]
    devices: Sequence[Device]

    async def open(self) -> None:
        """Open every bus, or none. Problem: OSError."""
        for place, bus in enumerate(self.buses):
            try:
                await bus.open()
            except OSError:
                await _close(self.buses[:place])
                raise

    async def close(self) -> None:
        await _close(self.buses)

    def truths(self) -> dict[str, Truth]:
        """What each press has truly made up to now."""
        return {device.name: device.press().truth() for device in self.devices}

    def obey(self, orders: str) -> None:
        """Follow orders, `DEVICE run|stop [RATE]` a line, all of them or none. Problem: OrderError."""
        by_name = {device.name: device for device in self.devices}
        steps = [_step(line.split(), by_name) for line in orders.splitlines() if line.split()]
        for device, wish, rate in steps:
            press = device.press()
            if rate is not None:
                press.change_rate(rate)
            if wish == "run":
                press.start()
            else:
                press.stop()


async def follow(hall: Hall, orders: Path) -> None:
    """Obey the orders file at once and whenever its text changes; a file that is absent or wrong changes nothing."""
    followed = None
    while True:
        text = _text_of(orders)
        if text is not None and text != followed:
            followed = text
            try:
                hall.obey(text)
            except OrderError:
                followed = None  # half written, perhaps: look again
        await asyncio.sleep(_LOOK)


async def _close(buses: Iterable[Bus]) -> None:
    for bus in buses:
        await bus.close()


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _step(words: Sequence[str], by_name: dict[str, Device]) -> tuple[Device, str, Fraction | None]:
    if not 2 <= len(words) <= 3 or words[0] not in by_name or words[1] not in ("run", "stop"):
        raise OrderError(f"no order: {' '.join(words)}")
    try:
        return by_name[words[0]], words[1], pace(words[2]) if len(words) == 3 else None
    except ValueError as error:
        raise OrderError(f"no rate: {words[2]}") from error
