"""Shifts against a clock that is looked at every second, over both daylight-saving days of several zones."""

import random
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from iot.intervals import Interval, common, joined, length, without
from iot.models import Shift
from iot.shifts import production_time, worked
from tests import floor

BERLIN, ADELAIDE, LORD_HOWE, KOLKATA = (
    ZoneInfo(name) for name in ("Europe/Berlin", "Australia/Adelaide", "Australia/Lord_Howe", "Asia/Kolkata")
)
EVERY_DAY, WORKDAYS = 127, 31
SECOND = timedelta(seconds=1)


def a_shift(starts: str, ends: str, weekdays: int = EVERY_DAY, **facts: date) -> Shift:
    return Shift(name="s", weekdays=weekdays, starts=time.fromisoformat(starts), ends=time.fromisoformat(ends), **facts)


def hours(shift: Shift, *, zone: ZoneInfo, day: date) -> float:
    """How long the shift of one day is."""
    begin = datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
    shift.valid_from = shift.valid_until = day
    return length(worked([shift], zone=zone, begin=begin, end=begin + timedelta(days=2))) / timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "day", "starts", "ends", "expected"),
    [
        (BERLIN, date(2026, 3, 28), "22:00", "06:00", 7),  # the night in which the clock is put forward
        (BERLIN, date(2026, 10, 24), "22:00", "06:00", 9),
        (BERLIN, date(2026, 3, 29), "06:00", "14:00", 8),
        (BERLIN, date(2026, 3, 29), "02:30", "06:00", 3),  # it begins when the clock jumps over 02:30
        (BERLIN, date(2026, 3, 29), "00:00", "02:30", 2),
        (BERLIN, date(2026, 10, 25), "00:00", "02:30", 2.5),  # the first of the two half past two
        (BERLIN, date(2026, 10, 25), "02:30", "06:00", 4.5),
        (ADELAIDE, date(2026, 10, 3), "22:00", "06:00", 7),
        (ADELAIDE, date(2026, 4, 4), "22:00", "06:00", 9),
        (LORD_HOWE, date(2026, 10, 3), "22:00", "06:00", 7.5),  # half an hour of summer time
        (LORD_HOWE, date(2026, 4, 4), "22:00", "06:00", 8.5),
        (KOLKATA, date(2026, 3, 28), "22:00", "06:00", 8),
    ],
)
def test_a_shift_lasts_by_the_clock_on_the_wall(
    zone: ZoneInfo, day: date, starts: str, ends: str, expected: float
) -> None:
    assert hours(a_shift(starts, ends), zone=zone, day=day) == expected


def looked_at(shifts: list[Shift], *, zone: ZoneInfo, begin: datetime, seconds: int) -> list[bool]:
    """Second by second, with the latest time that the clock has shown so far: one put back is not believed."""
    latest, found = datetime.combine(date.min, time.min), []
    at = begin - timedelta(hours=30)
    while at < begin + seconds * SECOND:
        latest = max(latest, at.astimezone(zone).replace(tzinfo=None))
        if at >= begin:
            found.append(any(is_on(shift, latest) for shift in shifts))
        at += SECOND
    return found


def is_on(shift: Shift, wall: datetime) -> bool:
    return any(began_on(shift, wall, wall.date() - timedelta(days=back)) for back in (0, 1))


def began_on(shift: Shift, wall: datetime, day: date) -> bool:
    if not (shift.valid_from or date.min) <= day <= (shift.valid_until or date.max):
        return False
    begin, end = datetime.combine(day, shift.starts), datetime.combine(day, shift.ends)
    end += timedelta(days=1) if end <= begin else timedelta(0)
    return begin <= wall < end and f"{shift.weekdays:07b}"[6 - day.weekday()] == "1"


