"""A press as a pure model: what it has truly made by an instant, and what its counters show of it.

It reads no clock and rounds nothing: time comes in as whole nanoseconds, the pace is a rational number, so what was
made by an instant is the same however often anybody looked before it. A reset or a rollover changes what the counters
show and never what was made.
"""

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from fractions import Fraction

from iot.registers import Encoding, Layout

SECOND = 10**9  # nanoseconds
WIDE = Layout(Encoding.U32)


class Counter(StrEnum):
    """What a press counts."""

    GOOD = "good"
    REJECTS = "rejects"
    MADE = "made"


@dataclass(frozen=True, slots=True)
class Truth:
    """What happened, in pieces; no fault and no counter's width can change it."""

    made: int
    good: int
    rejects: int
    counter_sets: int  # how often the counters were set to something else
    running: str  # "running" or "stopped"

    def as_json(self) -> dict[str, int | str]:
        return asdict(self)


class Press:
    """Makes `rate` pieces a second while it runs. `shows` is where its counters begin, `at` its first instant (ns)."""

    def __init__(
        self,
        *,
        rate: str | float | Fraction,
        reject_share: float = 0.0,
        seed: int = 0,
        layout: Layout = WIDE,
        shows: int = 0,
        at: int = 0,
    ) -> None:
        if not 0 <= reject_share <= 1:
            raise ValueError("a share lies between 0 and 1")
        self.layout = layout
        self._rate = pace(rate)
        self._share = reject_share
        self._chance = random.Random(seed)  # noqa: S311 - rejects, no secret
        self._at = at
        self._running = False
        self._progress = Fraction(0)  # pieces, with the one that is in the mould
        self._made = self._rejects = 0
        self._shown_from = dict.fromkeys(Counter, shows)  # what a counter would show had nothing been made
        self._counter_sets = 0

    @property
    def is_running(self) -> bool:
        return self._running

    @property
    def at(self) -> int:
        """The instant up to which it has worked, in nanoseconds."""
        return self._at

    def advance(self, *, to: int) -> None:
        """Work until the instant `to` (ns); an instant of the past changes nothing."""
        if to <= self._at:
            return
        if self._running:
            self._progress += self._rate * (to - self._at) / SECOND
            self._eject(int(self._progress) - self._made)
        self._at = to

    def start(self) -> None:
        self._running = True

    def stop(self) -> None:
        self._running = False

    def change_rate(self, rate: str | float | Fraction) -> None:
        """From now on, so many pieces a second."""
        self._rate = pace(rate)

    def set_counters(self, *, to: int) -> None:
        """Set every counter to `to`, as a person at the panel or a lost battery does."""
        true = self._true()
        self._shown_from = {counter: to - true[counter] for counter in Counter}
        self._counter_sets += 1

    def go_on_from(self, shown: Mapping[Counter, int]) -> None:
        """Let counters show this now: what they showed when they were last looked at, in an earlier life."""
        true = self._true()
        self._shown_from |= {counter: value - true[counter] for counter, value in shown.items()}

    def bring_near_the_top(self, *, pieces: int) -> None:
        """Set every counter so that it begins again at 0 with the next but `pieces` one."""
        self.set_counters(to=self.layout.modulus - pieces)

    def shown(self) -> dict[Counter, int]:
        """What the counters show, each within its width."""
        true = self._true()
        return {counter: (self._shown_from[counter] + true[counter]) % self.layout.modulus for counter in Counter}

    def truth(self) -> Truth:
        true = self._true()
        return Truth(
            made=true[Counter.MADE],
            good=true[Counter.GOOD],
            rejects=true[Counter.REJECTS],
            counter_sets=self._counter_sets,
            running="running" if self._running else "stopped",
        )

    def _eject(self, pieces: int) -> None:
        # One draw a piece, so that the n-th piece has the same fate whenever it is looked at.
        if self._share:
            self._rejects += sum(self._chance.random() < self._share for _ in range(pieces))
        self._made += pieces

    def _true(self) -> dict[Counter, int]:
        return {
            Counter.GOOD: self._made - self._rejects,
            Counter.REJECTS: self._rejects,
            Counter.MADE: self._made,
        }


def pace(rate: str | float | Fraction) -> Fraction:
    """Pieces a second, exactly. Problem: ValueError."""
    try:
        exact = Fraction(str(rate))  # 1.2 as it is written, not as the nearest binary fraction
    except ZeroDivisionError as error:
        raise ValueError(f"no rate: {rate}") from error
    if exact < 0:
        raise ValueError("a press makes no fewer than 0 pieces a second")
    return exact
