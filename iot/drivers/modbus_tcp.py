"""Modbus/TCP: one kept connection, and numbers on the questions so that no late answer is taken for the next one.

It reads without tasks and timers of its own (DirectDriver). The usual poll, one question and its good answer, goes a short
way (`Plain`); everything else goes through `Questions`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import inf
from typing import Any

from iot.drivers.modbus_plain import Plain
from iot.drivers.modbus_points import TCP_UNITS, Answered, Asking, Outcome, Questions, point_faults
from iot.drivers.outcome import Failed, Reach, number_fault, unknown_faults
from iot.drivers.protocol import BusError, Capabilities, Done, Point, Result, Trouble
from iot.drivers.tcp_line import TcpLine, connect
from iot.modbus import frames
from iot.modbus.frames import BadFrame, Request

_SETTINGS = frozenset({"host", "port", "timeout"})
_PATIENCE = 2  # reads in a row with not one byte, after which the connection itself is doubted
_LOOK_S = 0.02  # between looks, while it is not known how long to wait


class ModbusTcp:
    """A server or gateway. Address: `host`; `port` (502); `timeout`, seconds for one answer (1)."""

    def __init__(self, address: Mapping[str, Any]) -> None:
        self._address = dict(address)
        self._timeout = address.get("timeout", 1.0)
        self._questions = Questions(units=TCP_UNITS)
        self._line: TcpLine | None = None
        self._opening: asyncio.Task[None] | None = None
        self._buffer = bytearray()
        self._number = 0  # of the last question
        self._heard = False
        self._silent_reads = 0
        self._prepared: Sequence[Point] | None = None  # whose plain question this is:
        self._plain: Plain | None = None
        # The read under way:
        self._done: Done | None = None
        self._points: Sequence[Point] = ()
        self._deadline = inf
        self._expected: bytes | None = None  # how the answer to the plain question begins, while that is waited for
        self._asking: Asking | None = None
        self._request: Request | None = None  # the other question that is waited for
        self.until = inf

    @staticmethod
    def capabilities() -> Capabilities:
        return Capabilities(name="modbus_tcp", event_driven=True, shared_bus=False)

    @staticmethod
    def check(address: Mapping[str, Any], points: Sequence[Point]) -> list[str]:
        faults = unknown_faults(address, _SETTINGS, what="a Modbus/TCP connection")
        host = address.get("host")
        if not isinstance(host, str) or not host.strip():
            faults.append("host must be the device's name or IP address.")
        faults += number_fault(address, "port", default=502, least=1, most=65535)
        faults += number_fault(address, "timeout", default=1.0, least=0.01, most=60)
        return faults + [fault for point in points for fault in point_faults(point, units=TCP_UNITS)]

    @property
    def _place(self) -> str:
        return f"{self._address.get('host')}:{self._address.get('port', 502)}"

    # --- The connection -----------------------------------------------------------------------------------------------
    async def open(self, *, deadline: float) -> None:
        if faults := self.check(self._address, ()):
            raise BusError(Trouble.MISSET, " ".join(faults))
        self._hang_up()
        host, port = self._address["host"], self._address.get("port", 502)
        line = await connect(host, port, received=self._received, lost=self._lost, deadline=deadline)
        if line.gone.done():
            raise BusError(Trouble.CLOSED, f"{self._place} hung up at once.")
        self._line = line

    async def close(self) -> None:
        opening, line = self._opening, self._line
        self.abandon()
        self._hang_up()
        self._questions.forget()
        self._prepared = None
        if opening is not None:
            await asyncio.wait({opening})
        if line is not None:
            await line.gone

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.cut()
        self._line = None
        self._buffer.clear()

    def _lost(self, line: TcpLine) -> None:
        if line is self._line:
            self._line = None
            self._buffer.clear()
            self._fail(Failed(Trouble.CLOSED, f"{self._place} hung up while it was asked.", Reach.BUS))

    def _doubt(self) -> None:
        """A connection whose other end lost its power stays open and silent for many minutes: begin a new one."""
        self._silent_reads += 1
        if self._silent_reads >= _PATIENCE:
            self._silent_reads = 0
            self._hang_up()

    # --- A read -------------------------------------------------------------------------------------------------------
    async def read(self, points: Sequence[Point], *, deadline: float) -> list[Result]:
        loop = asyncio.get_running_loop()
        answered = loop.create_future()
        self.start_read(points, deadline=deadline, done=answered.set_result)
        try:
            while not answered.done():
                left = min(self.until - loop.time(), inf if self.until < inf else _LOOK_S)
                await asyncio.wait({answered}, timeout=max(0.0, left))
                if not answered.done() and loop.time() >= self.until:
                    self.expire()
        finally:
            if not answered.done():
                self.abandon()
        results: list[Result] = answered.result()
        return results

    def start_read(self, points: Sequence[Point], *, deadline: float, done: Done) -> None:
        assert self._done is None, "two requests on one bus"
        self._done, self._points, self._deadline, self._heard = done, points, deadline, False
        if points is not self._prepared:
            self._prepare(points)
        if self._plain is None or self._line is None:
            self._ask_generally()
            return
        self.until = min(deadline, asyncio.get_running_loop().time() + self._timeout)
        self._number = number = self._number + 1 & 0xFFFF
        head = number.to_bytes(2, "big")
        self._expected = head + self._plain.answer_begins
        self._line.write(head + self._plain.question)

    def expire(self) -> None:
        if self._request is not None or self._expected is not None:
            self._fail(self._no_answer())

    def abandon(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
        if self._buffer and self._done is not None:  # half of an answer, whose rest would spoil the next
            self._hang_up()
        self._opening = self._done = self._expected = self._asking = self._request = None
        self.until = inf

    def _finish(self, results: list[Result]) -> None:
        done = self._done
        self._done = self._expected = self._asking = self._request = None
        self.until = inf
        if self._heard:
            self._silent_reads = 0
        else:
            self._doubt()
        assert done is not None
        done(results)

    def _received(self, data: bytes) -> None:
        self._heard = True
        plain, expected = self._plain, self._expected
        if expected is not None and plain is not None:
            if len(data) == plain.answer_length and data.startswith(expected) and not self._buffer:
                results = plain.results(data, at=datetime.now(UTC))
                if results is not None:
                    self._finish(results)
                    return
            self._go_general()
        elif self._done is None:
            self._silent_reads = 0  # late, but alive
        self._buffer += data
        self._take_frames()

    # --- The short way ------------------------------------------------------------------------------------------------
    def _prepare(self, points: Sequence[Point]) -> None:
        request = self._questions.only_question(points)
        self._plain = None if request is None else Plain(points, request)
        self._prepared = points if isinstance(points, tuple) else None

    def _go_general(self) -> None:
        """What came is not the plain answer, or none came: what it means is for the general way to say."""
        self._expected = self._prepared = None
        self._asking = self._questions.ask_all(self._points)
        self._request = next(self._asking)

    # --- The general way ----------------------------------------------------------------------------------------------
    def _ask_generally(self) -> None:
        self._asking = self._questions.ask_all(self._points)
        self._go_on(None)

    def _go_on(self, outcome: Outcome | None) -> None:
        """Ask the next question, now that this came of the last one."""
        assert self._asking is not None
        self._request, self.until = None, inf
        try:
            request = next(self._asking) if outcome is None else self._asking.send(outcome)
        except StopIteration as done:
            self._finish(done.value)
        else:
            self._ask(request)

    def _ask(self, request: Request) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        if now >= self._deadline:
            self._go_on(Failed(Trouble.TIMEOUT, f"No time was left to ask {self._place}.", Reach.BUS))
        elif self._line is None:
            self._opening = loop.create_task(self._open_and_ask(request))
        else:
            self._number = self._number + 1 & 0xFFFF
            self._request, self.until = request, min(self._deadline, now + self._timeout)
            self._line.write(frames.tcp_request(request, transaction=self._number))

    async def _open_and_ask(self, request: Request) -> None:
        try:
            await self.open(deadline=self._deadline)
        except BusError as error:
            failed: Failed | None = Failed(error.trouble, error.text, Reach.BUS)
        except Exception as error:  # nobody watches this task: whatever it is must be told
            failed = Failed(Trouble.UNREACHABLE, f"{self._place} cannot be reached: {error!r}.", Reach.BUS)
        else:
            failed = None
        self._opening = None
        if failed is None:
            self._ask(request)
        else:
            self._go_on(failed)

    def _take_frames(self) -> None:
        """Frames that answer nothing which is asked now are late ones."""
        while self._buffer:
            try:
                length = frames.tcp_frame_length(self._buffer)
            except BadFrame:
                self._hang_up()  # where the next frame begins cannot be known any more
                self._fail(Failed(Trouble.GARBLED, f"{self._place} sends bytes that are no Modbus/TCP.", Reach.BUS))
                return
            if length is None or len(self._buffer) < length:
                return
            frame = bytes(self._buffer[:length])
            del self._buffer[:length]
            if self._request is not None:
                self._take_answer(frame, self._request)

    def _take_answer(self, frame: bytes, request: Request) -> None:
        try:
            answer = frames.tcp_reply(frame, asked=request, transaction=self._number)
        except BadFrame as error:  # a whole frame, so the next one begins where it should
            self._go_on(Failed(Trouble.GARBLED, f"{self._place} was asked for unit {request.unit}, but {error}."))
        else:
            if answer is not None:
                self._go_on(Answered(answer, at=datetime.now(UTC)))

    def _fail(self, failed: Failed) -> None:
        """Whatever is waited for will not come."""
        if self._expected is not None:
            self._go_general()
        if self._request is not None:
            self._go_on(failed)

    def _no_answer(self) -> Failed:
        if self._expected is not None:
            self._go_general()
        assert self._request is not None
        unit = self._request.unit
        if self._buffer:  # half a frame: what comes next might be its end, or another's beginning
            self._hang_up()
            text = f"The answer of {self._place}, unit {unit}, broke off in the middle."
            return Failed(Trouble.TIMEOUT, text, Reach.UNIT)
        return Failed(Trouble.TIMEOUT, f"{self._place}, unit {unit}, did not answer in time.", Reach.UNIT)
