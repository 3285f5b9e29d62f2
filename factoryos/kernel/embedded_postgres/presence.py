"""What a process does to have the embedded server: say that it uses it, and have it started when it does not run."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from factoryos.kernel.embedded_postgres import server
from factoryos.kernel.embedded_postgres.account import user_name
from factoryos.kernel.embedded_postgres.errors import EmbeddedPostgresError
from factoryos.kernel.embedded_postgres.layout import Layout
from factoryos.kernel.embedded_postgres.locks import FileLock, is_held

START_TIMEOUT_S = 180
PROJECT = Path(__file__).resolve().parents[3]

_guard = threading.Lock()
_used: dict[Path, FileLock] = {}
_keepers: list[subprocess.Popen[bytes]] = []  # ours to collect, if one ends before us


def ensure_running(home: Path) -> None:
    """Have the server of `home` running until this process ends. Costs nothing after the first call.

    Raises EmbeddedPostgresError with a sentence for a person.
    """
    if home in _used:
        return
    with _guard:
        if home in _used:
            return
        try:
            home.mkdir(parents=True, exist_ok=True)
            _used[home] = _use(Layout(home))
        except OSError as error:
            whose = f"{home} belongs to user {user_name(home.stat().st_uid)}. " if home.exists() else ""
            raise EmbeddedPostgresError(
                f"The embedded database needs {error.filename or home}: {error.strerror}. {whose}"
                f"FACTORYOS_HOME must be a folder that user {user_name(os.geteuid())} may write to."
            ) from error


def leave(home: Path, *, timeout_s: float = 40) -> bool:
    """Stop using the server, and wait until it is stopped (True) or is plainly used by others (False)."""
    layout = Layout(home)
    _keepers[:] = [keeper for keeper in _keepers if keeper.poll() is None]
    with _guard:
        used = _used.pop(home, None)
        if used is None:
            return server.living_pid(layout) is None
        with used, FileLock(layout.starting).alone(timeout_s=timeout_s):
            if not is_held(layout.keeper) and server.living_pid(layout) is not None:
                _start_keeper(layout)  # the keeper was killed: without one, nobody would stop the server
    deadline = time.monotonic() + timeout_s
    in_use_since = time.monotonic()
    while is_held(layout.keeper):
        if not (is_held(layout.users) and server.answers(layout)):
            in_use_since = time.monotonic()
        if time.monotonic() > min(deadline, in_use_since + 1):
            return False
        time.sleep(0.05)
    return True


def server_pid(home: Path) -> int | None:
    """The process id of the server of `home`, or None when it does not run."""
    return server.living_pid(Layout(home))


def _use(layout: Layout) -> FileLock:
    """Become a user first, then look: the keeper does not stop a server between the two."""
    with FileLock(layout.starting).alone(timeout_s=START_TIMEOUT_S):
        used = FileLock(layout.users)
        try:
            used.share()
            if not (is_held(layout.keeper) and server.answers(layout)):
                _start_keeper(layout)
        except BaseException:
            used.close()
            raise
        return used


def _start_keeper(layout: Layout) -> None:
    command = [sys.executable, "-m", "factoryos.kernel.embedded_postgres.keeper", str(layout.home)]
    keeper = subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True
    )
    assert keeper.stdout is not None
    with keeper.stdout:
        answer = keeper.stdout.readline()
    if not answer:
        raise EmbeddedPostgresError(f"The embedded database's keeper ended without a word; see {layout.log}.")
    _keepers.append(keeper)
    if error := json.loads(answer).get("error"):
        raise EmbeddedPostgresError(error)
