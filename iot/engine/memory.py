"""What was last read of each point of a bus, so that a sample can say since when its value is a new one."""

from collections.abc import Mapping
from datetime import datetime

from iot.drivers.protocol import Reading
from iot.samples import Sample


class Memory:
    """The last value of each point of one bus, and the last instant at which it was seen."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[int, datetime]] = {}

    def sample(self, reading: Reading, *, boundary: datetime | None = None) -> Sample:
        """The reading with what came before it; where the value is the same as before, with nothing."""
        point, raw, at = reading.point_id, reading.raw, reading.at
        last = self._last.get(point)
        self._last[point] = (raw, at)
        if last is None or last[0] == raw:
            return Sample(point, raw, at, boundary=boundary)
        return Sample(point, raw, at, previous=last[0], unchanged_until=last[1], boundary=boundary)


def earliest(boundaries: Mapping[int, datetime], more: Mapping[int, datetime]) -> dict[int, datetime]:
    """Boundaries by machine. Of two that one reading has to serve, the first says whose pieces they are."""
    return {
        machine: min(at for at in (boundaries.get(machine), more.get(machine)) if at is not None)
        for machine in boundaries.keys() | more.keys()
    }
