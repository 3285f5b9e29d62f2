"""OEE of a machine over a period: one function, for every API, board and display.

Availability is the share of planned time in which the machine ran, performance what it made against what it could have
made in the time it ran, quality the share of good pieces (ISO 22400-2). Planned time that has not come yet is not counted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet, Sum

from factoryos.kernel import clock
from iot.intervals import Interval, common, joined, length, without
from iot.models import Downtime, MachineStateInterval
from iot.planned import planned_time
from manufacturing.models import Machine
from orders.models import QuantityEntry

State = MachineStateInterval.State
_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Oee:
    """Times in seconds, counts in pieces, ratios exact; None where there is nothing to divide by."""

    planned_seconds: Fraction
    run_seconds: Fraction
    down_seconds: Fraction
    no_data_seconds: Fraction
    total: Decimal
    good: Decimal
    rejected: Decimal
    ideal_cycle_seconds: Decimal | None

    @property
    def availability(self) -> Fraction | None:
        return self.run_seconds / self.planned_seconds if self.planned_seconds else None

    @property
    def performance(self) -> Fraction | None:
        """Not capped: above 1 it says that the ideal cycle is set too long, or that pieces were booked too late."""
        if not self.run_seconds or self.ideal_cycle_seconds is None:
            return None
        return Fraction(self.ideal_cycle_seconds) * max(Fraction(self.total), Fraction(0)) / self.run_seconds

    @property
    def quality(self) -> Fraction | None:
        """Corrections of earlier counts may leave fewer than none, or more good ones than there are: it stays a share."""
        if self.total <= 0:
            return None
        return min(max(Fraction(self.good) / Fraction(self.total), Fraction(0)), Fraction(1))

    @property
    def oee(self) -> Fraction | None:
        if self.availability is None or self.performance is None or self.quality is None:
            return None
        return self.availability * self.performance * self.quality


def oee(machine: Machine, *, zone: ZoneInfo, begin: datetime, end: datetime) -> Oee:
    """The figures of `machine` from `begin` to `end` (exclusive); `zone` is its factory's.

    Within planned time each second is one thing: down if somebody logged it so or the machine said so, else running,
    idle or, where nothing is known, no data. Pieces count by when they were made, in planned time or not.
    """
    now = clock.now()
    planned = planned_time(machine, zone=zone, begin=begin, end=min(end, now))
    states = _states(machine, begin=begin, end=end, now=now)
    logged = _logged(machine, begin=begin, end=end, now=now)
    down = common(planned, joined(logged, states[State.DOWN]))
    running = without(common(planned, states[State.RUNNING]), down)
    idle = without(common(planned, states[State.IDLE]), down)
    entries = QuantityEntry.objects.filter(machine_id=machine.pk, occurred_at__gte=begin, occurred_at__lt=end)
    counts = entries.aggregate(good=Sum("good"), rejected=Sum("rejected"))
    good, rejected = counts["good"] or Decimal(0), counts["rejected"] or Decimal(0)
    return Oee(
        planned_seconds=_seconds(planned),
        run_seconds=_seconds(running),
        down_seconds=_seconds(down),
        no_data_seconds=_seconds(without(planned, joined(down, running, idle))),
        total=good + rejected,
        good=good,
        rejected=rejected,
        ideal_cycle_seconds=machine.ideal_cycle_s,
    )


def _seconds(intervals: list[Interval]) -> Fraction:
    return Fraction(length(intervals) // _MICROSECOND, _SECOND // _MICROSECOND)


def _states(machine: Machine, *, begin: datetime, end: datetime, now: datetime) -> dict[str, list[Interval]]:
    """The stretches of each state. The present one lasts until now."""
    found: dict[str, list[Interval]] = {state: [] for state in State.values}
    rows = _within(MachineStateInterval.objects.filter(machine_id=machine.pk), begin=begin, end=end)
    for state, started_at, ended_at in rows.values_list("state", "started_at", "ended_at"):
        found[state].append((started_at, ended_at or now))
    return found


def _logged(machine: Machine, *, begin: datetime, end: datetime, now: datetime) -> list[Interval]:
    rows = _within(Downtime.objects.filter(machine_id=machine.pk), begin=begin, end=end)
    return [(started, ended or now) for started, ended in rows.values_list("started_at", "ended_at")]


def _within(rows: QuerySet[Any], *, begin: datetime, end: datetime) -> QuerySet[Any]:
    return rows.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=begin), started_at__lt=end)
