"""A serial line without a wire: a pseudo-terminal behind a link, with simulated devices at its far end."""

import asyncio
import os
import tty
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from iot.simulation.device import Device, HangUp
from iot.simulation.tongues import TONGUES

_WATCH = 0.02  # seconds between looks at a script that unplugs the line
_SILENCE = 0.05  # seconds after which what came before is no beginning of what comes now


class SerialLine:
    """The devices of one serial bus. A device taken off the line unplugs it: the link is gone, its reader cut off."""

    def __init__(self, devices: Sequence[Device], *, link: Path, tongue: str) -> None:
        if not devices:
            raise ValueError("a line with nobody on it")
        self.devices, self.link, self.tongue = list(devices), link, tongue
        self._spoken = TONGUES[tongue]()
        self._buffer = bytearray()
        self._heard = 0.0
        self._ends: tuple[int, int] | None = None
        self._watch: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Make the terminal and its link. Problem: OSError, also where something stands that is no link."""
        self._plug_in()
        if any(device.can_close for device in self.devices):
            self._watch = asyncio.create_task(self._keep_watch())

    async def close(self) -> None:
        """Take terminal and link away; does nothing a second time."""
        if self._watch:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None
        self._unplug()

    def _plug_in(self) -> None:
        if self.link.exists() and not self.link.is_symlink():
            raise FileExistsError(f"{self.link} is there and is no link")
        # Our end of the device's side stays open, so that a client that leaves does not end the line.
        near, far = os.openpty()
        tty.setraw(far)
        os.set_blocking(near, False)
        fresh = self.link.with_name(f".{self.link.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(far))
        fresh.replace(self.link)
        self._ends = near, far
        self._buffer.clear()
        asyncio.get_running_loop().add_reader(near, self._read)

    def _unplug(self) -> None:
        ends, self._ends = self._ends, None
        if ends:
            if self.link.is_symlink() and os.readlink(self.link) == os.ttyname(ends[1]):
                self.link.unlink()
            asyncio.get_running_loop().remove_reader(ends[0])
            for end in ends:
                os.close(end)

    async def _keep_watch(self) -> None:
        while True:
            off = any(device.is_off_the_line() for device in self.devices)
            if off and self._ends:
                self._unplug()
            elif not off and not self._ends:
                self._plug_in()
            await asyncio.sleep(_WATCH)

    def _read(self) -> None:
        ends = self._ends
        if not ends:
            return
        try:
            data = os.read(ends[0], 4096)
        except (BlockingIOError, InterruptedError):
            return
        loop = asyncio.get_running_loop()
        if loop.time() - self._heard > _SILENCE:
            self._buffer.clear()
        self._heard = loop.time()
        self._buffer += data
        try:
            for question in self._spoken.questions(self._buffer):
                delivery = self._spoken.answer(self.devices, question)
                if delivery.after:
                    loop.call_later(delivery.after, self._write, ends, delivery.data)
                else:
                    self._write(ends, delivery.data)
        except HangUp:
            self._unplug()
            self._plug_in()

    def _write(self, ends: tuple[int, int], data: bytes) -> None:
        if ends is self._ends and data:
            with suppress(BlockingIOError):  # nobody reads and the line is full: as on a wire, it is lost
                os.write(ends[0], data)
