"""One run of the proof: presses make parts, everything goes wrong that can, and the account is asked at every step."""

import random
from collections import Counter as Tally
from dataclasses import dataclass

from iot.models import Connection, CounterBaseline, CounterPoint, CountReview, PollShard
from iot.simulation.press import SECOND
from tests.floor import a_machine
from tests.orders.stage import Stage
from tests.polling.proof.account import Account, Sums, Wrong
from tests.polling.proof.floor import Floor
from tests.polling.proof.lines import MAKES, Line, lines
from tests.polling.proof.pollers import BASE, DEATHS, Instant, Pollers, sometimes_busy, virtual_time
from tests.polling.wiring import a_counter

PIECES_A_SECOND = sum(float(make.scale) * make.rate for make in MAKES)
# A run in which one of these did not happen has proved nothing.
FAULTS = (
    "cut", "hangup", "silent", "garbage", "stuck", "duplicate", "late", "set back", "rollover", "suspect", "reset",
    "kept", "busy", "zombie refused", "start", "pause", "resume", "complete", "boundary read",
    *(f"killed at {place}" for place in DEATHS),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run: the sums, how often each fault was delivered, and seconds of virtual time."""

    sums: Sums
    tally: dict[str, int]
    lasted: float


class Run:
    """`pace` multiplies the rates of all presses, `every` is about how many seconds lie between two faults of one."""

    def __init__(self, *, parts: int, seed: int, pace: float = 1.0, every: float = 6.0) -> None:
        self._parts = parts
        self._chance, self._now, self._tally = random.Random(seed), Instant(), Tally[str]()
        self._longest = parts / (PIECES_A_SECOND * pace) * 1.5 + 60
        self._stage = Stage()
        self._lines = lines(
            lambda: a_machine(self._stage.factory), seed=seed, pace=pace, lasting=self._longest, every=every,
            clock=self._now, tally=self._tally,
        )  # fmt: skip
        self._resets: list[tuple[Line, int]] = []
        shard_of = _connect(self._stage, self._lines)
        self._pollers = Pollers(
            self._lines, shard_of=shard_of, chance=self._chance, now=self._now, tally=self._tally, heard=self._heard
        )
        self._floor = Floor(
            self._stage, self._lines, chance=self._chance, now=self._now, tally=self._tally,
            read_for=self._pollers.read_for,
        )  # fmt: skip
        self.account = Account(self._lines)

    def _heard(self, *what: object) -> None:
        self._floor.heard(*what)  # type: ignore[arg-type]

    def all(self) -> Outcome:
        """Problem: Wrong."""
        with virtual_time(self._now), sometimes_busy(self._chance):
            self._begin()
            while self._made() < self._parts:
                self._step()
            lasted = self._now() / SECOND
            self._end()
            sums = self.account.require_nothing_lost()
            wrong = self._floor.faults(self.account.flagged) + self._untold_resets()
            if wrote := self._tally["zombie wrote"]:
                wrong.append(f"{wrote} times somebody wrote without a lease")
            if wrong:
                raise Wrong("\n".join(wrong))
        self._tally.update(self.account.kinds)
        if idle := [fault for fault in FAULTS if not self._tally[fault]]:
            raise Wrong(f"the run is void, for these did not happen: {', '.join(idle)}")
        return Outcome(sums, dict(sorted(self._tally.items())), lasted)

    def _made(self) -> float:
        return sum(line.produced() * float(line.make.scale) for line in self._lines)

    def _begin(self) -> None:
        while CounterBaseline.objects.filter(raw__isnull=True).exists():
            self._now.wait(0.1)
            self._pollers.turn()
        for line in self._lines:
            line.device.press().start()
        for _ in self._lines:
            self._floor.something_happens()

    def _step(self) -> None:
        self._now.wait(self._chance.uniform(0.6, 1.6))
        if self._chance.random() < 0.12:
            self._floor.something_happens()
        line = self._chance.choice(self._lines)
        if self._chance.random() < 0.05:
            self._stop_or_start(line)
        if line.make.forgets and self._chance.random() < 0.15 and line.forget():
            self._resets.append((line, self._now()))
        self._pollers.turn()
        self.account.require_nothing_invented()

    def _stop_or_start(self, line: Line) -> None:
        press = line.device.press()
        if press.is_running and self._chance.random() < 0.4:
            press.stop()
        else:
            press.start()

    def _end(self) -> None:
        """All stands still, all faults are over, and every counter is read a last time, as often as doubt may need."""
        for line in self._lines:
            line.device.press().stop()
        self._pollers.calm()
        self._now.wait(self._longest + 90 - self._now() / SECOND)
        for seconds in (0, 1, 11, 1):
            self._now.wait(seconds)
            self._pollers.read_all()
            self._pollers.read_all()  # an order that was busy may be free

    def _untold_resets(self) -> list[str]:
        """Counters that were set back, and no person was told."""
        found = []
        for line, at in self._resets:
            told = [
                round((review.at - BASE).total_seconds() * SECOND)
                for review in CountReview.objects.filter(machine_id=line.machine_id, event__kind="reset")
            ]
            if not any(at <= one <= at + 120 * SECOND for one in told):
                found.append(f"{line.make.name} was set back at {at / SECOND:.1f} s, and nobody was told")
        return found


def _connect(stage: Stage, made: list[Line]) -> dict[int, int]:
    """A connection for each line, spread over two shards; the shard of each machine."""
    ids = [PollShard.objects.create().pk for _ in range(2)]
    found = {}
    for number, line in enumerate(made):
        connection = Connection.objects.create(
            factory=stage.factory, code=f"LINE-{number}", driver="modbus_tcp", bus=f"proof {number}",
            shard_id=ids[number % 2],
        )  # fmt: skip
        found[line.machine_id] = connection.shard_id
        for role in line.make.roles:
            point = a_counter(
                connection, line.machine, role=role, encoding=line.make.encoding, scale=line.make.scale,
                max_rate=line.max_rate,
            )  # fmt: skip
            line.points[CounterPoint.Role(role)] = point.pk
    return found
