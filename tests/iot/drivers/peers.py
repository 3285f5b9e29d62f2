"""Devices for one test each: what they answer to the nth question is written in the test."""

import asyncio
import struct
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from iot.drivers.protocol import Driver, Point, Result
from iot.registers import Encoding, Layout

U16, U32, BIT = Layout(Encoding.U16), Layout(Encoding.U32), Layout(Encoding.BIT)
HANG_UP = "hang up"
# What a device does about a question: sends bytes, waits seconds, or hangs up.
Deeds = Sequence[bytes | float | str]
Script = Callable[[int, bytes], Deeds]


def point(number: int, address: int, layout: Layout = U16, **where: Any) -> Point:
    return Point(id=number, layout=layout, where={"address": address, **where})


async def timed(driver: Driver, points: Sequence[Point], *, within: float) -> tuple[list[Result], float]:
    """The results, and by how many seconds (negative: none) the deadline was missed."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    results = await driver.read(points, deadline=deadline)
    return results, loop.time() - deadline


async def read(driver: Driver, points: Sequence[Point], *, within: float = 2.0) -> list[Result]:
    return (await timed(driver, points, within=within))[0]


def raws(results: Sequence[Result]) -> list[Any]:
    """Values, or the trouble in words."""
    return [getattr(result, "raw", None) if hasattr(result, "raw") else str(result.trouble) for result in results]


def tcp(asked: bytes, words: Sequence[int], *, late: int = 0, unit: int | None = None) -> bytes:
    """A good Modbus/TCP answer to `asked`; with `late`, to a question so many before it."""
    number, unit = struct.unpack_from(">H", asked)[0] - late, asked[6] if unit is None else unit
    pdu = bytes([asked[7], 2 * len(words)]) + struct.pack(f">{len(words)}H", *words)
    return struct.pack(">HHHB", number, 0, len(pdu) + 1, unit) + pdu


def tcp_refusal(asked: bytes, code: int) -> bytes:
    return asked[:4] + struct.pack(">HBBB", 3, asked[6], asked[7] | 0x80, code)


class Peer:
    """A Modbus/TCP server that follows a script and remembers what it was asked."""

    def __init__(self, script: Script) -> None:
        self.script, self.asked, self.connections = script, list[bytes](), 0
        self.address: dict[str, Any] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                asked = await reader.readexactly(12)
                self.asked.append(asked)
                for deed in self.script(len(self.asked), asked):
                    if isinstance(deed, bytes):
                        writer.write(deed)
                        await writer.drain()
                    elif isinstance(deed, float):
                        await asyncio.sleep(deed)
                    else:
                        raise ConnectionError
        writer.close()


@asynccontextmanager
async def listening(script: Script) -> Any:
    peer = Peer(script)
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    peer.address = {"host": "127.0.0.1", "port": server.sockets[0].getsockname()[1]}
    try:
        yield peer
    finally:
        server.close()


def play(scene: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scene(), timeout=20))  # type: ignore[arg-type]
