"""An event loop that lets a less busy process have the next connection, so that all cores get their share.

Processes that share a listening socket are all woken by a new connection, and the one that runs first takes it; on an
idle machine that is nearly always the same one. Clients keep their connections, so one core would work and the others
watch. Here a process that holds connections waits a moment before it takes another: whoever holds fewer is sooner.
"""

import asyncio
import socket
from typing import Any

STEP_SECONDS = 0.0005  # for each connection held
MOST_STEPS = 10  # a new connection never waits longer than five milliseconds


class FairLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop but for the moment of accepting. The methods are not public; tests/front sees that it works."""

    def _accept_connection(self, protocol_factory: Any, sock: socket.socket, *rest: Any) -> None:
        held = len(self._transports)  # type: ignore[attr-defined]
        if held:
            self._remove_reader(sock.fileno())  # type: ignore[attr-defined]
            self.call_later(min(held, MOST_STEPS) * STEP_SECONDS, self._accept_late, protocol_factory, sock, *rest)
        else:
            self._accept_one(protocol_factory, sock, *rest)

    def _accept_late(self, protocol_factory: Any, sock: socket.socket, *rest: Any) -> None:
        if sock.fileno() == -1:  # the server stopped meanwhile
            return
        self._accept_one(protocol_factory, sock, *rest)
        self._add_reader(sock.fileno(), self._accept_connection, protocol_factory, sock, *rest)  # type: ignore[attr-defined]

    def _accept_one(self, protocol_factory: Any, sock: socket.socket, *rest: Any) -> None:
        """asyncio would take as many as wait, up to the backlog; one each is fair. Somebody may have been quicker."""
        sslcontext, server, _backlog, *timeouts = rest
        super()._accept_connection(protocol_factory, sock, sslcontext, server, 1, *timeouts)  # type: ignore[misc]
