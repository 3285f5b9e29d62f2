"""Ringing the relay after a commit: at most one Celery message per process and interval, never in the way of a request.

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
_guard = threading.Lock()
_ringer_of: int | None = None  # the process whose ringer runs: a forked child needs its own


def ring() -> None:
    """Ask for a relay soon. Returns at once; the broker is talked to by a thread of its own."""
    global _ringer_of
    if _ringer_of != os.getpid():
        with _guard:
            if _ringer_of != os.getpid():
                threading.Thread(target=_keep_ringing, name="outbox-wakeup", daemon=True).start()
                _ringer_of = os.getpid()
    _bell.set()


def _keep_ringing() -> None:
    while True:
        _bell.wait()
        _bell.clear()
        try:
            current_app.send_task(RELAY_TASK, expires=30, retry=False, ignore_result=True)
        except Exception as error:  # a broker that is down must not hurt; the tick will find the work
            log.warning("outbox_wakeup_failed", error=str(error))
        time.sleep(INTERVAL_SECONDS)
