"""How many streams may be open: a few a person, and a bound for the process. Counted per process, as streams live in one."""

import threading
from collections import Counter
from uuid import UUID

from factoryos.kernel import metrics
from factoryos.kernel.problems import Busy, RateLimited

MOST_OF_A_PERSON = 20
MOST = 2_000  # all together; each costs a socket and some 30 KB
RETRY_SECONDS = 15

_taken: Counter[UUID] = Counter()
_guard = threading.Lock()  # seats are taken in the request's thread and left in the event loop


class Seat:
    """One open stream of a person. Left once and for all, at the latest when nobody holds it any more.

    For a reader may be gone before the stream has begun, and a generator that never ran has no `finally`.
    """

    def __init__(self, person: UUID, *, face: str) -> None:
        """Problems: RateLimited (too many of this person), Busy (too many of all)."""
        self._left = True
        with _guard:
            if _taken[person] >= MOST_OF_A_PERSON:
                raise RateLimited(retry_after=RETRY_SECONDS)
            if _taken.total() >= MOST:
                raise Busy()
            _taken[person] += 1
        self._left, self._person, self._face = False, person, face
        metrics.STREAMS.labels(face).inc()

    def leave(self) -> None:
        with _guard:
            if self._left:
                return
            self._left = True
            _taken[self._person] -= 1
            if not _taken[self._person]:
                del _taken[self._person]
        metrics.STREAMS.labels(self._face).dec()

    __del__ = leave


def taken() -> int:
    """How many streams this process has open."""
    return _taken.total()
