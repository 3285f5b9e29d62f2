"""How a bus fares: it answers, it has failed once, or it is given up for now and tried again from time to time."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from iot.drivers.protocol import ReadError, Result

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
MOST_TOLD = 4  # points in one text


class Health(StrEnum):
    """Words of a connection's health."""

    OK = "ok"
    FAILING = "failing"
    PROBING = "probing"


@dataclass(frozen=True, slots=True)
class HealthChange:
    """A bus fares otherwise from the instant `at` (UTC) on, or other points of it cannot be read.

    `text` is for a technician. `errors` are the points that cannot be read although the bus answers: id → why.
    """

    bus_id: int
    health: Health
    at: datetime
    text: str
    errors: Mapping[int, str] = field(default_factory=dict)


class Watch:
    """The health of one bus. A read that brings nothing at all is a failure of the bus."""

    def __init__(self, bus_id: int, *, chance: random.Random) -> None:
        self._bus_id, self._chance = bus_id, chance
        self.health: Health | None = None
        self.calm = False  # it answers, and every point of it: a good read changes nothing
        self._text = ""
        self._errors: dict[int, str] = {}
        self._probes = 0

    def judge(self, results: Sequence[Result]) -> HealthChange | None:
        """What a read says of the bus, if it says anything new."""
        errors = {result.point_id: result.text for result in results if isinstance(result, ReadError)}
        if results and len(errors) == len(results):
            return self._failed(results)
        return self._answered(errors)

    def next_pause(self) -> float:
        """Seconds until a bus that was given up is tried again: twice as long each time, and not all at once."""
        whole = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(self._probes, 30))
        self._probes += 1
        return whole * self._chance.uniform(0.75, 1.0)

    def _failed(self, results: Sequence[Result]) -> HealthChange | None:
        health = Health.FAILING if self.health in (None, Health.OK) else Health.PROBING
        text = next(result.text for result in results if isinstance(result, ReadError))
        if (health, text) == (self.health, self._text):
            return None
        self.health, self._text, self.calm = health, text, False
        return self._change(text, {})

    def _answered(self, errors: dict[int, str]) -> HealthChange | None:
        fresh = self.health is not Health.OK
        begun = [point for point in errors if fresh or point not in self._errors]
        ended = [point for point in self._errors if point not in errors]
        self._errors, self.calm = errors, not errors
        if not (fresh or begun or ended):
            return None
        self.health, self._probes = Health.OK, 0
        told = [f"Point {point} is read again." for point in ended]
        self._text = _few([*told, *(f"Point {point}: {text}" for point, text in errors.items())])
        return self._change(self._text, dict(errors))

    def _change(self, text: str, errors: Mapping[int, str]) -> HealthChange:
        assert self.health is not None
        return HealthChange(self._bus_id, self.health, datetime.now(UTC), text, errors)


def _few(sentences: Sequence[str]) -> str:
    """As many as somebody reads."""
    more = len(sentences) - MOST_TOLD
    return " ".join([*sentences[:MOST_TOLD], *([f"And {more} more."] if more > 0 else [])])
