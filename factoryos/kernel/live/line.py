"""The one connection on which a process listens, and on which the hub, alone and one after another, asks its questions."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from django.db import connections
from psycopg import AsyncConnection, sql

from factoryos.kernel.outbox import CHANNEL

NAME = "factoryos live"  # as pg_stat_activity shows it
CONNECT_SECONDS = 5
ANSWER_SECONDS = 10  # a server that vanished without a word is given up then

Row = tuple[Any, ...]


class Line:
    """An open connection that listens. psycopg's own `notifies()` would keep others from asking meanwhile."""

    def __init__(self, connection: AsyncConnection[Row]) -> None:
        self._connection = connection
        self._told = True  # what was announced before we listened counts as told

        def hear(notification: object) -> None:
            self._told = True

        connection.add_notify_handler(hear)  # for what arrives while a question is being answered

    async def ask(self, question: str, parameters: Sequence[object] = ()) -> list[Row]:
        async with asyncio.timeout(ANSWER_SECONDS):
            cursor = await self._connection.execute(question.encode(), parameters)
            return await cursor.fetchall()

    async def wait(self, bell: asyncio.Event, *, seconds: float) -> None:
        """Until something is heard, the bell rings or the time is over. OperationalError: the connection is lost."""
        loop, socket = asyncio.get_running_loop(), self._connection.pgconn.socket
        loop.add_reader(socket, bell.set)
        try:
            async with asyncio.timeout(seconds):
                await bell.wait()
        except TimeoutError:
            pass
        finally:
            loop.remove_reader(socket)
        bell.clear()
        self._connection.pgconn.consume_input()
        while self._connection.pgconn.notifies():
            self._told = True

    def heard(self) -> bool:
        """Whether something was announced since the last time this was asked."""
        told, self._told = self._told, False
        return told


@asynccontextmanager
async def connected(name: str, *, channel: str) -> AsyncIterator[AsyncConnection[Row]]:
    """A session that listens on `channel`, on the database that Django uses and with the same limits on every question."""
    parameters: dict[str, Any] = connections["default"].get_connection_params()
    for django_only in ("cursor_factory", "context"):
        parameters.pop(django_only, None)
    parameters |= {"autocommit": True, "application_name": name, "connect_timeout": CONNECT_SECONDS}
    connection = await AsyncConnection.connect(**parameters)
    try:
        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Line]:
    """A line on which announcements are heard."""
    async with connected(NAME, channel=CHANNEL) as connection:
        yield Line(connection)
