"""A FACTORYOS_HOME to do things to, and a look at what runs in it: for tests that start and kill real processes."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg

from factoryos.kernel.embedded_postgres import leave
from factoryos.kernel.embedded_postgres.layout import Layout, conninfo

PROJECT = Path(__file__).resolve().parents[2]


@contextmanager
def fresh_home() -> Iterator[Path]:
    """A home that any account can reach (pytest's own tmp_path is closed to all but its user)."""
    folder = Path(tempfile.mkdtemp(prefix="fos-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    remove(folder)


def remove(home: Path) -> None:
    """The home and everything that belongs to it elsewhere. Fails when something still runs in it."""
    leave(home)
    wait_until(lambda: not processes_of(home), "every process of the home has ended")
    layout = Layout(home)
    shutil.rmtree(layout.base.resolve(), ignore_errors=True)
    if layout.socket_apart:
        shutil.rmtree(layout.socket_folder, ignore_errors=True)
    shutil.rmtree(home)


def processes_of(home: Path) -> list[psutil.Process]:
    """All that lives in this home: programs that have it in their environment, the server, its backends, the keeper."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and _lives_in(process, home):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def _lives_in(process: psutil.Process, home: Path) -> bool:
    return (
        process.cmdline()[-2:] == ["factoryos.kernel.embedded_postgres.keeper", str(home)]
        or process.cwd() == str(Layout(home).data.resolve())
        or process.environ().get("FACTORYOS_HOME") == str(home)
    )


def wait_until(condition: Callable[[], object], what: str, *, timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not in {timeout_s} s: {what}"
        time.sleep(0.05)


def query(home: Path, sql: str) -> str:
    """The first field of the last statement's first row, from the embedded server of `home`."""
    with psycopg.connect(conninfo(Layout(home), database="factoryos")) as connection:
        cursor = connection.execute(sql.encode())
        while cursor.nextset():
            pass
        row = cursor.fetchone()
    assert row is not None
    return str(row[0])
