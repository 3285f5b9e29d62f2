"""The poller of this process, and when it ends: with the Celery worker that calls it."""

import gc
from typing import Any

from celery.signals import worker_shutdown, worker_shutting_down

from iot.poller.poller import Poller

_poller: Poller | None = None
_ending = False


def poller() -> Poller:
    """The one of this process, made when it is first needed."""
    global _poller
    if _poller is None:
        _poller = Poller()
        # What is loaded by now stays; looking through it for garbage again and again costs a fifth of what booking does.
        gc.collect()
        gc.freeze()
    return _poller


def is_ending() -> bool:
    """Whether the worker was told to end. The signal comes while a stint runs, which is then cut short."""
    return _ending


@worker_shutting_down.connect
def _told(**kwargs: Any) -> None:
    global _ending
    _ending = True


@worker_shutdown.connect
def _end(**kwargs: Any) -> None:
    global _poller
    ended, _poller = _poller, None
    if ended is not None:
        ended.close()
