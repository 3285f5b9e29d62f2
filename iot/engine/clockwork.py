"""The engine's one timer: it calls whose turn it is, and looks now and then for what is overdue."""

import asyncio
from collections.abc import Callable
from math import inf

from iot.engine.actor import Actor
from iot.engine.calendar import Calendar

SWEEP_S = 0.02  # between looks at what is overdue


class Clockwork:
    """Turns come only while it is `turning`; reads under way are watched always. Times are the loop's."""

    def __init__(self, *, on_turn: Callable[[Actor, float], None]) -> None:
        self.flying: set[Actor] = set()  # whose read is under way
        self.turning = False
        self._on_turn = on_turn
        self._calendar: Calendar[Actor] = Calendar()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._rings = inf  # when the timer does
        self._ticking = False
        self._swept = -inf

    def use(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._rings, self.turning = None, inf, False

    def turn(self) -> None:
        """From now on turns come."""
        self.turning = True
        self._wake(self._calendar.next_time())

    def put(self, actor: Actor, *, at: float) -> None:
        """Its next turn is then."""
        self._calendar.put(actor, at=at)
        if self.turning:
            self._wake(at)

    def is_ahead(self, actor: Actor, *, now: float) -> bool:
        """Whether its turn is still to come."""
        return self._calendar.is_ahead(actor, now=now)

    def strike(self, actor: Actor) -> None:
        self._calendar.strike(actor)
        self.flying.discard(actor)

    def watch(self, actor: Actor, *, now: float) -> None:
        """A read has begun; it is in `flying` until it ends."""
        self.flying.add(actor)
        self._wake(now + SWEEP_S)

    def _wake(self, at: float) -> None:
        if at < self._rings and not self._ticking and self._loop is not None:
            if self._timer is not None:
                self._timer.cancel()
            self._rings = at
            self._timer = self._loop.call_at(at, self._tick)

    def _tick(self) -> None:
        assert self._loop is not None
        now = self._loop.time()
        self._ticking = True
        try:
            if self.turning:
                for actor in self._calendar.pop_due(now):
                    self._on_turn(actor, now)
            if now - self._swept >= SWEEP_S:
                self._sweep(now)
        finally:
            self._ticking, self._timer, self._rings = False, None, inf
        if self.flying:
            self._wake(now + SWEEP_S)
        if self.turning:
            self._wake(self._calendar.next_time())

    def _sweep(self, now: float) -> None:
        """What was overdue at the last look and still is: a loop that was held up has read its sockets since."""
        before, self._swept = self._swept, now
        for actor in [actor for actor in self.flying if actor.line.until <= before]:
            if actor in self.flying:
                actor.line.expire()