@pytest.mark.parametrize(
    ("zone", "jump"),
    [
        (BERLIN, "2026-03-29T01:00"), (BERLIN, "2026-10-25T01:00"),
        (ADELAIDE, "2026-04-04T16:30"), (ADELAIDE, "2026-10-03T16:30"),
        (LORD_HOWE, "2026-04-04T15:00"), (KOLKATA, "2026-03-29T01:00"),
    ],
    ids=str,
)  # fmt: skip
def test_every_second_is_as_the_clock_says(zone: ZoneInfo, jump: str) -> None:
    around = datetime.fromisoformat(jump + "Z")
    chance = random.Random(f"{zone} {around}")
    for _ in range(2):
        shifts = [
            Shift(
                name=str(number), weekdays=chance.randint(1, 127), starts=starts, ends=ends,
                valid_from=chance.choice([None, around.date() - timedelta(days=1), around.date()]),
                valid_until=chance.choice([None, around.date(), around.date() + timedelta(days=1)]),
            )
            for number in range(3)
            for starts, ends in [chance.sample([time(h, m, s) for h in range(24) for m, s in ((0, 0), (30, 7))], 2)]
        ]  # fmt: skip
        begin = around - timedelta(seconds=chance.randint(30_000, 45_000))
        seconds = chance.randint(60_000, 80_000)
        found = worked(shifts, zone=zone, begin=begin, end=begin + seconds * SECOND)
        expected = looked_at(shifts, zone=zone, begin=begin, seconds=seconds)
        assert any(expected) or not found
        assert as_seconds(found, begin=begin, seconds=seconds) == expected


def as_seconds(intervals: list[Interval], *, begin: datetime, seconds: int) -> list[bool]:
    found = [False] * seconds
    for start, end in intervals:
        for number in range((start - begin) // SECOND, (end - begin) // SECOND):
            found[number] = True
    return found


@pytest.mark.parametrize("zone", [BERLIN, ADELAIDE, LORD_HOWE, KOLKATA], ids=str)
def test_three_shifts_around_the_clock_leave_no_second_out_all_year(zone: ZoneInfo) -> None:
    turns = [a_shift("22:00", "02:30"), a_shift("02:30", "14:00"), a_shift("14:00", "22:00")]
    begin, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    assert worked(turns, zone=zone, begin=begin, end=end) == [(begin, end)]
    alone = [length(worked([turn], zone=zone, begin=begin, end=end)) for turn in turns]
    assert sum(alone, timedelta()) == end - begin  # nor one in twice


def test_a_shift_is_worked_on_its_weekdays_while_it_is_valid() -> None:
    shift = a_shift("06:00", "14:00", WORKDAYS, valid_from=date(2026, 6, 2), valid_until=date(2026, 6, 9))
    begin, end = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 15, tzinfo=UTC)
    found = worked([shift], zone=KOLKATA, begin=begin, end=end)
    assert [start.astimezone(KOLKATA).day for start, _ in found] == [2, 3, 4, 5, 8, 9]
    assert found[0] == (datetime(2026, 6, 2, 0, 30, tzinfo=UTC), datetime(2026, 6, 2, 8, 30, tzinfo=UTC))


def test_no_time_is_no_time() -> None:
    at = datetime(2026, 6, 1, tzinfo=UTC)
    assert worked([a_shift("06:00", "14:00")], zone=BERLIN, begin=at, end=at) == []
    assert worked([a_shift("06:00", "14:00")], zone=BERLIN, begin=at + SECOND, end=at) == []


@pytest.mark.django_db
def test_a_factory_without_shifts_works_around_the_clock_and_anothers_shifts_are_not_its_own() -> None:
    here, there = floor.a_factory(), floor.a_factory()
    begin, end = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC)
    shift = a_shift("06:00", "14:00")
    shift.factory = there
    shift.save()
    assert production_time(factory_id=here.pk, zone=BERLIN, begin=begin, end=end) == [(begin, end)]
    assert length(production_time(factory_id=there.pk, zone=BERLIN, begin=begin, end=end)) == timedelta(hours=8)
    assert production_time(factory_id=here.pk, zone=BERLIN, begin=end, end=begin) == []


def test_intervals_are_sets_of_instants() -> None:
    chance, origin = random.Random(7), datetime(2026, 1, 1, tzinfo=UTC)
    for _ in range(300):
        some, others = ([pair(chance) for _ in range(chance.randint(0, 6))] for _ in range(2))
        mine, theirs = ({n for begin, end in pairs for n in range(begin, end)} for pairs in (some, others))
        spans, more = ([(origin + b * SECOND, origin + e * SECOND) for b, e in pairs] for pairs in (some, others))
        for found, expected in (
            (joined(spans, more), mine | theirs), (common(spans, more), mine & theirs), (without(spans, more), mine - theirs)
        ):  # fmt: skip
            assert {n for n, on in enumerate(as_seconds(found, begin=origin, seconds=40)) if on} == expected
            assert length(found) == len(expected) * SECOND
            assert all(end < begin for (_, end), (begin, _) in pairwise(found))


def pair(chance: random.Random) -> tuple[int, int]:
    return chance.randint(0, 39), chance.randint(0, 39)
