"""Modbus/TCP: one kept connection, and numbers on the questions so that no late answer is taken for the next one."""

import asyncio
import socket
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from iot.drivers.modbus_points import TCP_UNITS, Answered, Outcome, Questions, point_faults
from iot.drivers.outcome import Failed, Reach, number_fault, unknown_faults
from iot.drivers.protocol import BusError, Capabilities, Point, Result, Trouble
from iot.modbus import frames
from iot.modbus.frames import BadFrame, Request

_SETTINGS = frozenset({"host", "port", "timeout"})
_PATIENCE = 2  # reads in a row with not one byte, after which the connection itself is doubted


class ModbusTcp:
    """A server or gateway. Address: `host`; `port` (502); `timeout`, seconds for one answer (1)."""

    def __init__(self, address: Mapping[str, Any]) -> None:
        self._address = dict(address)
        self._questions = Questions(units=TCP_UNITS)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._buffer = bytearray()
        self._transaction = 0
        self._heard = False
        self._silent_reads = 0

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

    async def open(self, *, deadline: float) -> None:
        if faults := self.check(self._address, ()):
            raise BusError(Trouble.MISSET, " ".join(faults))
        self._hang_up()
        try:
            async with asyncio.timeout_at(deadline):
                host, port = self._address["host"], self._address.get("port", 502)
                self._streams = await asyncio.open_connection(host, port)
        except TimeoutError:
            text = f"{self._place} does not take the connection in time: is it switched on, and the cable in?"
            raise BusError(Trouble.UNREACHABLE, text) from None
        except ConnectionRefusedError:
            text = f"{self._place} is there, but nothing listens on that port: is Modbus/TCP enabled on the device?"
            raise BusError(Trouble.UNREACHABLE, text) from None
        except socket.gaierror:
            raise BusError(Trouble.UNREACHABLE, f"No host is known by the name in {self._place}.") from None
        except OSError as error:
            raise BusError(Trouble.UNREACHABLE, f"{self._place} cannot be reached: {error.strerror}.") from None

    async def close(self) -> None:
        self._hang_up()
        self._questions.forget()
        await asyncio.sleep(0)  # the transport gives its socket back in the loop's next turn

    async def read(self, points: Sequence[Point], *, deadline: float) -> list[Result]:
        self._heard = False
        asking = self._questions.ask_all(points)
        try:
            request = next(asking)
            while True:
                request = asking.send(await self._ask(request, deadline=deadline))
        except StopIteration as done:
            results: list[Result] = done.value
        self._doubt()
        return results

    def _doubt(self) -> None:
        """A connection whose other end lost its power stays open and silent for many minutes: begin a new one."""
        self._silent_reads = 0 if self._heard else self._silent_reads + 1
        if self._silent_reads >= _PATIENCE:
            self._silent_reads = 0
            self._hang_up()

    def _gone(self) -> bool:
        """Whether there is no connection, also because the device hung up since the last read."""
        if self._streams is None:
            return True
        return self._streams[0].at_eof() or self._streams[0].exception() is not None

    def _hang_up(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
        self._streams = None
        self._buffer.clear()

    async def _ask(self, request: Request, *, deadline: float) -> Outcome:
        loop = asyncio.get_running_loop()
        if loop.time() >= deadline:
            return Failed(Trouble.TIMEOUT, f"No time was left to ask {self._place}.", Reach.BUS)
        try:
            if self._gone():
                await self.open(deadline=deadline)
            async with asyncio.timeout_at(min(deadline, loop.time() + self._address.get("timeout", 1.0))):
                return await self._exchange(request)
        except BusError as error:
            return Failed(error.trouble, error.text, Reach.BUS)
        except TimeoutError:
            return self._no_answer(request)
        except BadFrame:
            self._hang_up()  # where the next frame begins cannot be known any more
            return Failed(Trouble.GARBLED, f"{self._place} sends bytes that are no Modbus/TCP.", Reach.BUS)
        except OSError:
            self._hang_up()
            return Failed(Trouble.CLOSED, f"{self._place} hung up while it was asked.", Reach.BUS)

    def _no_answer(self, request: Request) -> Failed:
        if self._buffer:  # half a frame: what comes next might be its end, or another's beginning
            self._hang_up()
            text = f"The answer of {self._place}, unit {request.unit}, broke off in the middle."
            return Failed(Trouble.TIMEOUT, text, Reach.UNIT)
        return Failed(Trouble.TIMEOUT, f"{self._place}, unit {request.unit}, did not answer in time.", Reach.UNIT)

    async def _exchange(self, request: Request) -> Outcome:
        """Problem: BadFrame, OSError, TimeoutError of the caller's."""
        assert self._streams is not None
        reader, writer = self._streams
        self._transaction = self._transaction + 1 & 0xFFFF
        writer.write(frames.tcp_request(request, transaction=self._transaction))
        await writer.drain()
        while True:
            length = frames.tcp_frame_length(self._buffer)
            if length is None or len(self._buffer) < length:
                data = await reader.read(4096)
                if not data:
                    raise ConnectionResetError
                self._heard = True
                self._buffer += data
                continue
            frame = bytes(self._buffer[:length])
            del self._buffer[:length]
            try:
                answer = frames.tcp_reply(frame, asked=request, transaction=self._transaction)
            except BadFrame as error:  # a whole frame, so the next one begins where it should
                return Failed(Trouble.GARBLED, f"{self._place} was asked for unit {request.unit}, but {error}.")
            if answer is not None:
                return Answered(answer, at=datetime.now(UTC))
