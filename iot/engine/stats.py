"""What an engine has done so far, in numbers that cost next to nothing to keep."""

from dataclasses import dataclass

from iot.engine.health import Health


@dataclass(slots=True)
class Stats:
    """`open`, `failing` and `probing` are numbers of buses now; the others only grow."""

    polls: int = 0  # reads of a bus that came to an end, good or bad
    readings: int = 0
    errors: int = 0  # points that could not be read
    skipped: int = 0  # due times that passed while the read before them lasted
    open: int = 0  # buses that answered last time
    failing: int = 0
    probing: int = 0

    def move(self, before: Health | None, after: Health | None) -> None:
        """A bus fares otherwise; None: it was not known, or is not polled any more."""
        if before is not after:
            self._add(before, -1)
            self._add(after, 1)

    def _add(self, health: Health | None, number: int) -> None:
        if health is Health.OK:
            self.open += number
        elif health is Health.FAILING:
            self.failing += number
        elif health is Health.PROBING:
            self.probing += number
