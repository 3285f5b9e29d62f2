"""What an examination gives: one finding a step, in sentences, with what to do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from iot.counting import Rules
from iot.drivers.protocol import Point


class Step(StrEnum):
    """In the order in which they are gone through; what a step cannot do without ends the examination."""

    SETTINGS = "settings"
    LINE = "line"  # whether somebody else has it
    NAME = "name"
    REACH = "reach"
    PROTOCOL = "protocol"
    VALUE = "value"
    TIMES = "times"
    MOVEMENT = "movement"


class Grade(StrEnum):
    """How it is."""

    FINE = "fine"
    NOTE = "note"  # nothing is broken, but it should be known
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One result. `advice` says what to do; `details` are facts to compare with what the device itself shows.

    `point` names the point that it is about, as in ExaminedPoint; it is empty where it is about the bus.
    """

    step: Step
    grade: Grade
    text: str
    advice: str = ""
    point: str = ""
    details: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ExaminedPoint:
    """A point as it is examined: by which name people know it, and how its counter is judged (None: it is none)."""

    name: str
    point: Point
    rules: Rules | None = None
    states: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """A line to examine, whether it is set up or only thought of. `polled_by` is the poller that has it now."""

    name: str
    driver: str
    address: Mapping[str, Any]
    points: tuple[ExaminedPoint, ...] = ()
    every_s: float = 1.0
    polled_by: str | None = None
