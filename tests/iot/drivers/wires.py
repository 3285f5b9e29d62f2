"""Serial devices for one test each: a script behind a pseudo-terminal, or behind a converter's TCP port."""

import os
import socket
import struct
import threading
import time
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from iot.modbus.frames import crc16, lrc
from tests.iot.drivers.peers import HANG_UP, Script, play

Whole = Callable[[bytes], bool]


def rtu_question(data: bytes) -> bool:
    return len(data) >= 8


def line_question(data: bytes) -> bool:
    return data.endswith((b"\r", b"\n"))


def rtu(unit: int, words: Sequence[int], *, function: int = 3) -> bytes:
    """A good RTU answer."""
    body = bytes([unit, function, 2 * len(words)]) + struct.pack(f">{len(words)}H", *words)
    return body + struct.pack("<H", crc16(body))


def rtu_refusal(unit: int, code: int) -> bytes:
    body = bytes([unit, 0x83, code])
    return body + struct.pack("<H", crc16(body))


def modbus_line(unit: int, words: Sequence[int]) -> bytes:
    """A good Modbus ASCII answer."""
    body = bytes([unit, 3, 2 * len(words)]) + struct.pack(f">{len(words)}H", *words)
    return b":" + (body + bytes([lrc(body)])).hex().upper().encode() + b"\r\n"


class Wire:
    """The far end of a line, in a thread of its own. It remembers the questions and when each came."""

    def __init__(self, script: Script, whole: Whole, ends: Iterator[int], *, port: str, ended: threading.Event) -> None:
        self.script, self.whole, self.port = script, whole, port
        self.asked: list[bytes] = []
        self.at: list[float] = []
        self.ended = ended
        self._thread = threading.Thread(target=self._serve, args=(ends,), daemon=True)
        self._thread.start()

    def end(self) -> None:
        self.ended.set()
        self._thread.join(5)
        assert not self._thread.is_alive()

    def _serve(self, ends: Iterator[int]) -> None:
        for end in ends:
            os.set_blocking(end, False)
            with suppress(OSError):
                self._converse(end)
            os.close(end)

    def _converse(self, end: int) -> None:
        heard = b""
        while not self.ended.is_set():
            try:
                data = os.read(end, 256)
            except BlockingIOError:
                time.sleep(0.001)
                continue
            if not data:
                return
            heard += data
            if not self.whole(heard):
                continue
            question, heard = heard, b""
            self.asked.append(question)
            self.at.append(time.monotonic())
            for deed in self.script(len(self.asked), question):
                if deed == HANG_UP:
                    return
                if isinstance(deed, bytes):
                    os.write(end, deed)
                elif isinstance(deed, float):
                    self.ended.wait(deed)


@contextmanager
def terminal(script: Script, whole: Whole, link: Path) -> Iterator[Wire]:
    """A device behind a pseudo-terminal at `link`. After it hung up it is plugged in again."""
    fars: list[int] = []
    ended = threading.Event()

    def plug_in() -> int:
        near, far = os.openpty()
        tty.setraw(far)
        fars.append(far)
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(far))
        return near

    first = plug_in()

    def ends() -> Iterator[int]:
        yield first
        while not ended.is_set():
            yield plug_in()

    wire = Wire(script, whole, ends(), port=str(link), ended=ended)
    try:
        yield wire
    finally:
        wire.end()
        for far in fars:
            os.close(far)


@contextmanager
def converter(script: Script, whole: Whole) -> Iterator[Wire]:
    """A device behind a converter that carries its line over TCP."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.02)
    ended = threading.Event()

    def ends() -> Iterator[int]:
        while not ended.is_set():
            with suppress(TimeoutError):
                yield server.accept()[0].detach()

    wire = Wire(script, whole, ends(), port=f"socket://127.0.0.1:{server.getsockname()[1]}", ended=ended)
    try:
        yield wire
    finally:
        wire.end()
        server.close()


def on_wire(script: Script, whole: Whole, driver_class: Any, **settings: Any) -> Any:
    """Runs the decorated test with a wire and a driver on it: behind a terminal (`tmp_path`)."""

    def decorate(test: Any) -> Any:
        def run(tmp_path: Path) -> None:
            with terminal(script, whole, tmp_path / "line") as wire:

                async def scene() -> None:
                    driver = driver_class({"port": wire.port, "baudrate": 115200, **settings})
                    try:
                        await test(wire, driver)
                    finally:
                        await driver.close()

                play(scene)

        run.__name__ = test.__name__
        return run

    return decorate
