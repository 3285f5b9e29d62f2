"""A press behind a panel: its faults happen at their second, and it knows how it may answer just now."""

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from iot.simulation.faults import ONCE, Fault, Kind, those_on
from iot.simulation.press import SECOND, Counter, Press

Clock = Callable[[], int]  # nanoseconds, never going back


@dataclass(frozen=True, slots=True)
class Delivery:
    """What goes out in answer to a question: `data` (may be nothing) after so many seconds."""

    data: bytes = b""
    after: float = 0.0


class HangUp(Exception):
    """The answer to this question is a cut line."""


@dataclass(frozen=True, slots=True)
class _Change:
    """A fault that begins or ends at an instant."""

    at: int
    place: int  # of two at one instant an end comes first, then the script's own order
    do: Callable[[Fault], None]
    fault: Fault


class Device:
    """One simulated machine, answering as unit `unit` where units are spoken of. Its clock's present is its second 0."""

    def __init__(
        self,
        *,
        name: str,
        press: Press,
        unit: int = 1,
        faults: Iterable[Fault] = (),
        seed: int = 0,
        clock: Clock = time.monotonic_ns,
    ) -> None:
        self.name, self.unit, self._press, self._clock = name, unit, press, clock
        self._noise = random.Random(f"{seed} {name}")  # noqa: S311 - noise, no secret
        self._born = clock()
        self._press.advance(to=self._born)
        self._active: list[Fault] = []
        self._held: dict[Counter, int] | None = None
        own = those_on(name, faults)
        self._can_close = any(fault.kind is Kind.CLOSED for fault in own)
        self._changes = sorted(self._planned(own), key=lambda change: (change.at, change.place), reverse=True)

    @property
    def can_close(self) -> bool:
        """Whether its script ever takes it off the line: whoever serves it must then keep watch."""
        return self._can_close

    def press(self) -> Press:
        """The press, worked up to now: every change of its script has happened at its own instant."""
        now = self._clock()
        while self._changes and self._changes[-1].at <= now:
            change = self._changes.pop()
            self._press.advance(to=change.at)
            change.do(change.fault)
        self._press.advance(to=now)
        return self._press

    def shown(self) -> dict[Counter, int]:
        """What its counters show whoever asks now."""
        shown = self.press().shown()
        return shown if self._held is None else self._held

    def is_off_the_line(self) -> bool:
        self.press()
        return self._ruling(Kind.CLOSED) is not None

    def deliver(self, *, act: Callable[[], bytes], refuse: Callable[[int], bytes]) -> Delivery:
        """The answer as the faults of this instant leave it; `act` is done only if they let it. Problem: HangUp."""
        self.press()
        if self._ruling(Kind.CLOSED) or self._ruling(Kind.HANGUP):
            raise HangUp
        if self._ruling(Kind.FREEZE):
            return Delivery()
        late = self._ruling(Kind.LATE)
        after = late.ms / 1000 if late else 0.0
        if self._ruling(Kind.GARBAGE):
            return Delivery(self._noise.randbytes(self._noise.randrange(7, 30)), after)
        refused = self._ruling(Kind.EXCEPTION)
        data = refuse(refused.code) if refused else act()
        return Delivery(data * 2 if self._ruling(Kind.DUPLICATE) else data, after)

    def _ruling(self, kind: Kind) -> Fault | None:
        """Of several faults of a kind at once the last to begin rules."""
        return next((fault for fault in reversed(self._active) if fault.kind is kind), None)

    def _planned(self, faults: Iterable[Fault]) -> Iterable[_Change]:
        for place, fault in enumerate(faults, start=1):
            begins = self._born + round(fault.at * SECOND)
            if fault.kind in ONCE:
                yield _Change(begins, place, self._befall, fault)
            else:
                yield _Change(begins, place, self._begin, fault)
                yield _Change(begins + round(fault.seconds * SECOND), -place, self._end, fault)

    def _befall(self, fault: Fault) -> None:
        if fault.kind is Kind.RESET:
            self._press.set_counters(to=0)
        else:
            self._press.bring_near_the_top(pieces=fault.near)

    def _begin(self, fault: Fault) -> None:
        self._active.append(fault)
        if fault.kind is Kind.STUCK:
            self._held = self._press.shown()

    def _end(self, fault: Fault) -> None:
        if fault in self._active:
            self._active.remove(fault)
        if not self._ruling(Kind.STUCK):
            self._held = None
