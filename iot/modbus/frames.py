"""Modbus on the wire: requests and replies over TCP (MBAP), RTU (CRC) and ASCII (LRC).

Source: MODBUS Application Protocol 1.1b3 and MODBUS over Serial Line 1.02. Only reading is spoken here: coils (1),
discrete inputs (2), holding registers (3), input registers (4). Nothing that this project sends can change a device.
"""

import struct
from dataclasses import dataclass

READ_COILS, READ_INPUTS, READ_HOLDING, READ_INPUT_REGISTERS = 1, 2, 3, 4
READS = (READ_COILS, READ_INPUTS, READ_HOLDING, READ_INPUT_REGISTERS)
MOST_REGISTERS = 125
MOST_BITS = 2000
_MBAP = struct.Struct(">HHHB")
_PDU = struct.Struct(">BHH")
LONGEST_ADU = 260

EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "server device failure",
    5: "acknowledge",
    6: "server device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target device failed to respond",
}


class BadFrame(ValueError):
    """Bytes that are no frame: the line must be drained before anything on it can be believed."""


@dataclass(frozen=True, slots=True)
class Request:
    """Read `count` registers or bits of device `unit`, from `address` (0-based, as on the wire)."""

    unit: int
    function: int
    address: int
    count: int

    @property
    def pdu(self) -> bytes:
        return _PDU.pack(self.function, self.address, self.count)

    @property
    def answer_bytes(self) -> int:
        """How many bytes of values a good answer carries."""
        return (self.count + 7) // 8 if self.function in (READ_COILS, READ_INPUTS) else 2 * self.count


@dataclass(frozen=True, slots=True)
class Refused:
    """The device answered, and said no. `code` as in EXCEPTIONS."""

    code: int

    @property
    def text(self) -> str:
        return EXCEPTIONS.get(self.code, f"exception {self.code}")


Answer = tuple[int, ...] | Refused


def read_pdu(pdu: bytes, *, asked: Request) -> Answer:
    """The words (or bits) of a reply, or the device's refusal. Problem: BadFrame, also for a reply to another question."""
    if len(pdu) < 2:
        raise BadFrame("shorter than a reply can be")
    if pdu[0] == asked.function | 0x80:
        return Refused(pdu[1])
    if pdu[0] != asked.function or pdu[1] != asked.answer_bytes or len(pdu) != 2 + pdu[1]:
        raise BadFrame("not the reply to this request")
    if asked.function in (READ_COILS, READ_INPUTS):
        return tuple(pdu[2 + place // 8] >> place % 8 & 1 for place in range(asked.count))
    return struct.unpack_from(f">{asked.count}H", pdu, 2)


def tcp_request(request: Request, *, transaction: int) -> bytes:
    return _MBAP.pack(transaction, 0, 6, request.unit) + request.pdu


def tcp_frame_length(buffer: bytes | bytearray) -> int | None:
    """The whole length of the frame that `buffer` begins with, None while it cannot be told. Problem: BadFrame."""
    if len(buffer) < 7:
        return None
    _, protocol, length, _ = _MBAP.unpack_from(buffer)
    if protocol != 0 or not 3 <= length <= LONGEST_ADU - 6:
        raise BadFrame("no Modbus/TCP header")
    return 6 + int(length)


def tcp_reply(frame: bytes | bytearray, *, asked: Request, transaction: int) -> Answer | None:
    """The answer in a whole frame; None for a late one: its transaction is another's."""
    number, _, _, unit = _MBAP.unpack_from(frame)
    if number != transaction:
        return None
    if unit != asked.unit:
        raise BadFrame("another unit answered")
    return read_pdu(bytes(frame[7:]), asked=asked)


def crc16(data: bytes | bytearray) -> int:
    """CRC-16/MODBUS, as sent: low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc


def _crc_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        crc = value
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_CRC = _crc_table()


def rtu_request(request: Request) -> bytes:
    body = bytes([request.unit]) + request.pdu
    return body + struct.pack("<H", crc16(body))


def rtu_reply_length(buffer: bytes | bytearray, *, asked: Request) -> int | None:
    """The whole length of the reply that `buffer` begins with, by its function byte; None while it cannot be told."""
    if len(buffer) < 2:
        return None
    return 5 if buffer[1] & 0x80 else 5 + asked.answer_bytes


def rtu_reply(frame: bytes | bytearray, *, asked: Request) -> Answer:
    """The answer in a whole RTU frame. Problem: BadFrame."""
    if len(frame) < 5:
        raise BadFrame("shorter than a reply can be")
    if crc16(frame[:-2]) != struct.unpack("<H", frame[-2:])[0]:
        raise BadFrame("the checksum is wrong")
    if frame[0] != asked.unit:
        raise BadFrame("another unit answered")
    return read_pdu(bytes(frame[1:-2]), asked=asked)


def lrc(data: bytes) -> int:
    """The longitudinal check of ASCII frames: two's complement of the sum."""
    return -sum(data) & 0xFF


def ascii_request(request: Request) -> bytes:
    body = bytes([request.unit]) + request.pdu
    return b":" + (body + bytes([lrc(body)])).hex().upper().encode() + b"\r\n"


def ascii_reply(line: bytes, *, asked: Request) -> Answer:
    """The answer in one line, from its colon to before its end. Problem: BadFrame."""
    if not line.startswith(b":") or len(line) % 2 == 0:
        raise BadFrame("no line of Modbus ASCII")
    try:
        body = bytes.fromhex(line[1:].decode("ascii"))
    except ValueError as error:
        raise BadFrame("no hexadecimal digits") from error
    if len(body) < 4 or lrc(body[:-1]) != body[-1]:
        raise BadFrame("the checksum is wrong")
    if body[0] != asked.unit:
        raise BadFrame("another unit answered")
    return read_pdu(body[1:-1], asked=asked)
