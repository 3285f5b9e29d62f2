"""Modbus on a serial line, in its two ways of writing: RTU (bytes and a checksum) and ASCII (lines of digits)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from iot.drivers.modbus_points import SERIAL_UNITS, Answered, Outcome, Questions, point_faults
from iot.drivers.outcome import Failed
from iot.drivers.protocol import Capabilities, Point, Result, Trouble
from iot.drivers.serial_bus import SerialBus
from iot.drivers.serial_line import Whole, line_faults
from iot.modbus import frames
from iot.modbus.frames import Answer, BadFrame, Request

_LONGEST_LINE = 2 * frames.LONGEST_ADU


class _ModbusSerial(SerialBus):
    """Address: `port`; `baudrate` (9600), `bytesize` (8), `parity` (N), `stopbits` (1), `timeout` seconds (0.5).

    Adapters that echo what they send are found out by themselves."""

    def __init__(self, address: Mapping[str, Any]) -> None:
        super().__init__(address)
        self._questions = Questions(units=SERIAL_UNITS)

    @staticmethod
    def check(address: Mapping[str, Any], points: Sequence[Point]) -> list[str]:
        return line_faults(address) + [fault for point in points for fault in point_faults(point, units=SERIAL_UNITS)]

    async def close(self) -> None:
        self._questions.forget()
        await super().close()

    def _read_all(self, points: Sequence[Point], *, deadline: float) -> list[Result]:
        asking = self._questions.ask_all(points)
        try:
            request = next(asking)
            while True:
                request = asking.send(self._ask(request, deadline=deadline))
        except StopIteration as done:
            results: list[Result] = done.value
            return results

    def _ask(self, request: Request, *, deadline: float) -> Outcome:
        written, whole = self._write(request), self._whole(request)
        frame = self._line.ask(written, unit=request.unit, whole=whole, deadline=deadline)
        if isinstance(frame, Failed):
            return Failed(frame.trouble, f"Unit {request.unit}: {frame.text}", frame.reach)
        try:
            return Answered(self._understand(frame, request), at=datetime.now(UTC))
        except BadFrame as error:
            self._line.distrust(request.unit)
            text = f"Unit {request.unit} was asked on {self._line.place}, but {error}."
            return Failed(Trouble.GARBLED, text)

    def _write(self, request: Request) -> bytes:
        raise NotImplementedError

    def _whole(self, request: Request) -> Whole:
        raise NotImplementedError

    def _understand(self, frame: bytes, request: Request) -> Answer:
        raise NotImplementedError


class ModbusRtu(_ModbusSerial):
    """Modbus RTU."""

    @staticmethod
    def capabilities() -> Capabilities:
        return Capabilities(name="modbus_rtu", event_driven=False, shared_bus=True)

    def _write(self, request: Request) -> bytes:
        return frames.rtu_request(request)

    def _whole(self, request: Request) -> Whole:
        return lambda buffer: frames.rtu_reply_length(buffer, asked=request)

    def _understand(self, frame: bytes, request: Request) -> Answer:
        return frames.rtu_reply(frame, asked=request)


class ModbusAscii(_ModbusSerial):
    """Modbus ASCII."""

    @staticmethod
    def capabilities() -> Capabilities:
        return Capabilities(name="modbus_ascii", event_driven=False, shared_bus=True)

    def _write(self, request: Request) -> bytes:
        return frames.ascii_request(request)

    def _whole(self, request: Request) -> Whole:
        return _line_length

    def _understand(self, frame: bytes, request: Request) -> Answer:
        line = frame.rstrip(b"\r\n")
        return frames.ascii_reply(line[max(0, line.rfind(b":")) :], asked=request)  # a colon always begins anew


def _line_length(buffer: bytearray) -> int | None:
    end = buffer.find(b"\n")
    if end < 0 and len(buffer) > _LONGEST_LINE:
        raise BadFrame("a line without an end")
    return end + 1 if end >= 0 else None
