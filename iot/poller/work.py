"""A poller's work on its event loop: leases, lines, what was read and the words that come, all going on side by side."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, field
from typing import Any

import structlog

from factoryos.kernel import clock
from iot import shards
from iot.buses import Bus, buses_of
from iot.engine import Engine, HealthChange
from iot.models import CounterPoint
from iot.poller import boundaries, leases, records
from iot.poller.boundaries import TOO_LATE, Word
from iot.poller.desk import Desk
from iot.poller.threads import DATABASE_AWAY, DatabaseThread
from iot.samples import Sample
from iot.shards import Lease

RENEW_S = 3.0  # three times before a lease runs out
LOOK_S = 0.1  # between two looks whether to end, or whether a shard is free
LAST_S = 3.0  # that the end waits for the database
LINES_CLOSE_S = 0.5  # before another may open them
ASK_AGAIN_S = 2.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Once:
    """What came of reading once: readings and health by connection, shards that others did not let go, what still waits."""

    readings: Counter[int] = field(default_factory=Counter)
    health: dict[int, HealthChange] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)
    unbooked: int = 0


class Work:
    """Made on the loop that it works on. With `only`, the connections of that name are polled and no others."""

    def __init__(self, owner: str, *, only: Collection[int] | None = None) -> None:
        self._owner, self._only = owner, only
        self._leases: dict[int, Lease] = {}
        self._buses: dict[int, Bus] = {}
        self._versions: dict[int, tuple[int, int]] = {}
        self._early = False  # something waits that only the next stint can take
        self._thread, self._leasing = DatabaseThread("poller leases"), asyncio.Lock()
        self._desk = Desk(leases=self._leases, buses=self._buses, lost=self._lose)
        self._once = Once()
        self._engine = (
            Engine(on_samples=self._desk.samples, on_health=self._desk.health)
            if only is None
            else Engine(on_samples=self._samples_once, on_health=self._health_once)
        )
        self._errands: set[asyncio.Task[None]] = set()
        self._tasks = [asyncio.create_task(self._desk.keep_booking()), asyncio.create_task(self._keep_leases())]
        if only is None:
            self._tasks.append(asyncio.create_task(boundaries.listen(self._hear)))

    async def stint(self, seconds: float, told_to_end: Callable[[], bool]) -> bool:
        """Poll for so long, or until told to end; gives whether there was anything to poll."""
        self._early = False
        if not await self._claim():
            return False
        until, end = time.monotonic() + seconds, asyncio.Event()
        polling = asyncio.create_task(self._engine.run(until=end))
        while time.monotonic() < until and self._leases and not (self._early or polling.done() or told_to_end()):
            await asyncio.wait({polling}, timeout=LOOK_S)
        end.set()
        try:
            await polling
        finally:
            await self._within(LAST_S, self._wind_up())
        return True

    async def read_once(self, shard_ids: Collection[int], *, wait_s: float) -> Once:
        """Take these shards, read what is ours on them once, and book it."""
        missing = await self._take_over(set(shard_ids), until=time.monotonic() + wait_s)
        await self._engine.poll_once()
        until = time.monotonic() + wait_s
        await self._desk.book_all()
        while self._desk.is_behind and self._leases and time.monotonic() < until:
            await asyncio.sleep(LOOK_S)
            await self._desk.book_all()
        self._once.missing, self._once.unbooked = missing, len(self._desk.waiting)
        return self._once

    async def close(self) -> None:
        """Stop everything; what was read and can be booked now, is."""
        for task in (*self._tasks, *self._errands):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._errands, return_exceptions=True)
        await self._engine.close()
        await self._within(LAST_S, self._wind_up(kept_for=0))
        await self._desk.close()
        await self._thread.close()

    async def _wind_up(self, *, kept_for: float = leases.KEPT_S) -> None:
        """What was read is booked, then others may take over."""
        await self._desk.book_all()
        async with self._leasing:
            ours = list(self._leases.values())
            try:
                await self._thread.do(shards.give_back, ours, kept_for=kept_for)
            except DATABASE_AWAY:
                log.warning("poller_leases_not_given_back", shards=len(ours))

    async def _within(self, seconds: float, work: Coroutine[Any, Any, None]) -> None:
        """Wait so long for the work, which goes on by itself if it lasts longer."""
        errand = asyncio.create_task(work)
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)
        await asyncio.wait({errand}, timeout=seconds)

    def _samples_once(self, bus: Bus, samples: list[Sample]) -> None:
        self._once.readings[bus.id] += len(samples)
        self._desk.samples(bus, samples)

    def _health_once(self, change: HealthChange) -> None:
        self._once.health[change.bus_id] = change
        self._desk.health(change)

    # --- Leases -------------------------------------------------------------------------------------------------------
    async def _claim(self) -> bool:
        """Take shards for a stint. A database that is away takes none from us: nobody else can get them there either."""
        async with self._leasing:
            had = list(self._leases.values())
            try:
                taken = await self._thread.do(leases.claim, owner=self._owner, had=had)
                fences = {lease.shard_id: lease.fence + 1 for lease in had}  # grown by our own claim alone
                self._desk.waiting.doubt({one.shard_id for one in taken if one.fence != fences.get(one.shard_id)})
                self._leases.clear()
                self._leases.update({lease.shard_id: lease for lease in taken})
                await self._load()
                await self._know_states()
            except DATABASE_AWAY as error:
                log.warning("poller_cannot_claim", error=str(error).strip(), goes_on_with=len(self._leases))
        return bool(self._leases)

    async def _keep_leases(self) -> None:
        """Until cancelled: say that we are at it, and notice what others changed."""
        while True:
            await asyncio.sleep(RENEW_S)
            async with self._leasing:
                ours = list(self._leases.values())
                try:
                    still = await self._thread.do(shards.renew, ours)
                    for lease in set(ours) - set(still):
                        self._lose(lease)
                    await self._load()
                    if self._only is None and await self._thread.do(leases.somebody_is_missing):
                        self._early = True
                except DATABASE_AWAY:
                    continue  # the desk says so; without a database nobody else takes over
                except Exception:
                    log.exception("poller_leases_failed")

    def _lose(self, lease: Lease) -> None:
        """Somebody else has the shard: its lines must be closed, for two at once disturb one another."""
        if self._leases.get(lease.shard_id) == lease:
            log.warning("poller_lost_shard", shard=lease.shard_id, fence=lease.fence)
            del self._leases[lease.shard_id]
            self._arrange(list(self._buses.values()))

    async def _take_over(self, wanted: set[int], *, until: float) -> set[int]:
        """Lease exactly these shards, asking whoever has them to let go; gives those that are still missing at the end."""
        asked_at = 0.0
        while True:
            missing = wanted - self._leases.keys()
            async with self._leasing:
                taken = await self._thread.do(shards.claim, owner=self._owner, most=len(missing), among=sorted(missing))
                self._leases.update({lease.shard_id: lease for lease in taken})
            missing -= self._leases.keys()
            if not missing or time.monotonic() > until:
                break
            if time.monotonic() > asked_at + ASK_AGAIN_S:
                asked_at = time.monotonic()
                await self._thread.do(boundaries.ask_for, sorted(missing), owner=self._owner)
            await asyncio.sleep(LOOK_S)
        await self._load()
        await self._know_states()
        return missing

    # --- What is polled -----------------------------------------------------------------------------------------------
    async def _load(self) -> None:
        """See what is to be polled; read all of it only where something was changed."""
        ids = list(self._leases)
        versions = await self._thread.do(records.versions, ids)
        if versions != self._versions:
            self._arrange(await self._thread.do(buses_of, ids))
            self._versions = versions

    async def _know_states(self) -> None:
        machines = self._desk.states.machines
        self._desk.states.know(await self._thread.do(records.facts_of, machines))

    def _arrange(self, buses: Collection[Bus]) -> None:
        """From now on these are polled, as far as their shards are ours."""
        self._versions = {}
        before = dict(self._buses)
        ours = [bus for bus in buses if bus.shard_id in self._leases and (self._only is None or bus.id in self._only)]
        self._buses.clear()
        self._buses.update({bus.id: bus for bus in ours})
        changed = {polled.point.id for bus in ours if before.get(bus.id) != bus for polled in bus.points}
        places = {
            polled.point.id: (bus.shard_id, polled.machine_id)
            for bus in ours
            for polled in bus.points
            if polled.role != CounterPoint.Role.STATE
        }
        self._desk.arrange(ours, places=places, changed=changed)
        self._engine.set_buses(ours)

    # --- Words --------------------------------------------------------------------------------------------------------
    def _hear(self, word: Word) -> None:
        if word.at is not None:
            if clock.now() - word.at < TOO_LATE:
                self._engine.read_now(word.machines, boundary=word.at)
        elif mine := self._leases.keys() & set(word.shards):
            errand = asyncio.create_task(self._hand_over(mine, to=word.asks))
            self._errands.add(errand)
            errand.add_done_callback(self._errands.discard)
        elif not word.shards:
            self._early = True

    async def _hand_over(self, shard_ids: Collection[int], *, to: str) -> None:
        """Book what was read on these shards, close their lines, then let somebody else have them."""
        await self._desk.book_all()
        async with self._leasing:
            given = [self._leases.pop(shard_id) for shard_id in shard_ids if shard_id in self._leases]
            self._arrange(list(self._buses.values()))
            await asyncio.sleep(LINES_CLOSE_S)
            try:
                await self._thread.do(shards.hand_over, given, to=to)
            except DATABASE_AWAY:
                log.warning("poller_leases_not_given_back", shards=len(given))
