"""The judgement on a counter's reading: what it adds, or why it does not. Pure: no clock, no database.

A counter in a machine survives most things that go wrong around it, so the difference between two readings is what was
made, however long the line was cut. It is believed only within what the machine can do; what cannot be explained is
never booked and never dropped: it waits for a person.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

LENIENCY = 1.5  # times the machine's fastest pace
GRACE = 2  # pieces that jitter of the sampling may add
TOP_BAND = 0.10  # a counter rolls over from its highest tenth, not from anywhere


class Kind(StrEnum):
    """What a reading was taken for."""

    BASELINE = "baseline"  # the first one: says where counting begins
    SAME = "same"
    COUNT = "count"
    ROLLOVER = "rollover"  # a count across the counter's end
    MAYBE_RESET = "maybe_reset"  # a fall that one more consistent reading makes a reset
    RESET = "reset"  # somebody or something set it back; counting goes on from there
    SUSPECT = "suspect"  # more than the machine can make: a person decides
    STALE = "stale"  # older than what is known; told for the record, adds nothing


@dataclass(frozen=True, slots=True)
class Rules:
    """What is known of a counter: it begins again at `modulus`, its machine makes at most `max_rate` pieces a second."""

    modulus: int
    max_rate: float

    def plausible(self, pieces: int, *, seconds: float) -> bool:
        """Whether a machine at its fastest can have made so many in this time."""
        return 0 <= pieces <= self.max_rate * seconds * LENIENCY + GRACE


@dataclass(frozen=True, slots=True)
class Baseline:
    """Where a counter was last believed to stand. `fallen_to` and `fallen_at` are a fall that is not yet confirmed."""

    raw: int
    at: datetime
    epoch: int = 0
    fallen_to: int | None = None
    fallen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reading adds, what it was taken for, and the baseline after it."""

    kind: Kind
    pieces: int
    baseline: Baseline


def judge(raw: int, *, at: datetime, known: Baseline | None, rules: Rules) -> Verdict:
    """Judge a reading of `raw` at the instant `at` (the sampling, not the arrival)."""
    if known is None:
        return Verdict(Kind.BASELINE, 0, Baseline(raw=raw, at=at))
    seconds = (at - known.at).total_seconds()
    if seconds < 0:
        return Verdict(Kind.STALE, 0, known)
    if raw == known.raw:
        return Verdict(Kind.SAME, 0, replace(known, at=at, fallen_to=None, fallen_at=None))
    return _risen(raw, at, known, rules, seconds) if raw > known.raw else _fallen(raw, at, known, rules, seconds)


def _risen(raw: int, at: datetime, known: Baseline, rules: Rules, seconds: float) -> Verdict:
    pieces = raw - known.raw
    if rules.plausible(pieces, seconds=seconds):
        return Verdict(Kind.COUNT, pieces, Baseline(raw=raw, at=at, epoch=known.epoch))
    return Verdict(Kind.SUSPECT, pieces, known)


def _fallen(raw: int, at: datetime, known: Baseline, rules: Rules, seconds: float) -> Verdict:
    across = (raw - known.raw) % rules.modulus
    if known.raw >= rules.modulus * (1 - TOP_BAND) and rules.plausible(across, seconds=seconds):
        return Verdict(Kind.ROLLOVER, across, Baseline(raw=raw, at=at, epoch=known.epoch + 1))
    if known.fallen_to is not None and known.fallen_at is not None:
        since = (at - known.fallen_at).total_seconds()
        if rules.plausible(raw - known.fallen_to, seconds=since):
            # Two readings agree. What was made before the first of them is not known; what was made since it is.
            return Verdict(Kind.RESET, raw - known.fallen_to, Baseline(raw=raw, at=at, epoch=known.epoch + 1))
    return Verdict(Kind.MAYBE_RESET, 0, replace(known, fallen_to=raw, fallen_at=at))
