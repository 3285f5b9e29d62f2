"""Child processes that cannot outlive us: ended in order when we end, and by the kernel when we are killed."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def end_with_parent(how: signal.Signals, *, parent: int) -> None:
    """Have the kernel send us `how` when our parent ends, however it ends. Linux only; elsewhere nothing happens."""
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(how), 0, 0, 0)
    if os.getppid() != parent:  # it ended before we could ask
        os.kill(os.getpid(), how)


class Child:
    """One program, in a session of its own: a Ctrl-C in the terminal reaches us alone, and we decide the order.

    `orphaned` is the signal it gets when we are killed and cannot wait for it.
    """

    def __init__(self, name: str, command: Sequence[str], *, orphaned: signal.Signals = signal.SIGTERM) -> None:
        self.name, self.command, self.orphaned = name, command, orphaned
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, folder: Path, environment: Mapping[str, str]) -> None:
        us = os.getpid()
        self._process = subprocess.Popen(
            self.command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: end_with_parent(self.orphaned, parent=us),
        )

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def ended(self) -> str | None:
        """How it ended, in words, or None while it runs."""
        code = self._process.poll() if self._process else None
        if code is None:
            return None
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def ask_to_end(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def wait(self, *, until: float) -> None:
        """Wait for its end until this instant of the monotonic clock, then kill what is left, its own children too."""
        if not self._process:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0, until - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def end(children: Sequence[Child], *, patience_s: float) -> None:
    """End these together; returns when all are gone."""
    for child in children:
        child.ask_to_end()
    until = time.monotonic() + patience_s
    for child in children:
        child.wait(until=until)
