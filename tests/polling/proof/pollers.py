"""Two pollers that take turns in virtual time, with real leases and the real booking; and the ways in which they die."""

import random
from collections import Counter as Tally
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from factoryos.kernel import clock
from iot import booking, shards
from iot.drivers.protocol import Reading
from iot.engine.memory import Memory
from iot.models import PollShard
from iot.samples import Sample
from iot.shards import Lease, LeaseLost
from orders.machine_counts import Booked, MachineCount, Outcome
from tests.polling.proof.lines import SECOND, Line

BASE = datetime(2026, 4, 20, 6, tzinfo=UTC)
# Where a poller dies: before the statement that holds these words, at the commit, or after it and before it is told.
_STATEMENTS = ("FOR SHARE", "FOR NO KEY UPDATE", "orders_quantityentry", "iot_counterbaseline AS", "iot_countevent")
DEATHS = (*_STATEMENTS, "commit", "told")


class Killed(BaseException):
    """The process is gone; nobody catches that."""


class Instant:
    """Virtual time, in nanoseconds since BASE."""

    def __init__(self) -> None:
        self.ns = 0

    def __call__(self) -> int:
        return self.ns

    def wait(self, seconds: float) -> None:
        self.ns += round(seconds * SECOND)

    def utc(self) -> datetime:
        return BASE + timedelta(microseconds=self.ns // 1000)


@dataclass(frozen=True, slots=True)
class Mark:
    """A true answer: when it was read (ns), and the cycles made by then."""

    at: int
    made: int


@dataclass(slots=True)
class Poller:
    """`skew` is how wrong its host's clock is, in seconds. `kept` are samples that it has read and not booked."""

    owner: str
    skew: float
    leases: list[Lease] = field(default_factory=list)
    memories: dict[int, Memory] = field(default_factory=dict)
    kept: list[Sample] = field(default_factory=list)
    true: dict[Sample, Mark] = field(default_factory=dict)

    def read(self, line: Line, now: Instant, *, boundary: datetime | None = None) -> list[Sample]:
        at = now.utc() + timedelta(seconds=self.skew)
        memory = self.memories.setdefault(line.machine_id, Memory())
        samples = []
        for number, raws in enumerate(line.ask()):
            moment = at + timedelta(milliseconds=number)
            read = [Reading(line.points[role], raw, moment) for role, raw in raws.items()]
            made = [memory.sample(reading, boundary=boundary) for reading in read]
            if line.tells_the_truth(raws):
                self.true.update(dict.fromkeys(made, Mark(now(), line.produced())))
            samples += made
        return samples


class Pollers:
    """Whoever polls at present. `heard` is told of a true answer of a line that all its counters were booked by."""

    def __init__(
        self, lines: Sequence[Line], *, shard_of: dict[int, int], chance: random.Random, now: Instant,
        tally: "Tally[str]", heard: Callable[[Line, Mark], None],
    ) -> None:  # fmt: skip
        self._lines, self._shard_of, self._chance, self._now = lines, shard_of, chance, now
        self._tally, self._heard = tally, heard
        self._born, self._deaths = 0, list[str]()
        self.present = [self._new(), self._new()]
        self._frozen: list[tuple[int, Poller, list[Sample]]] = []  # until when, who, with what in hand
        self._line_of = {point: line for line in lines for point in line.points.values()}

    def _new(self) -> Poller:
        self._born += 1
        return Poller(f"poller {self._born}", self._chance.uniform(-0.05, 0.05))

    def turn(self) -> None:
        """Everybody reads what is theirs, and books it; fate has its say."""
        self._wake_the_frozen()
        for poller in self._chance.sample(self.present, len(self.present)):
            if not poller.leases or self._chance.random() < 0.05:
                self._claim(poller)
            for lease in list(poller.leases):
                if poller in self.present:  # neither dead nor frozen since
                    self._work(poller, lease)

    def read_for(self, line: Line, boundary: datetime) -> None:
        """The word that an order starts or stops has reached whoever polls this machine."""
        for poller in self.present:
            for lease in poller.leases:
                if lease.shard_id == self._shard_of[line.machine_id]:
                    self._book(poller, lease, poller.read(line, self._now, boundary=boundary))
                    return

    def calm(self) -> None:
        """Only one is left, and nothing more befalls it."""
        self._wake_the_frozen(all_of_them=True)
        self._let_leases_lapse()
        self.present = [self._new()]
        self._claim(self.present[0], most=9)

    def read_all(self) -> None:
        (poller,) = self.present
        for lease in poller.leases:
            self._book(poller, lease, self._read_shard(poller, lease))

    def _claim(self, poller: Poller, *, most: int = 1) -> None:
        given = poller.leases
        poller.leases = sorted(shards.claim(owner=poller.owner, most=most), key=lambda lease: lease.shard_id)
        shards.give_back([old for old in given if old.shard_id not in {lease.shard_id for lease in poller.leases}])

    def _let_leases_lapse(self, *ids: int) -> None:
        """As if LEASE_S had passed."""
        those = PollShard.objects.filter(pk__in=ids) if ids else PollShard.objects.all()
        those.update(lease_until=BASE - timedelta(days=365))

    def _work(self, poller: Poller, lease: Lease) -> None:
        samples = self._read_shard(poller, lease)
        dice = self._chance.random()
        if dice < 0.02:
            self._freeze(poller, lease, samples)
        elif dice < 0.12:
            poller.kept += samples  # the database is slow: they are booked with the next ones
            self._tally["kept"] += 1
        else:
            kept, poller.kept = poller.kept, []
            self._book(poller, lease, kept + samples, dies=self._next_death() if dice > 0.92 else None)

    def _next_death(self) -> str:
        """Each way of dying comes before any comes again."""
        self._deaths = self._deaths or self._chance.sample(DEATHS, len(DEATHS))
        return self._chance.choice(self._deaths)

    def _read_shard(self, poller: Poller, lease: Lease) -> list[Sample]:
        theirs = [line for line in self._lines if self._shard_of[line.machine_id] == lease.shard_id]
        return [sample for line in theirs for sample in poller.read(line, self._now)]

    def _freeze(self, poller: Poller, lease: Lease, samples: list[Sample]) -> None:
        """It stands still with what it has read, as a virtual machine does; others take over, and it knows nothing of it."""
        until = self._now() + round(self._chance.uniform(2, 30) * SECOND)
        self._frozen.append((until, poller, poller.kept + samples))
        self._replace(poller)

    def _replace(self, poller: Poller) -> None:
        self.present.remove(poller)
        self.present.append(self._new())
        self._let_leases_lapse(*(lease.shard_id for lease in poller.leases))

    def _wake_the_frozen(self, *, all_of_them: bool = False) -> None:
        for frozen in list(self._frozen):
            until, poller, samples = frozen
            newer = PollShard.objects.in_bulk([lease.shard_id for lease in poller.leases])
            taken = [lease for lease in poller.leases if newer[lease.shard_id].fence != lease.fence]
            if (until > self._now() and not all_of_them) or not taken:
                continue
            self._frozen.remove(frozen)
            for lease in taken:
                mine = [sample for sample in samples if self._shard_of_sample(sample) == lease.shard_id]
                if mine:
                    self._book_too_late(lease, mine)

    def _book_too_late(self, lease: Lease, samples: list[Sample]) -> None:
        try:
            booking.book(samples, lease=lease)
        except LeaseLost:
            self._tally["zombie refused"] += 1
        else:
            self._tally["zombie wrote"] += 1

    def _shard_of_sample(self, sample: Sample) -> int:
        return self._shard_of[self._line_of[sample.point_id].machine_id]

    def _book(self, poller: Poller, lease: Lease, samples: list[Sample], *, dies: str | None = None) -> None:
        samples = [sample for sample in samples if self._shard_of_sample(sample) == lease.shard_id]
        if not samples:
            return
        try:
            with _dying(dies):
                result = booking.book(samples, lease=lease)
        except LeaseLost:
            self._tally["lease lost"] += 1
            poller.leases.remove(lease)
            return
        except Killed:
            self._tally[f"killed at {dies}"] += 1
            self._deaths.remove(str(dies))
            self._replace(poller)
            return
        self._tally["busy"] += len(result.busy)
        newest = {sample.point_id: sample for sample in samples if sample.point_id in result.settled}
        for line in self._lines:
            last = {newest.get(point) for point in line.points.values()}
            marks = {poller.true.get(sample) if sample else None for sample in last}
            if len(marks) == 1 and (mark := marks.pop()):
                line.heard_at = mark.at
                self._heard(line, mark)
        poller.true.clear()


@contextmanager
def _dying(where: str | None) -> Iterator[None]:
    """kill -9 there, if the booking gets so far."""
    if where is None:
        yield
        return
    done = False

    def killing(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal done
        if not done and where in sql:
            done = True
            raise Killed
        return execute(sql, params, many, context)

    whole = booking.whole

    def instead(work: Callable[[], Any]) -> Any:
        return whole(lambda: _then_die(work)) if where == "commit" else whole(work)

    booking.whole = instead  # type: ignore[assignment]
    try:
        with connection.execute_wrapper(killing):
            yield
        if where == "told":
            raise Killed
    finally:
        booking.whole = whole


def _then_die(work: Callable[[], Any]) -> Any:
    work()
    raise Killed


@contextmanager
def sometimes_busy(chance: random.Random) -> Iterator[None]:
    """Now and then somebody else holds the order that pieces are to be booked on."""
    real = booking.report_counts

    def instead(counts: Sequence[MachineCount]) -> list[Booked]:
        free = [count for count in counts if chance.random() > 0.03]
        booked = dict(zip((count.key for count in free), real(free), strict=True))
        return [booked.get(count.key, Booked(Outcome.BUSY)) for count in counts]

    booking.report_counts = instead
    try:
        yield
    finally:
        booking.report_counts = real


@contextmanager
def virtual_time(now: Instant) -> Iterator[None]:
    clock.use(now.utc)
    try:
        yield
    finally:
        clock.use(None)
