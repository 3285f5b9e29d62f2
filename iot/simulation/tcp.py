"""Simulated devices on a TCP port, speaking Modbus/TCP: many units on one port, many ports in one process."""

import asyncio
import struct
from collections.abc import Sequence

from iot.modbus.frames import BadFrame, tcp_frame_length
from iot.simulation.device import Device, HangUp
from iot.simulation.panel import answer, refusal

_GATEWAY_TARGET_SILENT = 11
_WATCH = 0.02  # seconds between looks at a script that closes the port
_BACKLOG = 1024


class TcpPort:
    """The devices reached on one port, by their units. A fault that closes the port closes it for all of them."""

    def __init__(self, devices: Sequence[Device], *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.devices = {device.unit: device for device in devices}
        if len(self.devices) != len(devices):
            raise ValueError("two devices with one unit on one port")
        self.host, self.port = host, port
        self._lines: set[_Line] = set()
        self._server: asyncio.Server | None = None
        self._watch: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Listen; afterwards `port` is the real one, also where 0 was given. Problem: OSError."""
        await self._listen()
        if any(device.can_close for device in self.devices.values()):
            self._watch = asyncio.create_task(self._keep_watch())

    async def close(self) -> None:
        """Stop listening and cut who is connected; does nothing a second time."""
        if self._watch:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None
        await self._fall_silent()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Line(self.devices, self._lines), self.host, self.port, backlog=_BACKLOG, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _fall_silent(self) -> None:
        server, self._server = self._server, None
        if server:
            server.close()
        for line in list(self._lines):
            line.cut()
        if server:
            await server.wait_closed()

    async def _keep_watch(self) -> None:
        while True:
            off = any(device.is_off_the_line() for device in self.devices.values())
            if off and self._server:
                await self._fall_silent()
            elif not off and not self._server:
                await self._listen()
            await asyncio.sleep(_WATCH)


class _Line(asyncio.Protocol):
    """One connection: whole frames out of whatever pieces come in."""

    def __init__(self, devices: dict[int, Device], lines: "set[_Line]") -> None:
        self._devices, self._lines = devices, lines
        self._buffer = bytearray()
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        self._lines.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._lines.discard(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            while self._transport and (length := tcp_frame_length(self._buffer)) and len(self._buffer) >= length:
                frame = bytes(self._buffer[:length])
                del self._buffer[:length]
                self._answer(frame)
        except (BadFrame, HangUp):
            self.cut()

    def cut(self) -> None:
        if self._transport:
            self._transport.abort()
            self._transport = None

    def _answer(self, frame: bytes) -> None:
        unit, pdu = frame[6], frame[7:]
        if unit not in self._devices:
            self._send(_wrap(frame, refusal(pdu, code=_GATEWAY_TARGET_SILENT)))
            return
        device = self._devices[unit]
        delivery = device.deliver(
            act=lambda: _wrap(frame, answer(device, pdu)), refuse=lambda code: _wrap(frame, refusal(pdu, code=code))
        )
        if delivery.after:
            asyncio.get_running_loop().call_later(delivery.after, self._send, delivery.data)
        else:
            self._send(delivery.data)

    def _send(self, data: bytes) -> None:
        if self._transport and data:
            self._transport.write(data)


def _wrap(frame: bytes, pdu: bytes) -> bytes:
    """The reply's frame: transaction and unit as asked."""
    return frame[:4] + struct.pack(">HB", 1 + len(pdu), frame[6]) + pdu
