"""Brings what a poller read into the database: counts first, then how its connections fare and what machines do.

A database that is away stops none of the polling. What was read waits, and is booked when it is back.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

import structlog
from django.conf import settings

from factoryos.kernel import clock
from factoryos.kernel.problems import Busy
from iot.booking import MOST_SAMPLES, book
from iot.buses import Bus
from iot.engine import Health, HealthChange
from iot.poller import records
from iot.poller.states import State, States
from iot.poller.threads import DATABASE_AWAY, DatabaseThread
from iot.poller.waiting import Waiting
from iot.samples import Sample
from iot.shards import Lease, LeaseLost

EVERY_S: float = settings.BOOK_EVERY_S  # and at once where an order's start or stop waits for its reading
BUSY_PAUSE_S = 0.25
SICK_PAUSE_S = 30.0  # before a reading is tried again that cannot be booked for a reason of its own
MOST_STATES = 100  # machines a round: counts go first

log = structlog.get_logger(__name__)


class Desk:
    """`leases` are the poller's, by shard; `lost` is told of one that another took over."""

    def __init__(self, *, leases: Mapping[int, Lease], buses: Mapping[int, Bus], lost: Callable[[Lease], None]) -> None:
        self.waiting, self.states = Waiting(clock=time.monotonic), States()
        self._leases, self._buses, self._lost = leases, buses, lost
        self._thread = DatabaseThread("poller desk")
        self._bell, self._turn = asyncio.Event(), asyncio.Lock()
        self._fares: dict[int, HealthChange] = {}  # by connection, not written yet
        self._silent: dict[int, datetime] = {}  # machines of which perhaps nothing can be read any more
        self._left: dict[int, int] = {}  # machines that nobody polls any more, and their shards
        self._away_since: float | None = None

    def samples(self, bus: Bus, samples: Sequence[Sample]) -> None:
        for sample in samples:
            self.states.heard(sample)
            self.waiting.add(sample)
            if sample.boundary is not None:
                self._bell.set()

    def health(self, change: HealthChange) -> None:
        self._fares[change.bus_id] = change
        for machine_id in self.states.fares(change):
            self._silent.setdefault(machine_id, change.at)
        if change.health is not Health.OK:
            self._bell.set()

    def arrange(self, buses: Sequence[Bus], *, places: Mapping[int, tuple[int, int]], changed: Collection[int]) -> None:
        """These are polled from now on; see Waiting.expect. What nobody polls any more has no data."""
        self.waiting.expect(places, changed=changed)
        self._left.update(self.states.watch(buses))
        polled = set(self.states.machines)
        self._left = {
            machine: shard for machine, shard in self._left.items() if shard in self._leases and machine not in polled
        }

    @property
    def is_behind(self) -> bool:
        """Whether anything waits that another round may bring."""
        return bool(len(self.waiting) or self.states.are_waiting or self._fares)

    async def keep_booking(self) -> None:
        """Until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._bell.wait()
            self._bell.clear()
            await self.book_all()

    async def book_all(self) -> None:
        """One round over all shards. It raises nothing: what could not be done is done in a later one."""
        async with self._turn:
            for lease in list(self._leases.values()):
                try:
                    await self._work_off(lease)
                except LeaseLost:
                    self._lost(lease)
                except Busy:
                    continue
                except DATABASE_AWAY as error:
                    self._is_away(error)
                    return
                except Exception:
                    log.exception("poller_desk_failed", shard=lease.shard_id)
            self._is_back()

    async def close(self) -> None:
        await self._thread.close()

    async def _work_off(self, lease: Lease) -> None:
        while batch := self.waiting.take(lease.shard_id, most=MOST_SAMPLES):
            await self._book(batch, lease)
        await self._write_health(lease)
        await self._hear_silence(lease)
        if changes := self.states.take(lease.shard_id, most=MOST_STATES):
            try:
                await self._thread.do(records.tell_states, changes, lease=lease)
            except BaseException:
                self.states.put_back(changes)
                raise

    async def _book(self, batch: list[Sample], lease: Lease) -> None:
        try:
            result = await self._thread.do(book, batch, lease=lease)
        except (LeaseLost, Busy, *DATABASE_AWAY, asyncio.CancelledError):
            self.waiting.put_back(batch, pause=BUSY_PAUSE_S)
            raise
        except Exception:
            if len(batch) > 1:  # one bad reading must not hold up the others
                await self._book_halves(batch, lease)
                return
            log.exception("poller_booking_failed", point=batch[0].point_id, raw=batch[0].raw)
            self.waiting.put_back(batch, pause=SICK_PAUSE_S)
        else:
            self.waiting.booked(batch, settled=result.settled, busy=result.busy, pause=BUSY_PAUSE_S)

    async def _book_halves(self, batch: list[Sample], lease: Lease) -> None:
        first, second = batch[: len(batch) // 2], batch[len(batch) // 2 :]
        try:
            await self._book(first, lease)
        except BaseException:  # the second was not tried: a boundary's reading cannot be made again
            self.waiting.put_back(second, pause=BUSY_PAUSE_S)
            raise
        await self._book(second, lease)

    async def _write_health(self, lease: Lease) -> None:
        changes = [
            change
            for bus_id, change in self._fares.items()
            if bus_id in self._buses and self._buses[bus_id].shard_id == lease.shard_id
        ]
        if changes:
            await self._thread.do(records.write_health, changes, lease=lease)
        for change in changes:
            if self._fares.get(change.bus_id) is change:
                del self._fares[change.bus_id]

    async def _hear_silence(self, lease: Lease) -> None:
        """Where nothing can be read any more, and no other poller can either, nobody knows what the machine does."""
        silent = {machine: at for machine, at in self._silent.items() if self.states.is_mute(machine)}
        left = [machine for machine, shard_id in self._left.items() if shard_id == lease.shard_id]
        if silent or left:
            ours = list(self._buses)
            heard = await self._thread.do(records.heard_elsewhere, [*silent, *left], ours=ours)
            for machine in silent.keys() - heard:
                if self.states.is_mute(machine):
                    self.states.silent(machine, at=silent[machine])
            gone = {machine: [(State.NO_DATA.value, clock.now())] for machine in left if machine not in heard}
            await self._thread.do(records.tell_states, gone, lease=lease)
        for machine in left:
            self._left.pop(machine, None)
        # One that spoke again before we asked is silent no more; when it falls silent next, that is another time.
        self._silent = {
            machine: at
            for machine, at in self._silent.items()
            if machine not in silent and self.states.is_mute(machine)
        }

    def _is_away(self, error: Exception) -> None:
        if self._away_since is None:
            self._away_since = time.monotonic()
            log.warning("poller_database_away", error=str(error).strip(), waiting=len(self.waiting))

    def _is_back(self) -> None:
        if self._away_since is not None:
            log.warning("poller_database_back", seconds=round(time.monotonic() - self._away_since, 1))
            self._away_since = None
