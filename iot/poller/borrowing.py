"""Having a shard to oneself for a while, as a test of one of its lines does, with its poller asked to let go."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection

from iot import shards
from iot.poller import boundaries
from iot.poller.leases import owner_of_this_process

_RENEW_S = 3.0
_LOOK_S = 0.1
_ASK_AGAIN_S = 2.0


@contextmanager
def borrowed(shard_id: int, *, wait_s: float) -> Iterator[bool]:
    """Gives whether nobody polls the shard meanwhile: its poller may not hear us, or not let go within `wait_s` seconds.

    Afterwards pollers are told that it is free.
    """
    lease = _take(shard_id, wait_s=wait_s)
    if lease is None:
        yield False
        return
    done = threading.Event()
    keeper = threading.Thread(target=_keep, args=(lease, done), daemon=True)
    keeper.start()
    try:
        yield True
    finally:
        done.set()
        keeper.join()
        shards.give_back([lease])
        boundaries.say_that_shards_are_free()


def _take(shard_id: int, *, wait_s: float) -> shards.Lease | None:
    owner, until, asked_at = owner_of_this_process(), time.monotonic() + wait_s, 0.0
    while not (leases := shards.claim(owner=owner, most=1, among=[shard_id])):
        now = time.monotonic()
        if now > until:
            return None
        if not asked_at or now > asked_at + _ASK_AGAIN_S:
            asked_at = now
            boundaries.ask_for([shard_id], owner=owner)
        time.sleep(_LOOK_S)
    return leases[0]


def _keep(lease: shards.Lease, done: threading.Event) -> None:
    try:
        while not done.wait(_RENEW_S):
            try:
                shards.renew([lease])
            except OperationalError:
                continue  # a database that is away lets nobody else take it either
    finally:
        connection.close()
