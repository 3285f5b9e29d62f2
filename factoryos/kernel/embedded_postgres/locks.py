"""File locks that the kernel gives back by itself when their holder dies, `kill -9` included.

`flock` belongs to the open file: processes forked from the holder hold it too, processes it executes do not.
"""

import fcntl
import os
import time
from pathlib import Path

from factoryos.kernel.embedded_postgres.errors import EmbeddedPostgresError


class FileLock:
    """One open lock file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def share(self) -> None:
        """Hold it beside others. Waits for an exclusive holder, which never keeps it longer than a moment."""
        fcntl.flock(self._fd, fcntl.LOCK_SH)

    def try_alone(self) -> bool:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def alone(self, *, timeout_s: float) -> "FileLock":
        deadline = time.monotonic() + timeout_s
        while not self.try_alone():
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"Another command has held {self.path} for {timeout_s:.0f} s. "
                    f"`fuser {self.path}` names it; end it and try again."
                )
            time.sleep(0.02)
        return self

    def unlock(self) -> None:
        """Give it back but keep the file open."""
        fcntl.flock(self._fd, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give it back. Forked children that still hold the file keep the lock, as they should."""
        os.close(self._fd)

    def replaced(self) -> bool:
        """True once the file was removed or made anew: whoever comes next locks another one."""
        try:
            now = os.stat(self.path)
        except FileNotFoundError:
            return True
        held = os.fstat(self._fd)
        return (now.st_dev, now.st_ino) != (held.st_dev, held.st_ino)

    def __enter__(self) -> "FileLock":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def is_held(path: Path) -> bool:
    """True when some process holds the lock alone or shared."""
    with FileLock(path) as lock:
        return not lock.try_alone()
