"""The keeper: the small process that is the server's parent and ends it when nobody uses it any more.

Started by `presence.ensure_running` as `python -m …keeper <home>`, in a session of its own so that no Ctrl-C meant for
a command reaches it. Answers one JSON line on stdout: {} once the server takes connections, or {"error": text}.
"""

import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

import psycopg

from factoryos.kernel.embedded_postgres import account, server
from factoryos.kernel.embedded_postgres.errors import EmbeddedPostgresError
from factoryos.kernel.embedded_postgres.layout import Layout
from factoryos.kernel.embedded_postgres.locks import FileLock

LOOK_EVERY_S = 0.2
LOG_LIMIT = 10_000_000  # bytes; a longer log begins anew at the next start
TAKEOVER_TIMEOUT_S = 40


class Ended(Exception):
    """We were told to end (SIGTERM: the machine shuts down)."""


def main(home: Path) -> int:
    layout = Layout(home)
    lock = FileLock(layout.keeper)  # held to our very end: who finds it free finds no keeper
    try:
        lock.alone(timeout_s=TAKEOVER_TIMEOUT_S)  # the keeper before us may be on its way out
        pid = _server(layout, _open_log(layout))
    except (EmbeddedPostgresError, OSError, psycopg.Error) as error:
        _answer({"error": str(error)})
        return 1
    _answer({})
    _keep(layout, pid)
    return 0


def _server(layout: Layout, log: int) -> int:
    """The pid of a server that takes connections: the one left over from a killed keeper, or a new one."""
    whom = account.server_account(layout)
    account.prepare_folders(layout, account=whom)
    pid = server.living_pid(layout)
    if pid is None:
        programs = account.programs_for(layout, account=whom)
        if not (layout.data / "PG_VERSION").exists():
            server.initialise(layout, account=whom, programs=programs)
        pid = server.start(layout, account=whom, programs=programs, log=log).pid
    else:
        _await_leftover(layout, pid)
    try:
        server.create_database(layout)
    except psycopg.Error:
        server.stop(pid)
        raise
    return pid


def _await_leftover(layout: Layout, pid: int) -> None:
    """A server without a keeper is taken over as it is, for others may be using it."""
    deadline = time.monotonic() + server.START_TIMEOUT_S
    while not server.answers(layout):
        if not server.alive(pid):
            raise EmbeddedPostgresError("The database server was just being stopped. Try again.")
        if time.monotonic() > deadline or not any(layout.socket_folder.glob(".s.PGSQL.*")):
            raise EmbeddedPostgresError(
                f"A server (process {pid}) runs on {layout.data} but does not answer in {layout.socket_folder}. "
                f"End it with `kill -INT {pid}` and try again."
            )
        time.sleep(0.05)


def _keep(layout: Layout, pid: int) -> None:
    """Stay until the server has no user, its home is removed, it ends by itself, or we are told to end."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with FileLock(layout.users) as users:
        try:
            while server.alive(pid):
                if users.replaced():
                    return server.stop(pid)
                if users.try_alone():
                    users.unlock()  # whoever starts the server now waits for this lock while holding the other one
                    if _stop_if_unused(layout, users, pid):
                        return None
                time.sleep(LOOK_EVERY_S)
        except Ended:
            return server.stop(pid)
    sys.stderr.write(f"keeper: the server (process {pid}) has ended by itself\n")
    return None


def _stop_if_unused(layout: Layout, users: FileLock, pid: int) -> bool:
    """Stop the server while nobody can start it or become its user."""
    with FileLock(layout.starting) as starting:
        if not starting.try_alone() or not users.try_alone():
            return False
        server.stop(pid)
        return True


def _end(signum: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Ended


def _open_log(layout: Layout) -> int:
    """Opened by us, so that the server can write where its account could open nothing. Our own words go there too."""
    too_long = layout.log.exists() and layout.log.stat().st_size > LOG_LIMIT
    log = os.open(layout.log, os.O_CREAT | os.O_WRONLY | os.O_APPEND | (os.O_TRUNC if too_long else 0), 0o600)
    os.dup2(log, sys.stderr.fileno())
    return log


def _answer(answer: dict[str, str]) -> None:
    """Once; then let go of the starter's pipe. A starter that was killed meanwhile is no reason to leave the server."""
    with suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), json.dumps(answer).encode() + b"\n")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
