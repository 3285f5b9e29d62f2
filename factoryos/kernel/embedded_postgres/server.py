"""The PostgreSQL server itself: making its data, starting it, seeing whether it lives, ending it. For the keeper."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import psycopg
from psycopg import pq, sql

from factoryos.kernel.embedded_postgres.account import Account
from factoryos.kernel.embedded_postgres.errors import EmbeddedPostgresError
from factoryos.kernel.embedded_postgres.layout import NAME, USER, Layout, conninfo

START_TIMEOUT_S = 120  # replaying the log after a crash takes its time
LEFTOVER_TIMEOUT_S = 20
STOP_TIMEOUT_S = 30

# Durable first (fsync and synchronous_commit stay on), then small: a laptop or a two-core box that also runs everything
# else. The planner's JIT and parallel workers cost more than they give at this size.
PARAMETERS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "512MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "512MB",
    "random_page_cost": "1.1",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "jit": "off",
    "io_method": "sync",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %d ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


def answers(layout: Layout) -> bool:
    """True when a server takes connections on the home's socket (even if it has none to spare). Logs in nowhere."""
    return ping(layout) == pq.Ping.OK


def ping(layout: Layout) -> int:
    return pq.PGconn.ping(conninfo(layout).encode())


def living_pid(layout: Layout) -> int | None:
    """The process that serves these data, or None. A number left in postmaster.pid may by now be anybody's."""
    pid = _written_pid(layout)
    if pid is None:
        return None
    try:
        serves = _runs(pid) and Path(psutil.Process(pid).cwd()) == layout.data.resolve()
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # AccessDenied: somebody else's; ours we may look at
        return None
    return pid if serves else None


def initialise(layout: Layout, *, account: Account, programs: Path) -> None:
    """Make the data folder, whole or not at all. Text is UTF-8 and sorts byte by byte, on every machine alike."""
    unfinished = layout.data.resolve().with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [str(programs / "initdb"), "-D", str(unfinished), "-U", USER, "--auth=trust", "--no-instructions"]
    command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    done = subprocess.run(command, cwd="/", env=_environment(), capture_output=True, text=True, **account.spawn)
    if "could not look up effective user ID" in done.stderr:
        raise EmbeddedPostgresError(
            f"User {account.uid} has no name on this system, and PostgreSQL makes no data for a nameless user. "
            "Give it a line in /etc/passwd, run as another user, or let DATABASE_URL name a PostgreSQL server."
        )
    if done.returncode != 0:
        raise EmbeddedPostgresError(f"PostgreSQL could not make {layout.data}: {done.stderr.strip()}")
    unfinished.rename(layout.data.resolve())


def start(layout: Layout, *, account: Account, programs: Path, log: int) -> subprocess.Popen[bytes]:
    """Start the server and wait until it takes connections."""
    _forget_stale_pid(layout)
    deadline = time.monotonic() + LEFTOVER_TIMEOUT_S
    while True:
        began = os.lseek(log, 0, os.SEEK_END)
        process = _spawn(layout, account=account, programs=programs, log=log)
        if _ready(layout, process):
            return process
        said = _said(layout, began)
        # Backends of a server that was killed notice it one by one, and hold its shared memory until then.
        if "is still in use" not in said or time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"PostgreSQL did not start. It said ({layout.log}): {said}")
        time.sleep(0.3)


def create_database(layout: Layout) -> None:
    with psycopg.connect(conninfo(layout), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))


def stop(pid: int) -> None:
    """End the server: connections are cut, everything is written. Harder if it does not end in time."""
    for how, patience_s in ((signal.SIGINT, STOP_TIMEOUT_S), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if not alive(pid):
                return
            time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether the process runs; collects it first if it was our child and ended."""
    try:
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return _runs(pid)


def _runs(pid: int) -> bool:
    """A process that ended but that nobody collects (a container whose first process does not) does not run."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _spawn(layout: Layout, *, account: Account, programs: Path, log: int) -> subprocess.Popen[bytes]:
    folder = str(layout.socket_folder.resolve()).replace('"', '""')
    parameters = {**PARAMETERS, "unix_socket_directories": f'"{folder}"'}
    command = [str(programs / "postgres"), "-D", str(layout.data.resolve())]
    for name, value in parameters.items():
        command += ["-c", f"{name}={value}"]
    return subprocess.Popen(
        command,
        cwd="/",
        env=_environment(),
        umask=0o077,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        **account.spawn,
    )


def _ready(layout: Layout, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None:
        if _written_pid(layout) == process.pid and answers(layout):
            return True
        if time.monotonic() > deadline:
            stop(process.pid)
            return False
        time.sleep(0.02)
    return False


def _forget_stale_pid(layout: Layout) -> None:
    """PostgreSQL refuses to start when the number in postmaster.pid lives, whoever that is now (a container's restart).

    A dead number is left for PostgreSQL to judge: it looks at the shared memory too.
    """
    pid = _written_pid(layout)
    if pid is not None and psutil.pid_exists(pid) and living_pid(layout) is None:
        (layout.data / "postmaster.pid").unlink(missing_ok=True)


def _written_pid(layout: Layout) -> int | None:
    try:
        return int((layout.data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _said(layout: Layout, began: int) -> str:
    """What the server wrote since, without the time stamps' noise: the lines that tell a reason."""
    lines = layout.log.read_bytes()[began:].decode(errors="replace").splitlines()
    severities = ("LOG:  unrecognized", "FATAL", "PANIC", "ERROR", "HINT", "DETAIL")
    telling = [line for line in lines if any(severity in line for severity in severities)]
    return " | ".join(telling or lines[-5:]) or "nothing"


def _environment() -> dict[str, str]:
    """Neither our PG* variables nor our locale reach the server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
