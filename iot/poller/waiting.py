"""What was read and is not booked yet: the newest reading of each counter, and every one made for a boundary. Pure.

A reading is an absolute value, so a newer one says all that an older one said, but for the time in which the pieces were
made. That is why this needs no more memory than there are counters, however long the database is away.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from iot.samples import Sample

MOST_BOUNDARIES = 64  # a machine; more than that are merged into the ones after them


@dataclass(slots=True)
class _Machine:
    """What waits of one machine. `asked`: readings for boundaries, oldest first; they go before the newest."""

    newest: dict[int, Sample] = field(default_factory=dict)
    asked: list[Sample] = field(default_factory=list)
    not_before: float = 0.0

    def has(self, point_id: int) -> bool:
        return point_id in self.newest or any(sample.point_id == point_id for sample in self.asked)

    def take(self) -> list[Sample]:
        """What may be booked together: the readings of one boundary, or else the newest."""
        if self.asked:
            boundary = self.asked[0].boundary
            taken = [sample for sample in self.asked if sample.boundary == boundary]
            self.asked = [sample for sample in self.asked if sample.boundary != boundary]
        else:
            taken, self.newest = list(self.newest.values()), {}
        return taken


class Waiting:
    """Counters by their machine and shard. `clock` gives monotonic seconds."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._places: dict[int, tuple[int, int]] = {}  # point → shard, machine
        self._due: dict[int, dict[int, _Machine]] = {}  # shard → machine → what waits
        self._out: set[int] = set()  # points of which something is being booked this moment
        self._settled: dict[int, int] = {}  # point → the raw value at which its counter is known to stand

    def expect(self, places: Mapping[int, tuple[int, int]], *, changed: Collection[int] = ()) -> None:
        """These counters (point → shard, machine) are ours and no others; of the `changed` ones nothing is known."""
        gone = (self._places.keys() - places.keys()) | {
            point for point, place in self._places.items() if places.get(point, place) != place
        }
        for point in gone:
            self._forget(point)
        for point in changed:
            self._settled.pop(point, None)
        self._places = dict(places)

    def doubt(self, shards: Collection[int]) -> None:
        """Others may have counted there meanwhile: at which values these counters stand is not known any more."""
        self._settled = {point: raw for point, raw in self._settled.items() if self._places[point][0] not in shards}

    def _forget(self, point_id: int) -> None:
        self._settled.pop(point_id, None)
        shard, number = self._places[point_id]
        machine = self._due.get(shard, {}).get(number)
        if machine is not None:
            machine.newest.pop(point_id, None)
            machine.asked = [sample for sample in machine.asked if sample.point_id != point_id]
            self._tidy(shard, number)

    def _tidy(self, shard: int, number: int) -> None:
        machine = self._due[shard][number]
        if not machine.newest and not machine.asked:
            del self._due[shard][number]

    def add(self, sample: Sample) -> None:
        """A reading. One that says nothing new is passed over, and so is one of a counter that is not ours."""
        place = self._places.get(sample.point_id)
        if place is None:
            return
        shard, number = place
        machine = self._due.get(shard, {}).get(number)
        if self._says_nothing(sample, machine):
            return
        if machine is None:
            machine = self._due.setdefault(shard, {}).setdefault(number, _Machine())
        fresh = _instead_of(machine.newest.pop(sample.point_id, None), sample)
        if sample.boundary is None:
            machine.newest[sample.point_id] = fresh
        else:
            machine.asked.append(fresh)
            del machine.asked[:-MOST_BOUNDARIES]

    def _says_nothing(self, sample: Sample, machine: _Machine | None) -> bool:
        return (
            sample.boundary is None
            and self._settled.get(sample.point_id) == sample.raw
            and sample.point_id not in self._out
            and not (machine is not None and machine.has(sample.point_id))
        )

    def take(self, shard_id: int, *, most: int) -> list[Sample]:
        """Up to `most` readings to book now, whole machines. Tell what came of them: `booked` or `put_back`."""
        now, taken = self._clock(), list[Sample]()
        due = self._due.get(shard_id, {})
        for number in list(due):
            machine = due[number]
            if machine.not_before > now:
                continue
            if len(taken) + max(len(machine.newest), len(machine.asked)) > most and taken:
                break
            taken += machine.take()
            self._tidy(shard_id, number)
        self._out.update(sample.point_id for sample in taken)
        return taken

    def booked(
        self, samples: Sequence[Sample], *, settled: Collection[int], busy: Collection[int], pause: float
    ) -> None:
        """What came of readings that were taken; the `busy` ones are due again after a `pause` of seconds."""
        self.put_back([sample for sample in samples if sample.point_id in busy], pause=pause)
        for sample in samples:
            self._out.discard(sample.point_id)
            if sample.point_id in settled and sample.point_id in self._places:
                self._settled[sample.point_id] = sample.raw
            else:
                self._settled.pop(sample.point_id, None)

    def put_back(self, samples: Iterable[Sample], *, pause: float) -> None:
        """Nothing came of them: they wait again, where no newer ones do."""
        until = self._clock() + pause
        for sample in reversed(list(samples)):
            self._out.discard(sample.point_id)
            place = self._places.get(sample.point_id)
            if place is None:
                continue
            machine = self._due.setdefault(place[0], {}).setdefault(place[1], _Machine())
            machine.not_before = until
            if sample.boundary is not None:
                machine.asked.insert(0, sample)
            elif any(other.point_id == sample.point_id for other in machine.asked):
                first = next(i for i, other in enumerate(machine.asked) if other.point_id == sample.point_id)
                machine.asked[first] = _instead_of(sample, machine.asked[first])
            else:
                machine.newest[sample.point_id] = _instead_of(sample, machine.newest.get(sample.point_id, sample))

    def __len__(self) -> int:
        """How many readings wait."""
        return sum(len(one.newest) + len(one.asked) for due in self._due.values() for one in due.values())


def _instead_of(older: Sample | None, newer: Sample) -> Sample:
    """The newer reading, which speaks for the older one too: what was made, was made since the value before both."""
    if older is None or older is newer or older.previous is None:
        return newer
    return replace(newer, previous=older.previous, unchanged_until=older.unchanged_until)
