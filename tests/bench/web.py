"""The web server under measurement: started as `manage.py run` starts it, logging to a file, ended with us."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from factoryos.kernel.running.children import end_with_parent
from factoryos.kernel.running.programs import web_command

READY_S = 60.0
PATIENCE_S = 10.0


@dataclass(frozen=True)
class Web:
    port: int
    process: "subprocess.Popen[bytes]"

    def processes(self) -> list[psutil.Process]:
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def memory(self) -> list[float]:
        """The resident megabytes of each process."""
        return [each.memory_info().rss / 1e6 for each in self.processes()]

    def cpu(self) -> float:
        """Processor seconds spent so far."""
        return sum(sum(each.cpu_times()[:2]) for each in self.processes())


@contextmanager
def serving(*, folder: Path, log: Path) -> Iterator[Web]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    us = os.getpid()
    with log.open("wb") as written:
        process = subprocess.Popen(
            web_command(port),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder), "FACTORYOS_HOST": "127.0.0.1"},
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
            preexec_fn=lambda: end_with_parent(signal.SIGTERM, parent=us),
        )
    try:
        _await(port, process=process, log=log)
        yield Web(port, process)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE_S)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await(port: int, *, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"The web server does not answer; {log} says:\n{log.read_text(errors='replace')[-2000:]}")
