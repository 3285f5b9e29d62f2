"""Polls many buses on one event loop: each on time, one request a bus, and none at the cost of another.

Due times lie whole periods apart, spread so that thousands of buses make no burst. A due time that comes while a read
lasts is skipped and counted. A bus that fails twice in a row leaves the cycle and is tried again from time to time.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from iot.drivers.protocol import ReadError, Result, Trouble
from iot.engine.actor import Actor
from iot.engine.clockwork import Clockwork
from iot.engine.fleet import Fleet
from iot.engine.health import FIRST_PAUSE_S, Health, HealthChange
from iot.engine.lines import ByTask
from iot.engine.round import Round
from iot.engine.stats import Stats
from iot.samples import Sample

if TYPE_CHECKING:  # the dataclass lies beside what reads the tables
    from iot.buses import Bus

SPREAD_S = 10.0  # a bus has its first turn within its period, and within this
CATCH_UP_S = 1.0  # within which those are read whose turn passed between two runs
DRAIN_S = 0.25  # that reads under way have to end when a run does
SHORT_S = 0.005  # between looks whether they have
HURRY_S = 1.0  # that reads in threads have to end when all is closed

log = logging.getLogger(__name__)


class Engine:
    """Called by one thread, that of the event loop on which `run` and `poll_once` are always awaited.

    `on_samples` and `on_health` are called there, too, and must not block; what they raise ends `run` and `poll_once`.
    """

    def __init__(
        self,
        *,
        on_samples: Callable[["Bus", list[Sample]], None],
        on_health: Callable[[HealthChange], None],
        pause_jitter: random.Random | None = None,
    ) -> None:
        self.stats = Stats()
        self._on_samples, self._on_health = on_samples, on_health
        self._clock = Clockwork(on_turn=self._take_turn)
        chance = pause_jitter or random.Random()  # noqa: S311 - no secret
        self._fleet = Fleet(chance=chance, on_free=self._take_up)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._round: Round | None = None
        self._ended: asyncio.Future[None] | None = None  # by an error of a callback; None while not at work

    # --- What is polled -----------------------------------------------------------------------------------------------
    def set_buses(self, buses: Sequence["Bus"]) -> None:
        """Poll these. Those known in this version keep line and schedule; others are closed, and opened anew."""
        gone, new = self._fleet.change(buses)
        for actor in gone:
            self._dismiss(actor)
        for actor in new:
            actor.done = partial(self._end, actor)
            actor.held = actor.bus.id in self._fleet.closing
            self._take_up(actor)

    def read_now(self, machine_ids: Collection[int], *, boundary: datetime) -> None:
        """An order began or ended on these machines at `boundary`: read their buses at once.

        A read under way began before, so the one right after it is the boundary's. A reading that this one does not
        bring is the boundary's when it comes.
        """
        for actor in self._fleet.of_machines(machine_ids):
            actor.ask_for(machine_ids, boundary=boundary)
            actor.again = True
            self._begin_if_free(actor)

    # --- Polling ------------------------------------------------------------------------------------------------------
    async def run(self, *, until: asyncio.Event) -> None:
        """Poll until told to end. Lines stay open for the next run, and nothing is handed on in between."""
        loop = self._enter()
        self._clock.turn()
        for actor in list(self._fleet.actors.values()):
            self._take_up(actor)
        await self._work(loop.create_task(until.wait()))

    async def poll_once(self) -> dict[str, int]:
        """Read each bus once, also those given up. Gives the numbers of buses, of those that answer, readings, errors."""
        loop = self._enter()
        before = replace(self.stats)
        actors = sorted(self._fleet.actors.values(), key=lambda one: one.watch.health is Health.PROBING)  # these last
        self._round = Round(actors, ended=loop.create_future())
        self._go_round()
        await self._work(self._round.ended)
        return {
            "buses": len(actors),
            "open": self.stats.open,
            "readings": self.stats.readings - before.readings,
            "errors": self.stats.errors - before.errors,
        }

    async def close(self) -> None:
        """Give all buses back. Afterwards the engine may be used anew, on another event loop if need be."""
        loop = asyncio.get_running_loop()
        for actor in self._fleet.actors.values():
            if isinstance(actor.line, ByTask):
                actor.line.hurry(until=loop.time() + HURRY_S)
        self.set_buses([])
        while self._fleet.closing:
            await asyncio.wait(set(self._fleet.closing.values()))
        self._clock.stop()
        self._loop = None

    def _enter(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._loop not in (None, loop):
            raise RuntimeError("open lines belong to the event loop on which the engine ran first")
        if self._ended is not None:
            raise RuntimeError("the engine is at work already")
        self._loop, self._ended = loop, loop.create_future()
        self._clock.use(loop)
        return loop

    async def _work(self, what: "asyncio.Future[Any]") -> None:
        """Until `what` is done, or a callback has raised; then wait a little for the reads under way."""
        assert self._loop is not None and self._ended is not None
        try:
            await asyncio.wait({what, self._ended}, return_when=asyncio.FIRST_COMPLETED)
            self._clock.turning = False
            until = self._loop.time() + DRAIN_S
            while self._clock.flying and self._loop.time() < until and not self._ended.done():
                await asyncio.sleep(SHORT_S)
            if self._ended.done():
                self._ended.result()
        finally:
            what.cancel()
            self._ended = self._round = None
            self._clock.stop()
            for actor in list(self._clock.flying):  # what has not come yet is not wanted any more
                self._clock.flying.discard(actor)
                actor.give_up_read()

    def _tell(self, callback: Callable[..., None], *values: Any) -> None:
        if self._ended is None or self._ended.done():
            return
        try:
            callback(*values)
        except Exception as error:
            self._ended.set_exception(error)

    # --- Turns --------------------------------------------------------------------------------------------------------
    def _take_up(self, actor: Actor) -> None:
        """Give it its next turn, at once where that is asked for. Turns that passed between two runs are not counted."""
        if self._clock.turning and not actor.held:
            assert self._loop is not None
            now = self._loop.time()
            if actor.is_new:
                actor.begin_at(now + actor.share * min(actor.bus.every_s, SPREAD_S))
                self._clock.put(actor, at=actor.due)
            elif not self._clock.is_ahead(actor, now=now):
                actor.pass_turns(now)
                soon = now + actor.share * CATCH_UP_S
                near = actor.due - now <= CATCH_UP_S and actor.watch.health is not Health.PROBING
                self._clock.put(actor, at=actor.due if near else soon)
        self._begin_if_free(actor)

    def _take_turn(self, actor: Actor, now: float) -> None:
        if actor.watch.health is Health.PROBING:
            if actor.occupied:
                self._clock.put(actor, at=now + FIRST_PAUSE_S)
            else:
                self._begin(actor, now)  # the end of it says when its next turn is
            return
        passed = actor.pass_turns(now)
        self._clock.put(actor, at=actor.due)
        if actor.occupied:
            self.stats.skipped += passed
        else:
            self.stats.skipped += max(0, passed - 1)
            self._begin(actor, now)

    def _begin_if_free(self, actor: Actor) -> None:
        """Read it now where somebody waits for it and its bus is free; else that happens when it is."""
        asked = actor.wanted or (actor.again and self._clock.turning)
        if asked and not actor.held and not actor.occupied and self._ended is not None and self._loop is not None:
            self._begin(actor, self._loop.time())

    def _go_round(self) -> None:
        if self._round is not None:
            for actor in self._round.turns():
                self._begin_if_free(actor)

    # --- A read -------------------------------------------------------------------------------------------------------
    def _begin(self, actor: Actor, now: float) -> None:
        actor.begin_read()
        self._clock.watch(actor, now=now)
        try:
            actor.line.start_read(actor.points, deadline=now + actor.patience_s, done=actor.done)
        except Exception as error:
            log.exception("driver %s failed to begin a read", actor.bus.driver)
            actor.line.abandon()
            self._end(
                actor, [ReadError(one.id, Trouble.MISSET, f"The driver failed: {error!r}.") for one in actor.points]
            )

    def _end(self, actor: Actor, results: list[Result]) -> None:
        """What every read calls with its results, once."""
        if not actor.reading:
            return
        samples = actor.samples(results)
        actor.end_read()
        self._clock.flying.discard(actor)
        stats = self.stats
        stats.polls += 1
        stats.readings += len(samples)
        if len(samples) != len(results) or not actor.watch.calm:
            stats.errors += len(results) - len(samples)
            self._judge(actor, results)
        if samples:
            self._tell(self._on_samples, actor.bus, samples)
        if actor.counted and self._round is not None:
            self._round.strike(actor)
            self._go_round()
        if actor.again:
            self._begin_if_free(actor)

    def _judge(self, actor: Actor, results: list[Result]) -> None:
        assert self._loop is not None
        watch, before = actor.watch, actor.watch.health
        change = watch.judge(results)
        self.stats.move(before, watch.health)
        if watch.health is Health.PROBING:
            self._clock.put(actor, at=self._loop.time() + watch.next_pause())
        elif before is Health.PROBING and not actor.is_new:
            now = self._loop.time()
            actor.pass_turns(now)
            self._clock.put(actor, at=actor.due)
        if change is not None:
            self._tell(self._on_health, change)

    def _dismiss(self, actor: Actor) -> None:
        self._clock.strike(actor)
        if actor.reading:
            actor.give_up_read()
        if self._round is not None:
            self._round.strike(actor)
            self._go_round()
        self.stats.move(actor.watch.health, None)
        if actor.opened:
            assert self._loop is not None
            self._fleet.part(actor, loop=self._loop)
