"""One serial line in the hands of one thread: a question, its answer, and silence between what is not ours.

Answers on a serial line carry no number. So that a late one is never taken for the next: whoever did not answer is not
asked again before it had as much time again, and after anything odd the line is listened to until it falls silent.
An adapter for two wires (RS-485) may hear itself: the exact bytes of a question before its answer are passed over.
"""

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import serial

from iot.drivers.outcome import Failed, Reach, number_fault, unknown_faults
from iot.drivers.protocol import BusError, Trouble
from iot.modbus.frames import BadFrame

SETTINGS = frozenset({"port", "baudrate", "bytesize", "parity", "stopbits", "timeout", "echo"})
_PORT = re.compile(r"/\S+|COM\d+|(socket|rfc2217)://[^/:\s]+:\d{1,5}(\?\S*)?")
_BITS_OF_A_CHARACTER = 11  # start, eight, parity and stop: the longest
_SLICE = 0.01  # seconds the port is listened to at a time; never changed, an rfc2217 port would negotiate anew
_SHORTEST_SILENCE = 0.02
_SHORTEST_GAP = 0.00175  # of the Modbus specification, for lines above 19200 baud
_NOISE = 3  # bytes that a line without bias adds when its driver lets go; no frame is that short

_LOST = (serial.SerialException, OSError, TypeError)  # TypeError: pyserial's, of a port that vanished in use

# How long the answer is that the buffer begins with; None while it cannot be told. Problem: BadFrame.
Whole = Callable[[bytearray], int | None]


def line_faults(address: Mapping[str, Any]) -> list[str]:
    """What is wrong with a line's settings, in sentences."""
    faults = unknown_faults(address, SETTINGS, what="a serial line")
    port = address.get("port")
    if not isinstance(port, str) or not _PORT.fullmatch(port):
        forms = "/dev/ttyUSB0, COM3, socket://host:4001 or rfc2217://host:4001"
        faults.append(f"port must be a serial port such as {forms}, not {port!r}.")
    faults += number_fault(address, "baudrate", default=9600, least=50, most=4_000_000)
    faults += number_fault(address, "bytesize", default=8, least=7, most=8)
    faults += number_fault(address, "stopbits", default=1, least=1, most=2)
    faults += number_fault(address, "timeout", default=0.5, least=0.01, most=60)
    if not isinstance(echo := address.get("echo", False), bool):
        faults.append(f"echo must be true where the adapter hears what it sends, not {echo!r}.")
    if (parity := address.get("parity", "N")) not in ("N", "E", "O"):
        faults.append(f"parity must be N (none), E (even) or O (odd), not {parity!r}.")
    return faults


