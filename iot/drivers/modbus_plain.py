"""The usual poll over Modbus/TCP, prepared: one question brings all points, and its answer is read in one go.

Thousands of polls a second spend their time here. Whatever is not exactly the good answer expected is left to the general
way (`Questions`), which knows what to make of it.
"""

import struct
from collections.abc import Callable, Sequence
from datetime import datetime

from iot.drivers.modbus_points import request_for
from iot.drivers.protocol import Point, Reading, Result
from iot.modbus import frames
from iot.modbus.frames import Request
from iot.registers import Encoding, Garbled, Layout

_VALUES_AT = 9  # after transaction, protocol, length, unit, function and number of bytes
_CODES = {Encoding.U16: "H", Encoding.U32: "I", Encoding.U64: "Q"}
_TRANSACTION = 2

Values = Callable[[bytes], Sequence[int]]  # a value for each point, in their order. Problem: Garbled


class Plain:
    """One question for all of `points`. Frames are without their first two bytes, the transaction's number."""

    def __init__(self, points: Sequence[Point], request: Request) -> None:
        head = struct.pack(">HHBBB", 0, 3 + request.answer_bytes, request.unit, request.function, request.answer_bytes)
        self.question = frames.tcp_request(request, transaction=0)[_TRANSACTION:]
        self.answer_begins = head
        self.answer_length = _VALUES_AT + request.answer_bytes
        self._ids = tuple(point.id for point in points)
        self._values = _in_one_go(points, request) or _one_by_one(points, request)

    def results(self, frame: bytes, *, at: datetime) -> list[Result] | None:
        """The readings of a good answer; None where a value is spelled wrongly."""
        try:
            values = self._values(frame)
        except Garbled:
            return None
        return [Reading(point_id, raw, at) for point_id, raw in zip(self._ids, values, strict=True)]


def _in_one_go(points: Sequence[Point], request: Request) -> Values | None:
    """By one format, where all are plain numbers in the standard's order that follow one another."""
    code, here = f">{_VALUES_AT}x", request.address
    for point in points:
        gap = request_for(point).address - here
        if point.layout not in _STANDARD or gap < 0:
            return None
        code += f"{2 * gap}x{_CODES[point.layout.encoding]}"
        here += gap + point.layout.words
    whole = struct.Struct(code)
    return whole.unpack_from


_STANDARD = frozenset(Layout(encoding) for encoding in _CODES)


def _one_by_one(points: Sequence[Point], request: Request) -> Values:
    """By each point's own layout."""
    starts = [(request_for(point).address - request.address, point.layout) for point in points]

    def values(frame: bytes) -> list[int]:
        words = frames.read_pdu(frame[7:], asked=request)
        assert not isinstance(words, frames.Refused)
        return [layout.decode(words[start : start + layout.words]) for start, layout in starts]

    return values
