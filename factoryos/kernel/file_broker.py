"""Celery's messages as files, for machines without Redis: kombu's filesystem transport made safe for several processes.

Kombu's own writes a message in place, and a reader that comes in between takes an empty file: about one message in a
hundred under load, and a worker that dies of it. Here a message appears whole or not at all.
"""

import contextlib
import fcntl
import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.utils.encoding import bytes_to_str, str_to_bytes
from kombu.utils.json import dumps, loads

TURN_S = 0.4


class Channel(filesystem.Channel):
    """A message is one file `<milliseconds>_<uuid>.<queue>.msg` in the folder that all processes share."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:
        folder, name = Path(self.data_folder_out), uuid.uuid4()
        unfinished = folder / f".{name}.part"
        unfinished.write_bytes(str_to_bytes(dumps(payload)))
        unfinished.rename(folder / f"{time.time_ns() // 1_000_000}_{name}.{queue}.msg")

    def _get(self, queue: str) -> Any:
        folder = Path(self.data_folder_in)
        for name in sorted(os.listdir(folder)):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            with contextlib.suppress(FileNotFoundError):  # another worker was first
                message = (folder / name).read_bytes()
                (folder / name).unlink()  # succeeds for exactly one of us
                return loads(bytes_to_str(message))
        raise Empty

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        """Kombu's own truncates the table before it locks it, if there is none yet; so there is always one."""
        self.control_folder.mkdir(exist_ok=True)
        table = self._exchange_file(exchange)
        with (self.control_folder / "lock").open("w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            if not table.exists():
                unfinished = table.with_suffix(".part")
                unfinished.write_text("[]")
                unfinished.rename(table)
        super()._queue_bind(exchange, routing_key, pattern, queue)


class Transport(filesystem.Transport):
    """Waits in short turns: between two turns of Celery's two seconds each, a worker is deaf to being told to end."""

    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None) -> Any:
        return super().drain_events(connection, timeout=timeout and min(timeout, TURN_S))
