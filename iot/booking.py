"""Booking what was read: each piece once, on the order that ran when it was counted, or in the machine's own bucket.

One transaction holds the poller's fence, locks the baselines, judges, books through `report_counts` and writes the
counter ledger. A reading is an absolute value, so whatever is not booked now (a busy order, a killed worker) is booked
with a later reading, and the same reading again adds nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from factoryos.kernel.quantities import ZERO, exactly
from factoryos.kernel.transactions import whole
from iot import count_ledger, shards
from iot.pieces import Counter, Step, step_of
from iot.samples import Sample
from iot.shards import Lease
from orders.actions.report_counts import report_counts
from orders.machine_counts import Booked, MachineCount, Outcome

MOST_SAMPLES = 200
# No order's books refuse them, as none ran; the counter ledger would, and for ever.
_TOO_MANY = Booked(Outcome.FAILED, text="These are more pieces than can be kept.")


@dataclass(slots=True)
class Result:
    """What came of some samples.

    `settled` are the points that stand at their sample's value, so that only another value is worth telling; `busy`
    are those to be told again. The numbers are pieces.
    """

    settled: set[int] = field(default_factory=set)
    busy: set[int] = field(default_factory=set)
    booked: Decimal = ZERO
    unassigned: Decimal = ZERO
    flagged: Decimal = ZERO


def book(samples: Sequence[Sample], *, lease: Lease) -> Result:
    """Book up to MOST_SAMPLES samples of counters. Problems: LeaseLost; Busy (nothing was done, try again)."""
    assert len(samples) <= MOST_SAMPLES, "a transaction must not last"
    return whole(lambda: _book(samples, lease=lease))


@exactly()
def _book(samples: Sequence[Sample], *, lease: Lease) -> Result:
    shards.hold(lease)
    machines = count_ledger.lock_counters({sample.point_id for sample in samples})
    machine_of = {one.point_id: machine for machine, counters in machines.items() for one in counters}
    waiting = _rounds(samples, machine_of)
    result = Result()
    while waiting:
        # One round of a machine's readings after the other: whatever is busy holds up what comes after it.
        steps = [step_of(machines[machine], rounds.pop(0)) for machine, rounds in waiting.items()]
        busy = _book_round(steps, result)
        waiting = {machine: rounds for machine, rounds in waiting.items() if rounds and machine not in busy}
        result.busy |= {one.point_id for machine in busy for one in machines[machine]}
    last = {sample.point_id: sample for sample in samples}
    result.busy &= last.keys()
    counters = (one for found in machines.values() for one in found)
    result.settled = (last.keys() - machine_of.keys()) | _settled(counters, last) - result.busy
    return result


def _rounds(samples: Iterable[Sample], machine_of: dict[int, int]) -> dict[int, list[dict[int, Sample]]]:
    """The samples of each machine in rounds, oldest first: no point twice in one, and a boundary's reading by itself."""
    found: dict[int, list[dict[int, Sample]]] = {}
    for sample in sorted(samples, key=lambda sample: sample.at):
        if sample.point_id not in machine_of:
            continue  # retired meanwhile
        rounds = found.setdefault(machine_of[sample.point_id], [{}])
        present = rounds[-1]
        if sample.point_id in present or any(other.boundary != sample.boundary for other in present.values()):
            rounds.append(present := {})
        present[sample.point_id] = sample
    return found


def _book_round(steps: Sequence[Step], result: Result) -> set[int]:
    """Book one round and write its ledger; gives the machines whose order is busy, of which nothing was written."""
    counting = [step for step in steps if step.produced]
    outcomes = dict(
        zip((step.machine_id for step in counting), report_counts([_count(s) for s in counting]), strict=True)
    )
    outcomes |= {
        step.machine_id: _TOO_MANY
        for step in counting
        if outcomes[step.machine_id].outcome is Outcome.UNASSIGNED and step.produced > count_ledger.MOST
    }
    busy = {machine for machine, booked in outcomes.items() if booked.outcome is Outcome.BUSY}
    done = [step for step in steps if step.machine_id not in busy]
    for step in done:
        _add(result, step, outcomes.get(step.machine_id))
    count_ledger.write(
        [judged for step in done for judged in step.judged],
        entries={machine: booked.entry_id for machine, booked in outcomes.items()},
        failed={machine: booked.text for machine, booked in outcomes.items() if booked.outcome is Outcome.FAILED},
    )
    return busy


def _count(step: Step) -> MachineCount:
    first = next(judged.counter for judged in step.judged if judged.pieces)
    key = f"count:{first.point_id}:{first.seq + 1}"
    return MachineCount(step.machine_id, step.good, step.rejected, at=step.at, as_of=step.as_of, key=key)


def _add(result: Result, step: Step, booked: Booked | None) -> None:
    result.flagged += sum((judged.flagged for judged in step.judged), ZERO)
    match booked.outcome if booked else None:
        case Outcome.BOOKED:
            result.booked += step.produced
        case Outcome.UNASSIGNED:
            result.unassigned += step.produced
        case Outcome.FAILED:
            result.flagged += step.produced


def _settled(counters: Iterable[Counter], last: dict[int, Sample]) -> set[int]:
    return {
        one.point_id
        for one in counters
        if one.point_id in last
        and one.known is not None
        and one.known.raw == last[one.point_id].raw
        and one.known.doubted is None
    }
