"""The host processes as seen from outside: started when first needed, shared by the controls of one library, killed.

Nothing here belongs to an event loop: a host outlives the loop that asked for it, and a thread of ours reads its answers.
"""

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iot.drivers.focas.pipe import packed, receive

START_SECONDS = 10.0  # what a process may take to start on a computer that has much to do
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "LANG", "SYSTEMROOT")  # no database, no secrets, for foreign code
_PROJECT = Path(__file__).resolve().parents[3]
_PART_SECONDS = 3.0  # more than a host needs to give its handles back


class HostGone(Exception):
    """The host ended before it answered."""


class HostKilled(HostGone):
    """This call is not to blame: the library hung in another, or had ended before. It may be asked again."""


class HostCrashed(HostGone):
    """It ended by itself; the text says how."""


@dataclass(slots=True, eq=False)
class Call:
    """A question under way. After `stuck_at` (monotonic seconds) it never comes back, as far as we wait."""

    id: int
    stuck_at: float
    answer: Future[dict[str, Any]] = field(default_factory=Future)

    @property
    def is_stuck(self) -> bool:
        return not self.answer.done() and time.monotonic() >= self.stuck_at


class Host:
    """One process with the library loaded."""

    def __init__(self, library: str) -> None:
        self.library, self.alive, self.ready = library, True, False
        self.members: set[int] = set()
        self.started = time.monotonic()
        self._calls: dict[int, Call] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._folder = tempfile.mkdtemp(prefix="focas-")  # where the library leaves its log
        self._process = subprocess.Popen(
            [sys.executable, "-m", "iot.drivers.focas.host", library],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=self._folder, env=_environment(),
            start_new_session=True,  # Ctrl-C is for us: the host gives its handles back when its pipe ends
        )  # fmt: skip
        assert self._process.stdin is not None
        # A host that reads no more must not hold up the loop that writes to it.
        os.set_blocking(self._process.stdin.fileno(), False)
        threading.Thread(target=self._listen, name="focas-answers", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, message: dict[str, Any], *, stuck_at: float) -> Call:
        """Send it. The answer arrives in the call's future, or HostGone does."""
        with self._lock:
            if not self.ready:
                stuck_at = max(stuck_at, self.started + START_SECONDS)
            call = Call(id=next(self._numbers), stuck_at=stuck_at)
            if not self.alive:
                call.answer.set_exception(HostKilled("It had ended before it was asked."))
                return call
            self._calls[call.id] = call
            written = self._write(packed({**message, "id": call.id}))
        if not written:
            self.kill()
        return call

    def kill_if_stuck(self) -> None:
        """A call that nobody waits for any more must not hold a thread and a handle for ever."""
        with self._lock:
            stuck = any(call.is_stuck for call in self._calls.values())
        if stuck:
            self.kill()

    def kill(self) -> None:
        """End it now. What other controls had asked of it gets HostKilled."""
        self._process.kill()
        self._end(HostKilled("The process that talks to the control was started anew, because another control hung."))

    def retire(self) -> None:
        """Close the pipe: it gives back its handles and ends by itself, or is made to."""
        self.alive = False
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        reaper = threading.Timer(_PART_SECONDS, self._process.kill)
        reaper.daemon = True
        reaper.start()

    def _write(self, data: bytes) -> bool:
        assert self._process.stdin is not None
        try:
            return os.write(self._process.stdin.fileno(), data) == len(data)
        except BlockingIOError:
            return False  # the pipe is full
        except (OSError, ValueError):
            return True  # it is dead, and the listener is about to say how

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while (message := receive(self._process.stdout)) is not None:
            if "ready" in message:
                self.ready = True
                continue
            with self._lock:
                call = self._calls.pop(message["id"], None)
            if call is not None:
                call.answer.set_result(message)
        self._end(HostCrashed(_how_it_ended(self._process.wait())))
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, reason: HostGone) -> None:
        """Tell all who wait. Whoever comes first says the reason."""
        with self._lock:
            self.alive = False
            calls, self._calls = list(self._calls.values()), {}
        for call in calls:
            call.answer.set_exception(reason)


_LOCK = threading.Lock()
_HOSTS: dict[str, Host] = {}
os.register_at_fork(after_in_child=_HOSTS.clear)  # the threads that listen to them stayed with the parent


def join(library: str, *, member: int) -> Host:
    """The host of this library, with one more control. Problem: OSError."""
    with _LOCK:
        host = _HOSTS.get(library)
        if host is None or not host.alive:
            host = _HOSTS[library] = Host(library)
        host.members.add(member)
        return host


def leave(host: Host, *, member: int) -> None:
    """One control less; with the last one the process ends."""
    with _LOCK:
        host.members.discard(member)
        if host.members or not host.alive:
            return
        if _HOSTS.get(host.library) is host:
            del _HOSTS[host.library]
        host.retire()


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**kept, "PYTHONPATH": str(_PROJECT)}


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"The vendor's library ended its process (exit code {code})."
    return f"The vendor's library crashed ({signal.Signals(-code).name}); it is started anew."
