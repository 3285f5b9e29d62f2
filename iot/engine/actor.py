"""One bus as the engine keeps it: when its turn is, what is under way, what its answers come to."""

import random
from collections.abc import Collection, Sequence
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING

from iot.drivers.protocol import Done, Reading, Result
from iot.engine.calendar import Entry
from iot.engine.health import Watch
from iot.engine.lines import ByTask, line_to
from iot.engine.memory import Memory, earliest
from iot.samples import Sample

if TYPE_CHECKING:  # the dataclass lies beside what reads the tables
    from iot.buses import Bus

ANSWER_S = 1.0  # that each machine on a bus is given, and once more for the connection
PART = 0.9  # of its period, where that is longer: the next turn shall find the bus free
LONGEST_READ_S = 10.0


class Actor(Entry):
    """A bus, its line, and one read at a time. Times are seconds of the event loop's clock."""

    def __init__(self, bus: "Bus", *, share: float, chance: random.Random) -> None:
        super().__init__()
        self.bus = bus
        self.points = tuple(one.point for one in bus.points)
        self.line = line_to(bus.driver, bus.address)
        self.watch = Watch(bus.id, chance=chance)
        self.done: Done  # what a read calls when it has ended; the engine's
        self.share = share  # 0 to 1: where in its period it has its turns
        self.opened = False  # whether it was ever read
        self.held = False  # by another line to the same bus that is still being closed
        self.reading = False
        self.again = False  # to be read as soon as it can be
        self.wanted = False  # by a round that reads every bus once
        self.counted = False  # the read under way is the one that the round wanted
        self._machines = {one.point.id: one.machine_id for one in bus.points}
        self.machine_ids = frozenset(self._machines.values())
        wished = max(PART * bus.every_s, ANSWER_S * (len(self.machine_ids) + 1))
        self.patience_s = min(LONGEST_READ_S, wished)
        self._memory = Memory()
        self._first, self._tick = inf, 0
        self._asked: dict[int, datetime] = {}  # machine → boundary that the next read to begin is for
        self._carried: dict[int, datetime] = {}  # the same, of the read under way

    # --- When its turn is ---------------------------------------------------------------------------------------------
    @property
    def due(self) -> float:
        """Whole periods after the first time, so that nothing drifts."""
        return self._first + self._tick * self.bus.every_s

    @property
    def is_new(self) -> bool:
        return self._first == inf

    def begin_at(self, first: float) -> None:
        self._first, self._tick = first, 0

    def pass_turns(self, now: float) -> int:
        """Go on to the first due time that still lies ahead; gives how many have passed."""
        passed = 0
        if self.due <= now:
            passed = int((now - self.due) / self.bus.every_s) + 1
            self._tick += passed
            if self.due <= now:  # the division was rounded
                self._tick += 1
        return passed

    # --- What is under way --------------------------------------------------------------------------------------------
    @property
    def occupied(self) -> bool:
        """Whether its bus is in use, be it by a read whose answer nobody wants any more."""
        return self.reading or (isinstance(self.line, ByTask) and self.line.occupied)

    def ask_for(self, machine_ids: Collection[int], *, boundary: datetime) -> None:
        """The next read to begin is for this boundary; one under way began too early to be."""
        self._asked = earliest(self._asked, dict.fromkeys(self.machine_ids.intersection(machine_ids), boundary))

    def begin_read(self) -> None:
        self.reading = self.opened = True
        self.again = False
        self.counted, self.wanted = self.wanted, False
        if self._asked:
            self._carried, self._asked = self._asked, {}

    def end_read(self) -> None:
        """Boundaries that it did not bring a reading for wait for the next one."""
        self.reading = False
        if self._carried:
            self._asked, self._carried = earliest(self._asked, self._carried), {}

    def give_up_read(self) -> None:
        """As if it had not begun; what it brings is not wanted any more."""
        self.line.abandon()
        self.again = self.again or bool(self._carried)
        self.end_read()

    def samples(self, results: Sequence[Result]) -> list[Sample]:
        """What the read under way brought."""
        note = self._memory.sample
        if not self._carried:
            return [note(result) for result in results if type(result) is Reading]
        good = [result for result in results if isinstance(result, Reading)]
        found = [note(one, boundary=self._carried.get(self._machines[one.point_id])) for one in good]
        for machine in {self._machines[one.point_id] for one in good}:
            self._carried.pop(machine, None)
        return found
