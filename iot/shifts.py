"""When a factory works: its shifts, by the clock on its wall, as stretches of real time."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from iot.intervals import Interval, common, joined
from iot.models import Shift

_DAY = timedelta(days=1)


def production_time(*, factory_id: int, zone: ZoneInfo, begin: datetime, end: datetime) -> list[Interval]:
    """The production time of a factory in a period, in UTC. A factory without any shift works around the clock."""
    shifts = list(Shift.objects.filter(factory_id=factory_id))
    return joined([(begin, end)]) if not shifts else worked(shifts, zone=zone, begin=begin, end=end)


def worked(shifts: Iterable[Shift], *, zone: ZoneInfo, begin: datetime, end: datetime) -> list[Interval]:
    """The time of these shifts in a period, in UTC. Where two shifts overlap, the time counts once."""
    if begin >= end:
        return []
    # A shift that began the day before may reach into the first day.
    first = begin.astimezone(zone).date() - _DAY
    last = end.astimezone(zone).date()
    found = [_of_day(shift, day, zone=zone) for day in _days(first, last) for shift in shifts if _is_on(shift, day)]
    return common(found, [(begin, end)])


def _days(first: date, last: date) -> Iterator[date]:
    return (first + _DAY * number for number in range((last - first).days + 1))


def _is_on(shift: Shift, day: date) -> bool:
    """Whether the shift begins on this day. Both days of its validity are days on which it does."""
    if (shift.valid_from and day < shift.valid_from) or (shift.valid_until and day > shift.valid_until):
        return False
    return bool(shift.weekdays >> day.weekday() & 1)


def _of_day(shift: Shift, day: date, *, zone: ZoneInfo) -> Interval:
    ends_on = day if shift.starts < shift.ends else day + _DAY
    return instant(day, shift.starts, zone=zone), instant(ends_on, shift.ends, zone=zone)


def instant(day: date, at: time, *, zone: ZoneInfo) -> datetime:
    """The first instant at which the clock of `zone` shows this time of this day, or a later one.

    So where the clock is put back the earlier of the two counts, and where it is put forward over the time, the
    moment of the jump: a shift ends in the very instant in which the next one begins, on both of those days too.
    """
    wall = datetime.combine(day, at)
    shown = wall.replace(tzinfo=zone).astimezone(UTC)
    if shown.astimezone(zone).replace(tzinfo=None) == wall:
        return shown
    return _jump(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), shown, zone=zone)


def _jump(before: datetime, after: datetime, *, zone: ZoneInfo) -> datetime:
    """The instant between these two at which the clock is put forward, to the second."""
    old = before.astimezone(zone).utcoffset()
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)
