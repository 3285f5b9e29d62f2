"""Waking a task after a commit: at most one Celery message per process, task and interval, never in a request's way.

A ring that is lost costs nothing but time, as the periodic tick finds the same work.
"""

import os
import threading
import time

import structlog
from celery import current_app

log = structlog.get_logger(__name__)

INTERVAL_SECONDS = 0.1
RELAY_TASK = "factoryos.kernel.tasks.relay_outbox"

_bell = threading.Event()
_asked: set[tuple[str, ...]] = set()  # tasks to wake, each with its ids; adding and taking out are atomic
_guard = threading.Lock()
_ringer_of: int | None = None  # the process whose ringer runs: a forked child needs its own


def ring(task: str = RELAY_TASK, *ids: str) -> None:
    """Ask for a run of `task` soon, by its name and ids alone. Returns at once; a thread of its own talks to the broker."""
    global _ringer_of
    if _ringer_of != os.getpid():
        with _guard:
            if _ringer_of != os.getpid():
                threading.Thread(target=_keep_ringing, name="outbox-wakeup", daemon=True).start()
                _ringer_of = os.getpid()
    _asked.add((task, *ids))
    _bell.set()


def _keep_ringing() -> None:
    while True:
        _bell.wait()
        _bell.clear()
        while _asked:
            _send(*_asked.pop())
        time.sleep(INTERVAL_SECONDS)


def _send(task: str, *ids: str) -> None:
    try:
        current_app.send_task(task, args=ids, expires=30, retry=False, ignore_result=True)
    except Exception as error:  # a broker that is down must not hurt; the tick will find the work
        log.warning("wakeup_failed", task=task, error=str(error))
