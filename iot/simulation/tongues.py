"""How simulated devices on a serial line take questions out of a stream of bytes, and frame their answers."""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from iot.modbus.frames import LONGEST_ADU, READS, crc16, lrc
from iot.simulation.device import Delivery, Device
from iot.simulation.panel import WRITE_COIL, WRITE_COILS, answer, refusal, say

_LONGEST_LINE = 600


class Tongue(Protocol):
    """What is spoken on a serial line. `questions` takes whole ones off the buffer and leaves the rest in it."""

    def questions(self, buffer: bytearray) -> Iterator[bytes]: ...

    def answer(self, devices: Sequence[Device], question: bytes) -> Delivery:
        """The answer of whoever is meant; nothing where it is nobody. Problem: HangUp."""


@dataclass(frozen=True, slots=True)
class _Modbus:
    frame: Callable[[bytes], bytes]

    def answer(self, devices: Sequence[Device], question: bytes) -> Delivery:
        unit, pdu = question[0], question[1:]
        meant = [device for device in devices if device.unit == unit]
        if not meant:
            return Delivery()
        return meant[0].deliver(
            act=lambda: self.frame(bytes([unit]) + answer(meant[0], pdu)),
            refuse=lambda code: self.frame(bytes([unit]) + refusal(pdu, code=code)),
        )


class Rtu(_Modbus):
    """Modbus RTU: a question's length follows from its function, its end from the checksum."""

    def __init__(self) -> None:
        super().__init__(lambda body: body + struct.pack("<H", crc16(body)))

    def questions(self, buffer: bytearray) -> Iterator[bytes]:
        while (length := _rtu_length(buffer)) and len(buffer) >= length:
            frame = bytes(buffer[:length])
            if struct.unpack("<H", frame[-2:])[0] != crc16(frame[:-2]):
                buffer.clear()  # noise: only silence says where the next question begins
                return
            del buffer[:length]
            yield frame[:-2]


class Ascii(_Modbus):
    """Modbus ASCII: a line from a colon to its end, in hexadecimal digits."""

    def __init__(self) -> None:
        super().__init__(lambda body: b":" + (body + bytes([lrc(body)])).hex().upper().encode() + b"\r\n")

    def questions(self, buffer: bytearray) -> Iterator[bytes]:
        for line in _lines(buffer, end=b"\r\n"):
            digits = line[line.rfind(b":") + 1 :] if b":" in line else b""
            try:
                body = bytes.fromhex(digits.decode("ascii"))
            except ValueError:
                continue
            if len(body) >= 4 and lrc(body[:-1]) == body[-1]:
                yield body[:-1]


class Words:
    """Plain words: a line asks the first device of the bus, a line answers."""

    def questions(self, buffer: bytearray) -> Iterator[bytes]:
        buffer[:] = buffer.replace(b"\r", b"\n")
        yield from (line for line in _lines(buffer, end=b"\n") if line.strip())

    def answer(self, devices: Sequence[Device], question: bytes) -> Delivery:
        device = devices[0]
        return device.deliver(
            act=lambda: say(device, question.decode("ascii", "replace")).encode() + b"\r\n",
            refuse=lambda code: f"ERR {code}\r\n".encode(),
        )


TONGUES: dict[str, Callable[[], Tongue]] = {"modbus_rtu": Rtu, "modbus_ascii": Ascii, "serial_ascii": Words}


def _lines(buffer: bytearray, *, end: bytes) -> Iterator[bytes]:
    while (place := buffer.find(end)) >= 0:
        line = bytes(buffer[:place])
        del buffer[: place + len(end)]
        yield line
    if len(buffer) > _LONGEST_LINE:
        buffer.clear()


def _rtu_length(buffer: bytearray) -> int | None:
    """How long the question is that `buffer` begins with; None while it cannot be told."""
    if len(buffer) < 2:
        return None
    if buffer[1] in (*READS, WRITE_COIL, 6):
        return 8
    if buffer[1] in (WRITE_COILS, 16):
        return min(9 + buffer[6], LONGEST_ADU) if len(buffer) > 6 else None
    return max(4, len(buffer))  # a function nobody here knows: all that came, and noise unless the checksum fits
