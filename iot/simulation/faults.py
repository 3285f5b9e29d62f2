"""What can go wrong with a simulated device, and when: scripts of faults, as text or drawn from a seed.

A script is one fault a line, `SECOND FAULT [SECONDS] [on=DEVICE] [ms=N] [code=N] [near=N]`, counted from the device's
start; `#` begins a remark. Without `on=` it befalls every device. Example:

    10 freeze 5 on=PRESS-01
    20 late 8 ms=1500
    30 reset
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import isfinite
from typing import Any


class Kind(StrEnum):
    """A fault, as the one who asks the device sees it."""

    FREEZE = "freeze"  # takes the question and answers nothing
    CLOSED = "closed"  # nothing listens; who was connected is cut off
    HANGUP = "hangup"  # takes the question and hangs up
    GARBAGE = "garbage"  # answers with noise
    EXCEPTION = "exception"  # answers, and says no: `code`
    DUPLICATE = "duplicate"  # answers twice
    LATE = "late"  # answers after `ms` milliseconds
    STUCK = "stuck"  # shows what it showed when this began
    RESET = "reset"  # its counters are set to 0, once
    ROLLOVER = "rollover"  # its counters are set `near` pieces before their end, once


ONCE = frozenset({Kind.RESET, Kind.ROLLOVER})
BUSY = 6


class ScriptError(ValueError):
    """A script that cannot be followed; says which line and why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`kind` from second `at` on, for `seconds` (nothing to those that happen once)."""

    at: float
    kind: Kind
    seconds: float = 0.0
    on: str = ""
    ms: int = 1000
    code: int = BUSY
    near: int = 5

    def __post_init__(self) -> None:
        if not (isfinite(self.at) and self.at >= 0):
            raise ValueError("seconds count from 0")
        if self.kind not in ONCE and not (isfinite(self.seconds) and self.seconds > 0):
            raise ValueError(f"{self.kind} lasts for more than 0 seconds")
        if self.ms < 0 or self.near < 0 or not 1 <= self.code <= 255:
            raise ValueError("ms and near count from 0, a code lies between 1 and 255")


def parse_script(text: str) -> list[Fault]:
    """The faults of a script. Problem: ScriptError."""
    faults = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if words:
            try:
                faults.append(_parse_line(words))
            except (ValueError, IndexError) as error:
                raise ScriptError(f"line {number}: {error}") from error
    return faults


def _parse_line(words: Sequence[str]) -> Fault:
    named = dict(word.split("=", 1) for word in words if "=" in word)
    plain = [word for word in words if "=" not in word]
    if unknown := set(named) - {"on", "ms", "code", "near"}:
        raise ValueError(f"unknown {', '.join(sorted(unknown))}")
    if not 2 <= len(plain) <= 3:
        raise ValueError("a second, a fault, and for how many seconds")
    kind = Kind(plain[1])
    seconds = float(plain[2]) if len(plain) == 3 else 0.0
    fault = Fault(at=float(plain[0]), kind=kind, seconds=seconds, on=named.pop("on", ""))
    numbers: dict[str, Any] = {word: int(number) for word, number in named.items()}
    return replace(fault, **numbers)


def scatter(*, seed: int, devices: Sequence[str], lasting: float, every: float) -> list[Fault]:
    """Faults of all kinds drawn from a seed: in `lasting` seconds about one every `every` seconds, on each device."""
    chance = random.Random(seed)  # noqa: S311 - noise, no secret
    faults = []
    for device in devices:
        at = chance.expovariate(1 / every)
        while at < lasting:
            kind = chance.choice(list(Kind))
            seconds = 0.0 if kind in ONCE else chance.uniform(0.1, 0.5) * every
            faults.append(Fault(at=at, kind=kind, seconds=seconds, on=device, ms=chance.randrange(50, 3000)))
            at += seconds + chance.expovariate(1 / every)
    return sorted(faults, key=lambda fault: (fault.at, fault.on))


def those_on(device: str, faults: Iterable[Fault]) -> list[Fault]:
    """The faults that befall this device."""
    return [fault for fault in faults if fault.on in ("", device)]
