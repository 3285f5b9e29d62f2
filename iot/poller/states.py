"""What machines do, as far as their points tell. Pure; `records.py` writes it.

A machine with a state point does what that says. One that is only counted runs while its counter moves, and is idle when
it has stood still for five ideal cycles, at least for a minute. One that does not answer has no data: silence is never
taken for standing still.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from iot.buses import Bus, PolledPoint
from iot.engine import Health, HealthChange
from iot.models import CounterPoint
from iot.samples import Sample
from manufacturing.models import Machine

State = Machine.State
Told = tuple[str, datetime]  # a state, and when the machine was in it

STANDSTILL_CYCLES = 5
SHORTEST_STANDSTILL = timedelta(seconds=60)
_MOST_KEPT = 20  # changes of one machine while the database is away


@dataclass(slots=True)
class _Watched:
    """A machine: what is known of it in the database, and what its counters did."""

    shard_id: int
    standstill: timedelta = SHORTEST_STANDSTILL
    has_state_point: bool = False
    state: str = State.NO_DATA
    raw: dict[int, int] = field(default_factory=dict)  # of each counter
    seen_at: datetime | None = None
    moved_at: datetime | None = None
    points: set[int] = field(default_factory=set)
    mute: set[int] = field(default_factory=set)  # of them, what cannot be read
    changes: list[Told] = field(default_factory=list)  # not written yet

    def is_now(self, state: str, at: datetime) -> None:
        if state != self.state:
            self.state = state
            self.changes.append((state, at))
            del self.changes[:-_MOST_KEPT]

    def by_its_counters(self, sample: Sample) -> str | None:
        """What it does, told by a reading of a counter; None while nobody can say."""
        known = self.raw.get(sample.point_id)
        self.raw[sample.point_id] = sample.raw
        self.seen_at = self.seen_at or sample.at
        if known is not None and known != sample.raw:
            self.moved_at = sample.at
        stands = sample.at - (self.moved_at or self.seen_at)
        if stands >= self.standstill:
            return State.IDLE
        return State.RUNNING if self.moved_at else None


class States:
    """The states of the machines that this poller reads."""

    def __init__(self) -> None:
        self._machines: dict[int, _Watched] = {}
        self._points: dict[int, PolledPoint] = {}
        self._of_bus: dict[int, list[int]] = {}

    def watch(self, buses: Iterable[Bus]) -> list[tuple[int, int]]:
        """These are read from now on; gives the machines that are not any more, with the shards they were on."""
        before, self._machines, self._points, self._of_bus = self._machines, {}, {}, {}
        for bus in buses:
            self._of_bus[bus.id] = [polled.point.id for polled in bus.points]
            for polled in bus.points:
                one = self._machines.get(polled.machine_id)
                if one is None:
                    one = before.get(polled.machine_id) or _Watched(bus.shard_id)
                    one.shard_id, one.has_state_point, one.points = bus.shard_id, False, set()
                    self._machines[polled.machine_id] = one
                one.has_state_point |= polled.role == CounterPoint.Role.STATE
                one.points.add(polled.point.id)
                self._points[polled.point.id] = polled
        for one in self._machines.values():
            one.mute &= one.points
        return [(machine, one.shard_id) for machine, one in before.items() if machine not in self._machines]

    def know(self, facts: Mapping[int, tuple[str, float | None]]) -> None:
        """What the database says of machines: state and ideal cycle (seconds)."""
        for machine_id, (state, cycle) in facts.items():
            if (one := self._machines.get(machine_id)) is not None:
                one.standstill = max(SHORTEST_STANDSTILL, timedelta(seconds=STANDSTILL_CYCLES * (cycle or 0)))
                if not one.changes:
                    one.state = state

    @property
    def machines(self) -> list[int]:
        return list(self._machines)

    def heard(self, sample: Sample) -> None:
        polled = self._points.get(sample.point_id)
        if polled is None:
            return
        one = self._machines[polled.machine_id]
        one.mute.discard(sample.point_id)
        if polled.role == CounterPoint.Role.STATE:
            one.is_now(polled.states.get(str(sample.raw), State.RUNNING if sample.raw else State.IDLE), sample.at)
        elif not one.has_state_point and (state := one.by_its_counters(sample)):
            one.is_now(state, sample.at)

    def fares(self, change: HealthChange) -> set[int]:
        """A bus answers, or does not, or not for each point; gives its machines of which nothing can be read any more."""
        points = self._of_bus.get(change.bus_id, [])
        mute = set(change.errors) if change.health is Health.OK else set(points)
        silent = set()
        for point_id in points:
            machine_id = self._points[point_id].machine_id
            one = self._machines[machine_id]
            if point_id not in mute:
                one.mute.discard(point_id)
            else:
                one.mute.add(point_id)
                if one.mute == one.points:
                    silent.add(machine_id)
        return silent

    def is_mute(self, machine_id: int) -> bool:
        """Whether none of its points can be read."""
        one = self._machines.get(machine_id)
        return one is not None and one.mute == one.points

    def silent(self, machine_id: int, *, at: datetime) -> None:
        """Nothing that could speak for this machine answers any more."""
        if (one := self._machines.get(machine_id)) is not None:
            one.is_now(State.NO_DATA, at)

    @property
    def are_waiting(self) -> bool:
        return any(one.changes for one in self._machines.values())

    def take(self, shard_id: int, *, most: int) -> dict[int, list[Told]]:
        """Up to `most` machines with the changes to write; what cannot be written is `put_back`."""
        taken: dict[int, list[Told]] = {}
        for machine_id, one in self._machines.items():
            if one.changes and one.shard_id == shard_id and len(taken) < most:
                taken[machine_id], one.changes = one.changes, []
        return taken

    def put_back(self, changes: Mapping[int, list[Told]]) -> None:
        for machine_id, told in changes.items():
            if (one := self._machines.get(machine_id)) is not None:
                one.changes = (told + one.changes)[-_MOST_KEPT:]
