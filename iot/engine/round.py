"""Every bus read once: who is still to be asked, and whose answer is still waited for."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator

from iot.engine.actor import Actor

WIDTH = 400  # reads at once: with more, the last deadlines would pass while we open the first connections


class Round:
    """`ended` is done when each bus has been read or is gone."""

    def __init__(self, actors: Iterable[Actor], *, ended: asyncio.Future[None]) -> None:
        self.ended = ended
        self._queue = deque(actors)
        self._missing = set(self._queue)
        self._open = 0
        self._handing_out = False
        self._end_if_done()

    def turns(self) -> Iterator[Actor]:
        """Those to read now. Also where one ends while it is handed out, they come one after the other."""
        if self._handing_out:
            return
        self._handing_out = True
        while self._queue and self._open < WIDTH:
            actor = self._queue.popleft()
            if actor in self._missing:
                self._open += 1
                actor.wanted = True
                yield actor
        self._handing_out = False

    def strike(self, actor: Actor) -> None:
        """It has been read, or is gone."""
        if actor in self._missing:
            self._missing.discard(actor)
            self._open -= actor.wanted or actor.counted
            actor.wanted = actor.counted = False
            self._end_if_done()

    def _end_if_done(self) -> None:
        if not self._missing and not self.ended.done():
            self.ended.set_result(None)
