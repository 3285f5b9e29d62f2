"""A TCP connection to a device, and in words why there is none."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from iot.drivers.protocol import BusError, Trouble


class TcpLine(asyncio.Protocol):
    """An open connection. What comes is told until it is `cut`, and that it is gone, in any case."""

    def __init__(self, *, received: Callable[[bytes], None], lost: Callable[["TcpLine"], None]) -> None:
        self._received, self._lost = received, lost
        self._transport: Any = None
        self.gone = asyncio.get_running_loop().create_future()  # done when the socket has been given back

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self.write: Callable[[bytes], None] = self._transport.write

    def data_received(self, data: bytes) -> None:
        self._received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone.set_result(None)
        self._lost(self)

    def cut(self) -> None:
        """Hang up. What is still on its way is not told any more."""
        self._transport.abort()


async def connect(
    host: str, port: int, *, received: Callable[[bytes], None], lost: Callable[[TcpLine], None], deadline: float
) -> TcpLine:
    """`deadline` is an instant of the loop's clock. Problem: BusError."""
    place = f"{host}:{port}"
    try:
        async with asyncio.timeout_at(deadline):
            _, line = await asyncio.get_running_loop().create_connection(
                lambda: TcpLine(received=received, lost=lost), host, port
            )
    except TimeoutError:
        text = f"{place} does not take the connection in time: is it switched on, and the cable in?"
    except ConnectionRefusedError:
        text = f"{place} is there, but nothing listens on that port: is Modbus/TCP enabled on the device?"
    except (socket.gaierror, ValueError):
        text = f"No host is known by the name in {place}."
    except OSError as error:
        text = f"{place} cannot be reached: {error.strerror}."
    else:
        return line
    raise BusError(Trouble.UNREACHABLE, text) from None
