"""A poller's ways to the database: threads with a connection each, so that no slow statement holds up the polling."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, InternalError, OperationalError, connection

P = ParamSpec("P")
T = TypeVar("T")
# InternalError: it has become a standby that only reads, or has ended a session of ours that was frozen.
DATABASE_AWAY = (OperationalError, InterfaceError, InternalError)
IDLE_MS = 3000  # in the middle of a transaction: a poller that is frozen there must not keep its shard from others
_LAST_S = 2.0  # how long an end waits for a thread that is in the middle of something


class DatabaseThread:
    """One thread and its connection: what it is given it does one after the other."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work` gives or raises. Who stops waiting for it does not stop the work."""
        whole = partial(work, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._pool, _with_a_good_connection, whole)

    async def close(self) -> None:
        """Give the connection back and end, at the latest when what is being done is done."""
        closing = asyncio.wrap_future(
            self._pool.submit(lambda: connection.close())
        )  # in the thread: it means another there
        self._pool.shutdown(wait=False)
        await asyncio.wait({closing}, timeout=_LAST_S)


def _with_a_good_connection(work: Callable[[], T]) -> T:
    """Django looks after connections between requests, and here are none: a lost one is given up, so that the next is new."""
    connection.close_if_unusable_or_obsolete()
    if connection.connection is None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET idle_in_transaction_session_timeout = {IDLE_MS}")
    return work()
