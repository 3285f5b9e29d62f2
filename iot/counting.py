"""The judgement on a counter's reading: what it adds, or why it does not. Pure: no clock, no database.

A counter in a machine survives most things that go wrong around it, so the difference between two readings is what was
made, however long the line was cut. It is believed only within what the machine can do. What cannot be explained waits
for one more reading: noise goes by itself; what stays is flagged for a person, and counting goes on from there. Where
two explanations fit, the one that books less is taken, so that no piece is ever invented; the difference is flagged, so
that none is lost either.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

LENIENCY = 1.5  # times the machine's fastest pace
GRACE = 2  # counts that jitter of the sampling may add
LATEST_S = 10.0  # so late an old answer may still come, and more than once; what can be one is not believed before
TOP_BAND = 0.10  # a counter rolls over from its highest tenth, not from anywhere


class Kind(StrEnum):
    """What a reading was taken for."""

    BASELINE = "baseline"  # the first one: says where counting begins
    SAME = "same"
    COUNT = "count"
    ROLLOVER = "rollover"  # a count across the counter's end
    DOUBTED = "doubted"  # not to be explained; one more reading will tell whether it was noise
    RESET = "reset"  # somebody or something set it back; counting goes on from there
    SUSPECT = "suspect"  # it did jump by more than the machine can make; counting goes on from there
    STALE = "stale"  # a little older than what is known; adds nothing


@dataclass(frozen=True, slots=True)
class Rules:
    """What is known of a counter: it begins again at `modulus`, its machine makes at most `max_rate` counts a second."""

    modulus: int
    max_rate: float

    def plausible(self, counts: int, *, seconds: float) -> bool:
        """Whether a machine at its fastest can have made so many in this time."""
        return 0 <= counts <= self.max_rate * seconds * LENIENCY + GRACE


@dataclass(frozen=True, slots=True)
class Baseline:
    """Where a counter was last believed to stand. `doubted` is a reading that has not been explained yet."""

    raw: int
    at: datetime
    epoch: int = 0  # grows when the counter begins again, or jumps
    doubted: int | None = None
    doubted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reading was taken for, the counts it adds, those only a person can decide about, and the baseline after it."""

    kind: Kind
    counts: int
    flagged: int
    baseline: Baseline


def judge(raw: int, *, at: datetime, known: Baseline | None, rules: Rules) -> Verdict:
    """Judge a reading of `raw` at the instant `at` (the sampling, not the arrival)."""
    if known is None:
        return Verdict(Kind.BASELINE, 0, 0, Baseline(raw=raw, at=at))
    known = _by_the_present_clock(known, at)
    seconds = (at - known.at).total_seconds()
    if seconds < 0 or (known.doubted_at is not None and at < known.doubted_at):
        return Verdict(Kind.STALE, 0, 0, known)
    if raw == known.raw:
        return Verdict(Kind.SAME, 0, 0, replace(known, at=at, doubted=None, doubted_at=None))
    since_doubt = _since_doubt(raw, at, known, rules)
    believed = since_doubt is not None and not _can_be_old(raw, at, known, rules)
    if since_doubt is not None and believed and known.doubted is not None and known.doubted > known.raw:
        # It stands where it had jumped to. Time alone must not make a jump a count.
        after = Baseline(raw=raw, at=at, epoch=known.epoch + 1)
        return Verdict(Kind.SUSPECT, since_doubt, known.doubted - known.raw, after)
    across = (raw - known.raw) % rules.modulus
    fell = raw < known.raw
    if rules.plausible(across, seconds=seconds) and (not fell or _stood_at_the_top(known, rules)):
        after = Baseline(raw=raw, at=at, epoch=known.epoch + fell)
        return Verdict(Kind.ROLLOVER if fell else Kind.COUNT, across, 0, after)
    if since_doubt is not None and believed:
        after = Baseline(raw=raw, at=at, epoch=known.epoch + 1)
        if rules.plausible(across, seconds=seconds) or _stood_at_the_top(known, rules):
            return Verdict(Kind.RESET, since_doubt, across - since_doubt, after)
        return Verdict(Kind.RESET, since_doubt, _shown_since_reset(known, rules), after)
    if since_doubt is not None:
        return Verdict(Kind.DOUBTED, 0, 0, known)
    return Verdict(Kind.DOUBTED, 0, 0, replace(known, doubted=raw, doubted_at=at))


def _by_the_present_clock(known: Baseline, at: datetime) -> Baseline:
    """What is known, dated anew where the clock was put back since: no reading comes so late that it could be an old one.

    How long ago it was nobody can tell any more: a few seconds are believed, what takes longer is for a person. Were it
    left in the future, nothing would be counted until the clock is there again.
    """
    latest = known.at if known.doubted_at is None else max(known.at, known.doubted_at)
    if (latest - at).total_seconds() <= LATEST_S:
        return known
    before = min(known.at, at - timedelta(seconds=LATEST_S))
    return replace(known, at=before, doubted=None, doubted_at=None)


def _since_doubt(raw: int, at: datetime, known: Baseline, rules: Rules) -> int | None:
    """The counts since the doubted reading, if this one goes on from there."""
    if known.doubted is None or known.doubted_at is None:
        return None
    counts, seconds = raw - known.doubted, (at - known.doubted_at).total_seconds()
    return counts if rules.plausible(counts, seconds=seconds) else None


def _can_be_old(raw: int, at: datetime, known: Baseline, rules: Rules) -> bool:
    """Whether the doubted reading and this one, which goes on from there, can be answers to questions of before.

    One old answer may come twice. Several are told by how far they lie back: no further than the machine makes in the
    time that an answer can be late. To count from there would be to count the same pieces again.
    """
    assert known.doubted is not None and known.doubted_at is not None
    if (at - known.doubted_at).total_seconds() >= LATEST_S:
        return False
    return raw == known.doubted or rules.plausible((known.raw - known.doubted) % rules.modulus, seconds=LATEST_S)


def _stood_at_the_top(known: Baseline, rules: Rules) -> bool:
    return known.raw >= rules.modulus * (1 - TOP_BAND)


def _shown_since_reset(known: Baseline, rules: Rules) -> int:
    """What the first reading after a reset shows, if it can have been made since the last one before it.

    Nobody knows from where the counter began again, so these are for a person to decide about.
    """
    assert known.doubted is not None and known.doubted_at is not None
    seconds = (known.doubted_at - known.at).total_seconds()
    return known.doubted if rules.plausible(known.doubted, seconds=seconds) else 0
