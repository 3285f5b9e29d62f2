"""From readings of one machine's counters to pieces: good, rejected, and what is not a whole piece yet. Pure.

Counts become pieces by the counter's scale. What is no whole piece stays with the counter (`carry`), so that nothing is
lost by rounding. Where a machine counts all pieces and rejects, good is the difference; rejects that were read before the
pieces that they belong to wait in the same place.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from factoryos.kernel.quantities import ZERO, exactly
from iot.counting import Baseline, Kind, Rules, Verdict, judge
from iot.models import CounterPoint
from iot.samples import Sample

Role = CounterPoint.Role

_QUIET = frozenset({Kind.SAME, Kind.DOUBTED, Kind.STALE})  # nothing that the ledger tells
_JUST_BEFORE = timedelta(microseconds=1)
BOUNDARY_GRACE = timedelta(seconds=5)  # a reading that came later than this was not made at the boundary


@dataclass(slots=True)
class Counter:
    """A counter as it is known: where it stands, and how its counts are pieces."""

    point_id: int
    machine_id: int
    factory_id: int
    role: str
    rules: Rules
    scale: Decimal
    decimals: int
    known: Baseline | None
    seq: int
    carry: Decimal


@dataclass(frozen=True, slots=True)
class Judged:
    """What one reading did to a counter that stood at `before`. `carry` is what waits there afterwards."""

    counter: Counter
    before: Baseline | None
    verdict: Verdict
    pieces: Decimal
    flagged: Decimal
    carry: Decimal

    @property
    def is_told(self) -> bool:
        """Whether the counter ledger has something to tell."""
        return self.verdict.kind not in _QUIET or self.pieces > 0


@dataclass(frozen=True, slots=True)
class Step:
    """What one round of readings of one machine's counters comes to. `as_of` says to which order the pieces belong."""

    machine_id: int
    judged: Sequence[Judged]
    good: Decimal
    rejected: Decimal
    at: datetime
    as_of: datetime

    @property
    def produced(self) -> Decimal:
        return self.good + self.rejected


@exactly()
def step_of(counters: Sequence[Counter], samples: Mapping[int, Sample]) -> Step:
    """Judge at most one sample of each counter (by point); `counters` are all that the machine has."""
    judged = [
        (one, _verdict(one, samples.get(one.point_id)))
        for one in counters
        if one.known is not None or one.point_id in samples
    ]
    whole = {one.point_id: _whole(one, verdict) for one, verdict in judged}
    total = _sum(Role.TOTAL, judged, whole)
    if any(one.role == Role.TOTAL for one, _ in judged):
        _keep_within(total, judged, whole)
        rejected = _sum(Role.REJECT, judged, whole)
        good = _sum(Role.GOOD, judged, whole) + total - rejected
    else:
        rejected = _sum(Role.REJECT, judged, whole)
        good = _sum(Role.GOOD, judged, whole)
    at = max(sample.at for sample in samples.values())
    rows = [_judged(one, verdict, pieces=whole[one.point_id]) for one, verdict in judged]
    return Step(counters[0].machine_id, rows, good, rejected, at=at, as_of=_as_of(samples.values(), at=at))


_Pairs = Sequence[tuple[Counter, Verdict]]


def _keep_within(total: Decimal, judged: _Pairs, whole: dict[int, Decimal]) -> None:
    """No more rejects than there are pieces; what is more waits until the counter of all pieces has been read, too."""
    for one, _ in judged:
        if one.role == Role.REJECT:
            whole[one.point_id] = min(whole[one.point_id], total)
            total -= whole[one.point_id]


def _sum(role: str, judged: _Pairs, whole: Mapping[int, Decimal]) -> Decimal:
    return sum((whole[one.point_id] for one, _ in judged if one.role == role), ZERO)


def _verdict(counter: Counter, sample: Sample | None) -> Verdict:
    known = counter.known
    if sample is None:
        assert known is not None
        return Verdict(Kind.SAME, 0, 0, known)
    if known is not None and known.doubted is None and sample.previous == known.raw and sample.unchanged_until:
        # It stood there until then: what is more was made since.
        known = Baseline(known.raw, max(known.at, min(sample.unchanged_until, sample.at)), known.epoch)
    return judge(sample.raw, at=sample.at, known=known, rules=counter.rules)


def _whole(counter: Counter, verdict: Verdict) -> Decimal:
    pieces = counter.carry + verdict.counts * counter.scale
    return pieces.quantize(Decimal(1).scaleb(-counter.decimals), rounding=ROUND_DOWN)


def _judged(counter: Counter, verdict: Verdict, *, pieces: Decimal) -> Judged:
    carry = counter.carry + verdict.counts * counter.scale - pieces
    return Judged(counter, counter.known, verdict, pieces, flagged=verdict.flagged * counter.scale, carry=carry)


def _as_of(samples: Iterable[Sample], *, at: datetime) -> datetime:
    """The instant that says which order the pieces belong to: the sampling, or just before the boundary it was for."""
    boundary = next((sample.boundary for sample in samples if sample.boundary is not None), None)
    if boundary is None or not boundary <= at <= boundary + BOUNDARY_GRACE:
        return at
    return boundary - _JUST_BEFORE