class Line:
    """An open line. `deadline` is an instant of time.monotonic(), seconds."""

    def __init__(self, address: Mapping[str, Any]) -> None:
        self.place = str(address.get("port"))
        self._address = address
        self._port: Any = None  # serial's classes share no type
        self._dirty = False
        self._owed: dict[int, float] = {}  # unit → until when an answer of it may still come
        self._heard = 0.0

    @property
    def is_open(self) -> bool:
        return self._port is not None

    def open(self) -> None:
        """Problem: BusError."""
        if faults := line_faults(self._address):
            raise BusError(Trouble.MISSET, " ".join(faults))
        self.close()
        own: dict[str, Any] = {} if "://" in self.place else {"exclusive": True}  # two programs would mix up answers
        if not self.place.startswith("rfc2217:"):  # pyserial has none there
            own["write_timeout"] = self._timeout
        try:
            self._port = serial.serial_for_url(
                self.place,
                baudrate=self._address.get("baudrate", 9600),
                bytesize=self._address.get("bytesize", 8),
                parity=self._address.get("parity", "N"),
                stopbits=self._address.get("stopbits", 1),
                timeout=_SLICE,
                **own,
            )
        except Exception as error:  # pyserial lets kinds of others through, such as termios.error
            raise BusError(Trouble.UNREACHABLE, f"{self.place} cannot be opened: {_reason(error)}") from None
        self._dirty = True  # somebody before us may have asked

    def close(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            with suppress(serial.SerialException, OSError):
                port.close()

    def ask(self, question: bytes, *, unit: int, whole: Whole, deadline: float, echo: bool = True) -> bytes | Failed:
        """The bytes of an answer as `whole` measures it. What went wrong with the line's framing is a Failed.

        Without `echo` an answer may itself begin with the very question, so nothing is passed over unless the settings
        say that the adapter echoes.
        """
        try:
            if not self._settled(unit, deadline=deadline):
                if time.monotonic() >= self._owed.get(unit, 0.0) and time.monotonic() - self._heard < self._silence:
                    text = f"{self.place} never falls silent: does another program or master speak on this line?"
                    return Failed(Trouble.GARBLED, text, Reach.BUS)
                return Failed(Trouble.TIMEOUT, f"No time was left to ask on {self.place}.", Reach.BUS)
            self._port.write(question)
            passed_over = question if echo or self._address.get("echo") else b""
            return self._answer(unit, whole=whole, asked=time.monotonic(), deadline=deadline, echo=passed_over)
        except BusError as error:
            return Failed(error.trouble, error.text, Reach.BUS)
        except serial.SerialTimeoutException:
            return Failed(Trouble.TIMEOUT, f"{self.place} does not take what is sent.", Reach.BUS)
        except _LOST:
            self.close()
            return Failed(Trouble.CLOSED, f"{self.place} was cut off while it was used: is it plugged in?", Reach.BUS)

    def distrust(self, unit: int) -> None:
        """What came was no answer to what was asked: the true one may still be on its way."""
        self._dirty = True
        self._owed[unit] = max(self._owed.get(unit, 0.0), time.monotonic() + self._timeout)

    @property
    def _timeout(self) -> float:
        return float(self._address.get("timeout", 0.5))

    @property
    def _characters(self) -> float:
        """The time of 3.5 characters, seconds: between two frames there is at least so much."""
        return 3.5 * _BITS_OF_A_CHARACTER / float(self._address.get("baudrate", 9600))

    @property
    def _silence(self) -> float:
        return max(self._characters, _SHORTEST_SILENCE)

    def _settled(self, unit: int, *, deadline: float) -> bool:
        """As `_settle`, on a new connection where the old one was cut off since the last question."""
        try:
            return self._settle(unit, deadline=deadline)
        except _LOST:
            self.open()
            return self._settle(unit, deadline=deadline)

    def _settle(self, unit: int, *, deadline: float) -> bool:
        """Listen until nothing can come any more that was not asked for now; False where the deadline came first."""
        self._dirty = self._dirty or bool(self._port.in_waiting)
        start = time.monotonic()
        until = self._owed.get(unit, 0.0)
        silent_since = start
        while self._dirty or time.monotonic() < until:
            if time.monotonic() >= deadline:
                return False
            if self._port.read(256):
                self._heard = silent_since = time.monotonic()
                self._dirty = True
            elif time.monotonic() - silent_since >= self._silence:
                self._dirty = False
        self._owed.pop(unit, None)
        time.sleep(max(0.0, self._heard + max(self._characters, _SHORTEST_GAP) - time.monotonic()))
        return time.monotonic() < deadline

    def _answer(self, unit: int, *, whole: Whole, asked: float, deadline: float, echo: bytes) -> bytes | Failed:
        until = min(deadline, asked + self._timeout)
        buffer = bytearray()
        heard_itself = False
        try:
            while True:
                if echo and buffer.startswith(echo):
                    del buffer[: len(echo)]
                    echo, heard_itself = b"", True
                # While what came may still become the echo, it is not measured as an answer.
                length = None if echo and echo.startswith(buffer) else whole(buffer)
                if length is not None and len(buffer) >= length:
                    break
                if time.monotonic() >= until:
                    return self._late(unit, buffer, asked=asked, heard_itself=heard_itself)
                if data := self._port.read(1 if length is None else length - len(buffer)):
                    self._heard = time.monotonic()
                    buffer += data
        except BadFrame as error:
            self.distrust(unit)
            return Failed(Trouble.GARBLED, f"Unreadable bytes on {self.place}: {error}. Are speed and parity right?")
        if len(self._beyond()) > _NOISE:
            self.distrust(unit)
            return Failed(
                Trouble.GARBLED, f"More than one answer came on {self.place}: which one is meant is not known."
            )
        return bytes(buffer)

    def _late(self, unit: int, buffer: bytearray, *, asked: float, heard_itself: bool) -> Failed:
        self._dirty = True
        self._owed[unit] = asked + 2 * self._timeout
        if buffer:
            return Failed(
                Trouble.GARBLED, f"An answer on {self.place} broke off after {len(buffer)} bytes.", Reach.UNIT
            )
        only = ", only our own question came back" if heard_itself else ""
        return Failed(Trouble.TIMEOUT, f"There was no answer in time on {self.place}{only}.", Reach.UNIT)

    def _beyond(self) -> bytes:
        """What follows an answer without a pause. A line that is cut off here has answered all the same."""
        time.sleep(max(self._characters, _SHORTEST_GAP))
        try:
            beyond: bytes = self._port.read(256) if self._port.in_waiting else b""
        except _LOST:
            self.close()
            return b""
        self._dirty = bool(beyond)
        return beyond


def _reason(error: Exception) -> str:
    """pyserial's own words hold the path and Python's; a technician needs the cause."""
    words = str(error).lower()
    known = {
        "no such file": "there is no such port. Is the adapter plugged in?",
        "permission denied": "this program may not use it. On Linux its user must be in the group dialout.",
        "exclusively lock": "another program has it.",
        "refused": "nothing listens on that port of the converter.",
        "timed out": "the converter does not answer.",
        "rfc2217": "the other side does not speak RFC 2217. Is it a plain socket:// port?",
        "name or service": "no host is known by this name.",
        "inappropriate ioctl": "it is no serial port.",
        "invalid argument": "it does not take this speed, parity or number of bits.",
    }
    return next((text for sign, text in known.items() if sign in words), f"{error}.")
