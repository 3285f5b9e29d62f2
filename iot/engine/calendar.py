"""When is whose turn: due times in slots of a few milliseconds, so that one timer serves thousands of buses."""

from collections.abc import Iterator
from heapq import heappop, heappush
from math import ceil, inf
from typing import Generic, TypeVar

SLOT_S = 0.005  # by so much a turn may come late, and never early
_NEVER = -1


class Entry:
    """Something that has its turn at one time, or at none."""

    def __init__(self) -> None:
        self.slot = _NEVER


E = TypeVar("E", bound=Entry)


class Calendar(Generic[E]):
    """Each entry stands in one slot. Times are seconds of the event loop's clock."""

    def __init__(self) -> None:
        self._slots: dict[int, list[E]] = {}
        self._order: list[int] = []  # a heap of the slots that there are

    def put(self, entry: E, *, at: float) -> None:
        """Its turn comes at this time, and no longer at the one before."""
        slot = ceil(at / SLOT_S)
        if entry.slot == slot:
            return
        entry.slot = slot
        if (entries := self._slots.get(slot)) is None:
            self._slots[slot] = [entry]
            heappush(self._order, slot)
        else:
            entries.append(entry)

    def strike(self, entry: E) -> None:
        """It has no turn any more."""
        entry.slot = _NEVER

    def is_ahead(self, entry: E, *, now: float) -> bool:
        return entry.slot * SLOT_S > now

    def pop_due(self, now: float) -> Iterator[E]:
        """Those whose time has come, oldest slot first; they stand in no slot any more."""
        order = self._order
        while order and order[0] * SLOT_S <= now:
            slot = heappop(order)
            for entry in self._slots.pop(slot):
                if entry.slot == slot:  # else it has been moved or struck
                    entry.slot = _NEVER
                    yield entry

    def next_time(self) -> float:
        """When to look again; infinity where nobody waits."""
        return self._order[0] * SLOT_S if self._order else inf
