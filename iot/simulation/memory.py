"""What counters showed when the simulation ended, kept in a file: a real counter survives a power cut, too."""

import asyncio
import json
import os
from collections.abc import Sequence
from pathlib import Path

from iot.simulation.device import Device
from iot.simulation.press import Counter

_EVERY_S = 0.1


class Memory:
    """One file for some devices, by their names. A counter that it does not know begins where the press says."""

    def __init__(self, path: Path, devices: Sequence[Device]) -> None:
        self._path, self._devices = path, list(devices)
        self._kept: dict[str, dict[str, int]] = {}

    def recall(self) -> None:
        """Let the counters go on from where they were. Problem: ValueError, where the file is none of ours."""
        if not self._path.exists():
            return
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            shown = {name: {Counter(key): int(value) for key, value in one.items()} for name, one in kept.items()}
        except (ValueError, AttributeError, TypeError) as error:
            raise ValueError(f"{self._path} does not hold what counters showed: {error}") from error
        for device in self._devices:
            if device.name in shown:
                device.press().go_on_from(shown[device.name])

    def keep(self) -> None:
        """Write what they show now, if that is news; the file is whole at every instant."""
        shown = {
            device.name: {counter.value: value for counter, value in device.press().shown().items()}
            for device in self._devices
        }
        if shown != self._kept:
            fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
            fresh.write_text(json.dumps(shown), encoding="utf-8")
            fresh.replace(self._path)
            self._kept = shown

    async def keep_up(self) -> None:
        """Keep it ten times a second until cancelled: what is lost at worst is what nobody has read."""
        while True:
            self.keep()
            await asyncio.sleep(_EVERY_S)
