"""How far a failure reaches: one question's points, all of its unit, or the whole bus."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from iot.drivers.protocol import Point, ReadError, Trouble


class Reach(Enum):
    """What need not be asked any more in this read."""

    QUESTION = "question"
    UNIT = "unit"
    BUS = "bus"


@dataclass(frozen=True, slots=True)
class Failed:
    """A question without an answer. `text` is a sentence for a technician."""

    trouble: Trouble
    text: str
    reach: Reach = Reach.QUESTION

    def of(self, point: Point) -> ReadError:
        return ReadError(point_id=point.id, trouble=self.trouble, text=self.text)


def number_fault(settings: Mapping[str, Any], name: str, *, default: float, least: float, most: float) -> list[str]:
    """A sentence where `name` is no number between `least` and `most`; whole where `default` is whole."""
    value = settings.get(name, default)
    kinds = (int,) if isinstance(default, int) else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
        what = "a whole number" if isinstance(default, int) else "a number"
        return [f"{name} must be {what} from {least} to {most}, not {value!r}."]
    return []


def unknown_faults(settings: Mapping[str, Any], known: frozenset[str], *, what: str) -> list[str]:
    """A typo must not vanish."""
    return [f"{name!r} is no setting of {what}." for name in sorted(map(str, settings)) if name not in known]
